package serve

import (
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// errors are the answers that a mock has instead of the server's own, by status.
func (c *endpointCompiler) errors(written *mockspec.ErrorResponses) map[int]*endpoint {
	if written == nil || c.compat {
		return nil
	}
	all := make(map[int]*endpoint, len(written.All))
	for i := range written.All {
		spec := &mockspec.Endpoint{Pos: written.All[i].Response.Pos, Response: written.All[i].Response}
		all[written.All[i].Status] = c.errorResponse(spec)
	}
	return all
}

// errorResponse compiles one of them.
func (c *endpointCompiler) errorResponse(spec *mockspec.Endpoint) *endpoint {
	e := &endpoint{spec: spec}
	c.compile(e)
	return e
}

// ownError answers with what the mock has instead of an error of the server's own. It reports whether there is that, and it
// could be made.
func (x *exchange) ownError(status int, r *refusal) bool {
	if x.program == nil || x.program.errors == nil {
		return false
	}
	switch r.Error {
	case "invalid_request", "unreadable_body", "unauthorized", "forbidden", "no_endpoint", "method_not_allowed",
		rateLimited, "simulated_failure", "simulated_timeout":
	default:
		return false // it is about the mock or the server, and for whoever wrote the one or runs the other
	}
	e := x.program.errors[status]
	if e == nil {
		return false
	}
	if e.fault != nil {
		return false
	}
	matched := x.endpoint
	if matched == nil {
		x.scope.Reset(x.scope.Request, &e.params, nil)
	}
	x.scope.Refusal = &scope.Refusal{Status: status, Code: r.Error, Message: r.Message}
	x.answer.always, x.endpoint = e.headers, e
	err := x.core.respond(x)
	x.endpoint = matched
	return err == nil
}
