package mockspec

import (
	"fmt"
	"net/url"
	"strings"
)

// PathError says what is wrong with a path and where in it.
type PathError struct {
	Offset  int    // byte offset in the path as written
	Code    string // CodeBadPath or CodeUnknownType
	Message string
	Fix     string
}

func (e *PathError) Error() string { return e.Message }

// maxSegments bounds the parts of one path.
const maxSegments = 64

// ParsePath reads a route pattern: literals, `:name`, `:name|type`, `{name}`, text and parameters in one part such as
// `{id}:cancel` or `{name}.{format}`, and at the end `*` or `*name`. What
// follows a `?` is cut off, as moclojer does. The error is a *PathError.
func ParsePath(s string) (Path, error) {
	raw, _, _ := strings.Cut(s, "?")
	if !strings.HasPrefix(raw, "/") {
		return Path{}, &PathError{0, CodeBadPath, "a path begins with `/`", "write `/" + brief(raw) + "`"}
	}
	parts := strings.Split(raw[1:], "/")
	if len(parts) > maxSegments {
		return Path{}, &PathError{0, CodeBadPath, fmt.Sprintf("a path has at most %d parts, this one has %d", maxSegments, len(parts)), ""}
	}
	p := Path{Raw: raw, Segments: make([]Segment, 0, len(parts))}
	offset := 1
	for i, part := range parts {
		seg, err := parseSegment(part, i == len(parts)-1)
		for name := range seg.Names {
			if err == nil && p.Param(name) != nil {
				err = twice(name)
			}
		}
		if err != nil {
			err.Offset += offset
			return Path{}, err
		}
		p.Segments = append(p.Segments, seg)
		offset += len(part) + 1
	}
	return p, nil
}

func twice(name string) *PathError {
	return &PathError{0, CodeBadPath, fmt.Sprintf("the parameter `%s` occurs twice in the path", name), "rename one of them"}
}

// Param returns the segment that has the parameter called name, or nil.
func (p *Path) Param(name string) *Segment {
	for i := range p.Segments {
		for n := range p.Segments[i].Names {
			if n == name {
				return &p.Segments[i]
			}
		}
	}
	return nil
}

// Names are the names of the segment's parameters, in order.
func (s *Segment) Names(yield func(string) bool) {
	if s.Param != "" {
		yield(s.Param)
		return
	}
	if s.Mix != nil {
		for _, p := range s.Mix.Params {
			if !yield(p.Name) {
				return
			}
		}
	}
}

func parseSegment(part string, last bool) (Segment, *PathError) {
	if strings.IndexByte(part, '{') >= 0 {
		if mix, err := parseMix(part); err != nil || mix != nil {
			return Segment{Mix: mix}, err
		}
	}
	name, isParam := strings.CutPrefix(part, ":")
	if inner, ok := strings.CutPrefix(part, "{"); ok && strings.HasSuffix(inner, "}") && !strings.HasPrefix(inner, "{") {
		name, isParam = strings.TrimSuffix(inner, "}"), true
		if rest, ok := strings.CutPrefix(name, "*"); ok {
			part, isParam = "*"+rest, false
		}
	}
	switch {
	case isParam:
		name, typ, typed := strings.Cut(name, "|")
		if name == "" {
			return Segment{}, &PathError{0, CodeBadPath, "a parameter needs a name after the `:`", "write `:id`"}
		}
		t := TypeString
		if typed {
			var ok bool
			if t, ok = ParseType(typ); !ok {
				return Segment{}, unknownType(typ, len(part)-len(typ))
			}
		}
		return Segment{Param: name, Type: t}, nil
	case strings.HasPrefix(part, "*"):
		if !last {
			return Segment{}, &PathError{0, CodeBadPath, "a wildcard takes the rest of the path, so it can only be the last part", "write `:name` for one part"}
		}
		return Segment{Param: part[1:], Type: TypeString, Wildcard: true}, nil
	}
	literal, err := url.PathUnescape(part)
	if err != nil {
		return Segment{}, badPercent(strings.IndexByte(part, '%'))
	}
	return Segment{Literal: literal}, checkLiteral(part)
}

func badPercent(offset int) *PathError {
	return &PathError{offset, CodeBadPath, "`%` must be followed by two hexadecimal digits", "write `%25` for a percent sign"}
}

// checkLiteral finds what the text of a path cannot contain.
func checkLiteral(text string) *PathError {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c == 0x7f || c == '#' || c == '\\' {
			return &PathError{i, CodeBadPath, fmt.Sprintf("a path cannot contain %q", c), fmt.Sprintf("write `%%%02X`", c)}
		}
	}
	return nil
}

func unknownType(name string, offset int) *PathError {
	e := &PathError{Offset: offset, Code: CodeUnknownType}
	if s := suggestType(name); s != "" {
		e.Message, e.Fix = fmt.Sprintf("unknown type `%s`: did you mean `%s`?", brief(name), s), "write `"+s+"`"
	} else {
		e.Message = fmt.Sprintf("unknown type `%s`: the types are %s", brief(name), typeList)
	}
	return e
}
