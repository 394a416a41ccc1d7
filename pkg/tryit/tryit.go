// Package tryit asks a mock server what a draft of a mock would answer, without publishing it, or what is at a URL. The api asks, every
// mock server answers; both import it. They talk as package question says.
package tryit

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/question"
)

const (
	// Timeout bounds a question, from being asked to its answer.
	Timeout = question.Timeout
	// MaxBody bounds the body of an Answer, in bytes; what is beyond is cut off.
	MaxBody = 1 << 20
	// MaxMoreBody is the same where there are further requests.
	MaxMoreBody = 64 << 10
	// MaxRequests bounds the requests of a question.
	MaxRequests = 50
)

// Question is a draft and a request to it.
type Question struct {
	WorkspaceID   string `json:"workspace_id"` // whose files the draft may name; "" for none
	WorkspaceSlug string `json:"workspace_slug"`
	MockID        string `json:"mock_id"` // "" if the draft belongs to no mock
	MockSlug      string `json:"mock_slug"`
	Revision      int    `json:"revision"`
	Host          string `json:"host"`
	Content       string `json:"content"` // YAML without errors

	Request
	// Fetch is a URL whose content is wanted instead of a draft's answer, for WorkspaceID; the rest is empty then.
	Fetch string `json:"fetch,omitempty"`

	More       []Request `json:"more,omitempty"`        // further requests, answered one after another
	SkipDelays bool      `json:"skip_delays,omitempty"` // without simulated latency, failures and rate limits
}

// Request is what a draft is asked.
type Request struct {
	Method string      `json:"method"`
	Target string      `json:"target"` // the path, with the query
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// Answer is what the draft answered, and how that came about.
type Answer struct {
	Problem string `json:"problem,omitempty"` // why there is no answer; then the rest is empty

	Status   int             `json:"status"`
	Header   http.Header     `json:"header"`
	Body     []byte          `json:"body"`
	Cut      bool            `json:"cut"`               // Body is the beginning only
	Explain  json.RawMessage `json:"explain,omitempty"` // as X-Mocloud-Explain; nothing where no endpoint was looked for
	Duration time.Duration   `json:"duration"`
	TimedOut bool            `json:"timed_out"` // the draft was to wait for longer than Timeout allows
	Webhook  *Webhook        `json:"webhook,omitempty"`

	More []Answer `json:"more,omitempty"` // to the further requests
}

// Webhook is one that would have been sent after the answer.
type Webhook struct {
	Method  string        `json:"method"`
	URL     string        `json:"url"`
	Header  http.Header   `json:"header"`
	Body    []byte        `json:"body"`
	Delay   time.Duration `json:"delay"`
	Problem string        `json:"problem,omitempty"` // why it would not be sent; then the rest is empty
}

// Place is where the installation whose keys begin with prefix tries drafts.
func Place(client *redis.Client, prefix string) question.Place[Question, Answer] {
	return question.Place[Question, Answer]{Redis: client, List: prefix + "ask:try"}
}
