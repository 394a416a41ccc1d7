package question

import (
	"context"
	"errors"
	"log/slog"
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

type asked struct {
	Target string
	Body   []byte
}

type told struct {
	Status int
	Target string
	Body   []byte
}

func place(client *redis.Client) Place[asked, told] {
	return Place[asked, told]{Redis: client, List: "t:ask"}
}

// serve answers in the background until the test ends.
func serve(t *testing.T, client *redis.Client, answer func(context.Context, asked) told) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- place(client).Serve(ctx, slog.New(slog.DiscardHandler), answer) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestQuestionsAreAnsweredOnce(t *testing.T) {
	server, client := connect(t)
	var count atomic.Int32
	for range 2 {
		serve(t, client, func(ctx context.Context, q asked) told {
			count.Add(1)
			if _, ok := ctx.Deadline(); !ok {
				t.Error("a question without a deadline")
			}
			return told{Target: q.Target, Body: append([]byte("\x00\xff"), q.Body...)}
		})
	}
	var wg sync.WaitGroup
	for _, target := range []string{"/a", "/b?x=1", "/c"} {
		wg.Go(func() {
			a, err := place(client).Ask(t.Context(), asked{Target: target, Body: []byte("☃")})
			if err != nil || a.Target != target || string(a.Body) != "\x00\xff☃" {
				t.Errorf("%s: %+v, %v", target, a, err)
			}
		})
	}
	wg.Wait()
	if count.Load() != 3 || len(server.Keys()) != 0 {
		t.Errorf("asked %d times, %v is left", count.Load(), server.Keys())
	}
}

func TestNobodyAnswers(t *testing.T) {
	server, client := connect(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := place(client).Ask(ctx, asked{}); !errors.Is(err, ErrNobody) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	// What nobody took is not taken later, and not kept.
	if q, err := place(client).take(t.Context()); err != nil || q.ID != "" {
		t.Errorf("%+v, %v", q, err)
	}
	for range maxWaiting {
		client.RPush(t.Context(), place(client).List, "{}")
	}
	if _, err := place(client).Ask(t.Context(), asked{}); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	server.Close()
	if _, err := place(client).Ask(t.Context(), asked{}); err == nil {
		t.Error("without Redis")
	}
}

func TestWhatCannotBeReadHarmsNobody(t *testing.T) {
	_, client := connect(t)
	client.RPush(t.Context(), place(client).List, "no JSON")
	serve(t, client, func(context.Context, asked) told { return told{Status: 204} })
	if a, err := place(client).Ask(t.Context(), asked{}); err != nil || a.Status != 204 {
		t.Errorf("%+v, %v", a, err)
	}
}
