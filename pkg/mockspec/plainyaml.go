package mockspec

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// readPlain reads the YAML that nearly every mock is written in: one document of block maps and lists whose values are
// plain or quoted on one line, or literal or folded blocks. What it reads, it reads as the YAML library does, only much
// faster and without comments; whatever else there is (anchors, tags, flow style, tabs, values over several lines, empty
// values, and everything that is wrong) it leaves to the library: then ok is false. FuzzReadPlain holds the two together.
// text has passed guard.
func readPlain(text string) (doc *yaml.Node, ok bool) {
	if !isPlainText(text) {
		return nil, false
	}
	p := &plainReader{text: text, line: 1}
	if !p.nextLine(0) || p.i == len(text) {
		return nil, false
	}
	doc = p.node(yaml.DocumentNode, "", "")
	root, ok := p.value(-1)
	if !ok || p.i < len(text) || root.Kind == yaml.ScalarNode {
		return nil, false
	}
	doc.Content = []*yaml.Node{root}
	return doc, true
}

// isPlainText reports whether text has no character that YAML takes for white space or a line end besides spaces and \n.
func isPlainText(text string) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\t', '\r':
			return false
		case 0xc2:
			if strings.HasPrefix(text[i:], "\u0085") {
				return false
			}
		case 0xe2:
			if strings.HasPrefix(text[i:], "\u2028") || strings.HasPrefix(text[i:], "\u2029") {
				return false
			}
		}
	}
	return true
}

// plainDepth is how deep readPlain follows; plainKey is how long a key may be: for the library the limit is 1,024.
const (
	plainDepth = 64
	plainKey   = 1000
)

type plainReader struct {
	text  string
	i     int // where reading goes on: at the first character of a value, or at the end of the text
	line  int
	start int // of the line
	depth int
	nodes []yaml.Node // a slab, so that nodes are not allocated one by one
}

// column is the place in the line, counted from 0; in front of it are spaces and dashes only.
func (p *plainReader) column() int { return p.i - p.start }

func (p *plainReader) node(k yaml.Kind, tag, value string) *yaml.Node {
	if len(p.nodes) == 0 {
		p.nodes = make([]yaml.Node, 64)
	}
	n := &p.nodes[0]
	p.nodes = p.nodes[1:]
	n.Kind, n.Tag, n.Value, n.Line, n.Column = k, tag, value, p.line, utf8.RuneCountInString(p.text[p.start:p.i])+1
	return n
}

// nextLine goes to the first character from the line that begins at i on, over empty lines and comments. It refuses what
// separates documents.
func (p *plainReader) nextLine(i int) bool {
	p.i, p.start = i, i
	for p.i < len(p.text) {
		switch p.text[p.i] {
		case ' ':
			p.i++
		case '\n':
			p.i++
			p.start = p.i
			p.line++
		case '#':
			p.comment()
		default:
			return p.i > p.start || !strings.HasPrefix(p.text[p.i:], "---") && !strings.HasPrefix(p.text[p.i:], "...")
		}
	}
	return true
}

// endLine goes on in the next line; there must be nothing but spaces and a comment in the rest of this one.
func (p *plainReader) endLine() bool {
	p.spaces()
	p.comment()
	if p.i == len(p.text) {
		return true
	}
	if p.text[p.i] != '\n' {
		return false
	}
	p.line++
	return p.nextLine(p.i + 1)
}

// comment goes to the end of the line if a comment begins here.
func (p *plainReader) comment() {
	if p.i == len(p.text) || p.text[p.i] != '#' || p.i > p.start && p.text[p.i-1] != ' ' {
		return
	}
	if n := strings.IndexByte(p.text[p.i:], '\n'); n >= 0 {
		p.i += n
	} else {
		p.i = len(p.text)
	}
}

func (p *plainReader) spaces() {
	for p.i < len(p.text) && p.text[p.i] == ' ' {
		p.i++
	}
}

// atEnd reports whether the line has no more than a comment from here on.
func (p *plainReader) atEnd() bool {
	return p.i == len(p.text) || p.text[p.i] == '\n' || p.text[p.i] == '#'
}

// blankAt reports whether there is a space, a line end or nothing at i.
func (p *plainReader) blankAt(i int) bool {
	return i >= len(p.text) || p.text[i] == ' ' || p.text[i] == '\n'
}

// value reads what begins here, inside a map or list at the column parent.
func (p *plainReader) value(parent int) (*yaml.Node, bool) {
	if p.depth++; p.depth > plainDepth {
		return nil, false
	}
	defer func() { p.depth-- }()
	if p.text[p.i] == '-' && p.blankAt(p.i+1) {
		return p.sequence()
	}
	line, at := p.line, p.i
	if key, ok := p.key(); ok {
		return p.mapping(key)
	}
	p.line, p.i = line, at
	return p.scalar(parent)
}

func (p *plainReader) sequence() (*yaml.Node, bool) {
	n := p.node(yaml.SequenceNode, "!!seq", "")
	column := p.column()
	for p.i < len(p.text) && p.column() == column && p.text[p.i] == '-' && p.blankAt(p.i+1) {
		p.i++
		p.spaces()
		if p.atEnd() {
			if !p.endLine() || p.i == len(p.text) || p.column() <= column {
				return nil, false
			}
		}
		item, ok := p.value(column)
		if !ok {
			return nil, false
		}
		n.Content = append(n.Content, item)
	}
	return n, true
}

// mapping reads a map of which the first key is read.
func (p *plainReader) mapping(key *yaml.Node) (*yaml.Node, bool) {
	n := p.node(yaml.MappingNode, "!!map", "")
	n.Line, n.Column = key.Line, key.Column
	column := key.Column - 1
	for {
		v, ok := p.entry(column)
		if !ok {
			return nil, false
		}
		n.Content = append(n.Content, key, v)
		if p.i == len(p.text) || p.column() != column {
			return n, true
		}
		if key, ok = p.key(); !ok {
			return nil, false
		}
	}
}

// entry reads the value of a key, from behind the colon.
func (p *plainReader) entry(column int) (*yaml.Node, bool) {
	p.spaces()
	if !p.atEnd() {
		return p.scalar(column)
	}
	if !p.endLine() || p.i == len(p.text) {
		return nil, false
	}
	isList := p.text[p.i] == '-' && p.blankAt(p.i+1)
	if c := p.column(); c < column || c == column && !isList {
		return nil, false
	}
	return p.value(column)
}

// key reads a key and its colon.
func (p *plainReader) key() (*yaml.Node, bool) {
	n, ok := p.quoted()
	if !ok {
		return nil, false
	}
	if n == nil {
		end := p.plainEnd()
		if end < 0 || end == len(p.text) || p.text[end] != ':' || strings.HasSuffix(p.text[:end], " ") {
			return nil, false
		}
		if n = p.plain(end); n.Value == "<<" {
			return nil, false
		}
		p.i = end
	}
	if p.i >= len(p.text) || p.text[p.i] != ':' || !p.blankAt(p.i+1) || len(n.Value) > plainKey {
		return nil, false
	}
	p.i++
	return n, true
}

// scalar reads a value to the end of its lines, inside a map or list at the column parent.
func (p *plainReader) scalar(parent int) (*yaml.Node, bool) {
	switch p.text[p.i] {
	case '|', '>':
		return p.block(parent)
	}
	n, ok := p.quoted()
	if !ok {
		return nil, false
	}
	isPlain := n == nil
	if isPlain {
		end := p.plainEnd()
		if end < 0 || end < len(p.text) && p.text[end] == ':' {
			return nil, false
		}
		n = p.plain(end)
		p.i = end
	}
	if !p.endLine() || isPlain && p.i < len(p.text) && p.column() > parent {
		return nil, false // it goes on in the next line
	}
	return n, true
}

// plainEnd finds where a plain scalar ends: at its colon, a comment or the line's end, or nowhere (-1) if it is none.
func (p *plainReader) plainEnd() int {
	if c := p.text[p.i]; strings.IndexByte(" \n,[]{}#&*!|>'\"%@`?:", c) >= 0 || c == '-' && p.blankAt(p.i+1) {
		return -1
	}
	for i := p.i; i < len(p.text); i++ {
		switch p.text[i] {
		case '\n':
			return i
		case ':':
			if p.blankAt(i + 1) {
				return i
			}
		case '#':
			if p.text[i-1] == ' ' {
				return i
			}
		}
	}
	return len(p.text)
}

// plain makes the node of the plain scalar up to end.
func (p *plainReader) plain(end int) *yaml.Node {
	n := p.node(yaml.ScalarNode, "", strings.TrimRight(p.text[p.i:end], " "))
	// Everything but text begins with one of these.
	if n.Tag = "!!str"; strings.IndexByte("0123456789+-.~<yYnNtTfFoO", n.Value[0]) >= 0 {
		n.Tag = ""
		n.Tag = n.ShortTag()
	}
	return n
}

// quoted reads a scalar in quotes that ends in its line; nil if there is no quote here.
func (p *plainReader) quoted() (*yaml.Node, bool) {
	switch p.text[p.i] {
	case '\'':
		n := p.node(yaml.ScalarNode, "!!str", "")
		n.Style = yaml.SingleQuotedStyle
		return n, p.singleQuoted(n)
	case '"':
		n := p.node(yaml.ScalarNode, "!!str", "")
		n.Style = yaml.DoubleQuotedStyle
		return n, p.doubleQuoted(n)
	}
	return nil, true
}

func (p *plainReader) singleQuoted(n *yaml.Node) bool {
	start, twins := p.i+1, false
	for i := start; i < len(p.text) && p.text[i] != '\n'; i++ {
		if p.text[i] != '\'' {
			continue
		}
		if i+1 < len(p.text) && p.text[i+1] == '\'' {
			twins = true
			i++
			continue
		}
		n.Value, p.i = p.text[start:i], i+1
		if twins {
			n.Value = strings.ReplaceAll(n.Value, "''", "'")
		}
		return true
	}
	return false
}

func (p *plainReader) doubleQuoted(n *yaml.Node) bool {
	start, escapes := p.i+1, 0
	for i := start; i < len(p.text) && p.text[i] != '\n'; i++ {
		switch p.text[i] {
		case '\\':
			escapes++
			i++
			if i == len(p.text) || strings.IndexByte(`"\bfnrt`, p.text[i]) < 0 {
				return false
			}
		case '"':
			n.Value, p.i = p.text[start:i], i+1
			if escapes > 0 {
				n.Value = unescaped(n.Value, escapes)
			}
			return true
		}
	}
	return false
}

// unescaped replaces the escapes of which doubleQuoted knows, as many as it has counted.
func unescaped(s string, escapes int) string {
	b := make([]byte, 0, len(s)-escapes)
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return string(append(b, s...))
		}
		b = append(b, s[:i]...)
		b = append(b, "\"\\\b\f\n\r\t"[strings.IndexByte(`"\bfnrt`, s[i+1])])
		s = s[i+2:]
	}
}

// block reads a literal (|) or folded (>) scalar inside a map or list at the column parent (YAML 1.2 section 8.1, as the
// library has it).
func (p *plainReader) block(parent int) (*yaml.Node, bool) {
	n := p.node(yaml.ScalarNode, "!!str", "")
	n.Style = yaml.LiteralStyle
	folded := p.text[p.i] == '>'
	if folded {
		n.Style = yaml.FoldedStyle
	}
	p.i++
	chomp := byte(0)
	if p.i < len(p.text) && (p.text[p.i] == '-' || p.text[p.i] == '+') {
		chomp = p.text[p.i]
		p.i++
	}
	p.spaces()
	p.comment()
	if p.i == len(p.text) || p.text[p.i] != '\n' {
		return nil, false
	}
	p.i++
	p.line++
	p.start = p.i

	var b strings.Builder
	indent := -1
	wasMore := false // the line before begins with a space, or there is none
	breaks := 0      // line ends that are not written yet
	for {
		line, _, terminated := strings.Cut(p.text[p.i:], "\n")
		text := strings.TrimLeft(line, " ")
		spaces := len(line) - len(text)
		if text == "" && (indent < 0 || spaces <= indent) {
			if indent < 0 && spaces > parent+1 {
				return nil, false // it may set the indentation, or be wrong
			}
			if !terminated {
				p.i = len(p.text)
				break
			}
			breaks++
		} else {
			first := indent < 0
			if first {
				indent = spaces
			}
			if spaces < indent || indent <= parent {
				break
			}
			if !terminated {
				return nil, false // the library has its own view of the last line's end
			}
			isMore := spaces > indent
			if folded && !first && !wasMore && !isMore {
				if breaks == 1 {
					b.WriteByte(' ')
				}
				breaks--
			}
			writeBreaks(&b, breaks)
			b.WriteString(line[indent:])
			breaks, wasMore = 1, isMore
		}
		p.i += len(line) + 1
		p.line++
		p.start = p.i
	}
	switch {
	case b.Len() == 0:
		return nil, false
	case chomp == 0:
		breaks = min(breaks, 1)
	case chomp == '-':
		breaks = 0
	}
	writeBreaks(&b, breaks)
	n.Value = b.String()
	return n, p.nextLine(p.start)
}

func writeBreaks(b *strings.Builder, n int) {
	for range n {
		b.WriteByte('\n')
	}
}
