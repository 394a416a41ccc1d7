// Package tryit asks a mock server what a draft of a mock would answer, without publishing it, or what is at a URL. The api asks,
// every mock server answers; both import it.
//
// They talk over Redis, as all services do, so that nobody needs anybody's address: a question is put into one list, from which a mock
// server that has room takes it, and its answer into a list of its own. A question that nobody takes in time is dropped.
package tryit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

const (
	// Timeout bounds a question, from being asked to its answer.
	Timeout = 10 * time.Second
	// MaxBody bounds the body of an Answer, in bytes; what is beyond is cut off.
	MaxBody = 1 << 20
	// MaxMoreBody is the same where there are further requests.
	MaxMoreBody = 64 << 10
	// MaxRequests bounds the requests of a question.
	MaxRequests = 50

	maxWaiting = 64 // questions in the list
	maxRunning = 16 // questions that one mock server works on
	keep       = Timeout + 5*time.Second
	pollEvery  = time.Second // how long one look into a list lasts, the least that Redis counts
)

// Errors of Ask; compare with errors.Is.
var (
	ErrBusy   = errors.New("too many drafts are being tried")
	ErrNobody = errors.New("no mock server answered in time")
)

// Question is a draft and a request to it.
type Question struct {
	ID       string    `json:"id"` // set by Ask
	Deadline time.Time `json:"deadline"`

	WorkspaceID   string `json:"workspace_id"` // whose files the draft may name; "" for none
	WorkspaceSlug string `json:"workspace_slug"`
	MockID        string `json:"mock_id"` // "" if the draft belongs to no mock
	MockSlug      string `json:"mock_slug"`
	Revision      int    `json:"revision"`
	Host          string `json:"host"`
	Content       string `json:"content"` // YAML without errors

	Request
	// Fetch is a URL whose content is wanted in place of a draft's answer, for WorkspaceID; the rest is empty then.
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

func questions(prefix string) string        { return prefix + "tryit" }
func answers(prefix, id string) string      { return prefix + "tryit:" + id }
func left(deadline time.Time) time.Duration { return time.Until(deadline) }

// Ask returns the answer of one of the mock servers. ErrBusy and ErrNobody ask to come back.
func Ask(ctx context.Context, client *redis.Client, prefix string, q Question) (Answer, error) {
	q.ID, q.Deadline = uuid.NewString(), time.Now().Add(Timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(q.Deadline) {
		q.Deadline = d
	}
	encoded, err := json.Marshal(q)
	if err != nil {
		return Answer{}, fmt.Errorf("encode a draft to try: %w", err)
	}
	waiting, err := client.LLen(ctx, questions(prefix)).Result()
	if err != nil {
		return Answer{}, fmt.Errorf("ask for a try: %w", err)
	}
	if waiting >= maxWaiting {
		return Answer{}, ErrBusy
	}
	_, err = client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.RPush(ctx, questions(prefix), encoded)
		p.Expire(ctx, questions(prefix), keep)
		return nil
	})
	if err != nil {
		return Answer{}, fmt.Errorf("ask for a try: %w", err)
	}
	for ctx.Err() == nil {
		if left(q.Deadline) <= 0 {
			return Answer{}, ErrNobody
		}
		// One look is short, because a caller that goes does not end it.
		raw, err := client.BLPop(ctx, pollEvery, answers(prefix, q.ID)).Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return Answer{}, fmt.Errorf("wait for a try: %w", err)
		}
		var a Answer
		if err := json.Unmarshal([]byte(raw[1]), &a); err != nil {
			return Answer{}, fmt.Errorf("decode the answer to a try: %w", err)
		}
		return a, nil
	}
	return Answer{}, ctx.Err()
}

// Serve answers questions with try until ctx ends; try honours its context. It runs while Redis is away too.
func Serve(ctx context.Context, client *redis.Client, log *slog.Logger, prefix string, try func(context.Context, Question) Answer) error {
	room := make(chan struct{}, maxRunning)
	var running sync.WaitGroup
	defer running.Wait()
	for ctx.Err() == nil {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		q, err := take(ctx, client, prefix)
		if err != nil || q.ID == "" {
			<-room
			if err != nil && ctx.Err() == nil {
				log.DebugContext(ctx, "take a draft to try", "error", err)
				pause(ctx, pollEvery)
			}
			continue
		}
		running.Go(func() {
			defer func() { <-room }()
			answer(ctx, client, log, prefix, q, try)
		})
	}
	return nil
}

// take waits a moment for a question; the zero Question if there is none.
func take(ctx context.Context, client *redis.Client, prefix string) (Question, error) {
	raw, err := client.BLPop(ctx, pollEvery, questions(prefix)).Result()
	if errors.Is(err, redis.Nil) {
		return Question{}, nil
	}
	if err != nil {
		return Question{}, err
	}
	var q Question
	if err := json.Unmarshal([]byte(raw[1]), &q); err != nil {
		return Question{}, fmt.Errorf("decode a draft to try: %w", err)
	}
	if left(q.Deadline) <= 0 {
		return Question{}, nil // nobody waits any longer
	}
	return q, nil
}

func answer(ctx context.Context, client *redis.Client, log *slog.Logger, prefix string, q Question, try func(context.Context, Question) Answer) {
	trying, cancel := context.WithDeadline(ctx, q.Deadline)
	defer cancel()
	encoded, err := json.Marshal(try(trying, q))
	if err != nil {
		encoded, _ = json.Marshal(Answer{Problem: "The answer cannot be forwarded."}) // it always encodes
	}
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), pollEvery)
	defer cancel()
	_, err = client.TxPipelined(sending, func(p redis.Pipeliner) error {
		p.RPush(sending, answers(prefix, q.ID), encoded)
		p.Expire(sending, answers(prefix, q.ID), keep)
		return nil
	})
	if err != nil {
		log.DebugContext(sending, "answer a try", "error", err)
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
