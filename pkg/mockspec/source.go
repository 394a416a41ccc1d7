package mockspec

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// source is the text of a document with its lines, so that places inside scalars can be told.
type source struct {
	text  []byte
	lines []int // offset of each line's first byte
}

func newSource(text []byte) source {
	s := source{text: text, lines: make([]int, 1, 1+bytes.Count(text, []byte{'\n'}))}
	for i := 0; ; {
		n := bytes.IndexByte(text[i:], '\n')
		if n < 0 {
			return s
		}
		i += n + 1
		s.lines = append(s.lines, i)
	}
}

// line returns the text of line n, counted from 1, without its end; "" beyond the document.
func (s source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.text)
	if n < len(s.lines) {
		end = s.lines[n] - 1
	}
	return strings.TrimSuffix(string(s.text[s.lines[n-1]:end]), "\r")
}

// offset returns the byte offset of a position, or -1.
func (s source) offset(p Position) int {
	if p.Line < 1 || p.Line > len(s.lines) {
		return -1
	}
	i := s.lines[p.Line-1]
	for c := 1; c < p.Column; c++ {
		if i >= len(s.text) || s.text[i] == '\n' {
			return -1
		}
		_, n := utf8.DecodeRune(s.text[i:])
		i += n
	}
	return i
}

// position returns the place of a byte offset.
func (s source) position(offset int) Position {
	lo, hi := 0, len(s.lines) // the last line that begins at or before offset
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; s.lines[mid] <= offset {
			lo = mid
		} else {
			hi = mid
		}
	}
	return Position{lo + 1, utf8.RuneCount(s.text[s.lines[lo]:offset]) + 1}
}

// begin returns where the content of a scalar begins: after a quote, or on the first line of a block.
func (s source) begin(n *yaml.Node) Position {
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		for i := n.Line + 1; i <= len(s.lines); i++ {
			l := s.line(i)
			if t := strings.TrimLeft(l, " "); t != "" {
				return Position{i, len(l) - len(t) + 1}
			}
		}
		return at(n)
	case n.Style&yaml.TaggedStyle == 0 && n.Anchor == "" && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return Position{n.Line, n.Column + 1}
	}
	return at(n)
}

// locate returns the place in the document of a byte offset into a scalar's value.
func (s source) locate(n *yaml.Node, offset int) Position {
	return s.at(n, s.places(n), offset)
}

// at is locate with the places of n, which cost as much as the scalar is long.
func (s source) at(n *yaml.Node, places []int, offset int) Position {
	switch {
	case offset >= 0 && offset < len(places):
		return s.position(places[offset])
	case offset >= 0 && len(places) > 0:
		return s.position(min(places[len(places)-1]+1, len(s.text)))
	}
	return s.begin(n)
}

// places returns the offset in the document of each byte of a scalar's value, followed through quotes, escapes,
// folding and indentation; fewer when the scalar cannot be followed to its end.
func (s source) places(n *yaml.Node) []int {
	if len(s.lines) == 0 {
		return nil
	}
	start := s.offset(at(n))
	if start < 0 {
		return nil
	}
	start = s.skipProperties(start)
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return s.blockPlaces(n, start)
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return s.flowPlaces(start+1, '"', len(n.Value))
	case n.Style&yaml.SingleQuotedStyle != 0:
		return s.flowPlaces(start+1, '\'', len(n.Value))
	}
	return s.flowPlaces(start, 0, len(n.Value))
}

// skipProperties steps over an anchor and a tag before a value.
func (s source) skipProperties(i int) int {
	for i < len(s.text) && (s.text[i] == '&' || s.text[i] == '!') {
		for i < len(s.text) && s.text[i] != ' ' && s.text[i] != '\n' {
			i++
		}
		for i < len(s.text) && (s.text[i] == ' ' || s.text[i] == '\n') {
			i++
		}
	}
	return i
}

// blockPlaces follows a literal or folded scalar: each of its lines stands in the value as it is, without its
// indentation; between them are line ends or, folded, spaces.
func (s source) blockPlaces(n *yaml.Node, start int) []int {
	first := s.position(start).Line + 1
	places := make([]int, 0, len(n.Value))
	indent := -1
	for l := first; l <= len(s.lines) && len(places) < len(n.Value); l++ {
		line := s.line(l)
		trimmed := strings.TrimLeft(line, " ")
		if indent < 0 {
			if trimmed == "" {
				continue
			}
			indent = blockIndent(s.text[start:], len(line)-len(trimmed), n.Value)
		}
		if len(line) <= indent {
			continue
		}
		text := line[indent:]
		rest := n.Value[len(places):]
		gap := 0
		for gap < len(rest) && (rest[gap] == '\n' || rest[gap] == ' ') && !strings.HasPrefix(rest[gap:], text) {
			gap++
		}
		if !strings.HasPrefix(rest[gap:], text) {
			return places
		}
		begin := s.lines[l-1] + indent
		for range gap {
			places = append(places, max(begin-indent-1, 0)) // the end of the line before
		}
		for i := range len(text) {
			places = append(places, begin+i)
		}
	}
	return places
}

// blockIndent is the indentation of a block scalar's content: what its header says, else that of its first line. A
// header can only mean more leading spaces in the value, so the value says how many.
func blockIndent(header []byte, found int, value string) int {
	if len(header) < 3 {
		return found
	}
	if bytes.ContainsAny(header[1:3], "123456789") {
		value = strings.TrimLeft(value, "\n")
		return found - (len(value) - len(strings.TrimLeft(value, " ")))
	}
	return found
}

// flowPlaces follows a plain (quote 0) or quoted scalar from the byte after its quote.
func (s source) flowPlaces(i int, quote byte, size int) []int {
	places := make([]int, 0, size)
	add := func(from, n int) {
		for range n {
			places = append(places, from)
		}
	}
	t := s.text
	for i < len(t) && len(places) < size {
		c := t[i]
		switch {
		case c == '\'' && quote == '\'':
			if i+1 >= len(t) || t[i+1] != '\'' {
				return places
			}
			add(i, 1)
			i += 2
		case c == '"' && quote == '"':
			return places
		case c == '\\' && quote == '"':
			n, width := escape(t[i:])
			add(i, n)
			i += width
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			j, breaks := i, 0
			for j < len(t) && (t[j] == ' ' || t[j] == '\t' || t[j] == '\n' || t[j] == '\r') {
				if t[j] == '\n' {
					breaks++
				}
				j++
			}
			if breaks == 0 {
				for k := i; k < j; k++ {
					add(k, 1)
				}
			} else {
				add(i, max(breaks-1, 1)) // one break is a space, more are one line end less
			}
			i = j
		default:
			add(i, 1)
			i++
		}
	}
	return places
}

// escape says how many bytes the escape sequence at the start of t stands for, and how long it is itself.
func escape(t []byte) (bytes, width int) {
	if len(t) < 2 {
		return 1, 1
	}
	hex := map[byte]int{'x': 2, 'u': 4, 'U': 8}[t[1]]
	switch {
	case hex > 0 && len(t) >= 2+hex:
		var u rune
		for _, h := range t[2 : 2+hex] {
			u = u<<4 | rune(unhex(h))
		}
		return utf8.RuneLen(max(u, 0)), 2 + hex
	case t[1] == 'N' || t[1] == '_':
		return 2, 2
	case t[1] == 'L' || t[1] == 'P':
		return 3, 2
	case t[1] == '\n' || t[1] == '\r':
		w := 2
		for w < len(t) && (t[w] == ' ' || t[w] == '\t' || t[w] == '\n') {
			w++
		}
		return 0, w
	}
	return 1, 2
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 0
}
