// Package trial answers requests to drafts of mocks: what a draft would answer if it were published, and how that would
// come about; and it fetches documents that somebody wants to import. Nothing is published, recorded, counted or sent.
package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/mockserver/internal/external"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
	"github.com/mocloud/mocloud/services/mockserver/internal/webhook"
)

// Deps are what trials share with published mocks.
type Deps struct {
	Log      *slog.Logger
	Turns    *limit.Turns // of everything that may take a processor for long
	External serve.External
	Env      serve.Environment
	Docs     serve.Describe
	Page     http.Handler
	Webhooks *webhook.Sender // compiles webhooks; none is sent
}

// Trier tries drafts. It is safe for concurrent use.
type Trier struct {
	deps    Deps
	maxBody int64
}

// New makes a Trier; maxBody bounds the body of a request, in bytes.
func New(maxBody int64, deps Deps) *Trier {
	return &Trier{deps: deps, maxBody: maxBody}
}

const explainHeader = "X-Mocloud-Explain"

// Try answers one question. It returns when ctx ends.
func (t *Trier) Try(ctx context.Context, q tryit.Question) (a tryit.Answer) {
	// The draft is a stranger's, and whatever is wrong with it or with what runs it must not end the server of everybody's mocks.
	defer func() {
		if r := recover(); r != nil {
			t.deps.Log.ErrorContext(ctx, "panic while trying a draft", "workspace_id", q.WorkspaceID, "mock_id", q.MockID, "panic", fmt.Sprint(r))
			a = tryit.Answer{Problem: "Internal error: this draft could not be tried."}
		}
	}()
	if q.Fetch != "" {
		return t.fetch(ctx, q)
	}
	var sent sink
	core, err := t.core(ctx, q, &sent)
	if err != nil {
		return tryit.Answer{Problem: err.Error()}
	}
	room := tryit.MaxBody
	if len(q.More) > 0 {
		room = tryit.MaxMoreBody
	}
	a = ask(ctx, core, &sent, q.Host, q.Request, room)
	for _, r := range q.More[:min(len(q.More), tryit.MaxRequests-1)] {
		a.More = append(a.More, ask(ctx, core, &sent, q.Host, r, room))
	}
	return a
}

// fetch answers with what is at a URL, as an external body gets it.
func (t *Trier) fetch(ctx context.Context, q tryit.Question) tryit.Answer {
	if !strings.HasPrefix(q.Fetch, "http://") && !strings.HasPrefix(q.Fetch, "https://") { // else it would name a file
		return tryit.Answer{Problem: fmt.Sprintf("%q is not a URL of http or https", q.Fetch)}
	}
	found, err := t.deps.External.Load(ctx, external.Request{WorkspaceID: q.WorkspaceID, Provider: external.ProviderFile, Path: q.Fetch})
	if err != nil {
		return tryit.Answer{Problem: strings.TrimPrefix(err.Error(), "external-body ")}
	}
	return tryit.Answer{Status: http.StatusOK, Body: found.Data}
}

// ask asks the draft once; of the body it keeps what there is room for.
func ask(ctx context.Context, core *serve.Core, sent *sink, host string, asked tryit.Request, room int) tryit.Answer {
	r, err := request(ctx, host, asked)
	if err != nil {
		return tryit.Answer{Problem: "Invalid request: " + err.Error()}
	}
	sent.webhook = nil
	w := &capture{header: http.Header{}, room: room}
	begin := time.Now()
	core.ServeHTTP(w, r)
	if w.fault != "" {
		return tryit.Answer{Problem: "The mock breaks the connection here (`fault: " + w.fault + "`), so there is no answer to show.", Duration: time.Since(begin)}
	}
	a := tryit.Answer{
		Status: w.status, Header: w.header, Body: w.body.Bytes(), Cut: w.cut, Duration: time.Since(begin),
		TimedOut: errors.Is(ctx.Err(), context.DeadlineExceeded), // nobody waits any more where it was cancelled
		Webhook:  sent.webhook,
	}
	if explained := w.header.Get(explainHeader); json.Valid([]byte(explained)) {
		a.Explain = json.RawMessage(explained)
	}
	w.header.Del(explainHeader)
	return a
}

// request makes the request that a question describes.
func request(ctx context.Context, host string, q tryit.Request) (*http.Request, error) {
	u, err := url.ParseRequestURI(q.Target)
	if err != nil || q.Target[0] != '/' {
		return nil, fmt.Errorf("%q is not a path", q.Target)
	}
	r, err := http.NewRequestWithContext(ctx, q.Method, u.String(), bytes.NewReader(q.Body))
	if err != nil {
		return nil, err
	}
	r.RequestURI, r.Host, r.RemoteAddr = q.Target, host, "192.0.2.1:1" // an address of documents (RFC 5737)
	if q.Header != nil {
		r.Header = q.Header
	}
	r.Header.Del("Upgrade")         // there is no connection that could become a WebSocket
	r.Header.Del("Accept-Encoding") // a person reads the answer
	r.Header.Set(explainHeader, "1")
	return r, nil
}

// core makes a server that has the draft and nothing else.
func (t *Trier) core(ctx context.Context, q tryit.Question, sent *sink) (*serve.Core, error) {
	turn, ok := t.deps.Turns.Take(ctx, q.WorkspaceID)
	if !ok {
		return nil, errors.New("the mock servers are busy with this workspace; try again in a moment")
	}
	parsed, problems := func() (*mockspec.Mock, []mockspec.Diagnostic) {
		defer turn.Give() // also if it panics
		return mockspec.Parse([]byte(q.Content), mockspec.Options{})
	}()
	for _, d := range problems {
		if d.Severity == mockspec.Error {
			return nil, fmt.Errorf("line %d: %s", d.Line, d.Message)
		}
	}
	if q.SkipDelays {
		for i := range parsed.Endpoints {
			parsed.Endpoints[i].Latency, parsed.Endpoints[i].RateLimit = nil, nil
		}
	}
	core := serve.New(serve.Config{MaxBody: t.maxBody}, serve.Deps{
		Log: t.deps.Log, Turns: t.deps.Turns, Recorder: record.New(record.Limits{}), External: t.deps.External, Env: t.deps.Env, Docs: t.deps.Docs, Page: t.deps.Page,
		Webhook: func(of *site.Site, endpoint string, w *mockspec.Webhook) (serve.Hook, error) {
			hook, err := t.deps.Webhooks.Compile(of, endpoint, w)
			if err != nil {
				return nil, err // not a typed nil
			}
			return dry{hook: hook, sent: sent}, nil
		},
	})
	core.Put(&site.Site{
		WorkspaceID: q.WorkspaceID, WorkspaceSlug: q.WorkspaceSlug, MockID: q.MockID, MockSlug: q.MockSlug, Revision: q.Revision,
		Hosts: []string{q.Host}, Parsed: parsed, Recording: &event.Recording{Mode: event.RecordOff},
	})
	core.Ready()
	return core, nil
}

// sink takes the webhook that would be sent after the present answer, which has one at most.
type sink struct{ webhook *tryit.Webhook }

// dry is a webhook that is not sent.
type dry struct {
	hook *webhook.Hook
	sent *sink
}

// Fire implements serve.Hook.
func (d dry) Fire(sc *scope.Scope) {
	call, due, err := d.hook.Prepare(sc)
	if d.sent.webhook != nil {
		return
	}
	switch {
	case err != nil:
		d.sent.webhook = &tryit.Webhook{Problem: err.Error()}
	case due:
		d.sent.webhook = &tryit.Webhook{Method: call.Method, URL: call.URL, Header: call.Header, Body: call.Body, Delay: call.Delay}
	}
}

// capture is the ResponseWriter of a trial: it keeps the beginning of the body.
type capture struct {
	header http.Header
	status int
	body   bytes.Buffer
	cut    bool
	room   int // for the body, in bytes
	fault  string
}

// Break implements serve.Breaker.
func (c *capture) Break(fault string) { c.fault = fault }

func (c *capture) Header() http.Header { return c.header }

func (c *capture) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

func (c *capture) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	kept := p
	if room := c.room - c.body.Len(); len(p) > room {
		kept, c.cut = p[:room], true
	}
	_, _ = c.body.Write(kept) // never fails
	return len(p), nil
}
