package control

import (
	"encoding/json"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/question"
)

// Bounds of a verification.
const (
	MaxExpectations = 50
	MaxRequests     = 1000 // the latest of them are looked at
)

// Expectation says how often requests are expected for which a condition holds: at least once unless a number is given.
type Expectation struct {
	If      json.RawMessage `json:"if"` // a condition, as in the mock's file; `answer.status` and `answer.endpoint` are what was answered
	Times   *int            `json:"times,omitempty"`
	AtLeast *int            `json:"at_least,omitempty"`
	AtMost  *int            `json:"at_most,omitempty"`
}

// Request is a request that a mock answered, as it is verified.
type Request struct {
	ID       string    `json:"id,omitempty"`
	Time     time.Time `json:"time"`
	Method   string    `json:"method"`
	Host     string    `json:"host"`
	Path     string    `json:"path"` // as it came
	Query    string    `json:"query,omitempty"`
	Head     string    `json:"head,omitempty"` // "Name: value" lines, each ended by \r\n
	Body     []byte    `json:"body,omitempty"`
	Endpoint string    `json:"endpoint,omitempty"`
	Status   int       `json:"status"`
}

// Verdict says whether requests came as expected.
type Verdict struct {
	OK     bool     `json:"ok"`
	Looked int      `json:"looked"` // how many requests were looked at
	Expect []Result `json:"expect"`
}

// Result is what became of one expectation.
type Result struct {
	OK      bool   `json:"ok"`
	Count   int    `json:"count"`            // of the requests for which the condition holds
	Reason  string `json:"reason,omitempty"` // why it is not as expected
	Nearest []Near `json:"nearest"`          // of an expectation that is not met: requests that came near
}

// Near is a request for which a condition does not hold, and why not.
type Near struct {
	ID      string    `json:"id,omitempty"`
	Time    time.Time `json:"time"`
	Request string    `json:"request"` // as in "POST /orders?dry=1"
	Why     string    `json:"why"`
}

// SettleQuestion asks one mock server to say when what it answered before is stored.
type SettleQuestion struct{}

// SettleAnswer says whether it is.
type SettleAnswer struct {
	Settled bool `json:"settled"`
}

// SettlePlace is where one mock server, which is named as in its reports, is asked that.
func SettlePlace(client *redis.Client, prefix, instance string) question.Place[SettleQuestion, SettleAnswer] {
	return question.Place[SettleQuestion, SettleAnswer]{Redis: client, List: prefix + "ask:settle:" + instance}
}
