package serve

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
)

// notFound answers a request that no endpoint answers: with a page of the server, what the path allows, or 404.
func (c *Core) notFound(x *exchange) {
	w := x.world
	q := &x.scope.Request
	methods := w.tree.Methods(q.Path)
	if len(x.entered) > 0 {
		c.leftOver(x)
		return
	}
	if q.Method == http.MethodOptions && (!w.cors.Off && preflight(x) || len(methods) > 0) {
		c.options(x, w, methods)
		return
	}
	if len(methods) > 0 {
		x.notAllowed(methods)
		return
	}
	if x.program.docs != nil && (q.Method == http.MethodGet || q.Method == http.MethodHead) {
		switch strings.TrimSuffix(q.Path, "/") {
		case "":
			x.builtin = builtinHello
		case "/docs":
			x.builtin = builtinPage
		case "/swagger.json":
			x.builtin = builtinDocument
		}
		if x.builtin != builtinNone {
			x.answer.status = http.StatusOK
			x.answer.always = x.program.own
			return
		}
	}
	if s, _ := w.sockets.Find(http.MethodGet, q.Path, x.captures); s != nil && q.Method == http.MethodGet {
		x.refuse(http.StatusUpgradeRequired, refusal{
			Error: "upgrade_required", Message: "this path is a WebSocket: connect with a WebSocket client", Path: q.Path,
		})
		x.answer.add("Upgrade", "websocket")
		return
	}
	r := refusal{
		Error: "no_endpoint", Message: fmt.Sprintf("no endpoint of this mock answers %s %s", q.Method, q.Path),
		Method: q.Method, Host: q.Host, Path: q.Path,
	}
	if x.mock.life.explain.Enter(q.At) == limit.Admitted {
		r.Nearest = x.nearest(nil, nil)
	}
	x.refuse(http.StatusNotFound, r)
}

// leftOver answers a request that every endpoint of its method and path left to the next.
func (c *Core) leftOver(x *exchange) {
	q := &x.scope.Request
	r := refusal{
		Error: "no_endpoint", Message: fmt.Sprintf("no endpoint of this mock answers this request to %s %s: none of the conditions hold", q.Method, q.Path),
		Method: q.Method, Host: q.Host, Path: q.Path,
	}
	if x.mock.life.explain.Enter(q.At) == limit.Admitted {
		r.Nearest = append(x.considered(), x.nearest(nil, x.entered)...)
	}
	x.refuse(http.StatusNotFound, r)
}

// complete adds the methods that are answered without being defined.
func complete(methods []string, options bool) []string {
	all := slices.Clone(methods)
	if i := slices.Index(all, mockspec.MethodAny); i >= 0 {
		all = append(slices.Delete(all, i, i+1), http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete)
	}
	if slices.Contains(all, http.MethodGet) {
		all = append(all, http.MethodHead)
	}
	if options {
		all = append(all, http.MethodOptions)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// notAllowed answers a method that a path does not have.
func (x *exchange) notAllowed(methods []string) {
	q := &x.scope.Request
	allow := complete(methods, true)
	r := refusal{
		Error: "method_not_allowed", Method: q.Method, Host: q.Host, Path: q.Path, Allow: allow,
		Message: fmt.Sprintf("this path does not allow %s; it allows %s", q.Method, strings.Join(methods, ", ")),
	}
	if x.mock.life.explain.Enter(q.At) == limit.Admitted {
		r.Nearest = x.nearest(nil, nil)
	}
	x.refuse(http.StatusMethodNotAllowed, r)
	x.answer.add("Allow", strings.Join(allow, ", "))
}
