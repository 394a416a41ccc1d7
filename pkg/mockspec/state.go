package mockspec

import (
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// maxStateName is the length of the longest name of the state, and of a dotted path of an id.
const maxStateName = 200

// settleResource declares the list of a resource that names none: it needs no declaration.
func (r *reader) settleResource(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return
	}
	named, path := "", ""
	for _, p := range r.quiet().pairs(n) {
		switch p.key.Value {
		case "state":
			named = p.value.Value
		case "path":
			path = p.value.Value
		}
	}
	if parsed, err := ParsePath(path); named == "" && err == nil {
		if named = lastText(&parsed); named != "" {
			r.states[named] = true
		}
	}
}

// lastText is the last part of a path that is a text.
func lastText(p *Path) string {
	for _, s := range slices.Backward(p.Segments) {
		if s.Literal != "" && s.Mix == nil && !s.Wildcard {
			return s.Literal
		}
	}
	return ""
}

// state reads an item `state`.
func (r *reader) state(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.fail(at(n), CodeWrongType, "write `name: value`", "`state` must be a map of names and initial values, not %s", nodeName(n))
		return
	}
	if r.states == nil {
		r.states = map[string]bool{}
	}
	for _, p := range r.pairs(n) {
		name := p.key.Value
		switch {
		case strings.HasPrefix(name, "x-"):
			continue
		case name == "" || len(name) > maxStateName || strings.ContainsAny(name, ".|:{}\"") || strings.TrimSpace(name) != name:
			r.fail(at(p.key), CodeBadKey, "use letters, digits and `-`", "`%s` cannot be a name of the state: use letters, digits and `-`", brief(name))
			continue
		case slices.ContainsFunc(r.mock.Settings.State, func(v Variable) bool { return v.Name == name }):
			r.fail(at(p.key), CodeDuplicateKey, "delete one of them", "the state `%s` is declared twice", brief(name))
			continue
		}
		r.states[name] = true
		v := Variable{Pos: at(p.key), Name: name}
		if rows := rowsOf(p.value); rows != nil {
			v.Rows = r.external(rows).External
		} else {
			v.JSON = r.asJSON(p.value)
			r.initial(p.value)
		}
		r.mock.Settings.State = append(r.mock.Settings.State, v)
	}
}

// rowsOf returns the value of `external-body`, if that is all there is.
func rowsOf(n *yaml.Node) *yaml.Node {
	if n = follow(n); n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "external-body" {
		return follow(n.Content[1])
	}
	return nil
}

// initial checks an initial value that is a template.
func (r *reader) initial(n *yaml.Node) {
	if n = follow(n); r.trusted || !isText(n) || !hasTag(n.Value) {
		return
	}
	var templates deferred
	r.pending = &templates
	r.template(n, n.Value, textUse)
	r.pending = nil
	r.lint(templates, scope{path: &Path{}, compat: r.compat(), states: r.states})
}

// set reads what becomes of the state.
func (r *reader) set(n *yaml.Node) string {
	n = follow(n)
	if isNull(n) {
		return ""
	}
	json := r.asJSON(n)
	if !r.trusted {
		compiled, problems := match.CompileSet(valueOf(json), match.Options{})
		r.problems(n, problems)
		r.conditionNames(n, compiled.Names())
		for _, p := range r.quiet().pairs(n) {
			name := strings.ReplaceAll(match.SplitParts(p.key.Value)[0], "..", ".")
			if n.Kind == yaml.MappingNode && !r.states[name] && !strings.Contains(name, "{{") && name != "" {
				s := scope{states: r.states, path: &Path{}}
				message, fix := s.stateName(name)
				r.fail(at(p.key), CodeUndeclaredState, fix, "%s", message)
			}
		}
	}
	return json
}

// stateName says that no state has that name.
func (s *scope) stateName(name string) (string, string) {
	var known []string
	for k := range s.states {
		known = append(known, k)
	}
	slices.Sort(known)
	if near := suggest(name, known); near != "" {
		return "no `state` declares `" + brief(name) + "`: did you mean `" + near + "`?", "write `" + near + "`"
	}
	return "no `state` declares `" + brief(name) + "`", "declare it in `state`"
}

// sessionNames reads where the name of a session is found.
func (r *reader) sessionNames(n *yaml.Node) []string {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	var out []string
	for _, item := range items {
		item = follow(item)
		s, ok := r.plain(item, "`session`")
		if !ok {
			continue
		}
		e, err := selmer.CompileExpression(s, selmer.Options{})
		if err != nil || len(e.Variables()) == 0 {
			r.fail(at(item), CodeBadValue, "write a name such as `cookies.sid`", "`session` must be a name as used in templates, such as `cookies.sid`, not `%s`", brief(s))
			continue
		}
		if r.pending != nil && !r.trusted {
			var names []match.Name
			for _, v := range e.Variables() {
				names = append(names, match.Name{Variable: v, Left: true})
			}
			r.conditionNames(item, names)
		}
		out = append(out, s)
	}
	return out
}

// clock reads a moment.
func (r *reader) clock(n *yaml.Node) string {
	s, ok := r.plain(n, "`clock`")
	if !ok {
		return ""
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC().Format(time.RFC3339Nano)
	}
	r.fail(at(n), CodeBadValue, "write it like 2026-01-01T12:00:00Z", "`clock` must be an ISO date-time such as 2026-01-01T12:00:00Z, not `%s`", brief(s))
	return ""
}

// crud reads a resource.
func (r *reader) crud(n *yaml.Node, pos Position) {
	c := Resource{Pos: pos, IDField: "id"}
	before := r.errors()
	var templates deferred
	r.pending, r.patterns = &templates, 0
	r.object(n, crudTable, func(k *key, _, v *yaml.Node) {
		switch k.name {
		case "host":
			c.Host = r.host(v)
		case "path":
			c.Path = r.path(v)
			if i := slices.IndexFunc(c.Path.Segments, func(s Segment) bool { return s.Wildcard }); i >= 0 {
				r.fail(at(v), CodeBadPath, "end it with a text", "the path of a resource has no `*`: an item is one part below it")
			}
		case "state":
			if c.State, _ = r.plain(v, "`state`"); c.State != "" && !r.trusted && !r.states[c.State] {
				s := scope{states: r.states}
				message, fix := s.stateName(c.State)
				r.fail(at(v), CodeUndeclaredState, fix, "%s", message)
			}
		case "id-field":
			if c.IDField, _ = r.plain(v, "`id-field`"); c.IDField == "" || len(c.IDField) > maxStateName || slices.Contains(strings.Split(c.IDField, "."), "") {
				r.fail(at(v), CodeBadValue, "write a name, or names with dots", "`id-field` must be a name, or names with dots, not `%s`", brief(c.IDField))
			}
		case "body":
			c.Body = r.sample(v)
		case "auth":
			c.Auth = r.auth(v)
		case "rate-limit":
			c.RateLimit = r.rateLimit(v)
		case "latency":
			c.Latency = r.latency(v)
		case "webhook":
			c.Webhooks = r.webhooks(v)
		case "tag":
			c.Tag, _ = r.plain(v, "`tag`")
		case "summary":
			c.Summary, _ = r.plain(v, "`summary`")
		}
	})
	r.pending = nil
	path := c.item()
	r.lint(templates, scope{path: &path, compat: r.compat(), states: r.states})
	if c.State == "" {
		c.State = lastText(&c.Path)
	}
	if c.State == "" && r.errors() == before {
		r.fail(pos, CodeMissingKey, "add `state:`", "`crud` needs `state`, the name of its list: its path has no fixed text to name it after")
	}
	if r.errors() == before {
		r.mock.Resources = append(r.mock.Resources, c)
	}
}

// ItemParam is the name of the parameter that an item's id is in the path of a resource's item.
const ItemParam = "id"

// item is the path of an item.
func (c *Resource) item() Path {
	p := c.Path
	p.Segments = slices.Clone(p.Segments)
	if n := len(p.Segments); n > 0 && p.Segments[n-1] == (Segment{}) {
		p.Segments = p.Segments[:n-1]
	}
	p.Segments = append(p.Segments, Segment{Param: ItemParam, Type: TypeString})
	p.Raw = strings.TrimSuffix(p.Raw, "/") + "/:" + ItemParam
	return p
}

// Endpoints are the operations of a resource, as endpoints without answers of their own: list, create, and of an item read, replace, merge
// and delete.
func (c *Resource) Endpoints() []Endpoint {
	var out []Endpoint
	add := func(method string, path Path, body bool, webhook bool) {
		e := Endpoint{
			Pos: c.Pos, Method: method, Host: c.Host, Path: path, Auth: c.Auth, RateLimit: c.RateLimit, Latency: c.Latency, Tag: c.Tag, Summary: c.Summary,
			Response: Response{Pos: c.Pos, Status: Text{Pos: c.Pos, Raw: "200"}}, Resource: c,
		}
		if body {
			e.Body = c.Body
		}
		if webhook {
			e.Webhooks = c.Webhooks
		}
		out = append(out, e)
	}
	item := c.item()
	add("GET", c.Path, false, false)
	add("POST", c.Path, true, true)
	add("GET", item, false, false)
	add("PUT", item, true, true)
	add("PATCH", item, false, true)
	add("DELETE", item, false, true)
	return out
}

// allOwn reports whether an item has nothing but keys that are for the author's own tools.
func allOwn(n *yaml.Node) bool {
	if len(n.Content) == 0 {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !strings.HasPrefix(n.Content[i].Value, "x-") {
			return false
		}
	}
	return true
}
