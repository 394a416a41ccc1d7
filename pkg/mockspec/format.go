package mockspec

import (
	"bytes"
	"errors"
	"fmt"

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
	docs, err := decodeLibrary(text, r.o.Limits.Documents)
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
