package mockspec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// scope is what the templates of one item can see.
type scope struct {
	path    *Path
	query   []Field // nil: any
	body    *Schema // nil: any
	compat  bool
	message bool // a WebSocket
	refusal bool // an answer instead of one of the server's own
	states  map[string]bool
}

func (r *reader) scopeOf(e *Endpoint) scope {
	s := scope{path: &e.Path, query: e.Query, compat: r.compat(), states: r.states}
	if e.Body != nil {
		s.body = e.Body.Schema
	}
	return s
}

func (r *reader) socketScope(w *WebSocket) scope {
	return scope{path: &w.Path, message: true, compat: r.compat(), states: r.states}
}

// roots are the names that a template can begin with.
func (s *scope) roots(message bool) []string {
	names := []string{"path-params", "query-params", "json-params"}
	if message {
		names = append(names, "message")
	}
	if s.refusal {
		names = append(names, "error")
	}
	if !s.compat {
		names = append(names, "header-params", "cookies", "request", "basic", "bearer", "jwt", "graphql", "prefer", "state", "env", "now", "uuid", "random", "fake")
	}
	return names
}

// known reports whether a template can begin with that name.
func (s *scope) known(root string, message bool) bool {
	return root == "headers" && !s.compat || slices.Contains(s.roots(message), root)
}

// check returns what is wrong with a variable, if it can never have a value, and what to write instead.
func (s *scope) check(v selmer.Variable, message bool) (sentence, fix string) {
	root, key := v.Root(), v.Key()
	roots := s.roots(message)
	if root == "headers" && !s.compat {
		return "", "" // an older name of header-params
	}
	if !slices.Contains(roots, root) {
		return s.unknownRoot(root, roots)
	}
	if key == "" {
		return "", ""
	}
	switch root {
	case "path-params":
		if s.path.Raw != "" && s.path.Param(key) == nil {
			return s.undeclared("path-params", key, s.params(), "the path has no parameter `%s`", "use a parameter of the path")
		}
	case "query-params":
		names := make([]string, 0, len(s.query))
		for _, f := range s.query {
			names = append(names, f.Name)
		}
		if !slices.Contains(names, key) {
			return misspelt("query-params", key, names, "`query` declares no `%s`")
		}
	case "json-params":
		if s.body != nil {
			return s.field(v.Path)
		}
	case "error":
		if names := []string{"code", "message", "status"}; !slices.Contains(names, key) {
			return s.undeclared("error", key, names, "an error has no `%s`", "use code, message or status")
		}
	case "fake":
		return s.fake(key)
	case "random":
		if _, _, ok := ParseRange(key); !ok {
			return "`random." + brief(key) + "` is not a range, so this is always empty: write it like `random.1-6`", "write `random.1-6`"
		}
	case "request":
		if names := requestKeys; !slices.Contains(names, key) {
			return s.undeclared("request", key, names, "a request has no `%s`", "use method, path, host, id, body, query, ip or session")
		}
	case "state":
		if !s.states[key] {
			return s.undeclared("state", key, slices.Sorted(maps.Keys(s.states)), "no `state` declares `%s`", "declare it in `state`")
		}
	case "prefer":
		if names := preferKeys; !slices.Contains(names, key) {
			return s.undeclared("prefer", key, names, "there is no preference `%s`", "use code, example or dynamic")
		}
	case "env":
		if !env.ValidName(key) {
			return "no variable can be named `" + brief(key) + "`, so this is always empty", "use letters, digits and _, as in `env.BASE_URL`"
		}
	case "graphql":
		if names := graphqlKeys; !slices.Contains(names, key) {
			return s.undeclared("graphql", key, names, "a GraphQL request has no `%s`", "use operation, type, fields or variables")
		}
	}
	return "", ""
}

// params names the parameters of the path.
func (s *scope) params() []string {
	var names []string
	for i := range s.path.Segments {
		names = slices.AppendSeq(names, s.path.Segments[i].Names)
	}
	return names
}

// undeclared is for a name that never has a value.
func (s *scope) undeclared(root, key string, known []string, format, fix string) (string, string) {
	if message, better := misspelt(root, key, known, format); message != "" {
		return message, better
	}
	return fmt.Sprintf(format, brief(key)) + ", so this is always empty", fix
}

// misspelt is for a name that may have a value although nothing declares it: it is worth a warning only if it looks like a
// slip of one that is declared.
func misspelt(root, key string, known []string, format string) (string, string) {
	near := suggest(key, known)
	if near == "" {
		return "", ""
	}
	return fmt.Sprintf(format, brief(key)) + ": did you mean `" + root + "." + near + "`?", "write `" + root + "." + near + "`"
}

// unknownRoot finds what somebody meant who wrote a name that nothing is called.
func (s *scope) unknownRoot(root string, roots []string) (string, string) {
	var meant string
	switch {
	case s.path.Param(root) != nil:
		meant = "path-params." + root
	case slices.ContainsFunc(s.query, func(f Field) bool { return f.Name == root }):
		meant = "query-params." + root
	case s.body != nil && slices.ContainsFunc(s.body.Fields, func(f SchemaField) bool { return f.Name == root }):
		meant = "json-params." + root
	default:
		meant = suggest(root, roots)
		if meant == "" && !s.compat {
			meant = map[string]string{"params": "path-params", "parms": "path-params", "query": "query-params", "body": "json-params", "json": "json-params", "path": "path-params"}[root]
		}
	}
	what := "there is no `" + brief(root) + "`"
	if meant != "" {
		return what + ": did you mean `" + meant + "`?", "write `" + meant + "`"
	}
	if s.compat {
		what += " in compat mode"
	}
	return what + ", so this is always empty: the names are " + strings.Join(roots, ", "), ""
}

// field follows json-params.a.b through the sample of the body.
func (s *scope) field(path string) (string, string) {
	shape := s.body
	walked := "json-params"
	for _, name := range strings.Split(path, ".")[1:] {
		if shape == nil || name == "" {
			return "", ""
		}
		switch shape.Kind {
		case SchemaArray:
			if digits(name) != len(name) {
				return "", ""
			}
			shape = shape.Items
			walked += "." + name
			continue
		case SchemaObject:
		default:
			return "", ""
		}
		names := make([]string, 0, len(shape.Fields))
		var next *Schema
		for _, f := range shape.Fields {
			if f.Name == name {
				next = f.Schema
			}
			names = append(names, f.Name)
		}
		if len(names) == 0 {
			return "", ""
		}
		if next == nil {
			return misspelt(walked, name, names, "the sample of the request body has no `%s`")
		}
		shape, walked = next, walked+"."+name
	}
	return "", ""
}
