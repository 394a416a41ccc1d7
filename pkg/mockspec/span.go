package mockspec

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Edit is a change of the text that mends what a diagnostic is about. What is between the places is replaced.
type Edit struct {
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"` // of the first character that stays
	Text      string `json:"text"`
}

const (
	maxSpan = 200      // bytes of what one diagnostic is about
	maxLine = 64 << 10 // bytes of a line in which columns are counted again for each diagnostic
)

// rest returns the line of a position from it on, as far as one diagnostic may look; nil where that would take long.
func (s source) rest(p Position) []byte {
	if p.Line < 1 || p.Line > len(s.lines) {
		return nil
	}
	end := len(s.text)
	if p.Line < len(s.lines) {
		end = s.lines[p.Line]
	}
	if end-s.lines[p.Line-1] > maxLine {
		return nil
	}
	begin := s.offset(p)
	if begin < 0 || begin > end {
		return nil
	}
	rest := s.text[begin:min(end, begin+maxSpan)]
	if i := bytes.IndexAny(rest, "\r\n"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// span is how many characters of a text a diagnostic at its beginning is about: a tag, something in quotes, or a word.
func span(text []byte) int {
	end := -1
	switch {
	case bytes.HasPrefix(text, []byte("{{")):
		end = after(text, "}}")
	case bytes.HasPrefix(text, []byte("{%")):
		end = after(text, "%}")
	case len(text) > 0 && (text[0] == '"' || text[0] == '\''):
		if i := bytes.IndexByte(text[1:], text[0]); i >= 0 {
			end = i + 2
		}
	}
	if end < 0 {
		if end = bytes.IndexAny(text, " \t:,]}#\"'"); end < 0 {
			end = len(text)
		}
		end = max(end, 1)
	}
	return utf8.RuneCount(text[:end])
}

// after is where text has passed mark, -1 if it has none.
func after(text []byte, mark string) int {
	if i := bytes.Index(text, []byte(mark)); i >= 0 {
		return i + len(mark)
	}
	return -1
}

// spanned fills in where what a diagnostic is about ends.
func (r *reader) spanned(d *Diagnostic) {
	if rest := r.src.rest(Position{d.Line, d.Column}); len(rest) > 0 {
		d.EndLine, d.EndColumn = d.Line, d.Column+span(rest)
	}
}

// mend says that the last diagnostic goes away if was, which stands at its place or behind it in the line, becomes with.
func (r *reader) mend(was, with string) {
	if r.full || r.trusted || len(r.diags) == 0 || was == "" || with == "" {
		return
	}
	d := &r.diags[len(r.diags)-1]
	rest := r.src.rest(Position{d.Line, d.Column})
	i := bytes.Index(rest, []byte(was))
	if i < 0 || isWord(rest[i+len(was):]) {
		return
	}
	begin := d.Column + utf8.RuneCount(rest[:i])
	d.Edit = &Edit{Line: d.Line, Column: begin, EndLine: d.Line, EndColumn: begin + utf8.RuneCountInString(was), Text: with}
}

// wanted is what a fix says to write, "" if it says something else.
func wanted(fix string) string {
	text, begins := strings.CutPrefix(fix, "write `")
	text, ends := strings.CutSuffix(text, "`")
	if !begins || !ends || strings.Contains(text, "`") {
		return ""
	}
	return text
}

// isWord reports whether text begins in the middle of a word.
func isWord(text []byte) bool {
	return len(text) > 0 && (text[0] == '-' || text[0] == '_' || text[0] >= '0' && text[0] <= '9' ||
		text[0] >= 'a' && text[0] <= 'z' || text[0] >= 'A' && text[0] <= 'Z' || text[0] >= utf8.RuneSelf)
}

// replaced is the part of a variable's path that better stands for: its root if nothing is called so, else as many names as
// better has.
func replaced(path, better string, known bool) string {
	names := strings.Split(path, ".")
	n := 1
	if known {
		n = strings.Count(better, ".") + 1
	}
	return strings.Join(names[:min(n, len(names))], ".")
}

// numbered fills in which item of the document each diagnostic is in, from 1.
func (r *reader) numbered() {
	var items []*yaml.Node
	for _, d := range r.tree {
		if len(d.Content) > 0 {
			if list := follow(d.Content[0]); list.Kind == yaml.SequenceNode {
				items = append(items, list.Content...)
			}
		}
	}
	next := 0
	for i := range r.diags { // in the order of the document
		d := &r.diags[i]
		for next < len(items) && (items[next].Line < d.Line || items[next].Line == d.Line && items[next].Column <= d.Column) {
			next++
		}
		d.Item = next
	}
}
