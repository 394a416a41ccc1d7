// Package source reads the JSON documents that are imported, with the place of every value.
package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// Kind is what a value is in JSON.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	Text
	List
	Object
)

// Node is a value of a document. All methods may be called on nil, which is a value that is not there.
type Node struct {
	Kind         Kind
	Value        string // of a scalar, as it is written; of a text, what it says
	Keys         []string
	Items        []*Node
	Line, Column int
}

// Get returns the value of a key, or nil.
func (n *Node) Get(keys ...string) *Node {
	for _, key := range keys {
		if n == nil || n.Kind != Object {
			return nil
		}
		var found *Node
		for i, k := range n.Keys {
			if k == key {
				found = n.Items[i]
				break
			}
		}
		n = found
	}
	return n
}

// Text returns the text, number or boolean of a key, or the value's own without one; "" if it is something else.
func (n *Node) Text(keys ...string) string {
	if v := n.Get(keys...); v != nil && v.Kind >= Bool && v.Kind <= Text {
		return v.Value
	}
	return ""
}

// Int returns the whole number of a key, and whether there is one.
func (n *Node) Int(keys ...string) (int, bool) {
	f, err := strconv.ParseFloat(n.Text(keys...), 64)
	return int(f), err == nil && f == float64(int(f))
}

// True reports whether a key is true.
func (n *Node) True(keys ...string) bool { return n.Get(keys...).IsTrue() }

// IsTrue reports whether the value is true.
func (n *Node) IsTrue() bool { return n != nil && n.Kind == Bool && n.Value == "true" }

// List returns the elements of a key that is a list.
func (n *Node) List(keys ...string) []*Node {
	if v := n.Get(keys...); v != nil && v.Kind == List {
		return v.Items
	}
	return nil
}

// JSON is the value as compact JSON.
func (n *Node) JSON() string {
	var b bytes.Buffer
	n.write(&b)
	return b.String()
}

func (n *Node) write(b *bytes.Buffer) {
	switch {
	case n == nil || n.Kind == Null:
		b.WriteString("null")
	case n.Kind == Bool || n.Kind == Number:
		b.WriteString(n.Value)
	case n.Kind == Text:
		writeText(b, n.Value)
	default:
		b.WriteByte("[{"[n.Kind-List])
		for i, item := range n.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			if n.Kind == Object {
				writeText(b, n.Keys[i])
				b.WriteByte(':')
			}
			item.write(b)
		}
		b.WriteByte("]}"[n.Kind-List])
	}
}

func writeText(b *bytes.Buffer, text string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)      // a text always can be written
	b.Truncate(b.Len() - 1) // the line end
}

// Limits bound a document.
type Limits struct{ Bytes, Values int }

// maxDepth bounds how deep a document may be nested.
const maxDepth = 200

// CodeNotJSON is the code of the diagnostic about a document that is no JSON.
const CodeNotJSON = "NOT_JSON"

// Read reads a document of JSON in time in proportion to its size. It returns nil and why if it cannot be read.
func Read(ctx context.Context, src []byte, name string, limits Limits) (*Node, *mockspec.Diagnostic) {
	return read(ctx.Err, src, name, limits)
}

// Parse reads a text that may be JSON; it is a part of a document, so that nothing more bounds it.
func Parse(text []byte) (*Node, error) {
	n, problem := read(func() error { return nil }, text, "", Limits{Bytes: len(text), Values: len(text) + 1})
	if problem != nil {
		return nil, errors.New(problem.Message)
	}
	return n, nil
}

func read(done func() error, src []byte, name string, limits Limits) (*Node, *mockspec.Diagnostic) {
	r := reader{done: done, src: bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), line: 1, left: limits.Values}
	r.d = json.NewDecoder(bytes.NewReader(r.src))
	r.d.UseNumber()
	var n *Node
	var err error
	switch {
	case len(src) > limits.Bytes:
		err = fmt.Errorf("the document has %d bytes; the limit is %d: split it", len(src), limits.Bytes)
	case !utf8.Valid(r.src):
		err = errors.New("the document is not UTF-8: save it as UTF-8")
	default:
		if n, err = r.value(0); err == nil && r.d.More() {
			err = errors.New("there is text after the end of the JSON document")
		}
	}
	if err == nil {
		return n, nil
	}
	line, column := r.place()
	return nil, &mockspec.Diagnostic{File: name, Line: line, Column: column, Severity: mockspec.Error, Code: CodeNotJSON, Message: err.Error()}
}

type reader struct {
	done func() error // says why reading is to stop
	d    *json.Decoder
	src  []byte
	left int
	// The bytes up to seen are counted: the line that they end in, and its characters so far.
	line, column, seen int
}

// place is where the decoder's last token ended. Each byte is counted once, however long a line is.
func (r *reader) place() (line, column int) {
	for to := min(int(r.d.InputOffset()), len(r.src)); r.seen < to; r.seen++ {
		switch c := r.src[r.seen]; {
		case c == '\n':
			r.line, r.column = r.line+1, 0
		case utf8.RuneStart(c):
			r.column++
		}
	}
	return r.line, max(r.column, 1)
}

func (r *reader) token() (json.Token, error) {
	t, err := r.d.Token()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("the JSON document ends too early")
	case err != nil:
		return nil, fmt.Errorf("this is not JSON: %w", err)
	}
	return t, nil
}

func (r *reader) value(depth int) (*Node, error) {
	if r.left--; r.left < 0 {
		return nil, errors.New("the document has too many values: split it")
	}
	if r.left%1024 == 0 {
		if err := r.done(); err != nil {
			return nil, err
		}
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("the document is nested more than %d levels deep: flatten it", maxDepth)
	}
	token, err := r.token()
	if err != nil {
		return nil, err
	}
	n := &Node{}
	n.Line, n.Column = r.place()
	switch t := token.(type) {
	case json.Delim:
		n.Kind = List
		if t == '{' {
			n.Kind = Object
		}
		return n, r.members(n, depth)
	case string:
		n.Kind, n.Value = Text, t
	case json.Number:
		n.Kind, n.Value = Number, t.String()
	case bool:
		n.Kind, n.Value = Bool, strconv.FormatBool(t)
	}
	return n, nil
}

func (r *reader) members(n *Node, depth int) error {
	for r.d.More() {
		if n.Kind == Object {
			token, err := r.token()
			if err != nil {
				return err
			}
			key, _ := token.(string)
			n.Keys = append(n.Keys, key)
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := r.token()
	return err
}
