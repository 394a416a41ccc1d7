package lifecycle_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// order collects the names of members as they stop.
type order struct {
	mu    sync.Mutex
	names []string
}

func (o *order) member(name string) lifecycle.Member {
	return lifecycle.Member{Name: name, Run: func(ctx context.Context) error {
		<-ctx.Done()
		o.mu.Lock()
		defer o.mu.Unlock()
		o.names = append(o.names, name)
		return nil
	}}
}

func TestRunStopsInReverseOrder(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var o order
	cancel()
	if err := lifecycle.Run(ctx, quiet, o.member("a"), o.member("b"), o.member("c")); err != nil {
		t.Fatal(err)
	}
	if want := []string{"c", "b", "a"}; !slices.Equal(o.names, want) {
		t.Errorf("stopped in order %v, want %v", o.names, want)
	}
}

func TestRunEndsAllWhenOneFails(t *testing.T) {
	var o order
	boom := errors.New("boom")
	err := lifecycle.Run(t.Context(), quiet, o.member("a"), lifecycle.Member{Name: "b", Run: func(context.Context) error { return boom }})
	if !errors.Is(err, boom) || !strings.Contains(err.Error(), "b: boom") {
		t.Errorf("Run = %v", err)
	}
	if !slices.Equal(o.names, []string{"a"}) {
		t.Errorf("stopped %v", o.names)
	}
}

func TestRunDoesNotWaitForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		release := make(chan struct{})
		var o order
		stuck := lifecycle.Member{Name: "stuck", Run: func(context.Context) error { <-release; return nil }}
		err := lifecycle.Run(ctx, quiet, o.member("a"), stuck)
		if err == nil || !strings.Contains(err.Error(), "stuck did not stop") {
			t.Errorf("Run = %v", err)
		}
		close(release)
	})
}

// TestRunStopsServersThatAreBusyInTime has four servers, each with a request that does not end: all are cut off within
// the one time that there is, and that is a clean stop.
func TestRunStopsServersThatAreBusyInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var members []lifecycle.Member
		for range 4 {
			members = append(members, lifecycle.Member{Name: "busy", Run: func(ctx context.Context) error {
				ctx, stop := context.WithCancelCause(ctx) // as services do
				defer stop(nil)
				<-ctx.Done()
				ctx, cancel := lifecycle.Stopping(ctx)
				defer cancel()
				<-ctx.Done()
				return nil
			}})
		}
		cancel()
		start := time.Now()
		if err := lifecycle.Run(ctx, quiet, members...); err != nil {
			t.Errorf("Run = %v", err)
		}
		if took := time.Since(start); took >= lifecycle.StopTimeout || took < lifecycle.StopTimeout/2 {
			t.Errorf("stopping took %s", took)
		}
	})
}

func TestOps(t *testing.T) {
	listener, err := lifecycle.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lifecycle.Listen(t.Context(), listener.Addr().String()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second Listen = %v", err)
	}
	var health lifecycle.Health
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	ops := lifecycle.Ops(listener, &health, prometheus.NewRegistry())
	go func() { done <- ops.Run(ctx) }()

	get := func(path string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{}).DialContext}
		res, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(body)
	}
	health.Set("database", false)
	if code, body := get("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "database") {
		t.Errorf("/readyz = %d %s", code, body)
	}
	if code, _ := get("/livez"); code != http.StatusOK {
		t.Errorf("/livez = %d", code)
	}
	health.Set("database", true)
	if code, _ := get("/readyz"); code != http.StatusOK {
		t.Errorf("/readyz = %d once the database is back", code)
	}
	if code, _ := get("/metrics"); code != http.StatusOK {
		t.Errorf("/metrics = %d", code)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
}

// An address that cannot be one is explained, not only refused.
func TestListenSaysWhatAnAddressIs(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:99999", ":-1", "127.0.0.1", "::1:8000", "[::1]:65536"} {
		l, err := lifecycle.Listen(t.Context(), addr)
		if err == nil {
			t.Errorf("%s: listens", addr)
			_ = l.Close()
			continue
		}
		if text := err.Error(); !strings.Contains(text, "write HOST:PORT") || !strings.Contains(text, addr) {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
