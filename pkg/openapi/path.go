package openapi

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// path writes a path of the document as a route pattern, and what it matches: the same for patterns that match the same.
func (im *importer) path(raw string, op *value, parameters []*value) (route, shape string, ok bool) {
	text := raw
	if before, _, query := strings.Cut(text, "{?"); query {
		text = before // a query as RFC 6570 writes it
	}
	text = expand(text)
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		im.warn(op, CodeSimplified, "what follows `%s` in the path `%s` is left out: it is not part of a path", text[i:i+1], oneLine(raw, 100))
		text = text[:i]
	}
	used := map[string]bool{}
	var b strings.Builder
	parts := strings.Split(strings.Trim(strings.Trim(im.o.Prefix, "/")+"/"+strings.TrimLeft(text, "/"), "/"), "/")
	for i, part := range parts {
		if part == "" {
			continue
		}
		b.WriteByte('/')
		pieces := im.styled(piecesOf(part), parameters)
		last := i == len(parts)-1
		for _, p := range pieces {
			if p.rest && (!last || len(pieces) > 1) {
				im.warn(op, CodeSimplified, "`%s` in the path `%s` takes one part only: a parameter that takes several must end the path", oneLine(p.text, 60), oneLine(raw, 100))
			}
		}
		switch {
		case len(pieces) == 1 && !pieces[0].isParameter:
			b.WriteString(literal(part, true))
		case len(pieces) == 1 && pieces[0].rest && last:
			b.WriteString("*" + unused(parameterName(pieces[0].text), used))
		case len(pieces) == 1:
			name := unused(parameterName(pieces[0].text), used)
			b.WriteString(":" + name + im.typeSuffix(find(parameters, "path", pieces[0].text)))
		case adjacent(pieces):
			var names []string
			for _, p := range pieces {
				if p.isParameter {
					names = append(names, p.text)
				}
			}
			im.warn(op, CodeSimplified, "`%s` in the path `%s` becomes one parameter: nothing shows where one ends", oneLine(part, 60), oneLine(raw, 100))
			b.WriteString(":" + unused(parameterName(strings.Join(names, "_")), used))
		default:
			for i, p := range pieces {
				if p.isParameter {
					b.WriteString("{" + unused(parameterName(p.text), used) + im.typeSuffix(find(parameters, "path", p.text)) + "}")
				} else {
					b.WriteString(strings.NewReplacer("{", "%7B", "}", "%7D").Replace(literal(p.text, i == 0)))
				}
			}
		}
	}
	if b.Len() == 0 || strings.HasSuffix(text, "/") {
		b.WriteByte('/')
	}
	parsed, err := mockspec.ParsePath(b.String())
	if err != nil {
		im.warn(op, CodeNotImported, "the path `%s` is left out: %v", oneLine(raw, 100), err)
		return "", "", false
	}
	return b.String(), shapeOf(&parsed), true
}

// typeSuffix is what stands behind the name of a parameter that has a type.
func (im *importer) typeSuffix(p *value) string {
	if t := im.typeOf(p); t != mockspec.TypeString && im.answers == nil {
		return "|" + string(t)
	}
	return ""
}

// shapeOf is what a path matches.
func shapeOf(p *mockspec.Path) string {
	var b strings.Builder
	for _, s := range p.Segments {
		switch {
		case s.Wildcard:
			b.WriteString("/*")
		case s.Mix != nil:
			b.WriteString("/:" + s.Mix.Shape())
		case s.Param != "" && s.Type == mockspec.TypeDouble:
			b.WriteString("/:" + string(mockspec.TypeFloat))
		case s.Param != "":
			b.WriteString("/:" + string(s.Type))
		default:
			b.WriteString("/" + strings.ReplaceAll(s.Literal, "/", "%2F"))
		}
	}
	return strings.TrimSuffix(b.String(), "/") // a slash at the end makes no difference
}

// expand writes parameters of other notations as OpenAPI does. `{name=projects/*}`, as documents made from protocol
// buffers have it, is `projects/{name}`. A parameter for the rest of the path, as frameworks write it, becomes `{name**}`:
// `{name=**}`, `{+name}`, `{name+}`, `{name*}`, `{name:.*}`.
func expand(path string) string {
	var b strings.Builder
	for {
		before, after, open := strings.Cut(path, "{")
		inner, rest, closed := strings.Cut(after, "}")
		b.WriteString(before)
		if !open || !closed {
			b.WriteString(path[len(before):])
			return b.String()
		}
		path = rest
		name, template, isTemplate := strings.Cut(inner, "=")
		if !isTemplate || name == "" {
			b.WriteString("{" + simple(inner) + "}")
			continue
		}
		for i, part := range strings.Split(template, "/") {
			if i > 0 {
				b.WriteByte('/')
			}
			switch part {
			case "*":
				b.WriteString("{" + name + "}")
			case "**":
				b.WriteString("{" + name + "**}")
			default:
				b.WriteString(part)
			}
		}
	}
}

// simple is what stands between the braces without what frameworks add to a name.
func simple(inner string) string {
	name, expression, constrained := strings.Cut(inner, ":")
	if expression = strings.TrimSpace(expression); constrained && name != "" {
		if expression == ".*" || expression == ".+" {
			return name + "**"
		}
		return name
	}
	plain := strings.TrimPrefix(strings.TrimRight(inner, "+*"), "+")
	if plain != "" && plain != inner {
		return plain + "**"
	}
	return inner
}

// piece is a text or a parameter in a part of a path.
type piece struct {
	text        string // or the parameter's name
	isParameter bool
	rest        bool // the parameter takes the rest of the path
}

// piecesOf takes a part of a path apart. What has no pair of braces is one text.
func piecesOf(part string) []piece {
	var found []piece
	for rest := part; rest != ""; {
		before, after, open := strings.Cut(rest, "{")
		name, left, closed := strings.Cut(after, "}")
		if !open || !closed {
			found = append(found, piece{text: rest})
			break
		}
		if before != "" {
			found = append(found, piece{text: before})
		}
		plain, all := strings.CutSuffix(name, "**")
		found = append(found, piece{plain, true, all})
		rest = left
	}
	return found
}

// styled puts the text in front of parameters that their style has: `.5` is the label 5, and `;id=5` the matrix parameter id.
func (im *importer) styled(pieces []piece, parameters []*value) []piece {
	var out []piece
	for _, p := range pieces {
		if parameter := find(parameters, "path", p.text); p.isParameter && parameter != nil {
			isObject := im.kindsOf(parameter.get("schema"))&isObject != 0 && im.kindsOf(parameter.get("schema")) != isAny
			switch style := parameter.string("style"); {
			case style == "label":
				out = append(out, piece{text: "."})
			case style == "matrix" && isObject && parameter.isTrue("explode"):
				out = append(out, piece{text: ";"})
			case style == "matrix":
				out = append(out, piece{text: ";" + p.text + "="})
			}
		}
		out = append(out, p)
	}
	return out
}

// adjacent reports whether two parameters have nothing between them.
func adjacent(pieces []piece) bool {
	for i := range pieces[1:] {
		if pieces[i].isParameter && pieces[i+1].isParameter {
			return true
		}
	}
	return false
}

// literal writes a text of a path so that it is read as one; begins says that it is the first of its part.
func literal(part string, begins bool) string {
	var b strings.Builder
	for i := range len(part) {
		c := part[i]
		hex := c == '%' && i+2 < len(part) && isHex(part[i+1]) && isHex(part[i+2])
		if c <= ' ' || c == '#' || c == 0x7f || c == '\\' || c == '%' && !hex || begins && i == 0 && (c == ':' || c == '*' || c == '{') || c >= utf8.RuneSelf {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// parameterName makes a name that templates can use.
func parameterName(name string) string {
	name = strings.Trim(strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			return c
		}
		return '_'
	}, name), "_")
	if name == "" {
		name = "param"
	}
	return name[:min(len(name), 60)]
}

// unused makes name different from those used before.
func unused(name string, used map[string]bool) string {
	for n, try := 2, name; ; n++ {
		if !used[try] {
			used[try] = true
			return try
		}
		try = fmt.Sprintf("%s%d", name, n)
	}
}
