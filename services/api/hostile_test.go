package api_test

import (
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
			"deep":                   {strings.Repeat("[", 30_000), "application/json", 400},
			"deeper":                 {strings.Repeat(`{"a":`, 6_000), "application/json", 400},
			"deep and large":         {strings.Repeat("[", 50_000), "application/json", ifPublic(op, 413, 400)},
			"deeper and large":       {strings.Repeat(`{"a":`, 20_000), "application/json", ifPublic(op, 413, 400)},
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

// ifPublic is the status of bodies of more than 32 KiB: who is not signed in may not send them.
func ifPublic(op operation, public, other int) int {
	if op.public() {
		return public
	}
	return other
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
