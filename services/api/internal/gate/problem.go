package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/token"
)

// Problem is the body of every response that is an error (RFC 9457); the document has its schema.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"` // the HTTP status in words
	Status    int    `json:"status"`
	Code      string `json:"code"`   // a stable name of the kind of error
	Detail    string `json:"detail"` // what was wrong, where, what to do
	Field     string `json:"field,omitempty"`
	RequestID string `json:"request_id,omitempty"`

	// What the resources know of some errors.
	Diagnostics any `json:"diagnostics,omitempty"`
	Quota       any `json:"quota,omitempty"`
	Revision    int `json:"revision,omitempty"`
}

// The codes of problems that are no apperr.Code.
const (
	codeMethodNotAllowed     = "method_not_allowed"
	codeUnsupportedMediaType = "unsupported_media_type"
	codeInsufficientScope    = "insufficient_scope"
	codeURITooLong           = "uri_too_long"
	codeHeadersTooLarge      = "headers_too_large"
)

var errCrossOrigin = apperr.New(apperr.Forbidden, "This request comes from another site's page; use the console's own pages, or an API token in a program.")

// StatusOf is the HTTP status of each kind of error. Invalid input that was understood is a 422; what could not even be
// read is a BadRequest.
func StatusOf(code apperr.Code) int {
	switch code {
	case apperr.Invalid:
		return http.StatusUnprocessableEntity
	case apperr.Unauthorized:
		return http.StatusUnauthorized
	case apperr.Forbidden, apperr.QuotaExceeded:
		return http.StatusForbidden
	case apperr.NotFound:
		return http.StatusNotFound
	case apperr.Conflict:
		return http.StatusConflict
	case apperr.Precondition:
		return http.StatusPreconditionFailed
	case apperr.TooLarge:
		return http.StatusRequestEntityTooLarge
	case apperr.RateLimited:
		return http.StatusTooManyRequests
	case apperr.Unavailable:
		return http.StatusServiceUnavailable
	case apperr.Internal:
	}
	return http.StatusInternalServerError
}

// statusError is an error whose status is another one than its code's.
type statusError struct {
	status int
	code   string
	err    *apperr.Error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// BadRequest is a request that does not fit the contract.
func BadRequest(field, format string, args ...any) error {
	return &statusError{http.StatusBadRequest, string(apperr.Invalid), apperr.New(apperr.Invalid, format, args...).WithField(field)}
}

// challenge is an error about a token. What it says goes into WWW-Authenticate (RFC 6750, 3).
type challenge struct {
	params string
	err    error
}

func (e *challenge) Error() string { return e.err.Error() }
func (e *challenge) Unwrap() error { return e.err }

// invalidToken says that credentials came and are no good; other errors pass.
func invalidToken(err error) error {
	if apperr.CodeOf(err) != apperr.Unauthorized {
		return err
	}
	return &challenge{`error="invalid_token"`, err}
}

// insufficientScope says which scope a token lacks.
func insufficientScope(scope token.Scope, err *apperr.Error) error {
	return &challenge{
		fmt.Sprintf(`error="insufficient_scope", scope="%s"`, scope),
		&statusError{http.StatusForbidden, codeInsufficientScope, err},
	}
}

// writeProblem is the one place where errors become responses.
func (g *Gate) writeProblem(err error, c echo.Context) {
	if c.Response().Committed {
		return // part of a response is out; closing the connection tells the rest
	}
	p := g.problemOf(err, c.Request())
	p.RequestID = requestID(c)
	header := c.Response().Header()
	if e, ok := errors.AsType[*challenge](err); ok {
		header.Set("WWW-Authenticate", `Bearer realm="mocloud", `+e.params)
	} else if p.Status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="mocloud"`) // not Basic: browsers would ask for a password of their own
	}
	switch p.Status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		header.Set("Retry-After", RetryAfter(err))
	}
	header.Set("Content-Type", "application/problem+json")
	c.Response().WriteHeader(p.Status)
	if c.Request().Method == http.MethodHead {
		return
	}
	_ = json.NewEncoder(c.Response()).Encode(p) // the caller has gone
}

// RetryAfter is in how many seconds another try may succeed: as the error knows, or soon.
func RetryAfter(err error) string {
	e, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err)
	if !ok {
		return "1"
	}
	return strconv.Itoa(max(1, int(math.Ceil(e.RetryAfter().Seconds()))))
}

func (g *Gate) problemOf(err error, r *http.Request) Problem {
	p := Problem{Type: "about:blank"}
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		p.Status, p.Code, p.Detail, p.Field = StatusOf(e.Code), string(e.Code), e.Message, e.Field
	} else {
		p.Status, p.Code, p.Detail = g.fromServer(err, r)
	}
	if errors.Is(err, cursor.Err) {
		p.Status = http.StatusBadRequest // as any parameter that cannot be read
	}
	if e, ok := errors.AsType[*statusError](err); ok {
		p.Status, p.Code = e.status, e.code
	}
	p.Title = http.StatusText(p.Status)
	g.deps.Extend(err, &p)
	return p
}

// fromServer explains errors that have no public side.
func (g *Gate) fromServer(err error, r *http.Request) (status int, code, detail string) {
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge, string(apperr.TooLarge), fmt.Sprintf("The request's body is larger than %s.", mockspec.Size(int(e.Limit)))
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch e.Code {
		case http.StatusNotFound:
			return e.Code, string(apperr.NotFound), fmt.Sprintf("There is nothing at %s %.200s. GET /api/v1/openapi.json lists the operations.", r.Method, r.URL.Path)
		case http.StatusMethodNotAllowed:
			return e.Code, codeMethodNotAllowed, fmt.Sprintf("%.20s is not allowed at %.200s; the Allow header lists the methods that are.", r.Method, r.URL.Path)
		case http.StatusUnsupportedMediaType:
			return e.Code, codeUnsupportedMediaType, "The body's Content-Type is not supported here; use application/json."
		}
		if e.Code >= 400 && e.Code < 500 {
			return http.StatusBadRequest, string(apperr.Invalid), "The request cannot be read."
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || slices.ContainsFunc(g.deps.Stopping, func(stopping error) bool { return errors.Is(err, stopping) }) {
		return http.StatusServiceUnavailable, string(apperr.Unavailable), "The server could not answer in time; try again in a moment."
	}
	return http.StatusInternalServerError, string(apperr.Internal), "Internal error: please report it with the request id."
}
