package trial

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/mockserver/internal/external"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/webhook"
)

// files are external bodies that echo what was asked for.
type files struct{}

func (files) Load(_ context.Context, r external.Request) (external.Content, error) {
	if r.Path == "panic" {
		panic("a bug")
	}
	return external.Content{Data: []byte(r.WorkspaceID + ":" + r.Path), MediaType: "text/plain"}, nil
}

func trier() *Trier {
	return New(1<<10, Deps{
		Log: slog.New(slog.DiscardHandler), Turns: limit.NewTurns(1, 10), External: files{}, Webhooks: webhook.New(webhook.Config{}, webhook.Deps{Client: http.DefaultClient}),
	})
}

const draft = `- endpoint:
    path: /hello/:name
    response:
      headers: {X-Greeting: "{{path-params.name}}"}
      body: "hello {{path-params.name}}{{query-params.loud}}"
- endpoint:
    method: POST
    path: /orders
    response: {status: 201, body: taken}
    webhook:
      url: https://hooks.example.com/{{json-params.id}}
      if: json-params.id
      sleep-time: 2
      headers: {X-Order: "{{json-params.id}}"}
      body: '{"order": "{{json-params.id}}"}'
- endpoint:
    path: /file
    response: {external-body: {provider: json, path: a.json}}
- endpoint:
    path: /bug
    response: {external-body: {provider: json, path: panic}}
- endpoint:
    path: /slow
    latency: {min-ms: 60000, max-ms: 60000}
    response: {body: late}
`

func question(method, target, body string) tryit.Question {
	return tryit.Question{
		WorkspaceID: "w1", MockSlug: "pets", Revision: 3, Host: "pets-ann.localhost", Content: draft,
		Request: tryit.Request{
			Method: method, Target: target, Header: http.Header{"Content-Type": {"application/json"}, "Upgrade": {"websocket"}}, Body: []byte(body),
		},
	}
}

// A document is fetched from a URL; nothing else has a name here.
func TestFetch(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"https://example.com/a.yaml": "ann:https://example.com/a.yaml",
		"http://example.com":         "ann:http://example.com",
		"a.json":                     "not a URL",
		"file:///etc/passwd":         "not a URL",
		"HTTPS://example.com":        "not a URL",
	} {
		a := trier().Try(t.Context(), tryit.Question{WorkspaceID: "ann", Fetch: target})
		if got := string(a.Body) + a.Problem; !strings.Contains(got, want) || (a.Problem == "") == strings.HasPrefix(want, "not") {
			t.Errorf("%s: %+v", target, a)
		}
	}
}

func TestTry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, target, body string
		status               int
		says                 string
		explains             string
	}{
		{"GET", "/hello/ann?loud=!", "", 200, "hello ann!", `"endpoint":"GET /hello/:name","line":1`},
		{"GET", "/hello/ann", "", 200, "hello ann", `"empty":["query-params.loud"]`},
		{"GET", "/helo/ann", "", 404, "no_endpoint", "expected `hello`, got `helo`"},
		{"DELETE", "/orders", "", 405, "", "the method is POST, not DELETE"},
		{"GET", "/file", "", 200, "w1:a.json", `"endpoint":"GET /file"`},
		{"POST", "/orders", `{"id": "7"}`, 201, "taken", ""},
		{"POST", "/orders", strings.Repeat("x", 2<<10), 413, "", ""},
	} {
		a := trier().Try(t.Context(), question(c.method, c.target, c.body))
		if a.Problem != "" || a.Status != c.status || !strings.Contains(string(a.Body), c.says) || !strings.Contains(string(a.Explain), c.explains) ||
			a.Header.Get(explainHeader) != "" || a.Cut || a.TimedOut {
			t.Errorf("%s %s: %+v, body %s, explained by %s", c.method, c.target, a, a.Body, a.Explain)
		}
		if len(a.Explain) > 0 && !json.Valid(a.Explain) {
			t.Errorf("%s", a.Explain)
		}
	}
	for target, says := range map[string]string{"nowhere": "is not a path", "http://other/x": "is not a path", "/%zz": "is not a path", "/bug": "Internal error"} {
		if a := trier().Try(t.Context(), question("GET", target, "")); !strings.Contains(a.Problem, says) {
			t.Errorf("%s: %+v", target, a)
		}
	}
	q := question("GET", "/", "")
	q.Content = "- endpoint: {}\n"
	if a := trier().Try(t.Context(), q); !strings.Contains(a.Problem, "line 1") {
		t.Errorf("a draft with errors: %+v", a)
	}
	if a := trier().Try(t.Context(), tryit.Question{Request: tryit.Request{Method: "G T", Target: "/"}}); a.Problem == "" {
		t.Errorf("an impossible method: %+v", a)
	}
}

// The webhook is reported, and not sent: nothing listens at the address, and nothing runs that would send it.
func TestWebhooksAreTold(t *testing.T) {
	t.Parallel()
	a := trier().Try(t.Context(), question("POST", "/orders", `{"id": "7"}`))
	if w := a.Webhook; w == nil || w.URL != "https://hooks.example.com/7" || w.Method != "POST" || w.Header.Get("X-Order") != "7" ||
		string(w.Body) != `{"order": "7"}` || w.Delay == 0 {
		t.Errorf("%+v", a.Webhook)
	}
	if a := trier().Try(t.Context(), question("POST", "/orders", `{}`)); a.Webhook != nil {
		t.Errorf("its condition says no: %+v", a.Webhook)
	}
	q := question("POST", "/orders", `{"id": "7"}`)
	q.Content = strings.ReplaceAll(q.Content, "https://hooks.example.com/{{json-params.id}}", `"{{json-params.id}}"`)
	if a := trier().Try(t.Context(), q); a.Webhook == nil || !strings.Contains(a.Webhook.Problem, "not an http(s) URL") || a.Status != 201 {
		t.Errorf("%+v", a.Webhook)
	}
}

func TestSlowAndLargeAnswersAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), tryit.Timeout)
		defer cancel()
		if a := trier().Try(ctx, question("GET", "/slow", "")); !a.TimedOut || a.Duration != tryit.Timeout {
			t.Errorf("%+v", a)
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel() // as by a server that stops: that is no slowness of the mock
		if a := trier().Try(ctx, question("GET", "/slow", "")); a.TimedOut {
			t.Errorf("%+v", a)
		}
	})
	w := &capture{header: http.Header{}, room: tryit.MaxBody}
	for range 3 {
		if n, err := w.Write(make([]byte, tryit.MaxBody/2+1)); n != tryit.MaxBody/2+1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if w.body.Len() != tryit.MaxBody || !w.cut || w.status != 200 {
		t.Errorf("%d bytes, cut %t", w.body.Len(), w.cut)
	}
}

// Several requests are answered by one draft, in order; on demand without what it simulates.
func TestManyRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := question("GET", "/slow", "")
		q.SkipDelays = true
		q.Content += `
- endpoint:
    path: /busy
    rate-limit: {limit: 1, window-ms: 60000}
    latency: {failure-rate: 1}
    response: {body: served}
`
		for _, target := range []string{"/busy", "/busy", "/nowhere", "no path"} {
			q.More = append(q.More, tryit.Request{Method: "GET", Target: target})
		}
		q.More = append(q.More, tryit.Request{Method: "POST", Target: "/orders", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id": "7"}`)})
		a := trier().Try(t.Context(), q)
		if a.Status != 200 || string(a.Body) != "late" || a.Duration != 0 || a.Webhook != nil || len(a.More) != len(q.More) {
			t.Fatalf("%+v", a)
		}
		for i, want := range []int{200, 200, 404, 0, 201} {
			if got := a.More[i]; got.Status != want || (got.Problem != "") != (want == 0) || (got.Webhook != nil) != (want == 201) {
				t.Errorf("%d: %+v", i, got)
			}
		}
	})
}
