package token

import (
	"slices"
	"strings"
)

// Scope is a thing that a token may do: resource:read or resource:write. Writing includes reading.
type Scope string

// All is every scope, and what only it opens: passwords, sessions and tokens. A token with less could otherwise make
// itself one with more.
const All Scope = "*"

const (
	read  = ":read"
	write = ":write"
)

// resources are what scopes are about. A workspace token has no scope about an account.
func resources() []string {
	return []string{"account", "workspaces", "mocks", "files", "env", "domains", "requests", "state"}
}

// Known reports whether there is such a scope.
func (s Scope) Known() bool {
	resource, ok := strings.CutSuffix(string(s), read)
	if !ok {
		resource, ok = strings.CutSuffix(string(s), write)
	}
	return s == All || ok && slices.Contains(resources(), resource)
}

// Writes reports whether the scope is for changing something.
func (s Scope) Writes() bool { return s == All || strings.HasSuffix(string(s), write) }

// aboutAccount reports whether the scope reaches beyond workspaces.
func (s Scope) aboutAccount() bool { return s == All || strings.HasPrefix(string(s), "account:") }

// Scopes are what a token may do.
type Scopes []Scope

// Allow reports whether one of the scopes includes wanted.
func (s Scopes) Allow(wanted Scope) bool {
	for _, granted := range s {
		if granted == All || granted == wanted {
			return true
		}
		if resource, ok := strings.CutSuffix(string(wanted), read); ok && granted == Scope(resource+write) {
			return true
		}
	}
	return false
}

// String is how scopes are stored and written in an OAuth challenge (RFC 6750, 3): with a space between them.
func (s Scopes) String() string {
	words := make([]string, len(s))
	for i, scope := range s {
		words[i] = string(scope)
	}
	return strings.Join(words, " ")
}

// ParseScopes reads what String wrote.
func ParseScopes(text string) Scopes {
	var s Scopes
	for word := range strings.FieldsSeq(text) {
		s = append(s, Scope(word))
	}
	return s
}
