package cloudprovider

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Route is a call that may be made.
type Route struct {
	Method   string
	Template string   // "/zones/{zone}/dns_records"; a {name} stands for one segment
	Query    []string // the keys that may be in the query, each once
}

// Table is the routes of one upstream and what may stand for each {name}. It is immutable after its making.
type Table struct {
	Routes []Route
	Params map[string]func(value string) bool
}

// Match is a call that is allowed.
type Match struct {
	Route  Route
	Params map[string]string
	Path   string
	Query  string // encoded anew, "" if none
}

// ErrDenied wraps every refusal; its text may be shown to the caller.
var ErrDenied = errors.New("denied by the proxy")

// Limits of what is looked at.
const (
	maxPath       = 512
	maxQuery      = 2048
	maxQueryValue = 255
)

// Match finds the route of a request. escapedPath and rawQuery are as the client sent them.
func (t *Table) Match(method, escapedPath, rawQuery string) (Match, error) {
	if err := checkPath(escapedPath); err != nil {
		return Match{}, err
	}
	segments := strings.Split(escapedPath, "/")
	for _, route := range t.Routes {
		if route.Method != method {
			continue
		}
		params, ok := t.params(route, segments)
		if !ok {
			continue
		}
		query, err := checkQuery(route, rawQuery)
		if err != nil {
			return Match{}, err
		}
		return Match{Route: route, Params: params, Path: escapedPath, Query: query}, nil
	}
	return Match{}, fmt.Errorf("%w: no such call is on the allow-list", ErrDenied)
}

// checkPath refuses every path that could mean something else to somebody behind us: only plain characters, no empty,
// "." or ".." segment, no escapes.
func checkPath(p string) error {
	if p == "" || p[0] != '/' || len(p) > maxPath || path.Clean(p) != p {
		return fmt.Errorf("%w: the path is not in its plain form", ErrDenied)
	}
	for _, c := range []byte(p) {
		if !isPlain(c) && c != '/' {
			return fmt.Errorf("%w: the path contains a character that no allowed path has", ErrDenied)
		}
	}
	return nil
}

func isPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

func (t *Table) params(route Route, segments []string) (map[string]string, bool) {
	want := strings.Split(route.Template, "/")
	if len(want) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, w := range want {
		name, isParam := strings.CutPrefix(w, "{")
		if !isParam {
			if w != segments[i] {
				return nil, false
			}
			continue
		}
		name = strings.TrimSuffix(name, "}")
		valid, known := t.Params[name]
		if !known || !valid(segments[i]) {
			return nil, false
		}
		params[name] = segments[i]
	}
	return params, true
}

// checkQuery encodes the query anew, so that what is sent on is what was judged.
func checkQuery(route Route, raw string) (string, error) {
	if len(raw) > maxQuery {
		return "", fmt.Errorf("%w: the query is too long", ErrDenied)
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return "", fmt.Errorf("%w: the query cannot be read", ErrDenied)
	}
	for key, vs := range values {
		if !slices.Contains(route.Query, key) || len(vs) != 1 {
			return "", fmt.Errorf("%w: the query may contain only %s, each once", ErrDenied, strings.Join(route.Query, ", "))
		}
		if len(vs[0]) > maxQueryValue || strings.ContainsFunc(vs[0], func(r rune) bool { return r < ' ' || r > '~' }) {
			return "", fmt.Errorf("%w: the query's %s is too long or not plain text", ErrDenied, key)
		}
	}
	return values.Encode(), nil
}
