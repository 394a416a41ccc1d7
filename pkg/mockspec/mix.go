package mockspec

import (
	"net/url"
	"slices"
	"strings"
)

// Mix is a part of a path that has text beside a parameter, or several parameters: `{id}:cancel`, `{name}.{format}`.
type Mix struct {
	Texts  []string // decoded: before, between and after the parameters; one between two of them is not empty
	Params []MixParam
}

// MixParam is one parameter of a Mix.
type MixParam struct {
	Name string
	Type ParamType
}

// String writes the part as a path does, without the types of its parameters.
func (m *Mix) String() string {
	return m.join(func(p MixParam) string { return "{" + p.Name + "}" })
}

// Shape is the same for all that match the same texts.
func (m *Mix) Shape() string {
	return m.join(func(p MixParam) string {
		if p.Type == TypeDouble {
			p.Type = TypeFloat
		}
		return "{" + string(p.Type) + "}"
	})
}

func (m *Mix) join(param func(MixParam) string) string {
	var b strings.Builder
	for i, text := range m.Texts {
		b.WriteString(text)
		if i < len(m.Params) {
			b.WriteString(param(m.Params[i]))
		}
	}
	return b.String()
}

// Match appends what the parameters stand for in text, a decoded part of a path, and reports whether it fits. Each stands
// for a character at least, an earlier one for as many as it can: of `a.tar.gz`, `{name}.{format}` takes `a.tar` and `gz`.
func (m *Mix) Match(text string, captures []string) ([]string, bool) {
	rest, ok := strings.CutPrefix(text, m.Texts[0])
	if !ok {
		return captures, false
	}
	last := len(m.Params) - 1
	if rest, ok = strings.CutSuffix(rest, m.Texts[last+1]); !ok || rest == "" {
		return captures, false
	}
	begin := len(captures)
	captures = slices.Grow(captures, last+1)[:begin+last+1]
	for i := last; i >= 0; i-- {
		at, between := 0, 0
		if i > 0 {
			between = len(m.Texts[i])
			if at = strings.LastIndex(rest[:len(rest)-1], m.Texts[i]); at < 1 {
				return captures[:begin], false
			}
		}
		captures[begin+i] = rest[at+between:]
		if t := m.Params[i].Type; t != TypeString && !t.Fits(captures[begin+i]) {
			return captures[:begin], false
		}
		rest = rest[:at]
	}
	return captures, true
}

// parseMix reads a part of a path that has parameters in braces and something beside them. It is nil for any other part.
func parseMix(part string) (*Mix, *PathError) {
	var m Mix
	if strings.Contains(part, "{{") || strings.HasPrefix(part, ":") || strings.HasPrefix(part, "*") {
		return nil, nil
	}
	at := 0
	for {
		text, after, open := strings.Cut(part[at:], "{")
		name, _, closed := strings.Cut(after, "}")
		if !open || !closed || name == "" || strings.ContainsAny(name, "{*") {
			break
		}
		if text == "" && at > 0 {
			return nil, &PathError{at, CodeBadPath, "two parameters of one part need something between them, to tell where the first one ends", "write `{a}-{b}`, or one parameter"}
		}
		p := MixParam{Name: name, Type: TypeString}
		if bare, typ, typed := strings.Cut(name, "|"); typed {
			t, ok := ParseType(typ)
			if !ok {
				return nil, unknownType(typ, at+len(text)+1+len(bare)+1)
			}
			p = MixParam{bare, t}
		}
		if p.Name == "" {
			return nil, &PathError{at + len(text), CodeBadPath, "a parameter needs a name", "write `{id}`"}
		}
		if slices.ContainsFunc(m.Params, func(q MixParam) bool { return q.Name == p.Name }) {
			return nil, twice(p.Name)
		}
		if err := m.text(text, at); err != nil {
			return nil, err
		}
		m.Params = append(m.Params, p)
		at += len(text) + 1 + len(name) + 1
	}
	if len(m.Params) == 0 || at == len(part) && len(m.Params) == 1 && m.Texts[0] == "" {
		return nil, nil
	}
	return &m, m.text(part[at:], at)
}

// text adds a text, which begins at a byte of the part.
func (m *Mix) text(s string, at int) *PathError {
	if err := checkLiteral(s); err != nil {
		err.Offset += at
		return err
	}
	decoded, err := url.PathUnescape(s)
	if err != nil {
		return badPercent(at + strings.IndexByte(s, '%'))
	}
	m.Texts = append(m.Texts, decoded)
	return nil
}
