package mockspec

import "gopkg.in/yaml.v3"

// Document is the text of a mock that was read once: the mock, what is wrong with it, and where its items stand in the text. It is
// immutable, and safe for concurrent use.
type Document struct {
	text        string
	tree        []*yaml.Node // the YAML documents of text without its byte order mark; comments may be missing
	mock        *Mock
	diagnostics []Diagnostic
}

// ParseDocument is Parse for those who write the text again too.
func ParseDocument(text string, o Options) *Document {
	r := parse([]byte(text), o)
	return &Document{text: text, tree: r.tree, mock: r.mock, diagnostics: r.sorted()}
}

// Mock holds the items that could be read. It is never nil.
func (d *Document) Mock() *Mock { return d.mock }

// Diagnostics are what Parse says of the text.
func (d *Document) Diagnostics() []Diagnostic { return d.diagnostics }

// Invalid reports whether the text has errors, so that it must not be served.
func (d *Document) Invalid() bool { return HasErrors(d.diagnostics) }

// Lines are the items as lines of the unified mock, answering on host. Settings are not among them.
func (d *Document) Lines(host string) []byte {
	var lines []byte
	for _, e := range d.mock.Endpoints {
		e.Host = host
		lines = AppendEndpoint(lines, &e)
	}
	for _, w := range d.mock.WebSockets {
		w.Host = host
		lines = AppendWebSocket(lines, &w)
	}
	for _, c := range d.mock.Resources {
		c.Host = host
		lines = AppendResource(lines, &c)
	}
	return lines
}
