package serve_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask sends one request to a core.
func ask(core http.Handler, method, host, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = host
	w := httptest.NewRecorder()
	core.ServeHTTP(w, r)
	return w
}

func plain(cfg serve.Config, deps serve.Deps) *serve.Core {
	if deps.Recorder == nil {
		deps.Recorder = record.New(record.Limits{})
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = 1000
	}
	core := serve.New(cfg, deps)
	core.Ready()
	return core
}

func mock(id, host, content string) *site.Site {
	return &site.Site{WorkspaceID: "w", MockID: id, MockSlug: "mock" + id, Revision: 1, Hosts: []string{host}, Content: []byte(content)}
}

// TestRecordedBodies plays the bodies that moclojer 0.4 really sent.
func TestRecordedBodies(t *testing.T) {
	lines, err := os.ReadFile("../body/testdata/moclojer-bodies.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range bytes.Split(bytes.TrimSpace(lines), []byte("\n")) {
		var c struct {
			Body   json.RawMessage
			Params struct {
				Path map[string]string          `json:"path-params"`
				JSON map[string]json.RawMessage `json:"json-params"`
			}
			Wire  string
			Error string
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		core := plain(serve.Config{}, serve.Deps{})
		m := mock("1", "a.example", fmt.Sprintf(`- endpoint: {"method":"POST","path":"/x/:x","response":{"body":%s}}`, c.Body))
		m.Compat = mockspec.CompatMoclojer04
		core.Put(m)
		target := "/x/none"
		if x, ok := c.Params.Path["x"]; ok {
			target = "/x/" + strings.ReplaceAll(x, `"`, "%22")
		}
		sent, err := json.Marshal(c.Params.JSON)
		if err != nil {
			t.Fatal(err)
		}
		w := ask(core, "POST", "a.example", target, string(sent))
		switch {
		case c.Error != "":
			if w.Code != 500 || !strings.HasPrefix(w.Body.String(), `{"error":{"message":`) {
				t.Errorf("line %d: %d %s, want an error", i+1, w.Code, w.Body)
			}
		case w.Code != 200 || w.Body.String() != c.Wire:
			t.Errorf("line %d: %s\n got %d %s\nwant %s", i+1, c.Body, w.Code, w.Body, c.Wire)
		}
	}
}

// TestSwap replaces a mock while it is called: every answer is wholly of one revision, none fails, none goes back.
func TestSwap(t *testing.T) {
	core := plain(serve.Config{}, serve.Deps{})
	put := func(revision int) {
		s := mock("1", "a.example", fmt.Sprintf(`
- endpoint: {path: /x, response: {headers: {X-Revision: "%d"}, body: {a: %d, b: "{{query-params.q}}", c: %d}}}
- endpoint: {path: /static, response: {headers: {X-Revision: "%d"}, body: {a: %d, b: "", c: %d}}}
`, revision, revision, revision, revision, revision, revision))
		s.Revision = revision
		s.Hosts = append(s.Hosts, "b.example")
		core.Put(s)
	}
	put(1)
	var stop atomic.Bool
	var wg sync.WaitGroup
	for worker := range 3 {
		wg.Go(func() {
			for last, i := 0, worker; !stop.Load(); i++ {
				w := ask(core, "GET", []string{"a.example", "b.example"}[i%2], []string{"/x", "/static"}[i/2%2], "")
				var body struct{ A, C int }
				if err := json.Unmarshal(w.Body.Bytes(), &body); w.Code != 200 || err != nil {
					t.Errorf("%d %s", w.Code, w.Body)
					return
				}
				same := fmt.Sprint(body.A)
				if body.A != body.C || w.Header().Get("X-Revision") != same || w.Header().Get("X-Mocloud-Mock") != "mock1@"+same || body.A < last {
					t.Errorf("a mix or an old revision after %d: %s %v", last, w.Body, w.Header())
					return
				}
				last = body.A
			}
		})
	}
	for revision := 2; revision < 500; revision++ {
		put(revision)
	}
	stop.Store(true)
	wg.Wait()
}

func TestStarting(t *testing.T) {
	core := serve.New(serve.Config{MaxBody: 1}, serve.Deps{Recorder: record.New(record.Limits{})})
	if w := ask(core, "GET", "a.example", "/", ""); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("before the mocks are known: %d", w.Code)
	}
	core.Ready()
	if w := ask(core, "GET", "a.example", "/", ""); w.Code != 404 {
		t.Errorf("once they are: %d", w.Code)
	}
}

func TestGate(t *testing.T) {
	core := plain(serve.Config{PerSecond: 3}, serve.Deps{})
	core.Put(mock("1", "a.example", "- endpoint: {path: /x, response: {body: ok}}"))
	core.Put(mock("2", "b.example", "- endpoint: {path: /x, response: {body: ok}}"))
	var last *httptest.ResponseRecorder
	for range 5 {
		last = ask(core, "GET", "a.example", "/x", "")
	}
	if last.Code != 429 || last.Header().Get("Retry-After") == "" || !strings.Contains(last.Body.String(), "mock_rate_limit") {
		t.Errorf("beyond the rate: %d %s", last.Code, last.Body)
	}
	if w := ask(core, "GET", "b.example", "/x", ""); w.Code != 200 {
		t.Errorf("another mock: %d", w.Code)
	}
}

// TestLatency uses a clock of its own, so that waits cost nothing.
func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := plain(serve.Config{Concurrent: 1}, serve.Deps{})
		core.Put(mock("1", "a.example", `
- endpoint: {path: /slow, latency: {min-ms: 1000, max-ms: 3000}, response: {body: ok}}
- endpoint: {path: /silent, latency: {timeout-rate: 1}, response: {body: ok}}
`))
		began := time.Now()
		if w := ask(core, "GET", "a.example", "/slow", ""); w.Code != 200 {
			t.Errorf("slow: %d", w.Code)
		}
		if d := time.Since(began); d < time.Second || d > 3*time.Second {
			t.Errorf("slow took %s", d)
		}
		began = time.Now()
		if w := ask(core, "GET", "a.example", "/silent", ""); w.Code != 504 || time.Since(began) != 30*time.Second {
			t.Errorf("silent: %d after %s", w.Code, time.Since(began))
		}

		// While one request waits, the only place is taken; a reload ends the wait.
		began = time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { ask(core, "GET", "a.example", "/silent", "") })
		synctest.Wait()
		if w := ask(core, "GET", "a.example", "/slow", ""); w.Code != 503 {
			t.Errorf("beyond the concurrency: %d", w.Code)
		}
		core.Put(mock("1", "a.example", "- endpoint: {path: /silent, response: {body: new}}"))
		wg.Wait()
		if d := time.Since(began); d != 0 {
			t.Errorf("a reload did not end the wait: %s", d)
		}
	})
}

func TestRateLimitWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := plain(serve.Config{}, serve.Deps{})
		core.Put(mock("1", "a.example", "- endpoint: {path: /x, rate-limit: {window-ms: 2000, max-requests: 1}, response: {body: ok}}"))
		codes := []int{ask(core, "GET", "a.example", "/x", "").Code}
		w := ask(core, "GET", "a.example", "/x", "")
		codes = append(codes, w.Code)
		if got := w.Header().Get("Retry-After"); got != "2" {
			t.Errorf("Retry-After %q", got)
		}
		<-time.After(2 * time.Second)
		core.Rest() // a mock that counts is not forgotten
		core.Rest()
		codes = append(codes, ask(core, "GET", "a.example", "/x", "").Code, ask(core, "GET", "a.example", "/x", "").Code)
		if diff := cmp.Diff([]int{200, 429, 200, 429}, codes); diff != "" {
			t.Error(diff)
		}
	})
}

func TestClientIPHeader(t *testing.T) {
	core := plain(serve.Config{ClientIPHeader: "X-Forwarded-For"}, serve.Deps{})
	core.Put(mock("1", "a.example", "- endpoint: {path: /x, rate-limit: {max-requests: 1}, response: {body: ok}}"))
	for i, c := range []struct {
		forwarded string
		want      int
	}{{"10.0.0.1", 200}, {"10.0.0.2", 200}, {"made up, 10.0.0.1", 429}} {
		r := httptest.NewRequest("GET", "/x", nil)
		r.Host = "a.example"
		r.Header.Set("X-Forwarded-For", c.forwarded)
		w := httptest.NewRecorder()
		core.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("request %d: %d", i+1, w.Code)
		}
	}
}

func TestRecords(t *testing.T) {
	recorder := record.New(record.Limits{PerSecond: 10, Body: 8, Bytes: 1 << 20})
	core := plain(serve.Config{}, serve.Deps{Recorder: recorder})
	core.Put(mock("1", "a.example", `- endpoint: {method: POST, path: "/x/:y", response: {status: 503, body: busy}}`))
	ask(core, "POST", "a.example:80", "/x/1?q=2", "0123456789")
	second := mock("1", "a.example", `- endpoint: {path: /y, response: {body: new}}`)
	second.Recording = &event.Recording{Mode: event.RecordMetadata}
	core.Put(second)
	ask(core, "GET", "a.example", "/y?q=2", "")
	third := *second
	third.Recording = &event.Recording{Mode: event.RecordOff}
	core.Put(&third)
	ask(core, "GET", "a.example", "/y?q=3", "")
	core.Remove("1")
	var got []string
	for len(recorder.Records()) > 0 {
		c := <-recorder.Records()
		got = append(got, fmt.Sprintf("%s %s %s %s?%s %s %d %q %d → %d %q %d", c.Mock.WorkspaceID, c.Mock.MockID, c.Method(), c.Path(), c.Query(),
			c.Host(), len(c.Header()), c.Body(), c.BodySize, c.Status, c.Answer(), c.AnswerSize))
		if c.At.IsZero() || c.Duration < 0 {
			t.Error("no time")
		}
		recorder.Release(c)
	}
	want := []string{
		`w 1 POST /x/1?q=2 a.example:80 0 "01234567" 10 → 503 "busy" 4`,
		`w 1 GET /y? a.example 0 "" 0 → 200 "" 3`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var counts []string
	recorder.Collect(func(workspace, mock string, c record.Counts) {
		counts = append(counts, fmt.Sprint(workspace, mock, c.Classes))
	})
	if diff := cmp.Diff([]string{"w1[0 0 2 0 0 1]"}, counts); diff != "" {
		t.Error(diff)
	}
}

// hook notes what a webhook would see.
type hook struct{ seen *[]string }

func (h hook) Fire(sc *scope.Scope) {
	v, _ := sc.JSON()
	*h.seen = append(*h.seen, sc.Request.Method+" "+sc.Request.Path+" "+string(v.AppendJSON(nil)))
}

func TestWebhookFollowsTheAnswer(t *testing.T) {
	var seen []string
	core := plain(serve.Config{}, serve.Deps{
		Webhook: func(_ *site.Site, _ string, w *mockspec.Webhook) (serve.Hook, error) {
			if strings.Contains(w.URL.Raw, "bad") {
				return nil, errors.New("webhook: bad")
			}
			return hook{&seen}, nil
		},
	})
	core.Put(mock("1", "a.example", `
- endpoint: {method: POST, path: /x, webhook: {url: "http://b.example"}, response: {body: ok}}
- endpoint: {method: POST, path: /declared, body: {a: 1}, webhook: {url: "http://b.example"}, response: {body: ok}}
- endpoint: {method: POST, path: /bad, webhook: {url: "http://bad.example"}, response: {body: ok}}
`))
	ask(core, "POST", "a.example", "/x", `{"a": 1}`)
	ask(core, "POST", "a.example", "/declared", `{}`) // refused: nothing happened
	if w := ask(core, "POST", "a.example", "/bad", ""); w.Code != 500 {
		t.Errorf("a webhook that cannot be made: %d", w.Code)
	}
	if diff := cmp.Diff([]string{`POST /x {"a":1}`}, seen); diff != "" {
		t.Error(diff)
	}
}

// TestRest drops compiled mocks that nobody calls, and they answer all the same.
func TestRest(t *testing.T) {
	core := plain(serve.Config{}, serve.Deps{})
	core.Put(mock("1", "a.example", "- endpoint: {path: /x, response: {body: ok}}"))
	for range 3 {
		if w := ask(core, "GET", "a.example", "/x", ""); w.Code != 200 {
			t.Fatalf("%d", w.Code)
		}
		core.Rest()
		core.Rest()
	}
}

// TestLineForm serves the lines of the unified mock.
func TestLineForm(t *testing.T) {
	parsed, problems := mockspec.Parse([]byte(`- endpoint: {path: "/x/:id", response: {status: "201", body: '{"id": "{{path-params.id}}"}'}}`), mockspec.Options{})
	if mockspec.HasErrors(problems) {
		t.Fatal(problems)
	}
	core := plain(serve.Config{}, serve.Deps{})
	core.Put(mock("1", "a.example", string(mockspec.EncodeLines(parsed))))
	if w := ask(core, "GET", "a.example", "/x/7", ""); w.Code != 201 || w.Body.String() != `{"id":"7"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// FuzzRequest sends odd requests to a mock of everything: no answer may be missing, and JSON stays JSON.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "a.example", "/x/1?q=%22", "", "")
	f.Add("POST", "a.example", "/x/%2F", "application/json", `{"a":[1,{"b":null}]}`)
	f.Add("POST", "a.example", "/x/y", "multipart/form-data; boundary=x", "--x\r\n\r\n--x--")
	f.Add("POST", "~w/m", "/~w/m/x", "application/x-www-form-urlencoded", "a=1&a=2&b")
	core := plain(serve.Config{PathForm: true}, serve.Deps{})
	core.Put(mock("1", "a.example", `
- endpoint: {path: "/x/:id", query: {q: string}, response: {body: '{"id": {{path-params.id}}, "q": "{{query-params.q}}", "all": {{query-params}}, "h": {{header-params}}}'}}
- endpoint: {method: POST, path: "/x/:id", response: {headers: {X-Id: "{{path-params.id}}"}, body: '{"all": {{json-params}}, "a": "{{json-params.a}}", "body": "{{request.body}}"}'}}
`))
	f.Fuzz(func(t *testing.T, method, host, target, kind, body string) {
		r := httptest.NewRequest("GET", "/", strings.NewReader(body))
		r.Method, r.Host, r.RequestURI = method, host, target
		_, r.URL.RawQuery, _ = strings.Cut(target, "?")
		r.Header.Set("Content-Type", kind)
		r.Header.Set("X-Mocloud-Explain", "1")
		w := httptest.NewRecorder()
		core.ServeHTTP(w, r)
		if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%d %q is no JSON", w.Code, w.Body)
		}
		for _, values := range w.Header() {
			for _, v := range values {
				if strings.ContainsAny(v, "\r\n") {
					t.Fatalf("a header was broken: %q", v)
				}
			}
		}
	})
}
