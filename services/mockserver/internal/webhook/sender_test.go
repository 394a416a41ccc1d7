package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
)

// receiver is a RoundTripper that notes what it gets and answers by a function.
type receiver struct {
	answer func(r *http.Request) (*http.Response, error)

	mu       sync.Mutex
	requests []*http.Request
	at       []time.Duration
	start    time.Time
	now, max map[string]int // underway, by host
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	host := req.URL.Host
	r.mu.Lock()
	if r.now == nil {
		r.now, r.max = map[string]int{}, map[string]int{}
	}
	r.requests = append(r.requests, req)
	r.at = append(r.at, time.Since(r.start))
	r.now[host]++
	r.max[host] = max(r.max[host], r.now[host])
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.now[host]--
		r.mu.Unlock()
	}()
	return r.answer(req)
}

func status(code int, header ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader("ok"))}, nil
	}
}

// answers gives one answer after the other; the last one forever.
func answers(list ...func(*http.Request) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
	var mu sync.Mutex
	return func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		a := list[0]
		if len(list) > 1 {
			list = list[1:]
		}
		mu.Unlock()
		return a(r)
	}
}

// start runs a Sender within a synctest bubble; stop ends it and waits.
func start(t *testing.T, cfg Config, answer func(*http.Request) (*http.Response, error)) (s *Sender, r *receiver, stop func()) {
	t.Helper()
	r = &receiver{answer: answer, start: time.Now()}
	s = New(cfg, Deps{Client: &http.Client{Transport: r}, Metrics: prometheus.NewRegistry()})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s, r, func() { cancel(); wg.Wait() }
}

// pass lets the bubble's time pass, and everybody in it do what is due.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func call(host string) Call {
	return Call{Endpoint: "POST /orders", URL: "https://" + host + "/hook", Method: "POST", Body: []byte("{}")}
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, stop := start(t, Config{}, status(204))
		c := call("a.example")
		c.Delay = 60 * time.Second
		c.Header = http.Header{"X-Own": {"1"}, "Host": {"virtual.example"}}
		c.Depth = 2
		if err := s.Enqueue("w", "m", c); err != nil {
			t.Fatal(err)
		}
		queued := time.Now()
		synctest.Wait()
		if h := s.History("m"); len(h) != 1 || h[0].State != Waiting || !h[0].Next.Equal(queued.Add(time.Minute)) {
			t.Errorf("before its time: %+v", h)
		}
		pass(61 * time.Second)
		want := []Delivery{{Endpoint: "POST /orders", Method: "POST", URL: "https://a.example/hook", State: Delivered, Queued: queued, Attempts: 1, Status: 204}}
		if diff := cmp.Diff(want, s.History("m"), cmpopts.IgnoreFields(Delivery{}, "ID", "MockID", "Version")); diff != "" {
			t.Error(diff)
		}
		req := r.requests[0]
		if r.at[0] != time.Minute || req.Host != "virtual.example" || req.Header.Get("X-Own") != "1" || req.Header.Get("Host") != "" ||
			s.depth.Of(req.Header.Get(depth.Header), "virtual.example") != 3 || req.Header.Get(DeliveryHeader) != s.History("m")[0].ID || req.Header.Get("User-Agent") == "" {
			t.Errorf("after %v: %s %v", r.at[0], req.Host, req.Header)
		}
		stop()
		if n := testutil.ToFloat64(s.waiting); n != 0 {
			t.Errorf("gauge at %v", n)
		}
	})
}

func TestRetries(t *testing.T) {
	t.Parallel()
	down := func(*http.Request) (*http.Response, error) {
		return nil, errors.New("dial tcp 10.1.2.3:443: connection refused")
	}
	tests := map[string]struct {
		answer   func(*http.Request) (*http.Response, error)
		attempts int
		state    State
		reason   string
		min, max []time.Duration // of the waits between tries
	}{
		"recovers":     {answers(status(500), down, status(200)), 3, Delivered, "", []time.Duration{500e6, 1e9}, []time.Duration{1e9, 2e9}},
		"gives up":     {down, 5, Failed, "the receiver could not be reached", []time.Duration{500e6, 1e9, 2e9, 4e9}, []time.Duration{1e9, 2e9, 4e9, 8e9}},
		"refused":      {status(404), 1, Failed, "the receiver answered 404 Not Found", nil, nil},
		"redirect":     {status(302, "Location", "https://elsewhere.example/"), 1, Failed, "the receiver answered 302 Found", nil, nil},
		"asked for":    {answers(status(429, "Retry-After", "30"), status(503, "Retry-After", "99999"), status(200)), 3, Delivered, "", []time.Duration{30e9, 60e9}, []time.Duration{30e9, 60e9}},
		"denied":       {func(*http.Request) (*http.Response, error) { return nil, fmt.Errorf("10.1.2.3: %w", egress.ErrDenied) }, 1, Failed, reasonDenied, nil, nil},
		"limited":      {answers(func(*http.Request) (*http.Response, error) { return nil, egress.ErrLimited }, status(200)), 2, Delivered, "", []time.Duration{500e6}, []time.Duration{1e9}},
		"never answer": {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, 5, Failed, "no answer within 10s", nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r, stop := start(t, Config{}, tt.answer)
				defer stop()
				if err := s.Enqueue("w", "m", call("a.example")); err != nil {
					t.Fatal(err)
				}
				pass(10 * time.Minute)
				d := s.History("m")[0]
				if d.Attempts != tt.attempts || d.State != tt.state || d.Reason != tt.reason || len(r.requests) != tt.attempts {
					t.Errorf("%+v after %d requests", d, len(r.requests))
				}
				for i := range tt.min {
					if wait := r.at[i+1] - r.at[i]; wait < tt.min[i] || wait > tt.max[i] {
						t.Errorf("wait %d: %v, want %v to %v", i+1, wait, tt.min[i], tt.max[i])
					}
				}
				if s.queue.jobs != 0 || s.queue.bytes != 0 || len(s.queue.tenants) != 0 {
					t.Errorf("left in the queue: %d jobs, %d bytes, %d workspaces", s.queue.jobs, s.queue.bytes, len(s.queue.tenants))
				}
			})
		})
	}
}

func TestOneWorkspaceDelaysNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "slow.example" {
				<-time.After(9 * time.Second)
			}
			return status(200)(r)
		}
		s, r, stop := start(t, Config{Senders: 4, SendersOfWorkspace: 2}, slow)
		defer stop()
		for range 100 {
			if err := s.Enqueue("loud", "m1", call("slow.example")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		for range 10 {
			if err := s.Enqueue("quiet", "m2", call("fast.example")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		for _, d := range s.History("m2") {
			if d.State != Delivered {
				t.Errorf("the quiet workspace waits: %+v", d)
			}
		}
		pass(10 * time.Minute)
		if r.max["slow.example"] != 2 {
			t.Errorf("%d calls of one workspace at once, want 2", r.max["slow.example"])
		}
		if n := len(r.requests); n != 110 {
			t.Errorf("%d requests, want 110", n)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Queue: 5, QueueOfWorkspace: 3, BytesOfWorkspace: 10_000, Bytes: 20_000}, Deps{Client: &http.Client{Transport: &receiver{answer: status(200)}}})
		var got []error
		for _, w := range []string{"a", "a", "a", "a", "b", "b", "b"} {
			got = append(got, s.Enqueue(w, "m", call("x.example")))
		}
		if diff := cmp.Diff([]error{nil, nil, nil, ErrFull, nil, nil, ErrFull}, got, cmpopts.EquateErrors()); diff != "" {
			t.Error(diff)
		}
		big := call("x.example")
		big.Body = make([]byte, 10_000)
		s = New(Config{BytesOfWorkspace: 10_000}, Deps{Client: &http.Client{}})
		if err := s.Enqueue("a", "m", big); !errors.Is(err, ErrFull) {
			t.Errorf("above the bytes of a workspace: %v", err)
		}
		deep := call("x.example")
		deep.Depth = depth.Max
		if err := s.Enqueue("a", "m", deep); !errors.Is(err, ErrLoop) {
			t.Errorf("a circle: %v", err)
		}
		h := s.History("m")
		if len(h) != 2 || h[0].State != Dropped || h[0].Reason != "not sent: webhooks call each other in a loop" || h[1].Reason != "not sent: too many webhooks are waiting" {
			t.Errorf("%+v", h)
		}
		if len(s.queue.tenants) != 0 {
			t.Error("a refused call leaves its workspace behind")
		}
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := func(r *http.Request) (*http.Response, error) {
			switch r.URL.Host {
			case "hangs.example":
				<-r.Context().Done()
				return nil, r.Context().Err()
			case "slow.example":
				<-time.After(time.Second)
			case "down.example":
				return status(500)(r)
			}
			return status(200)(r)
		}
		s, _, stop := start(t, Config{Senders: 2, SendersOfWorkspace: 2}, hang)
		enqueue := func(workspace, mock, host string, delay time.Duration) {
			t.Helper()
			c := call(host)
			c.Delay = delay
			if err := s.Enqueue(workspace, mock, c); err != nil {
				t.Fatal(err)
			}
		}
		enqueue("w1", "hanging", "hangs.example", 0)
		enqueue("w2", "slow", "slow.example", 0)
		enqueue("w2", "due", "fast.example", 0) // waits for a sender, and gets one during the drain
		enqueue("w2", "retry", "down.example", 0)
		enqueue("w3", "later", "fast.example", time.Minute)
		synctest.Wait()
		began := time.Now()
		stop()
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("stopping took %v, want the drain of 3s", took)
		}
		for mock, want := range map[string]State{"hanging": Dropped, "slow": Delivered, "due": Delivered, "retry": Failed, "later": Dropped} {
			if d := s.History(mock)[0]; d.State != want {
				t.Errorf("%s: %+v, want %s", mock, d, want)
			}
		}
		if err := s.Enqueue("w", "m", call("x.example")); !errors.Is(err, ErrStopping) {
			t.Errorf("after the stop: %v", err)
		}
		if s.queue.jobs != 0 || testutil.ToFloat64(s.waiting) != 0 {
			t.Errorf("%d jobs left", s.queue.jobs)
		}
	})
}

func TestStopWithoutWorkIsQuick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, _, stop := start(t, Config{}, status(200))
		synctest.Wait()
		began := time.Now()
		stop()
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	h := newHistory(3, 2)
	for i := range 5 {
		h.add("a", &Delivery{Attempts: i})
	}
	h.add("b", &Delivery{})
	h.add("a", &Delivery{Attempts: 5})
	h.add("c", &Delivery{})
	var got []int
	for _, d := range h.of("a") {
		got = append(got, d.Attempts)
	}
	if diff := cmp.Diff([]int{5, 4, 3}, got); diff != "" {
		t.Error(diff)
	}
	if h.of("b") != nil || len(h.of("c")) != 1 || len(h.byMock) != 2 || h.order.Len() != 2 {
		t.Error("the mock that was called longest ago is forgotten, and no other")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "999999999": 24 * time.Hour,
		"Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second, "Fri, 02 Jan 2026 03:04:00 GMT": 0,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

// TestFailuresAreLogged: whoever runs the server sees why a webhook did not arrive, without its URL, which may hold secrets.
func TestFailuresAreLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		s, _, stop := start(t, Config{}, func(*http.Request) (*http.Response, error) { return nil, egress.ErrDenied })
		s.log = slog.New(slog.NewTextHandler(&lines, nil))
		for range 1000 {
			if err := s.Enqueue("w", "m", call("localhost")); err != nil {
				t.Fatal(err)
			}
			pass(time.Millisecond)
		}
		stop()
		text := lines.String()
		if n := strings.Count(text, "\n"); n < 20 || n > 30 {
			t.Errorf("%d lines were logged, want some 20", n)
		}
		first, _, _ := strings.Cut(text, "\n")
		for _, want := range []string{"webhook not delivered", "mock_id=m", `endpoint="POST /orders"`, "PROXY_FORWARD_ALLOW"} {
			if !strings.Contains(first, want) {
				t.Errorf("%q is not in %s", want, first)
			}
		}
		if strings.Contains(text, "localhost/hook") {
			t.Errorf("the URL is logged: %s", first)
		}
	})
}
