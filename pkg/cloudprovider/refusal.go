package cloudprovider

import (
	"fmt"
	"net/http"
)

// Refusal is an error with the status and the sentence that the caller gets.
type Refusal struct {
	Status  int
	Message string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// Refuse is a Refusal with 403: the call is not permitted, whoever makes it.
func Refuse(format string, args ...any) error {
	return &Refusal{http.StatusForbidden, "denied by the proxy: " + fmt.Sprintf(format, args...)}
}

// Malformed is the Refusal of a body that is not JSON object.
func Malformed() error {
	return &Refusal{http.StatusBadRequest, "denied by the proxy: the body is not one JSON object"}
}

// Odd is the Refusal of a write because what it would change could not be read.
func Odd() error {
	return &Refusal{http.StatusBadGateway, "the proxy could not read what is to be changed: an odd answer"}
}
