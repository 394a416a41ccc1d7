package mockspec

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// ErrUnsafe is returned by Format when the canonical form would lose a comment or change what the document says.
var ErrUnsafe = errors.New("the document cannot be formatted without changing it")

// Format writes a mock in canonical form: two spaces a level, one empty line between items, the keys of each map in
// the order of the reference, methods in capitals. Comments are kept, texts keep their style, and the result means the same as
// src (it is read again to make sure). Formatting twice is formatting once.
func Format(src []byte) ([]byte, error) {
	docs, r, err := formatTree(src)
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 { // comments at most
		return append(bytes.TrimSpace(r.src.text), '\n'), nil
	}
	out, err := write(docs, r.src, true)
	if err != nil { // an alias that would come before its anchor, perhaps
		out, err = write(docs, r.src, false)
	}
	return out, err
}

// write writes documents and makes sure that nothing got lost; sort says whether keys are put in order.
func write(docs []*yaml.Node, src source, sort bool) ([]byte, error) {
	f := formatter{src: src, sort: sort}
	for i, d := range docs {
		if i > 0 {
			f.line(0, "---")
		}
		f.comment(0, d.HeadComment)
		if d.HeadComment != "" {
			f.blank()
		}
		if len(d.Content) > 0 {
			f.root(d.Content[0])
		}
		if d.FootComment != "" {
			f.blank()
			f.comment(0, d.FootComment)
		}
	}
	out := append(f.out[:f.keep:f.keep], bytes.TrimRight(f.out[f.keep:], "\n")...)
	if !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, '\n')
	}
	again, _, err := formatTree(out)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsafe, err)
	}
	if err := sameTree(docs, again); err != nil {
		return nil, err
	}
	if lost := lostComment(src.text, docs, out); lost != "" {
		return nil, fmt.Errorf("%w: the comment %q would be lost: move it to a line of its own", ErrUnsafe, brief(lost))
	}
	return out, nil
}

// formatTree reads src as YAML documents whose roots are lists.
func formatTree(src []byte) ([]*yaml.Node, *reader, error) {
	r := newReader(Options{Name: "document"})
	text, ok := r.guard(src)
	if !ok {
		return nil, nil, errors.New(r.diags[0].Message)
	}
	r.src = newSource(text)
	docs, err := decodeYAML(text, r.o.Limits.Documents)
	if err != nil {
		r.syntaxError(err)
		return nil, nil, fmt.Errorf("line %d, column %d: %s", r.diags[0].Line, r.diags[0].Column, r.diags[0].Message)
	}
	for _, d := range docs {
		if len(d.Content) > 0 && !isNull(d.Content[0]) {
			if d.Content[0].Kind != yaml.SequenceNode {
				return nil, nil, errors.New("a mock is a list of items that begin with `- `")
			}
			if !r.measure(d.Content[0]) {
				return nil, nil, errors.New(r.diags[0].Message)
			}
		}
	}
	return docs, r, nil
}

// formatter writes nodes with their comments.
type formatter struct {
	src  source
	out  []byte
	sort bool
	keep int // the end of the last block scalar whose empty lines count
}

// entries returns the entries of a map in the order in which they are written.
func (f *formatter) entries(n *yaml.Node, t *table) []pair {
	if !f.sort {
		t = nil
	}
	return ordered(n, t)
}

func (f *formatter) line(indent int, text string) {
	if text != "" {
		f.out = append(f.out, strings.Repeat(" ", indent)...)
		f.out = append(f.out, text...)
	}
	f.out = append(f.out, '\n')
}

// blank ends with one empty line, except at the start of a document.
func (f *formatter) blank() {
	if len(f.out) > 0 && !bytes.HasSuffix(f.out, []byte("\n\n")) && !bytes.HasSuffix(f.out, []byte("---\n")) {
		f.out = append(f.out, '\n')
	}
}

func (f *formatter) comment(indent int, text string) {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			f.line(indent, l)
		} else if text != "" {
			f.blank()
		}
	}
}

// root writes the items of a document, one empty line between them.
func (f *formatter) root(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		if n.Kind == yaml.SequenceNode {
			f.line(0, "[]")
		}
		return
	}
	f.comment(0, n.HeadComment)
	for i, item := range n.Content {
		if i > 0 {
			f.blank()
		}
		f.item(item, 0, itemTable)
	}
	f.foot(0, n.FootComment)
}

// foot writes a comment that follows what it belongs to; the empty line keeps it from what comes after it.
func (f *formatter) foot(indent int, text string) {
	if text != "" {
		f.comment(indent, text)
		f.blank()
	}
}

// item writes one item of a block list.
func (f *formatter) item(n *yaml.Node, indent int, t *table) {
	f.comment(indent, n.HeadComment)
	if n.Kind == yaml.MappingNode && len(n.Content) > 0 && properties(n) == "" && f.flow(n) == "" {
		pairs := f.entries(n, t)
		f.comment(indent, pairs[0].key.HeadComment) // which cannot stand between `-` and the key
		for i, p := range pairs {
			lead := strings.Repeat(" ", indent+2)
			if i == 0 {
				lead = strings.Repeat(" ", indent) + "- "
			}
			f.entry(p, indent+2, lead, i > 0, t)
		}
		f.foot(indent, n.FootComment)
		return
	}
	f.value(n, strings.Repeat(" ", indent)+"-", indent, "", t)
	f.foot(indent, n.FootComment)
}

// entry writes one entry of a block map; lead is what stands before the key.
func (f *formatter) entry(p pair, indent int, lead string, head bool, t *table) {
	if head {
		f.comment(indent, p.key.HeadComment)
	}
	var child *table
	value := p.value
	if t != nil && p.key.Kind == yaml.ScalarNode {
		if i := t.find(p.key.Value); i >= 0 {
			child = t.keys[i].child
			if t.keys[i].kind == kindMethod && value.Kind == yaml.ScalarNode && value.Style == 0 {
				upper := *value
				upper.Value = strings.ToUpper(value.Value)
				value = &upper
			}
		}
	}
	f.comment(indent, value.HeadComment)
	f.value(value, lead+f.keyText(p.key)+":", indent, p.key.LineComment, child)
	f.foot(indent, value.FootComment)
	f.foot(indent, p.key.FootComment)
}

func (f *formatter) keyText(k *yaml.Node) string {
	if k.Kind == yaml.AliasNode {
		return "*" + k.Value + " "
	}
	s, _ := inline(k)
	return strings.TrimPrefix(properties(k)+" "+s, " ")
}

// value writes what stands behind lead, which is a `-` or a key with its colon, and ends the line.
func (f *formatter) value(n *yaml.Node, lead string, indent int, comment string, t *table) {
	end := strings.Join(slices.DeleteFunc(strings.Split("\n"+comment+"\n"+n.LineComment, "\n"), func(l string) bool { return l == "" }), " ")
	if end != "" {
		end = " " + end
	}
	if p := properties(n); p != "" {
		lead += " " + p
	}
	if n.Kind == yaml.AliasNode {
		f.line(0, lead+" *"+n.Value+end)
		return
	}
	if s := f.flow(n); s != "" {
		f.line(0, lead+" "+s+end)
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		f.line(0, lead+end)
		for _, p := range f.entries(n, t) {
			f.entry(p, indent+2, strings.Repeat(" ", indent+2), true, t)
		}
	case yaml.SequenceNode:
		f.line(0, lead+end)
		for _, c := range n.Content {
			f.item(c, indent+2, t)
		}
	default:
		if s, ok := inline(n); ok {
			if s != "" {
				s = " " + s
			}
			f.line(0, lead+s+end)
			return
		}
		header, lines := f.block(n)
		f.line(0, lead+" "+header+end)
		for _, l := range lines {
			f.line(indent+2, l)
		}
		if strings.HasSuffix(header, "+") {
			f.keep = len(f.out)
		}
	}
}

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

// sameTree reports an error when two trees differ in anything but style, the order of keys and the case of methods.
func sameTree(a, b []*yaml.Node) error {
	if len(a) != len(b) {
		return fmt.Errorf("%w: %d documents became %d", ErrUnsafe, len(a), len(b))
	}
	for i := range a {
		if n := differ(a[i], b[i], nil); n != nil {
			return fmt.Errorf("%w: what stands on line %d is too unusual", ErrUnsafe, n.Line)
		}
	}
	return nil
}

// differ returns the first node of a that b has otherwise.
func differ(a, b *yaml.Node, t *table) *yaml.Node {
	if a.Kind == yaml.DocumentNode || a.Kind == yaml.SequenceNode {
		if a.Kind == yaml.DocumentNode {
			t = itemTable
		}
		if b.Kind != a.Kind || len(a.Content) != len(b.Content) || a.Anchor != b.Anchor {
			return a
		}
		for i := range a.Content {
			if n := differ(a.Content[i], b.Content[i], t); n != nil {
				return n
			}
		}
		return nil
	}
	if a.Kind != b.Kind || a.Anchor != b.Anchor || a.Tag != b.Tag || len(a.Content) != len(b.Content) {
		return a
	}
	if a.Kind != yaml.MappingNode {
		if a.Value != b.Value && !strings.EqualFold(a.Value, b.Value) {
			return a
		}
		return nil
	}
	left, right := ordered(a, t), ordered(b, t)
	for i := range left {
		if left[i].key.Value != right[i].key.Value {
			return left[i].key
		}
		var child *table
		if t != nil {
			if k := t.find(left[i].key.Value); k >= 0 {
				child = t.keys[k].child
			}
		}
		if n := differ(left[i].key, right[i].key, nil); n != nil {
			return n
		}
		if n := differ(left[i].value, right[i].value, child); n != nil {
			return n
		}
	}
	return nil
}

// lostComment returns a comment of the source, on a line of its own or behind a value, that out does not have.
func lostComment(text []byte, docs []*yaml.Node, out []byte) string {
	inBlock := map[int]bool{} // lines inside scalars, which only look like comments
	var comments []string
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for _, c := range []string{n.HeadComment, n.LineComment, n.FootComment} {
			comments = append(comments, strings.Split(c, "\n")...)
		}
		if n.Kind == yaml.ScalarNode {
			for i := 1; i <= strings.Count(n.Value, "\n")+1 && n.Value != ""; i++ {
				inBlock[n.Line+i] = n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
			}
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	for _, d := range docs {
		walk(d)
	}
	line := 0
	for l := range bytes.SplitSeq(text, []byte("\n")) {
		if line++; !inBlock[line] && bytes.HasPrefix(bytes.TrimSpace(l), []byte("#")) {
			comments = append(comments, string(l))
		}
	}
	for _, c := range comments {
		if c = strings.TrimSpace(c); !bytes.Contains(out, []byte(c)) {
			return c
		}
	}
	return ""
}
