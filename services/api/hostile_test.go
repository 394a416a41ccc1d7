package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Whatever a body holds is named by the document, and is bounded there.
func TestBodiesAreClosedAndBounded(t *testing.T) {
	t.Parallel()
	for _, op := range operations(t) {
		if op.RequestBody == nil {
			continue
		}
		for kind, media := range op.RequestBody.Value.Content {
			if kind != "application/json" {
				continue
			}
			closed(t, op.OperationID, media.Schema.Value)
		}
	}
	for _, op := range operations(t) {
		for _, p := range op.Parameters {
			bounded(t, op.OperationID+" "+p.Value.Name, p.Value.Schema.Value)
		}
	}
}

// closed checks an object of a body and what is in it.
func closed(t *testing.T, where string, s *openapi3.Schema) {
	t.Helper()
	for _, part := range append(append(s.AllOf, s.OneOf...), s.AnyOf...) {
		closed(t, where, part.Value)
	}
	switch {
	case s.Type.Is("object"):
		if extra := s.AdditionalProperties; extra.Schema != nil {
			if s.MaxProps == nil {
				t.Errorf("%s: a map without maxProperties", where)
			}
			closed(t, where+".*", extra.Schema.Value)
		} else if extra.Has == nil || *extra.Has {
			t.Errorf("%s: additionalProperties is not false", where)
		}
		for name, p := range s.Properties {
			closed(t, where+"."+name, p.Value)
		}
	case s.Type.Is("array"):
		if s.MaxItems == nil {
			t.Errorf("%s: an array without maxItems", where)
		}
		closed(t, where+"[]", s.Items.Value)
	default:
		bounded(t, where, s)
	}
}

// bounded checks that a string has an end. A mock's content is bounded by the configuration.
func bounded(t *testing.T, where string, s *openapi3.Schema) {
	t.Helper()
	switch {
	case !s.Type.Is("string"), len(s.Enum) > 0, s.MaxLength != nil, s.Pattern != "", s.Format == "date-time":
	case strings.HasSuffix(where, ".content"):
	default:
		t.Errorf("%s: a string without maxLength", where)
	}
}

// Bodies that are not what the document says are refused as such by every operation, and never are the server's fault.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.acme.user(workspace.Owner)
	for _, op := range operations(t) {
		if op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil {
			continue
		}
		fits := op.fixture(w.acme, workspace.Owner)
		if fits.as == "" {
			fits.as = owner
		}
		whole := encode(fits.body)
		for name, c := range map[string]struct {
			body, kind string
			status     int
		}{
			"a field that is not":    {strings.TrimSuffix(whole, "}") + `,"surprise":true}`, "application/json", 400},
			"a field of the account": {strings.TrimSuffix(whole, "}") + `,"account_id":"x"}`, "application/json", 400},
			"half of it":             {whole[:len(whole)-1], "application/json", 400},
			"a list":                 {"[" + whole + "]", "application/json", 400},
			"a text":                 {`"x"`, "application/json", 400},
			"a number":               {"1e999", "application/json", 400},
			"null":                   {"null", "application/json", 400},
			"deep":                   {strings.Repeat("[", 50_000), "application/json", 400},
			"deeper":                 {strings.Repeat(`{"a":`, 20_000), "application/json", 400},
			"no UTF-8":               {`{"` + "\xff" + `":1}`, "application/json", 422},
			"XML":                    {"<a/>", "application/xml", 415},
			"a form":                 {"a=b", "application/x-www-form-urlencoded", 415},
			"too large":              {whole + strings.Repeat(" ", 1<<20), "application/json", 413},
		} {
			if name == "a field that is not" && whole == "{}" || name == "a field of the account" && whole == "{}" {
				continue // the comma would be the mistake
			}
			hostile := fits
			hostile.body, hostile.raw, hostile.kind = nil, c.body, c.kind
			a := w.send(op, hostile, "")
			if a.status != c.status || a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s with %s: %d, wanted %d: %s", op.OperationID, name, a.status, c.status, a.body)
			}
		}
	}
}

// injections are texts that do harm where they are not kept apart from SQL, headers, paths or pages.
var injections = []string{
	`' OR '1'='1`, `x'; DROP TABLE mocks; --`, `" OR ""="`, `\'; --`, "x\r\nX-Injected: 1\r\n\r\n<html>", "x\nSet-Cookie: a=b",
	"\x00", "x\x00y", "\xff\xfe", "../../../../etc/passwd", "..%2f..%2f", "~", "-", "", " ", "?0", "$1", "%s%n", "{{7*7}}", "<script>alert(1)</script>",
	"\u202e☃", "😀", strings.Repeat("a", 5000), "null", "0", "-1", "9223372036854775808", "NaN", "xn--80ak6aa92e", "1e9", "*",
}

// No text at any place where an operation takes one makes the server fail, or gets out of its place.
func TestInjections(t *testing.T) {
	t.Parallel()
	for name, edit := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, edit)
			for _, op := range operations(t) {
				w.inject(op)
			}
			if list := w.acme.as("GET", "/api/v1/mocks?limit=1", nil); len(list["items"].([]any)) != 1 {
				t.Errorf("after all that: %v", list)
			}
		})
	}
}

func (w *world) inject(op operation) {
	w.t.Helper()
	fits := func() call {
		c := op.fixture(w.acme, workspace.Owner)
		if c.as == "" {
			c.as = w.acme.user(workspace.Owner)
		}
		return c
	}
	c := fits()
	for _, p := range op.texts() {
		for _, text := range injections {
			if p.in == "header" && strings.ContainsAny(text, "\x00\r\n") {
				continue // no client sends it
			}
			if p.in == "path" && text == "" {
				continue // another route
			}
			a := w.send(op, c.with(p, text), "")
			switch kind := a.header.Get("Content-Type"); {
			case a.status >= 500:
				w.t.Errorf("%s with %s (%s) %q: %d %s", op.OperationID, p.name, p.in, text, a.status, a.body)
			case a.header.Get("X-Injected") != "", strings.Contains(fmt.Sprint(a.header["Set-Cookie"]), "a=b"):
				w.t.Errorf("%s with %s (%s) %q: %v", op.OperationID, p.name, p.in, text, a.header)
			case a.status >= 400 && kind != "application/problem+json":
				w.t.Errorf("%s with %s (%s) %q: %d as %s", op.OperationID, p.name, p.in, text, a.status, kind)
			case a.status < 300 && op.mutates():
				c = fits() // it may be used up
			}
		}
	}
}

// texts are all places where the operation takes a text.
func (op operation) texts() []place {
	var all []place
	for _, p := range op.Parameters {
		all = append(all, place{p.Value.In, p.Value.Name}) // numbers too: they arrive as texts
	}
	if op.RequestBody != nil {
		if media := op.RequestBody.Value.Content["application/json"]; media != nil {
			for name, s := range media.Schema.Value.Properties {
				if s.Value.Type.Is("string") {
					all = append(all, place{"body", name})
				}
			}
		}
	}
	return all
}

// What a request line can hold beside the parameters does no harm either.
func TestHostilePaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{
		"/api/v1/mocks/%00", "/api/v1/mocks/%ff", "/api/v1/mocks/..", "/api/v1/mocks/%2e%2e%2fworkspaces", "/api/v1//mocks", "/api/v1/mocks/",
		"/api/v1/mocks?" + url.QueryEscape("\x00") + "=1", "/api/v1/mocks?limit=1&limit=2", "/api/v1/mocks?;", "/api/v1/mocks?limit=%zz",
		"/api/v1/mocks?" + strings.Repeat("a=b&", 5000), "/api/v1/" + strings.Repeat("a/", 5000), "/API/V1/MOCKS",
	} {
		if a := w.do(http.MethodGet, path, ""); a.status >= 500 {
			t.Errorf("%.80s: %d %s", path, a.status, a.body)
		}
	}
}
