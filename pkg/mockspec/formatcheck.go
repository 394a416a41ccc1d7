package mockspec

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// sameTree reports an error when two trees differ in anything but style, the order of keys and the case of methods.
func sameTree(a, b []*yaml.Node) error {
	if len(a) != len(b) {
		return fmt.Errorf("%w: %d documents became %d", ErrUnsafe, len(a), len(b))
	}
	for i := range a {
		if n := differ(a[i], b[i], nil); n != nil {
			return fmt.Errorf("%w: line %d is written in too unusual a way", ErrUnsafe, n.Line)
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
	kept := commentsOf(out)
	searched := 0
	for _, c := range comments {
		if c = strings.TrimSpace(c); c == "" || kept[c] {
			continue
		}
		// What a comment begins with may also stand in a value before it.
		if searched++; searched > maxSearched || !bytes.Contains(out, []byte(c)) {
			return c
		}
	}
	return ""
}

// maxSearched bounds the comments that are looked for in the whole text, so that many comments cost no more than their length.
const maxSearched = 100

// commentsOf are the comments of a document whose beginning can be told without parsing it: those on lines of their own, and what
// follows the first number sign behind a space.
func commentsOf(text []byte) map[string]bool {
	found := map[string]bool{}
	for l := range bytes.SplitSeq(text, []byte("\n")) {
		l = bytes.TrimSpace(l)
		if at := bytes.Index(l, []byte(" #")); at >= 0 && !bytes.HasPrefix(l, []byte("#")) {
			l = l[at+1:]
		}
		if bytes.HasPrefix(l, []byte("#")) {
			found[string(l)] = true
		}
	}
	return found
}
