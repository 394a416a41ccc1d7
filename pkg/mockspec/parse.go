package mockspec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"gopkg.in/yaml.v3"
)

// Parse reads a mock: a YAML document, or several in one file. One pass reports everything that is wrong, in the
// order of the document. The mock is never nil and holds the items that could be read; it may be served only when
// HasErrors says no. Whatever src is, time and memory are bounded by o.Limits.
func Parse(src []byte, o Options) (*Mock, []Diagnostic) {
	r := parse(src, o)
	return r.mock, r.sorted()
}

func parse(src []byte, o Options) *reader {
	r := newReader(o)
	docs, ok := r.documents(src)
	if ok && len(docs) == 0 {
		r.fail(Position{1, 1}, CodeEmpty, "add `- endpoint:`", "the document is empty: add an item that begins with `- endpoint:`")
	}
	r.settle(docs)
	for _, d := range docs {
		r.root(d)
	}
	r.finish()
	return r
}

// ReadYAML reads YAML that is not a mock with the care that mocks are read with: within o.Limits, each complaint located.
// The nodes may hold aliases, whose expansion is within the limits too, and no circles; comments may be missing.
func ReadYAML(src []byte, o Options) ([]*yaml.Node, []Diagnostic) {
	r := newReader(o)
	docs, _ := r.documents(src)
	return docs, r.sorted()
}

func newReader(o Options) *reader {
	o.Limits = o.Limits.OrDefault()
	return &reader{o: o, mock: &Mock{}}
}

// documents reads the YAML documents of src. Whatever can be read before a syntax error is returned too.
func (r *reader) documents(src []byte) ([]*yaml.Node, bool) {
	src, ok := r.guard(src)
	if !ok {
		return nil, false
	}
	r.src = newSource(src)
	docs, err := decodeYAML(src, r.o.Limits.Documents)
	if errors.Is(err, errTooManyDocuments) {
		r.fail(at(docs[len(docs)-1]), CodeTooManyDocuments, "split the file", "the file has more than %d YAML documents", r.o.Limits.Documents)
	} else if err != nil {
		r.syntaxError(err)
	}
	r.tree = docs
	roots := make([]*yaml.Node, 0, len(docs))
	for _, d := range docs {
		if len(d.Content) == 0 || isNull(d.Content[0]) {
			continue
		}
		if !r.measure(d.Content[0]) {
			return nil, false
		}
		roots = append(roots, d.Content[0])
	}
	return roots, err == nil
}

var errTooManyDocuments = errors.New("too many documents")

// decodeYAML reads up to limit documents; comments may be missing.
func decodeYAML(src []byte, limit int) ([]*yaml.Node, error) {
	if doc, ok := readPlain(string(src)); ok {
		return []*yaml.Node{doc}, nil
	}
	return decodeLibrary(src, limit)
}

// decodeLibrary reads up to limit documents with the YAML library, with comments. It panics on a few broken inputs; that is an error here.
func decodeLibrary(src []byte, limit int) (docs []*yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	for {
		var d yaml.Node
		if err := dec.Decode(&d); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return docs, err
		}
		if len(docs) == limit {
			return docs, errTooManyDocuments
		}
		docs = append(docs, &d)
	}
}

// root reads one document: a list of items.
func (r *reader) root(n *yaml.Node) {
	n = follow(n)
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			if !r.room(item) {
				return
			}
			r.item(follow(item), at(item))
		}
		return
	}
	if n.Kind == yaml.MappingNode {
		for _, p := range r.pairs(n) {
			switch {
			case itemTable.find(p.key.Value) >= 0:
				r.fail(at(n), CodeNotAList, "put `- ` before it", "a mock is a list: put `- ` before `%s` and indent what belongs to it", p.key.Value)
				return
			case p.key.Value == "openapi" || p.key.Value == "swagger":
				r.fail(at(n), CodeIsOpenAPI, "import the document", "this is an OpenAPI document, not a mock: import it, for instance with `mocloud import FILE`")
				return
			}
		}
	}
	r.fail(at(n), CodeNotAList, "begin with `- endpoint:`", "a mock is a list of items that begin with `- endpoint:` or `- websocket:`, not %s", nodeName(n))
}

// room reports whether one more item is allowed.
func (r *reader) room(n *yaml.Node) bool {
	if len(r.mock.Endpoints)+len(r.mock.WebSockets)+len(r.mock.Resources) < r.o.Limits.Endpoints {
		return true
	}
	r.fail(at(n), CodeTooManyEndpoints, "split the mock", "a mock may have at most %d endpoints: split it", r.o.Limits.Endpoints)
	return false
}

// item reads one item of the list.
func (r *reader) item(n *yaml.Node, pos Position) {
	if n.Kind != yaml.MappingNode {
		if isNull(n) {
			r.warn(pos, CodeNotAnItem, "delete it", "this item is empty and has no effect")
			return
		}
		r.fail(pos, CodeNotAnItem, "begin with `endpoint:`", "an item is a map with `endpoint` or `websocket`, not %s", nodeName(n))
		return
	}
	if r.badIndent(n) {
		return
	}
	known := false
	r.object(n, itemTable, func(k *key, _, v *yaml.Node) {
		known = true
		switch k.name {
		case "endpoint":
			r.endpoint(v, pos)
		case "websocket":
			r.websocket(v, pos)
		case "mocloud":
			if r.trusted { // else settle has read it
				r.settings(v)
			}
		case "external-body":
			if r.trusted {
				r.folders(v)
			}
		case "state":
			if r.trusted {
				r.state(v)
			}
		case "crud":
			r.crud(v, pos)
		}
	})
	if allOwn(n) {
		return
	}
	if !known && !slices.ContainsFunc(r.diags, func(d Diagnostic) bool { return d.Line == n.Line && d.Severity == Error }) {
		r.fail(pos, CodeNotAnItem, "put `- endpoint:` above it and indent it, and what follows, by four spaces", "this item has neither `endpoint` nor `websocket`")
	}
}

// settle reads the items that speak for the whole mock before the others, wherever they stand.
func (r *reader) settle(docs []*yaml.Node) {
	each := func(name string, do func(*yaml.Node)) {
		for _, d := range docs {
			for _, item := range follow(d).Content {
				if item = follow(item); item.Kind != yaml.MappingNode {
					continue
				}
				for i := 0; i+1 < len(item.Content); i += 2 {
					if item.Content[i].Value == name {
						do(follow(item.Content[i+1]))
					}
				}
			}
		}
	}
	each("external-body", r.folders)
	each("mocloud", r.settleCompat)
	r.states = map[string]bool{}
	if !r.compat() {
		each("state", r.state)
		each("crud", r.settleResource)
	}
	each("mocloud", r.settings)
}

// settleCompat reads whether the mock is served as another implementation would, which decides about all other keys.
func (r *reader) settleCompat(n *yaml.Node) {
	if n.Kind != yaml.MappingNode || r.compat() {
		return
	}
	for _, p := range r.quiet().pairs(n) {
		if p.key.Value == "compat" && p.value.Value == string(CompatMoclojer04) {
			r.mock.Settings.Compat = CompatMoclojer04
		}
	}
}

// folders reads the item `external-body`.
func (r *reader) folders(n *yaml.Node) {
	r.object(n, folderTable, func(_ *key, _, v *yaml.Node) { r.folder, _ = r.plain(v, "`folder`") })
}

// settings reads the item `mocloud`.
func (r *reader) settings(n *yaml.Node) {
	r.settleCompat(n)
	var templates deferred
	r.pending, r.patterns = &templates, 0
	defer func() {
		r.pending = nil
		r.lint(templates, scope{path: &Path{}, compat: r.compat(), states: r.states})
	}()
	r.object(n, settingsTable, func(k *key, _, v *yaml.Node) {
		switch k.name {
		case "compat":
			if s, ok := r.choice(v, k); ok {
				r.mock.Settings.Compat = Compat(s)
			}
		case "cors":
			r.mock.Settings.CORS = r.cors(v, k)
		case "errors":
			r.mock.Settings.Errors = r.errorResponses(v)
		case "session":
			r.mock.Settings.Session = r.sessionNames(v)
		case "clock":
			r.mock.Settings.Clock = r.clock(v)
		case "validate":
			r.mock.Settings.Validate, _ = r.choice(v, k)
		case "defaults":
			r.mock.Settings.Defaults = r.defaults(v)
		}
	})
}
