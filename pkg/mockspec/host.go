package mockspec

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// WithHost is the text with host in every item, instead of whatever host the user wrote. The document must have no errors.
// Text is inserted, so that everything else stays as it was written; where a document is written in a way that text cannot simply
// be inserted into, it is written anew from its tree, which keeps order and comments but not the layout.
func (d *Document) WithHost(host string) ([]byte, error) {
	if out, ok := insert(d.text, host, targets(d.tree)); ok {
		return out, nil
	}
	docs, err := decodeLibrary(bytes.TrimPrefix([]byte(d.text), []byte("\xef\xbb\xbf")), math.MaxInt)
	if err != nil {
		return nil, fmt.Errorf("read the document with its comments: %w", err)
	}
	for _, t := range targets(docs) {
		setHost(t, host)
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	for _, doc := range docs {
		if err := enc.Encode(doc); err != nil {
			return nil, fmt.Errorf("rewrite the document: %w", err)
		}
	}
	return out.Bytes(), enc.Close()
}

// targets are the mappings behind `endpoint`, `websocket` and `crud` of all documents, each once, aliases followed. The documents
// have no circles.
func targets(docs []*yaml.Node) []*yaml.Node {
	var found []*yaml.Node
	seen := map[*yaml.Node]bool{}
	var visit func(n *yaml.Node, depth int)
	visit = func(n *yaml.Node, depth int) {
		n = follow(n)
		switch {
		case depth == 0:
		case n.Kind == yaml.DocumentNode || n.Kind == yaml.SequenceNode:
			for _, c := range n.Content {
				visit(c, depth-1)
			}
		case n.Kind == yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				name, v := n.Content[i].Value, follow(n.Content[i+1])
				if v.Kind == yaml.MappingNode && (name == "endpoint" || name == "websocket" || name == "crud") && !seen[v] {
					seen[v], found = true, append(found, v)
				}
			}
		}
	}
	for _, doc := range docs {
		visit(doc, 4)
	}
	return found
}

// setHost sets the key in the tree.
func setHost(mapping *yaml.Node, host string) {
	value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: host}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == "host" {
			value.LineComment = mapping.Content[i+1].LineComment
			mapping.Content[i+1] = value
			return
		}
	}
	mapping.Content = append([]*yaml.Node{{Kind: yaml.ScalarNode, Value: "host"}, value}, mapping.Content...)
}

// hostEdit replaces the bytes from to to.
type hostEdit struct {
	from, to int
	text     string
}

// insert makes the edits in the text. ok is false where that is not simple.
func insert(content, host string, targets []*yaml.Node) (out []byte, ok bool) {
	if strings.ContainsAny(content, "\u0085\u2028\u2029\ufeff") || strings.Count(content, "\r") != strings.Count(content, "\r\n") {
		return nil, false // what a line is, is a matter of opinion here
	}
	text := hostText{content: content}
	text.index()
	edits := make([]hostEdit, 0, len(targets))
	for _, t := range targets {
		e, ok := text.edit(t, host)
		if !ok {
			return nil, false
		}
		edits = append(edits, e)
	}
	slices.SortFunc(edits, func(a, b hostEdit) int { return a.from - b.from })
	at := 0
	for _, e := range edits {
		if e.from < at {
			return nil, false
		}
		out = append(out, content[at:e.from]...)
		out = append(out, e.text...)
		at = e.to
	}
	return append(out, content[at:]...), true
}

// hostText finds the places of tree nodes in the text.
type hostText struct {
	content string
	lines   []int // where each begins
}

func (s *hostText) index() {
	s.lines = []int{0}
	for i := range len(s.content) {
		if s.content[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
}

// offset is the byte at which a node begins; columns count characters.
func (s *hostText) offset(n *yaml.Node) (at, lineStart int, ok bool) {
	if n.Line < 1 || n.Line > len(s.lines) {
		return 0, 0, false
	}
	lineStart = s.lines[n.Line-1]
	at = lineStart
	for range n.Column - 1 {
		if at >= len(s.content) {
			return 0, 0, false
		}
		_, size := utf8.DecodeRuneInString(s.content[at:])
		at += size
	}
	return at, lineStart, true
}

// edit is what adds the host to a mapping, or replaces the one that is there.
func (s *hostText) edit(mapping *yaml.Node, host string) (hostEdit, bool) {
	if len(mapping.Content) < 2 {
		return hostEdit{}, false
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == "host" {
			return s.replace(mapping.Content[i+1], host)
		}
	}
	if mapping.Style&yaml.FlowStyle != 0 {
		at, _, ok := s.offset(mapping)
		if !ok || at >= len(s.content) || s.content[at] != '{' {
			return hostEdit{}, false
		}
		return hostEdit{at + 1, at + 1, fmt.Sprintf(`"host": %q, `, host)}, true
	}
	first := mapping.Content[0]
	at, lineStart, ok := s.offset(first)
	if !ok || first.Style != 0 || first.Anchor != "" || !strings.HasPrefix(s.content[at:], first.Value+":") {
		return hostEdit{}, false
	}
	indent := s.content[lineStart:at]
	if strings.Trim(indent, " ") != "" {
		return hostEdit{}, false
	}
	end := "\n"
	if strings.Contains(s.content, "\r\n") {
		end = "\r\n"
	}
	return hostEdit{at, at, "host: " + host + end + indent}, true
}

// replace changes a plain or quoted value on one line.
func (s *hostText) replace(value *yaml.Node, host string) (hostEdit, bool) {
	at, _, ok := s.offset(value)
	if !ok || value.Kind != yaml.ScalarNode || value.Anchor != "" || value.Style&yaml.TaggedStyle != 0 {
		return hostEdit{}, false
	}
	for _, written := range []string{value.Value, `"` + value.Value + `"`, `'` + value.Value + `'`} {
		if written != "" && strings.HasPrefix(s.content[at:], written) {
			return hostEdit{at, at + len(written), fmt.Sprintf("%q", host)}, true
		}
	}
	return hostEdit{}, false
}
