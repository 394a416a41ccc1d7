package scope

import (
	"time"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// SetMessage makes the scope that of a WebSocket message that came at the time given: `message` is its text, and
// json-params are read from it.
func (s *Scope) SetMessage(text string, at time.Time) {
	s.Message, s.Request.At = &text, at
	s.parsed, s.json, s.err, s.more = false, selmer.Nil(), nil, nil
	s.budget.Refill()
}
