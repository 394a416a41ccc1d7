package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// read reads a document of YAML or JSON within the limits. It returns nil and why if it cannot be read.
func read(ctx context.Context, src []byte, o Options) (*value, []mockspec.Diagnostic) {
	text := bytes.TrimLeft(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), " \t\r\n")
	var fault *jsonFault
	if len(src) <= o.MaxBytes && len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		// JSON is nearly YAML; what differs (tabs, \ud83d\ude00) is met in real documents.
		root, err := readJSON(ctx, src, o.MaxValues)
		if err == nil {
			return root, nil
		}
		errors.As(err, &fault)
	}
	if ctx.Err() != nil {
		return nil, []mockspec.Diagnostic{stopped(o)}
	}
	docs, problems := mockspec.ReadYAML(src, mockspec.Options{
		Name: o.Name, Limits: mockspec.Limits{Bytes: o.MaxBytes, Nodes: o.MaxValues, Depth: maxDepth, Documents: 1, Key: 10_000, Number: 400},
	})
	if mockspec.HasErrors(problems) {
		if fault != nil { // of the two complaints, the one that fits what the author wrote
			problems = []mockspec.Diagnostic{{
				File: o.Name, Line: fault.line, Column: fault.column, Severity: mockspec.Error, Code: CodeNotJSON, Message: fault.Error(),
			}}
		}
		return nil, problems
	}
	if len(docs) == 0 {
		return nil, nil
	}
	c := converter{done: map[*yaml.Node]*value{}}
	return c.value(docs[0]), nil
}

// maxDepth bounds how deep a document may be nested.
const maxDepth = 200

// converter makes values of YAML nodes. What an alias stands for is converted once and shared.
type converter struct{ done map[*yaml.Node]*value }

func (c *converter) value(n *yaml.Node) *value {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if v := c.done[n]; v != nil {
		return v
	}
	v := &value{line: n.Line, column: n.Column}
	if n.Anchor != "" {
		c.done[n] = v
	}
	switch n.Kind {
	case yaml.MappingNode:
		v.kind = kindObject
		var merged []*value
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, item := n.Content[i], c.value(n.Content[i+1])
			for key.Kind == yaml.AliasNode {
				key = key.Alias
			}
			switch {
			case key.Tag == "!!merge" && item.kind == kindList:
				merged = append(merged, item.items...)
			case key.Tag == "!!merge":
				merged = append(merged, item)
			case key.Kind == yaml.ScalarNode && v.find(key.Value) < 0:
				v.set(key.Value, item)
			}
		}
		for _, m := range merged {
			for i, key := range m.keys {
				if v.find(key) < 0 {
					v.set(key, m.items[i])
				}
			}
		}
	case yaml.SequenceNode:
		v.kind = kindList
		for _, item := range n.Content {
			v.items = append(v.items, c.value(item))
		}
	default:
		if v.kind, v.text = scalar(n); v.text != n.Value {
			v.source = n.Value
		}
	}
	return v
}

// scalar says what a YAML scalar is in JSON.
func scalar(n *yaml.Node) (kind, string) {
	switch n.Tag {
	case "!!null":
		return kindNull, ""
	case "!!bool":
		return kindBool, strings.ToLower(n.Value)
	case "!!int", "!!float":
		if isNumber(n.Value) {
			return kindNumber, n.Value
		}
		var i int64
		if n.Tag == "!!int" && n.Decode(&i) == nil {
			return kindNumber, strconv.FormatInt(i, 10)
		}
		var f float64
		if n.Decode(&f) == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return kindNumber, strconv.FormatFloat(f, 'g', -1, 64)
		}
	}
	return kindText, n.Value
}

// jsonFault says why a document is not JSON that can be read, and where.
type jsonFault struct {
	line, column int
	what         string
}

func (f *jsonFault) Error() string { return f.what }

// readJSON reads a document that may be JSON. Errors are *jsonFault.
func readJSON(ctx context.Context, src []byte, maxValues int) (*value, error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(src) {
		return nil, &jsonFault{1, 1, "the document is not UTF-8"}
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	r := jsonReader{ctx: ctx, d: d, src: src, line: 1, left: maxValues}
	v, err := r.value(0)
	if err == nil && d.More() {
		err = r.fault("there is text after the end of the JSON document")
	}
	return v, err
}

type jsonReader struct {
	ctx  context.Context // of the one call of readJSON
	d    *json.Decoder
	src  []byte
	left int // values that may still come
	// The bytes up to seen are counted: the line that they end in, and its characters so far.
	line, column, seen int
}

// place is where the decoder's last token ended, which is on the line of the token. Each byte is counted once, however
// long a line is.
func (r *jsonReader) place() (line, column int) {
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

func (r *jsonReader) fault(what string) error {
	line, column := r.place()
	return &jsonFault{line, column, what}
}

// token is the next one.
func (r *jsonReader) token() (json.Token, error) {
	t, err := r.d.Token()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, r.fault("the JSON document ends too early")
	case err != nil:
		return nil, r.fault("this is not JSON: " + err.Error())
	}
	return t, nil
}

func (r *jsonReader) value(depth int) (*value, error) {
	if r.left--; r.left < 0 {
		return nil, r.fault("the document has too many values: split it")
	}
	if r.left%1024 == 0 && r.ctx.Err() != nil {
		return nil, r.ctx.Err()
	}
	if depth > maxDepth {
		return nil, r.fault(fmt.Sprintf("the document is nested more than %d levels deep: flatten it", maxDepth))
	}
	token, err := r.token()
	if err != nil {
		return nil, err
	}
	v := &value{}
	v.line, v.column = r.place()
	switch t := token.(type) {
	case json.Delim:
		v.kind = kindList
		if t == '{' {
			v.kind = kindObject
		}
		if err := r.members(v, depth); err != nil {
			return nil, err
		}
	case string:
		v.kind, v.text = kindText, t
	case json.Number:
		v.kind, v.text = kindNumber, t.String()
	case bool:
		v.kind, v.text = kindBool, strconv.FormatBool(t)
	}
	return v, nil
}

// members reads what is inside of a list or an object, and its end. Of two equal keys the first counts.
func (r *jsonReader) members(v *value, depth int) error {
	for r.d.More() {
		key := ""
		if v.kind == kindObject {
			token, err := r.token()
			if err != nil {
				return err
			}
			key, _ = token.(string)
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		switch {
		case v.kind == kindList:
			v.items = append(v.items, item)
		case v.find(key) < 0:
			v.set(key, item)
		}
	}
	_, err := r.token()
	return err
}
