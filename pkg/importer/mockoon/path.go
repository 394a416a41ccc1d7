package mockoon

import (
	"errors"
	"regexp"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
)

// express is a path of Express as mocks have it.
type express struct {
	path      string
	condition draft.Map // that the path must fit, where it is a pattern
	params    []string
	lost      bool // parameters have lost their names
}

// The forms of the parts of a path that mocks have too.
var (
	parameter = regexp.MustCompile(`^:(\w+)(\?|\(\\d\+\))?$`)
	mixed     = regexp.MustCompile(`^[\w.~@!$,;=-]*(?::\w+[\w.~@!$,;=-]*?)+$`)
	inMixed   = regexp.MustCompile(`:(\w+)`)
)

// maxPath bounds a path: what is longer is nobody's.
const maxPath = 2000

var errPath = errors.New("its path is a pattern that mocks cannot match")

// expressPath translates a path without its first slash. An optional parameter at the end makes two paths of it.
func expressPath(text string) ([]express, error) {
	if len(text) > maxPath {
		return nil, errPath
	}
	var e express
	var b strings.Builder
	parts := strings.Split(text, "/")
	for i, part := range parts {
		last := i == len(parts)-1
		m := parameter.FindStringSubmatch(part)
		switch {
		case m != nil && m[2] == "?" && last:
			short := e
			if short.path = b.String(); short.path == "" {
				short.path = "/"
			}
			b.WriteString("/:" + draft.Parameter(m[1]))
			e.path, e.params = b.String(), append(e.params, draft.Parameter(m[1]))
			return []express{e, short}, nil
		case m != nil && m[2] != "?":
			e.params = append(e.params, draft.Parameter(m[1]))
			b.WriteString("/:" + draft.Parameter(m[1]))
			if m[2] != "" {
				b.WriteString("|int")
			}
		case part == "*" && last:
			b.WriteString("/*")
		case mixed.MatchString(part):
			for _, name := range inMixed.FindAllStringSubmatch(part, -1) {
				e.params = append(e.params, draft.Parameter(name[1]))
			}
			b.WriteString("/" + inMixed.ReplaceAllStringFunc(part, func(name string) string { return "{" + draft.Parameter(name[1:]) + "}" }))
		case strings.ContainsAny(part, "*?+():"):
			return pattern(b.String(), parts[i:])
		default:
			b.WriteString("/" + draft.Segment(part))
		}
	}
	e.path = b.String()
	return []express{e}, nil
}

// pattern is a path of which the parts are patterns: its start, and the regular expression that the whole of it must fit.
func pattern(start string, parts []string) ([]express, error) {
	if strings.ContainsAny(start, ":{") {
		return nil, errPath
	}
	var b strings.Builder
	text, lost := strings.Join(parts, "/"), false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '*':
			b.WriteString(".*")
		case '.':
			b.WriteString(`\.`)
		case ':':
			end := i + 1
			for end < len(text) && (text[end] == '_' || '0' <= text[end] && text[end] <= '9' || 'A' <= text[end]&^0x20 && text[end]&^0x20 <= 'Z') {
				end++
			}
			if lost = true; end < len(text) && text[end] == '(' {
				i = end - 1 // the parentheses say what it is
				continue
			}
			b.WriteString("[^/]+")
			i = end - 1
		case '(':
			end := strings.IndexByte(text[i:], ')')
			if end < 0 {
				return nil, errPath
			}
			b.WriteString(text[i : i+end+1])
			i += end
		default:
			b.WriteByte(c)
		}
	}
	expression := regexp.QuoteMeta(start) + "/" + b.String() + "/?"
	if _, err := regexp.Compile(expression); err != nil {
		return nil, errPath
	}
	condition := draft.Map{{Key: "request.path", Value: draft.Map{{Key: "matches", Value: draft.Inert(expression)}}}}
	return []express{{path: start + "/*", condition: condition, lost: lost}}, nil
}
