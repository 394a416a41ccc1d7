// Package challenge lets a mock server prove to a certificate authority that the base domain is this installation's: a TXT record
// (DNS-01 of RFC 8555) that cloudops makes, which alone can reach the DNS provider. A mock server can ask for nothing but the value of
// that one record.
package challenge

import (
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/question"
)

// What can be done with the record.
const (
	Present = "present" // make it hold the value, and nothing else
	Look    = "look"    // do the zone's own servers show the value?
	Remove  = "remove"
)

// Question is what a mock server asks of cloudops.
type Question struct {
	Do    string `json:"do"`
	Value string `json:"value"`
}

// Answer is what cloudops answers.
type Answer struct {
	Error string `json:"error,omitempty"` // a sentence that an operator can act on; "" if it was done
	Seen  bool   `json:"seen,omitempty"`  // of Look
}

// Place is where questions are asked and answered.
func Place(client *redis.Client, prefix string) question.Place[Question, Answer] {
	return question.Place[Question, Answer]{Redis: client, List: prefix + "ask:challenge"}
}
