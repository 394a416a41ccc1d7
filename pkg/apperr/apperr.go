// Package apperr is the error that a user may see: a stable code, a sentence, and the cause that only the log sees.
// It is turned into HTTP at one place of each service.
package apperr

import (
	"errors"
	"fmt"
)

// Code is a stable, lower-case name of a kind of error; clients switch on it.
type Code string

// The kinds of error; each has one HTTP status.
const (
	Invalid       Code = "invalid"        // 400, 422
	Unauthorized  Code = "unauthorized"   // 401
	Forbidden     Code = "forbidden"      // 403
	QuotaExceeded Code = "quota_exceeded" // 403
	NotFound      Code = "not_found"      // 404
	Conflict      Code = "conflict"       // 409
	Precondition  Code = "lost_update"    // 412
	TooLarge      Code = "too_large"      // 413
	RateLimited   Code = "rate_limited"   // 429
	Internal      Code = "internal"       // 500
	Unavailable   Code = "unavailable"    // 503
)

// Error is an error with a public side. It is immutable.
type Error struct {
	Code    Code
	Message string // one sentence: what was wrong, where, what to do
	Field   string // the input it is about, "" if none
	cause   error
}

// New makes an error with a public sentence.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithField returns a copy that names the input it is about.
func (e *Error) WithField(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// WithCause returns a copy that wraps err, which is logged and never shown.
func (e *Error) WithCause(err error) *Error {
	c := *e
	c.cause = err
	return &c
}

// Error implements error.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// CodeOf returns the code of the first Error in err's chain, Internal if there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
