package openapi

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// Info names a mock in its description.
type Info struct {
	Title   string
	Version string
	Server  string // the address at which the mock answers; "" if it has none
}

// Export describes a mock as an OpenAPI 3.0.3 document in JSON, as seen on host: the endpoints that name it or no host;
// all endpoints if host is "". The same mock always gives the same document, whose cost is in proportion to the mock.
//
// A description may be shown to anybody: names, types and answers that are always the same. Templates, conditions and
// the addresses of webhooks are not part of it, since they may hold what only the mock's owner should know.
func Export(mock *mockspec.Mock, info Info, host string) []byte {
	here := func(h string) bool { return h == "" || h == host || host == "" }
	var operations []*mockspec.Endpoint
	for i := range mock.Endpoints {
		if e := &mock.Endpoints[i]; here(e.Host) {
			operations = append(operations, e)
		}
	}
	for i := range mock.Resources {
		if c := &mock.Resources[i]; here(c.Host) {
			of := c.Endpoints()
			for j := range of {
				operations = append(operations, &of[j])
			}
		}
	}
	schemes := securitySchemes{known: map[string]object{}}
	paths, tags := describePaths(operations, mock.Settings.Defaults, &schemes)
	doc := object{
		{"openapi", "3.0.3"},
		{"info", object{{"title", info.Title}, {"version", info.Version}}},
	}
	if info.Server != "" {
		doc = append(doc, member{"servers", []object{{{"url", info.Server}}}})
	}
	if len(tags) > 0 {
		doc = append(doc, member{"tags", tags})
	}
	doc = append(doc, member{"paths", paths})
	if len(schemes.names) > 0 {
		doc = append(doc, member{"components", object{{"securitySchemes", schemes.all()}}})
	}
	var sockets []object
	for i := range mock.WebSockets {
		if ws := &mock.WebSockets[i]; here(ws.Host) {
			t := templateOf(ws.Path)
			sockets = append(sockets, object{{"path", t.text}, {"parameters", orEmpty(t.parameters(ws.Path))}})
		}
	}
	if len(sockets) > 0 {
		doc = append(doc, member{"x-websockets", sockets}) // OpenAPI has no word for them
	}
	return appendJSON(nil, doc)
}

// pathGroup is what OpenAPI calls one path: all endpoints that differ in nothing but the names and types of parameters.
type pathGroup struct {
	template pathTemplate
	methods  []string
	byMethod map[string][]*mockspec.Endpoint
}

// expanded are the methods of the path. Those that only an endpoint for all methods answers are the usual ones.
func (g *pathGroup) expanded() []string {
	anyMethod := g.byMethod[mockspec.MethodAny]
	if anyMethod == nil {
		return g.methods
	}
	all := slices.DeleteFunc(slices.Clone(g.methods), func(m string) bool { return m == mockspec.MethodAny })
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if g.byMethod[m] == nil {
			g.byMethod[m] = anyMethod
			all = append(all, m)
		}
	}
	return all
}

func describePaths(endpoints []*mockspec.Endpoint, d *mockspec.Defaults, schemes *securitySchemes) (paths object, tags []object) {
	groups := map[string]*pathGroup{}
	var order []*pathGroup
	knownTags := map[string]bool{}
	for _, e := range endpoints {
		t := templateOf(e.Path)
		g := groups[t.shape]
		if g == nil {
			g = &pathGroup{template: t, byMethod: map[string][]*mockspec.Endpoint{}}
			groups[t.shape] = g
			order = append(order, g)
		}
		if e.Method == http.MethodConnect {
			continue // OpenAPI has no such operation
		}
		if g.byMethod[e.Method] == nil {
			g.methods = append(g.methods, e.Method)
		}
		g.byMethod[e.Method] = append(g.byMethod[e.Method], e)
		if e.Tag != "" && !knownTags[e.Tag] {
			knownTags[e.Tag] = true
			tags = append(tags, object{{"name", e.Tag}})
		}
	}
	ids := map[string]int{}
	paths = object{}
	for _, g := range order {
		item := object{}
		for _, method := range g.expanded() {
			item = append(item, member{strings.ToLower(method), operation(g.template, method, g.byMethod[method], ids, d, schemes)})
		}
		if len(item) > 0 {
			paths = append(paths, member{g.template.text, item})
		}
	}
	return paths, tags
}

// operation describes the endpoints of one method on one path. There is more than one where only the types of their
// parameters tell them apart; the first is described in full.
func operation(t pathTemplate, method string, endpoints []*mockspec.Endpoint, ids map[string]int, d *mockspec.Defaults, schemes *securitySchemes) object {
	e := endpoints[0]
	op := object{{"operationId", operationID(method, t, ids)}}
	if e.Tag != "" {
		op = append(op, member{"tags", []string{e.Tag}})
	}
	if e.Summary != "" {
		op = append(op, member{"summary", e.Summary})
	}
	if text := description(endpoints); text != "" {
		op = append(op, member{"description", text})
	}
	used := usedParameters(e)
	if p := append(t.parameters(e.Path), otherParameters(e, used)...); len(p) > 0 {
		op = append(op, member{"parameters", p})
	}
	if body := requestBody(e, used); body != nil {
		op = append(op, member{"requestBody", body})
	}
	op = append(op, member{"responses", responses(endpoints, d)})
	if security := schemes.of(e, d); len(security) > 0 {
		op = append(op, member{"security", security})
	}
	return op
}

func description(endpoints []*mockspec.Endpoint) string {
	e := endpoints[0]
	var lines []string
	for _, other := range endpoints[1:] {
		if other.Path.Raw != e.Path.Raw {
			lines = append(lines, "Answers `"+other.Path.Raw+"` too.")
		}
	}
	if len(e.Responses) > 0 {
		lines = append(lines, "Which answer is given depends on the request.")
	}
	if len(e.Webhooks) > 0 {
		lines = append(lines, "Sends a webhook after the answer.")
	}
	if l := e.Latency; l != nil && l.MaxMS > 0 {
		lines = append(lines, fmt.Sprintf("Answers after %d to %d ms.", l.MinMS, l.MaxMS))
	}
	return strings.Join(lines, "\n")
}

// operationID is the method and the path in words, made unique with a number.
func operationID(method string, t pathTemplate, ids map[string]int) string {
	words := strings.FieldsFunc(t.text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	id := strings.Join(append([]string{strings.ToLower(method)}, words...), "_")
	ids[id]++
	if n := ids[id]; n > 1 {
		id += "__" + strconv.Itoa(n) // no two underscores come from words
	}
	return id
}

// pathTemplate is a route pattern as OpenAPI writes it.
type pathTemplate struct {
	text  string   // /users/{id}
	shape string   // /users/{}: equal for patterns that OpenAPI holds to be the same path
	names []string // of the parameters, unique, in order
}

func templateOf(p mockspec.Path) pathTemplate {
	var t pathTemplate
	var text, shape strings.Builder
	for _, s := range p.Segments {
		text.WriteByte('/')
		shape.WriteByte('/')
		name := s.Param
		switch {
		case s.Wildcard:
			name = "rest"
		case s.Mix != nil:
			for i, literal := range s.Mix.Texts {
				text.WriteString(url.PathEscape(literal))
				shape.WriteString(url.PathEscape(literal))
				if i < len(s.Mix.Params) {
					t.parameter(&text, &shape, s.Mix.Params[i].Name)
				}
			}
			continue
		case name == "":
			literal := url.PathEscape(s.Literal)
			text.WriteString(literal)
			shape.WriteString(literal)
			continue
		}
		t.parameter(&text, &shape, name)
	}
	t.text, t.shape = text.String(), shape.String()
	if t.text == "" {
		t.text, t.shape = "/", "/"
	}
	return t
}

// parameter writes a parameter under a name that no other one has.
func (t *pathTemplate) parameter(text, shape *strings.Builder, name string) {
	name = t.unique(strings.NewReplacer("{", "", "}", "", "/", "").Replace(name))
	t.names = append(t.names, name)
	text.WriteString("{" + name + "}")
	shape.WriteString("{}")
}

func (t *pathTemplate) unique(name string) string {
	if name == "" {
		name = "param"
	}
	for n, try := 2, name; ; n++ {
		taken := false
		for _, other := range t.names {
			taken = taken || other == try
		}
		if !taken {
			return try
		}
		try = name + strconv.Itoa(n)
	}
}

// parameters describes the parameters of p, which has the shape of t, under the names that t gives them.
func (t pathTemplate) parameters(p mockspec.Path) []object {
	var out []object
	add := func(kind mockspec.ParamType, more ...member) {
		if len(out) < len(t.names) {
			o := append(object{{"name", t.names[len(out)]}, {"in", "path"}, {"required", true}}, more...)
			out = append(out, append(o, member{"schema", typeSchema(kind)}))
		}
	}
	for _, s := range p.Segments {
		switch {
		case s.Wildcard:
			add(s.Type, member{"description", "the rest of the path"})
		case s.Mix != nil:
			for _, m := range s.Mix.Params {
				add(m.Type)
			}
		case s.Param != "":
			add(s.Type)
		}
	}
	return out
}

func orEmpty(list []object) []object {
	if list == nil {
		return []object{}
	}
	return list
}
