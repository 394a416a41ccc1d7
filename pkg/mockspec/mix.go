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
// for a character at least, an earlier one for as many as it can while all fit their types: of `a.tar.gz`, `{name}.{format}`
// takes `a.tar` and `gz`; of `2024-02-29`, `{n|int}-{rest}` takes `2024` and `02-29`. A text that could be cut in more than
// mixTries ways may be said not to fit.
func (m *Mix) Match(text string, captures []string) ([]string, bool) {
	rest, ok := strings.CutPrefix(text, m.Texts[0])
	if !ok {
		return captures, false
	}
	if rest, ok = strings.CutSuffix(rest, m.Texts[len(m.Params)]); !ok {
		return captures, false
	}
	begin, n := len(captures), len(m.Params)
	captures = slices.Grow(captures, n)[:begin+n]
	tries := mixTries
	if !m.cut(rest, captures[begin:], &tries) {
		return captures[:begin], false
	}
	return captures, true
}

// mixTries bounds the ways of cutting a text that Match tries: with several parameters there can be very many.
const mixTries = 64

// cut cuts rest into what the first len(into) parameters stand for.
func (m *Mix) cut(rest string, into []string, tries *int) bool {
	last := len(into) - 1
	fits := func(text string) bool {
		t := m.Params[last].Type
		return text != "" && (t == TypeString || t.Fits(text))
	}
	if last == 0 {
		into[0] = rest
		return fits(rest)
	}
	between := m.Texts[last]
	for end := len(rest); *tries > 0; *tries-- {
		at := strings.LastIndex(rest[:end], between)
		if at < 1 {
			return false
		}
		if into[last] = rest[at+len(between):]; fits(into[last]) && m.cut(rest[:at], into[:last], tries) {
			return true
		}
		end = at + len(between) - 1
	}
	return false
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
			return nil, &PathError{at, CodeBadPath, "two parameters in one part of a path need text between them, to show where the first one ends", "write `{a}-{b}`, or one parameter"}
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
