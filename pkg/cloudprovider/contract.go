// Package cloudprovider is what cloudops and the proxy agree on about providers: which calls exist, what may be written, which
// limits hold, and how a record shows whose it is. Each provider has a package of its own below this one. There is neither an
// SDK nor a server here: cloudops has the clients, and the proxy the credentials. docs/guides/providers.md says how to add a
// provider.
package cloudprovider

import (
	"context"
	"time"
)

// Contract is what may be asked of a provider, and how. It is immutable after its making.
type Contract struct {
	// Name is the first segment of the provider's paths at the proxy.
	Name string
	// Hint tells an operator what to do when there are no credentials.
	Hint string
	// Table is every call that exists; all others are refused.
	Table *Table
	// Guards judge the calls that are no reads, by "METHOD template". Each such route has one.
	Guards map[string]Guard
	// Limits hold together. Pause is how long nothing is asked after a 429 that does not say when to come again.
	Limits []Limit
	Pause  time.Duration
	// ErrorBody is a refusal in the provider's own shape, so that its clients can read it.
	ErrorBody func(status int, message string) any
	// RequestID names the header that holds the provider's name for a call; "" if there is none.
	RequestID string
}

// Limit is a number of calls in a time; the whole number may be used at once.
type Limit struct {
	Calls int
	Per   time.Duration
}

// Guard judges a call that changes something. It returns the body to be sent, nil if there is none, and what it changes, for the
// audit trail. fetch reads a path of the same provider, for comparison. Its error is a *Refusal.
type Guard func(ctx context.Context, m Match, body []byte, fetch Fetch) (send []byte, change map[string]any, err error)

// Fetch reads a JSON object.
type Fetch func(ctx context.Context, path string) (map[string]any, error)

// Unguarded returns a route that writes and has no guard; false if there is none.
func (c Contract) Unguarded() (Route, bool) {
	for _, route := range c.Table.Routes {
		if _, guarded := c.Guards[route.key()]; route.Method != "GET" && !guarded {
			return route, true
		}
	}
	return Route{}, false
}

// GuardOf returns the guard of a matched call, nil if it has none.
func (c Contract) GuardOf(m Match) Guard { return c.Guards[m.Route.key()] }

func (r Route) key() string { return r.Method + " " + r.Template }
