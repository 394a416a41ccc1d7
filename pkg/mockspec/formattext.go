package mockspec

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// properties writes the tag and anchor of a node.
func properties(n *yaml.Node) string {
	var parts []string
	if n.Anchor != "" && n.Kind != yaml.AliasNode {
		parts = append(parts, "&"+n.Anchor)
	}
	if n.Style&yaml.TaggedStyle != 0 {
		if strings.HasPrefix(n.Tag, "!") {
			parts = append(parts, n.Tag)
		} else {
			parts = append(parts, "!<"+n.Tag+">")
		}
	}
	return strings.Join(parts, " ")
}

// ordered returns the entries of a map as written, or for a map of the format in the order of its table: merge keys
// first, unknown keys last.
func ordered(n *yaml.Node, t *table) []pair {
	out := make([]pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, pair{n.Content[i], n.Content[i+1]})
	}
	if t == nil {
		return out
	}
	rank := func(p pair) int {
		if p.key.Tag == "!!merge" {
			return -1
		}
		if i := t.find(p.key.Value); i >= 0 {
			return i
		}
		return len(t.keys)
	}
	slices.SortStableFunc(out, func(a, b pair) int { return rank(a) - rank(b) })
	return out
}

// flow returns a collection that is written in flow style, on one line, and whose parts have no comments; else "".
func (f *formatter) flow(n *yaml.Node) string {
	empty := len(n.Content) == 0 && (n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode)
	if !empty && n.Style&yaml.FlowStyle == 0 || !oneLine(n) {
		return ""
	}
	return flowText(n)
}

// oneLine reports whether all of n stands on its first line, without comments.
func oneLine(n *yaml.Node) bool {
	for _, c := range n.Content {
		if c.Line != n.Line || c.HeadComment != "" || c.LineComment != "" || c.FootComment != "" || !oneLine(c) {
			return false
		}
	}
	return true
}

func flowText(n *yaml.Node) string {
	var parts []string
	lead := strings.TrimPrefix(properties(n)+" ", " ")
	switch n.Kind {
	case yaml.AliasNode:
		return "*" + n.Value
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := flowText(n.Content[i])
			if n.Content[i].Kind == yaml.AliasNode {
				key += " "
			}
			parts = append(parts, key+": "+flowText(n.Content[i+1]))
		}
		return lead + "{" + strings.Join(parts, ", ") + "}"
	case yaml.SequenceNode:
		for _, c := range n.Content {
			v := flowText(c)
			if v == "" {
				v = "null"
			}
			parts = append(parts, v)
		}
		return lead + "[" + strings.Join(parts, ", ") + "]"
	default:
	}
	s, ok := inline(n)
	if !ok {
		s = string(appendJSONString(nil, n.Value))
	}
	return lead + s
}

// inline writes a scalar on one line in its style, or says that it is a block.
func inline(n *yaml.Node) (string, bool) {
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return "", false
	case n.Style&yaml.SingleQuotedStyle != 0 && printable(n.Value):
		return "'" + strings.ReplaceAll(n.Value, "'", "''") + "'", true
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 || !printable(n.Value):
		return string(appendJSONString(nil, n.Value)), true
	}
	return n.Value, true
}

// printable reports whether s can stand on one line outside double quotes.
func printable(s string) bool {
	for i, c := range s {
		if c == '"' || c == '\\' {
			continue
		}
		if c < ' ' || c >= 0x7f && len(appendJSONText(nil, s[i:i+utf8.RuneLen(c)])) > utf8.RuneLen(c) {
			return false
		}
	}
	return true
}

// block returns the header and the lines of a block scalar without their indentation: those of the source where it
// is plain how they are meant, else those of the value.
func (f *formatter) block(n *yaml.Node) (string, []string) {
	start := f.src.skipProperties(max(f.src.offset(at(n)), 0))
	header, _, _ := strings.Cut(f.src.line(f.src.position(start).Line)[f.src.column(start):], " ")
	mark := "|"
	if n.Style&yaml.FoldedStyle != 0 {
		mark = ">"
	}
	if header == mark || header == mark+"-" {
		return header, f.blockLines(f.src.position(start).Line + 1)
	}
	value := n.Value
	switch {
	case strings.Trim(value, " \n") == "" || strings.HasPrefix(strings.TrimLeft(value, "\n"), " ") || strings.ContainsAny(value, "\r\t"):
		return string(appendJSONString(nil, value)), nil
	case !strings.HasSuffix(value, "\n"):
		return "|-", strings.Split(value, "\n")
	case strings.HasSuffix(value, "\n\n"):
		return "|+", strings.Split(strings.TrimSuffix(value, "\n"), "\n")
	}
	return "|", strings.Split(strings.TrimSuffix(value, "\n"), "\n")
}

// blockLines returns the lines of a block scalar that begins on line l.
func (f *formatter) blockLines(l int) []string {
	var lines []string
	indent := -1
	for ; l <= len(f.src.lines); l++ {
		line := f.src.line(l)
		spaces := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case spaces == len(line) && (indent < 0 || spaces <= indent):
			lines = append(lines, "")
			continue
		case indent < 0:
			indent = spaces
			if indent == 0 {
				return nil
			}
		}
		if spaces < indent {
			break
		}
		lines = append(lines, line[indent:])
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// column returns how many bytes stand before offset on its line.
func (s source) column(offset int) int { return offset - s.lines[s.position(offset).Line-1] }
