package remote

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// limiter answers 429 to all but one request a second, as a server with a rate limit does.
type limiter struct {
	retryAfter func() string
	body       string
	next       time.Time
	refused    atomic.Int64
	served     atomic.Int64
}

func (l *limiter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if content, err := io.ReadAll(r.Body); err != nil || string(content) != "content" {
			return nil, errors.New("the body was not sent again")
		}
	}
	answer := func(status int) *http.Response {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(l.body)), Request: r}
	}
	if time.Now().Before(l.next) {
		l.refused.Add(1)
		response := answer(http.StatusTooManyRequests)
		if value := l.retryAfter(); value != "" {
			response.Header.Set("Retry-After", value)
		}
		return response, nil
	}
	l.next = time.Now().Add(time.Second)
	l.served.Add(1)
	return answer(http.StatusOK), nil
}

// However a server says it, its wait is waited for; the request arrives whole.
func TestPaceWaits(t *testing.T) {
	for name, value := range map[string]func() string{
		"seconds":     func() string { return "1" },
		"a date":      func() string { return time.Now().Add(time.Second).UTC().Format(http.TimeFormat) },
		"nothing":     func() string { return "" },
		"nonsense":    func() string { return "soon" },
		"a long wait": func() string { return "200" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &limiter{retryAfter: value, body: "<h1>Slow down</h1>"}
				var told time.Duration
				p := &pace{waiting: func(d time.Duration) { told += d }}
				for range 3 {
					r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://mocloud.example", strings.NewReader("content"))
					if err != nil {
						t.Fatal(err)
					}
					response, err := p.send(&http.Client{Transport: l}, r)
					if err != nil {
						t.Fatal(err)
					}
					if _ = response.Body.Close(); response.StatusCode != http.StatusOK {
						t.Errorf("status %d", response.StatusCode)
					}
				}
				if l.served.Load() != 3 || told == 0 {
					t.Errorf("%d were served, waits of %s were told", l.served.Load(), told)
				}
			})
		})
	}
}

// All requests of a client wait together, so that a server is not asked in vain.
func TestPaceHoldsAllBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &limiter{retryAfter: func() string { return "1" }}
		p := &pace{}
		p.hold(time.Minute)
		started := time.Now()
		err := Each(t.Context(), 1, func(ctx context.Context, _ int) error {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://mocloud.example", nil)
			if err != nil {
				return err
			}
			response, err := p.send(&http.Client{Transport: l}, r)
			if err != nil {
				return err
			}
			return response.Body.Close()
		})
		if err != nil || time.Since(started) != time.Minute || l.refused.Load() != 0 {
			t.Errorf("%v after %s, %d refused", err, time.Since(started), l.refused.Load())
		}
	})
}

// Ctrl-C ends a wait; a wait that is too long is the server's answer.
func TestPaceGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		never := &limiter{retryAfter: func() string { return "60" }, next: time.Now().Add(24 * time.Hour)}
		send := func(ctx context.Context, l *limiter) (*http.Response, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://mocloud.example", nil)
			if err != nil {
				t.Fatal(err)
			}
			return (&pace{}).send(&http.Client{Transport: l}, r)
		}
		if _, err := send(ctx, never); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		for _, wait := range []string{"60", "3600"} {
			never.retryAfter = func() string { return wait }
			started := time.Now()
			response, err := send(t.Context(), never)
			if err != nil {
				t.Fatal(err)
			}
			if _ = response.Body.Close(); response.StatusCode != http.StatusTooManyRequests || time.Since(started) > patience {
				t.Errorf("%d after %s", response.StatusCode, time.Since(started))
			}
		}
	})
}

func TestEach(t *testing.T) {
	var sum atomic.Int64
	if err := Each(t.Context(), 100, func(_ context.Context, i int) error { sum.Add(int64(i)); return nil }); err != nil || sum.Load() != 4950 {
		t.Error(err, sum.Load())
	}
	var begun atomic.Int64
	wrong := errors.New("wrong")
	err := Each(t.Context(), 1000, func(context.Context, int) error { begun.Add(1); return wrong })
	if !errors.Is(err, wrong) || begun.Load() > parallel {
		t.Errorf("%v after %d", err, begun.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Each(ctx, 5, func(context.Context, int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := Each(t.Context(), 0, nil); err != nil {
		t.Error(err)
	}
}

func TestNamesOfMocks(t *testing.T) {
	for _, good := range []Ref{{"", "a"}, {"dev", "pets"}, {"", "a-b-1"}, {"", strings.Repeat("a", 40)}, {"dev", "0"}} {
		if err := good.Check(); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []Ref{
		{"", ""},
		{"", "my_mock"},
		{"", "Pets"},
		{"", "a.b"},
		{"", "a b"},
		{"", "é"},
		{"", "-a"},
		{"", "a-"},
		{"", strings.Repeat("a", 41)},
		{"", "xn--a"},
		{strings.Repeat("w", 39), strings.Repeat("a", 30)},
	} {
		if err := bad.Check(); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}
