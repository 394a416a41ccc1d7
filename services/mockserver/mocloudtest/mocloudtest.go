// Package mocloudtest serves a mock inside a Go test: the mock server of mocloud, on a free port of this machine, without a process of
// its own. It says which requests came, and stops with the test.
package mocloudtest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/services/mockserver"
)

// Mock is a mock that is served. It is safe for concurrent use.
type Mock struct {
	// URL is where the mock answers, such as http://localhost:40123, without a slash at the end.
	URL string

	t       testing.TB
	service *mockserver.Service
}

// Request is a request that came, with what was answered.
type Request struct {
	Time     time.Time
	Method   string
	Host     string
	Path     string // as it came
	Query    string // without the question mark
	Header   http.Header
	Body     []byte // the first 64 KiB
	Endpoint string // the endpoint that answered, such as "GET /pets"; "" if none did
	Status   int
}

// Run serves the mock, which is written as in a file of `mocloud run`, until the test ends. Files that the mock names, such as external
// bodies, are looked for in the working folder of the test. A mock with errors fails the test at once and says what is wrong.
func Run(t testing.TB, mockYAML string) *Mock {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mock.yml")
	if err := os.WriteFile(file, []byte(mockYAML), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load[mockserver.Config]([]string{
		"MOCKSERVER_REQUESTS_PER_SECOND=0", "MOCKSERVER_CONCURRENT_REQUESTS=0", "MOCKSERVER_RECORD_PER_SECOND=0",
	})
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	var said strings.Builder // written before the mock is ready, and not read after that
	cfg.File = &mockserver.FileConfig{Files: []string{file}, Out: &said, Journal: true, Ready: func(url string) { ready <- url }}
	listener, err := lifecycle.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	service, err := mockserver.New(cfg, mockserver.Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Health: &lifecycle.Health{}, Listener: listener,
	})
	if err != nil {
		_ = listener.Close() // New says what is wrong
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context())) // t's ends before its cleanups
	served := make(chan error, 1)
	go func() { served <- service.Run(ctx) }()
	select {
	case err := <-served:
		stop()
		t.Fatalf("%v:\n%s", err, strings.ReplaceAll(said.String(), file, "mock.yml"))
		return nil
	case url := <-ready:
		t.Cleanup(func() {
			stop()
			if err := <-served; err != nil {
				t.Errorf("the mock server ended with: %v", err)
			}
		})
		return &Mock{URL: url, t: t, service: service}
	}
}

// patience is how long Verify and Await wait for requests whose answers have just been sent.
const (
	patience = 5 * time.Second
	pause    = 2 * time.Millisecond
)

// Requests returns the requests since the mock was run or reset, oldest first: the latest 1,000. A request is among them once its answer
// is sent, which its caller may see a moment earlier: Await and Verify wait for it.
func (m *Mock) Requests() []Request {
	list := m.service.Requests()
	out := make([]Request, len(list))
	for i, r := range list {
		out[i] = Request{
			Time: r.Time, Method: r.Method, Host: r.Host, Path: r.Path, Query: r.Query, Header: header(r.Head), Body: r.Body,
			Endpoint: r.Endpoint, Status: r.Status,
		}
	}
	return out
}

// header reads header lines.
func header(lines string) http.Header {
	out := http.Header{}
	for line := range strings.SplitSeq(lines, "\r\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			name = textproto.CanonicalMIMEHeaderKey(name)
			out[name] = append(out[name], value)
		}
	}
	return out
}

// Await returns the requests as soon as there are n or more. It fails the test if they do not come within five seconds.
func (m *Mock) Await(n int) []Request {
	m.t.Helper()
	var came []Request
	if !eventually(func() bool {
		came = m.Requests()
		return len(came) >= n
	}) {
		m.t.Fatalf("%d requests came to the mock instead of %d", len(came), n)
	}
	return came
}

// Verify fails the test unless the condition holds for exactly so many of the requests since the mock was run or reset. The condition is
// written as `if` in a mock: {request.method: POST, json-params.name: rex}. It can name answer.status and answer.endpoint, too.
func (m *Mock) Verify(condition string, times int) {
	m.t.Helper()
	var when any
	err := yaml.Unmarshal([]byte(condition), &when)
	if err != nil {
		m.t.Fatalf("the condition %s is no YAML: %v", condition, err)
	}
	text, err := json.Marshal(when)
	if err != nil {
		m.t.Fatalf("the condition %s has no form in JSON: %v", condition, err)
	}
	var answer control.Answer
	if eventually(func() bool {
		answer = m.service.Control(m.t.Context(), control.Question{
			Act: control.Verify, Expect: []control.Expectation{{If: text, Times: &times}},
		})
		return answer.Err() != nil || answer.Verdict.OK || answer.Verdict.Expect[0].Count > times
	}) && answer.Err() != nil {
		m.t.Fatal(answer.Err())
	}
	if result := answer.Verdict.Expect[0]; !result.OK {
		var near strings.Builder
		for _, n := range result.Nearest {
			fmt.Fprintf(&near, "\n    near: %s: %s", n.Request, n.Why)
		}
		m.t.Errorf("%s: %s%s", condition, result.Reason, near.String())
	}
}

// Reset forgets the requests, and puts what the mock remembers back to its initial values, in every session.
func (m *Mock) Reset() {
	m.t.Helper()
	ask := func(q control.Question) control.Answer {
		answer := m.service.Control(m.t.Context(), q)
		if err := answer.Err(); err != nil {
			m.t.Fatal(err)
		}
		return answer
	}
	sessions := ask(control.Question{Act: control.Sessions}).Sessions
	ask(control.Question{Act: control.Reset})
	for _, s := range sessions {
		if s.Name != "" {
			ask(control.Question{Act: control.Reset, Session: s.Name})
		}
	}
	m.service.ForgetRequests()
}

// eventually tries until it works or the patience is over.
func eventually(works func() bool) bool {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		if works() {
			return true
		}
	}
	return false
}
