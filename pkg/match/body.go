package match

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// Body is the body of a request, decoded in the ways that conditions ask for, each of them once. The zero Body is empty. It is for
// one goroutine.
type Body struct {
	raw []byte

	plain decoded[any]            // for JSONPath and JSON Schema
	value decoded[selmer.Value]   // the whole body, for equals
	tree  decoded[*xmlquery.Node] // for XPath
	graph decoded[selmer.Value]   // what graphql.… names
}

type decoded[T any] struct {
	done bool
	it   T
	err  error
}

func (d *decoded[T]) get(decode func() (T, error)) (T, error) {
	if !d.done {
		d.done = true
		d.it, d.err = decode()
	}
	return d.it, d.err
}

// Reset makes it another body.
func (b *Body) Reset(raw []byte) { *b = Body{raw: raw} }

// Raw is the body as it came.
func (b *Body) Raw() []byte { return b.raw }

var errNoBody = errors.New("the request has no body")

// json returns the body as encoding/json decodes it, numbers as json.Number.
func (b *Body) json() (any, error) {
	return b.plain.get(func() (any, error) { return decodeJSON(b.raw) })
}

// Problem says why the body is not JSON; "" if it is, or if there is none.
func (b *Body) Problem() string {
	if _, err := b.json(); err != nil && !errors.Is(err, errNoBody) {
		return err.Error()
	}
	return ""
}

func decodeJSON(text []byte) (any, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, errNoBody
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return v, nil
		}
		err = fmt.Errorf("something follows the value at byte %d", d.InputOffset())
	}
	return nil, fmt.Errorf("the body is not JSON: %s", placeJSON(text, err))
}

// placeJSON says where JSON breaks.
func placeJSON(text []byte, err error) string {
	offset := len(text)
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = min(int(s.Offset), len(text))
		if offset > 0 && offset < len(text) {
			offset-- // the offset is behind the character that is wrong
		}
	} else if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err.Error()
	}
	line := 1 + bytes.Count(text[:offset], []byte("\n"))
	column := 1 + len([]rune(string(text[bytes.LastIndexByte(text[:offset], '\n')+1:offset])))
	return fmt.Sprintf("line %d, column %d", line, column)
}

// whole returns the body as a value of JSON.
func (b *Body) whole() (selmer.Value, error) {
	return b.value.get(func() (selmer.Value, error) {
		if len(bytes.TrimSpace(b.raw)) == 0 {
			return selmer.Nil(), errNoBody
		}
		return selmer.ParseJSON(b.raw)
	})
}

// xml returns the body as a tree whose names have no prefixes.
func (b *Body) xml() (*xmlquery.Node, error) {
	return b.tree.get(func() (*xmlquery.Node, error) { return parseXML(b.raw) })
}

// MaxXMLDepth is how deeply the elements of an XML body may nest.
const MaxXMLDepth = 64

func parseXML(text []byte) (*xmlquery.Node, error) {
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return nil, errNoBody
	}
	if text[0] != '<' {
		return nil, errors.New("the body is not XML")
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	root := &xmlquery.Node{Type: xmlquery.DocumentNode}
	at, depth := root, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && at == root && root.FirstChild != nil {
			return root, nil
		}
		if err != nil {
			line, column := d.InputPos()
			return nil, fmt.Errorf("the body is not XML: line %d, column %d", line, column)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > MaxXMLDepth {
				return nil, fmt.Errorf("the XML of the body is nested more than %d levels deep", MaxXMLDepth)
			}
			n := &xmlquery.Node{Type: xmlquery.ElementNode, Data: t.Name.Local}
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					n.Attr = append(n.Attr, xmlquery.Attr{Name: xml.Name{Local: a.Name.Local}, Value: a.Value})
				}
			}
			xmlquery.AddChild(at, n)
			at = n
		case xml.EndElement:
			depth--
			at = at.Parent
		case xml.CharData:
			if at != root {
				xmlquery.AddChild(at, &xmlquery.Node{Type: xmlquery.TextNode, Data: string(t)})
			}
		}
	}
}

// equalXML compares two trees: names, attributes in any order, elements in order, text without the space around it.
func equalXML(a, b *xmlquery.Node) bool {
	if a.Data != b.Data && a.Type == xmlquery.ElementNode || len(a.Attr) != len(b.Attr) {
		return false
	}
	for _, attr := range a.Attr {
		if !hasAttr(b, attr) {
			return false
		}
	}
	if text(a) != text(b) {
		return false
	}
	x, y := firstElement(a.FirstChild), firstElement(b.FirstChild)
	for x != nil && y != nil {
		if !equalXML(x, y) {
			return false
		}
		x, y = firstElement(x.NextSibling), firstElement(y.NextSibling)
	}
	return x == nil && y == nil
}

func hasAttr(n *xmlquery.Node, want xmlquery.Attr) bool {
	for _, a := range n.Attr {
		if a.Name.Local == want.Name.Local {
			return a.Value == want.Value
		}
	}
	return false
}

// text is the text directly in an element.
func text(n *xmlquery.Node) string {
	var out strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == xmlquery.TextNode {
			if s := strings.TrimSpace(c.Data); s != "" {
				out.WriteString(s)
				out.WriteByte(' ')
			}
		}
	}
	return out.String()
}

func firstElement(n *xmlquery.Node) *xmlquery.Node {
	for n != nil && n.Type != xmlquery.ElementNode {
		n = n.NextSibling
	}
	return n
}

// MaxGraphQLTokens is how many tokens a GraphQL document may have.
const MaxGraphQLTokens = 10_000

// GraphQL returns what graphql.… names: operation, type, fields and variables of the request. False if the body is no GraphQL request.
// Query is the document when it came in the URL.
func (b *Body) GraphQL(query, operation, variables string) (selmer.Value, bool) {
	v, err := b.graph.get(func() (selmer.Value, error) {
		given := selmer.Map(nil)
		if query == "" {
			body, err := b.whole()
			if err != nil {
				query = string(b.raw) // application/graphql
			} else {
				query, operation = field(body, "query"), field(body, "operationName")
				if v, ok := body.Get("variables"); ok && isMap(v) {
					given = v
				}
			}
		} else if v, err := selmer.ParseJSON([]byte(variables)); err == nil && isMap(v) {
			given = v
		}
		return parseGraphQL(query, operation, given)
	})
	return v, err == nil
}

func field(v selmer.Value, name string) string {
	if f, ok := v.Get(name); ok && f.Kind() == selmer.KindString {
		return f.String()
	}
	return ""
}

func parseGraphQL(query, operation string, variables selmer.Value) (selmer.Value, error) {
	if strings.TrimSpace(query) == "" {
		return selmer.Nil(), errors.New("the request has no GraphQL document")
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, MaxGraphQLTokens)
	if err != nil {
		return selmer.Nil(), err
	}
	var op *ast.OperationDefinition
	for _, o := range doc.Operations {
		if op == nil || o.Name == operation {
			op = o
		}
		if operation != "" && o.Name == operation {
			break
		}
	}
	if op == nil || operation != "" && op.Name != operation {
		return selmer.Nil(), errors.New("the GraphQL document has no such operation")
	}
	var fields []selmer.Value
	for _, s := range op.SelectionSet {
		if f, ok := s.(*ast.Field); ok {
			fields = append(fields, selmer.String(f.Name))
		}
	}
	return selmer.Map([]selmer.Entry{
		{Key: "operation", Value: selmer.String(op.Name)},
		{Key: "type", Value: selmer.String(string(op.Operation))},
		{Key: "fields", Value: selmer.List(fields)},
		{Key: "variables", Value: variables},
	}), nil
}
