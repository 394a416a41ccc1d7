package tryit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T) (*miniredis.Miniredis, *redis.Client) {
	t.Helper()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	return server, client
}

// serve answers in the background until the test ends.
func serve(t *testing.T, client *redis.Client, try func(context.Context, Question) Answer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, client, slog.New(slog.DiscardHandler), "t:", try) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestQuestionsAreAnsweredOnce(t *testing.T) {
	server, client := connect(t)
	var asked atomic.Int32
	for range 2 { // mock servers
		serve(t, client, func(ctx context.Context, q Question) Answer {
			asked.Add(1)
			if _, ok := ctx.Deadline(); !ok {
				t.Error("a try without a deadline")
			}
			return Answer{Status: 200, Header: http.Header{"X-Target": {q.Target}}, Body: append([]byte("\x00\xff"), q.Body...), Duration: time.Second}
		})
	}
	var wg sync.WaitGroup
	for _, target := range []string{"/a", "/b?x=1", "/c"} {
		wg.Go(func() {
			a, err := Ask(t.Context(), client, "t:", Question{Request: Request{Target: target, Body: []byte("☃")}})
			if err != nil || a.Header.Get("X-Target") != target || string(a.Body) != "\x00\xff☃" || a.Duration != time.Second {
				t.Errorf("%s: %+v, %v", target, a, err)
			}
		})
	}
	wg.Wait()
	if asked.Load() != 3 || len(server.Keys()) != 0 {
		t.Errorf("asked %d times, %v is left", asked.Load(), server.Keys())
	}
}

func TestNobodyAnswers(t *testing.T) {
	server, client := connect(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Ask(ctx, client, "t:", Question{}); !errors.Is(err, ErrNobody) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	// What nobody took is not taken later, and not kept.
	if q, err := take(t.Context(), client, "t:"); err != nil || q.ID != "" {
		t.Errorf("%+v, %v", q, err)
	}
	for range maxWaiting {
		client.RPush(t.Context(), questions("t:"), "{}")
	}
	if _, err := Ask(t.Context(), client, "t:", Question{}); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	server.Close()
	if _, err := Ask(t.Context(), client, "t:", Question{}); err == nil {
		t.Error("without Redis")
	}
}

func TestWhatCannotBeReadHarmsNobody(t *testing.T) {
	_, client := connect(t)
	client.RPush(t.Context(), questions("t:"), "no JSON")
	serve(t, client, func(context.Context, Question) Answer { return Answer{Status: 204} })
	if a, err := Ask(t.Context(), client, "t:", Question{}); err != nil || a.Status != 204 {
		t.Errorf("%+v, %v", a, err)
	}
}
