package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/token"
)

var errCrossOrigin = apperr.New(apperr.Forbidden, "This request comes from another site's page; use the console's own pages, or an API token in a program.")

// statusOf is the HTTP status of each kind of error. Invalid input that was understood is a 422; what could not even be
// read is a badRequest.
func statusOf(code apperr.Code) int {
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
	code   ProblemCode
	err    *apperr.Error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// badRequest is a request that does not fit the contract.
func badRequest(field, format string, args ...any) error {
	return &statusError{http.StatusBadRequest, Invalid, apperr.New(apperr.Invalid, format, args...).WithField(field)}
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
		&statusError{http.StatusForbidden, InsufficientScope, err},
	}
}

// problem is the one place where errors become answers.
func (h *handlers) problem(err error, c echo.Context) {
	if c.Response().Committed {
		return // part of an answer is out; closing the connection tells the rest
	}
	p := problemOf(err, c.Request())
	if id := requestID(c); id != "" {
		p.RequestID = &id
	}
	header := c.Response().Header()
	if e, ok := errors.AsType[*challenge](err); ok {
		header.Set("WWW-Authenticate", `Bearer realm="mocloud", `+e.params)
	} else if p.Status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="mocloud"`) // not Basic: browsers would ask for a password of their own
	}
	switch p.Status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		header.Set("Retry-After", retryAfter(err))
	}
	header.Set("Content-Type", "application/problem+json")
	c.Response().WriteHeader(p.Status)
	if c.Request().Method == http.MethodHead {
		return
	}
	_ = json.NewEncoder(c.Response()).Encode(p) // the caller has gone
}

// retryAfter is in how many seconds another try may succeed: as the error knows, or soon.
func retryAfter(err error) string {
	e, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err)
	if !ok {
		return "1"
	}
	return strconv.Itoa(max(1, int(math.Ceil(e.RetryAfter().Seconds()))))
}

func problemOf(err error, r *http.Request) Problem {
	p := Problem{Type: "about:blank"}
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		p.Status, p.Code, p.Detail = statusOf(e.Code), ProblemCode(e.Code), e.Message
		if e.Field != "" {
			p.Field = &e.Field
		}
	} else {
		p.Status, p.Code, p.Detail = fromServer(err, r)
	}
	if e, ok := errors.AsType[*statusError](err); ok {
		p.Status, p.Code = e.status, e.code
	}
	if e, ok := errors.AsType[*mock.InvalidError](err); ok {
		list := diagnostics(e.Diagnostics)
		p.Diagnostics = &list
	}
	if e, ok := errors.AsType[*quota.ExceededError](err); ok {
		p.Quota = &QuotaUse{Resource: QuotaResource(e.Use.Resource), Used: e.Use.Used, Limit: e.Use.Limit}
	}
	if e, ok := errors.AsType[*mock.LostUpdateError](err); ok {
		p.Revision = &e.Mock.Revision
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// fromServer explains errors that have no public side.
func fromServer(err error, r *http.Request) (int, ProblemCode, string) {
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge, TooLarge, fmt.Sprintf("The request's body is larger than %d bytes.", e.Limit)
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch e.Code {
		case http.StatusNotFound:
			return e.Code, NotFound, fmt.Sprintf("There is nothing at %s %.200s. GET /api/v1/openapi.json lists the operations.", r.Method, r.URL.Path)
		case http.StatusMethodNotAllowed:
			return e.Code, MethodNotAllowed, fmt.Sprintf("%.20s is not allowed at %.200s; the Allow header lists the methods that are.", r.Method, r.URL.Path)
		case http.StatusUnsupportedMediaType:
			return e.Code, UnsupportedMediaType, "The body's Content-Type is not supported here; use application/json."
		}
		if e.Code >= 400 && e.Code < 500 {
			return http.StatusBadRequest, Invalid, "The request cannot be read."
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, publication.ErrStopping) || errors.Is(err, record.ErrStopping) {
		return http.StatusServiceUnavailable, Unavailable, "The server could not answer in time; try again in a moment."
	}
	return http.StatusInternalServerError, Internal, "Internal error: please report it with the request id."
}
