// Package provider is cloudops' view of a DNS provider: records, and what can be done with them.
package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Record is a DNS record. Names are in lower case, in Punycode, without a trailing dot.
type Record struct {
	ID      string
	Type    string // CNAME, A, TXT, …
	Name    string
	Content string
	TTL     int // seconds, 1 = automatic
	Proxied bool
	Comment string
}

// DNS is a zone at a provider. It is safe for concurrent use; every method honours its context's deadline.
type DNS interface {
	// Records returns all records of the zone at and under domain, whoever made them. It returns all or an error.
	Records(ctx context.Context, domain string) ([]Record, error)
	// Create makes a CNAME record, or a TXT record.
	Create(ctx context.Context, r Record) error
	// Update makes the CNAME record with r's ID what r says.
	Update(ctx context.Context, r Record) error
	// Delete removes a record; one that is not there is no error.
	Delete(ctx context.Context, id string) error
}

// Error is what a provider, or the proxy before it, answered.
type Error struct {
	Status     int // of HTTP, 0 if there was no answer
	Code       int // the provider's own
	Message    string
	RetryAfter time.Duration

	Taken  bool // something of that name is there already
	Denied bool // the proxy does not permit it, for example at a reserved name
	cause  error
}

// Error implements error.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.cause.Error()
	}
	return fmt.Sprintf("status %d, code %d: %s", e.Status, e.Code, e.Message)
}

// Unwrap returns the network's error, if that is what it was.
func (e *Error) Unwrap() error { return e.cause }

// Conflict reports whether something of that name is there already: what is known of the provider is stale.
func (e *Error) Conflict() bool { return e.Taken }

// Terminal reports whether the same call would fail again: the record, and only it, is at fault.
func (e *Error) Terminal() bool {
	return (e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound || e.Status == http.StatusUnprocessableEntity || e.Denied) && !e.Taken
}

// Refused reports whether nothing at all can be done with the credentials at hand.
func (e *Error) Refused() bool {
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden && !e.Denied
}

// Of returns the Error in err's chain.
func Of(err error) (*Error, bool) { return errors.AsType[*Error](err) }
