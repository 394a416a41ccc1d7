//go:build !race

package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// These are some ten thousand requests, one after the other: the race detector would find nothing, and take ten minutes for it.

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
