// Package draft puts a mock together from what an importer finds: endpoints with several answers, and notes on what is
// lost.
package draft

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/importer/internal/source"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// Map is a YAML map whose keys keep their order.
type Map []Pair

// Pair is a key and its value: nil, a bool, an int, a text, a Map, a []any, or a node of the document.
type Pair struct {
	Key   string
	Value any
}

// Answer is one answer of an endpoint, and when it is given.
type Answer struct {
	If    Map // always, if it is empty
	Share Map // `times` or `chance`: not all requests that fit get it
	Keys  Map // what it has of the keys of a response
	At    *source.Node
	Title string // what a note calls it
}

// always reports whether every request gets the answer.
func (a *Answer) always() bool { return len(a.If) == 0 && len(a.Share) == 0 }

// Mock is a mock in the making.
type Mock struct {
	o         openapi.Options
	title     string
	state     Map // what the mock remembers
	settings  Map // of the whole mock
	resources []Answer
	endpoints []*endpoint
	byRoute   map[string]*endpoint
	notes     []mockspec.Diagnostic
	noted     map[string]bool
	left      int // notes that there is no room for
}

type endpoint struct {
	method, path string
	extra        Map // tag, summary, …
	answers      []Answer
}

// New begins a mock.
func New(o openapi.Options, title string) *Mock {
	return &Mock{o: o, title: title, byRoute: map[string]*endpoint{}, noted: map[string]bool{}}
}

// maxNotes bounds the notes of one import.
const maxNotes = 200

// None notes that a part of the document is not in the mock.
func (m *Mock) None(at *source.Node, format string, args ...any) {
	m.note(at, mockspec.Warning, openapi.CodeNotImported, format, args...)
}

// Loss notes that a part of the document is in the mock, but not as it was.
func (m *Mock) Loss(at *source.Node, format string, args ...any) {
	m.note(at, mockspec.Warning, openapi.CodeSimplified, format, args...)
}

func (m *Mock) note(at *source.Node, severity mockspec.Severity, code, format string, args ...any) {
	d := mockspec.Diagnostic{File: m.o.Name, Line: 1, Column: 1, Severity: severity, Code: code, Message: fmt.Sprintf(format, args...)}
	if at != nil && at.Line > 0 {
		d.Line, d.Column = at.Line, at.Column
	}
	switch key := d.String(); {
	case m.noted[key]:
	case len(m.notes) >= maxNotes && severity != mockspec.Error:
		m.left++
	default:
		m.noted[key] = true
		m.notes = append(m.notes, d)
	}
}

// Add adds an answer to the endpoint of a method and a path, which is made if there is none; extra are further keys of a
// new endpoint.
func (m *Mock) Add(method, path string, extra Map, a Answer) {
	if prefix := strings.Trim(m.o.Prefix, "/"); prefix != "" {
		path = "/" + prefix + path
	}
	e := m.byRoute[method+" "+path]
	if e == nil {
		e = &endpoint{method: method, path: path, extra: extra}
		m.byRoute[method+" "+path] = e
		m.endpoints = append(m.endpoints, e)
	}
	e.answers = append(e.answers, a)
}

// Declare gives the mock a state and its initial value; of two of one name the first counts.
func (m *Mock) Declare(name string, value any) {
	for _, p := range m.state {
		if p.Key == name {
			return
		}
	}
	m.state = append(m.state, Pair{name, value})
}

// Setting sets a key of the settings of the whole mock.
func (m *Mock) Setting(key string, value any) { m.settings = append(m.settings, Pair{key, value}) }

// Resource adds a `crud` with these keys.
func (m *Mock) Resource(at *source.Node, title string, keys Map) {
	m.resources = append(m.resources, Answer{Keys: keys, At: at, Title: title})
}

// Check says what is wrong with a condition; nil if it can be used.
func (m *Mock) Check(condition Map) error {
	return m.CheckEndpoint(Map{{"path", "/"}, {"responses", []any{Map{{"if", condition}, {"status", 200}}}}})
}

// CheckEndpoint says what is wrong with an endpoint; nil if it can be served.
func (m *Mock) CheckEndpoint(e Map) error { return m.check("endpoint", e) }

// check says what is wrong with an item; nil if it can be served.
func (m *Mock) check(kind string, item Map) error {
	names := make(Map, len(m.state))
	for i, p := range m.state {
		names[i] = Pair{p.Key, nil}
	}
	items := []any{Map{{kind, item}}}
	if len(names) > 0 {
		items = append(items, Map{{"state", names}})
	}
	text, err := encode(items)
	if err != nil {
		return err
	}
	_, problems := mockspec.Parse(text, mockspec.Options{})
	for _, d := range problems {
		if d.Severity == mockspec.Error {
			return fmt.Errorf("%s", d.Message)
		}
	}
	return nil
}

// Result is the mock that was made.
type Result struct {
	Content   []byte
	Title     string
	Endpoints int
}

// Finish writes the mock. There is no result if nothing could be made, or ctx has ended.
func (m *Mock) Finish(ctx context.Context) (*Result, []mockspec.Diagnostic) {
	limits := m.o.Mock.OrDefault()
	items, made, size := m.head(), 0, 0
	if text, err := encode(items); err == nil {
		size = len(text)
	}
	m.order()
	add := func(kind, title string, at *source.Node, keys Map) (more bool) {
		text, err := encode([]any{Map{{kind, keys}}})
		if err == nil {
			err = m.check(kind, keys)
		}
		if err != nil {
			m.None(at, "%s is left out: %v", title, err)
			return true
		}
		if size += len(text) + len(text)/16 + 1; size > limits.Bytes || made == limits.Endpoints {
			m.note(at, mockspec.Warning, openapi.CodeTooLong, "the limit is %d endpoints and %d KiB a mock: the rest is left out", limits.Endpoints, limits.Bytes>>10)
			return false
		}
		items = append(items, Map{{kind, keys}})
		made++
		return true
	}
	for _, r := range m.resources {
		if !add("crud", r.Title, r.At, r.Keys) {
			break
		}
	}
	for _, e := range m.endpoints {
		if ctx.Err() != nil {
			return nil, []mockspec.Diagnostic{{File: m.o.Name, Line: 1, Column: 1, Severity: mockspec.Error, Code: openapi.CodeStopped, Message: "the import was stopped before it finished"}}
		}
		if !add("endpoint", e.method+" "+short(e.path), e.answers[0].At, m.keys(e)) {
			break
		}
	}
	if made == 0 {
		m.note(nil, mockspec.Error, openapi.CodeNoOperations, "there is nothing in the document that a mock could answer")
		return nil, m.sorted()
	}
	content, err := encode(items)
	if err == nil {
		if formatted, err := mockspec.Format(content); err == nil && len(formatted) <= limits.Bytes {
			content = formatted
		}
	}
	return &Result{Content: content, Title: m.title, Endpoints: made}, m.sorted()
}

// head is what stands before the endpoints: state and settings.
func (m *Mock) head() (items []any) {
	if len(m.state) > 0 {
		items = append(items, Map{{"state", m.state}})
	}
	if len(m.settings) > 0 {
		items = append(items, Map{{"mocloud", m.settings}})
	}
	return items
}

// order puts the endpoints in the order of the document. Those of the same shape of path stay as they are, since the first
// of them is tried first.
func (m *Mock) order() {
	first := map[string]*source.Node{}
	before := func(a, b *source.Node) int {
		if a == nil || b == nil {
			return 0
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	}
	for _, e := range m.endpoints {
		for _, a := range e.answers {
			if at := first[shape(e.path)]; at == nil || before(a.At, at) < 0 {
				first[shape(e.path)] = a.At
			}
		}
	}
	slices.SortStableFunc(m.endpoints, func(a, b *endpoint) int { return before(first[shape(a.path)], first[shape(b.path)]) })
}

// shape is a path without the names of its parameters.
func shape(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") || strings.HasPrefix(part, "*") {
			parts[i] = part[:1]
		}
	}
	return strings.Join(parts, "/")
}

// keys are the keys of an endpoint: answers that nothing reaches are left out, and the last one is `response` if it always
// applies.
func (m *Mock) keys(e *endpoint) Map {
	keys := Map{{"method", e.method}, {"path", e.path}}
	var entries []any
	for i, a := range e.answers {
		if !a.always() {
			entry := Map{}
			if len(a.If) > 0 {
				entry = append(entry, Pair{"if", a.If})
			}
			entries = append(entries, append(append(entry, a.Share...), a.Keys...))
			continue
		}
		for _, other := range e.answers[i+1:] {
			m.None(other.At, "%s is left out: %s already answers all of its requests", other.Title, a.Title)
		}
		if entries != nil {
			keys = append(keys, Pair{"responses", entries})
		}
		return append(append(keys, Pair{"response", a.Keys}), e.extra...)
	}
	return append(append(keys, Pair{"responses", entries}), e.extra...)
}

func (m *Mock) sorted() []mockspec.Diagnostic {
	slices.SortStableFunc(m.notes, func(a, b mockspec.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if m.left > 0 {
		m.notes = append(m.notes, mockspec.Diagnostic{
			File: m.o.Name, Line: 1, Column: 1, Severity: mockspec.Warning, Code: openapi.CodeNotImported,
			Message: fmt.Sprintf("there are %d more notes like these", m.left),
		})
		m.left = 0
	}
	return m.notes
}

func short(s string) string { return string([]rune(s)[:min(len([]rune(s)), 80)]) }

// encode writes a value as YAML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(node(v)); err != nil {
		return nil, fmt.Errorf("it cannot be written as YAML: %w", err)
	}
	return b.Bytes(), e.Close()
}

func node(v any) *yaml.Node {
	scalar := func(tag, text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text} }
	switch v := v.(type) {
	case nil:
		return scalar("!!null", "null")
	case bool:
		return scalar("!!bool", fmt.Sprint(v))
	case int:
		return scalar("!!int", fmt.Sprint(v))
	case float64:
		return scalar("!!float", strconv.FormatFloat(v, 'f', -1, 64))
	case string:
		return text(v)
	case Map:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		seen := map[string]bool{}
		for _, p := range v {
			if seen[p.Key] { // of two equal keys the first counts
				continue
			}
			seen[p.Key] = true
			n.Content = append(n.Content, text(p.Key), node(p.Value))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range v {
			n.Content = append(n.Content, node(item))
		}
		return n
	case *source.Node:
		return node(Value(v, Inert))
	case number:
		if strings.ContainsAny(string(v), ".eE") {
			return scalar("!!float", string(v))
		}
		return scalar("!!int", string(v))
	}
	return scalar("!!str", fmt.Sprint(v))
}

func text(s string) *yaml.Node {
	s = strings.ToValidUTF8(s, "\uFFFD")
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if s == "" || strings.ContainsAny(s, "\r\t\u0085\u2028\u2029\ufeff") || strings.TrimSpace(s) != s {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// number is a number as JSON writes it.
type number string

// Value is a node of the document as a value of the mock, its texts as the function makes them.
func Value(n *source.Node, texts func(string) string) any {
	switch {
	case n == nil || n.Kind == source.Null:
		return nil
	case n.Kind == source.Bool:
		return n.Value == "true"
	case n.Kind == source.Number:
		return number(n.Value)
	case n.Kind == source.Text:
		return texts(n.Value)
	case n.Kind == source.List:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, Value(item, texts))
		}
		return list
	}
	m := Map{}
	for i, key := range n.Keys {
		m = append(m, Pair{texts(key), Value(n.Items[i], texts)})
	}
	return m
}
