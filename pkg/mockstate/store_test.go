package mockstate_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/mockstate"
	"github.com/mocloud/mocloud/pkg/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestStores holds every store to the same suite.
func TestStores(t *testing.T) {
	for name, open := range map[string]func(*testing.T, mockstate.Limits) mockstate.Store{
		"memory": func(_ *testing.T, l mockstate.Limits) mockstate.Store { return mockstate.NewMemory(l) },
		"miniredis": func(t *testing.T, l mockstate.Limits) mockstate.Store {
			client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
			t.Cleanup(func() { _ = client.Close() })
			return mockstate.NewRedis(client, "p:", l)
		},
		"redis": func(t *testing.T, l mockstate.Limits) mockstate.Store {
			space := testkit.Redis(t)
			return mockstate.NewRedis(space.Client, space.Prefix, l)
		},
	} {
		t.Run(name, func(t *testing.T) { conform(t, open) })
	}
}

func set(pairs ...string) []mockstate.Change {
	var out []mockstate.Change
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, mockstate.Change{Field: pairs[i], Value: pairs[i+1], Delete: pairs[i+1] == "-"})
	}
	return out
}

func conform(t *testing.T, open func(*testing.T, mockstate.Limits) mockstate.Store) {
	ctx := t.Context()
	common, other := mockstate.Session{MockID: "m1"}, mockstate.Session{MockID: "m1", Name: "ci 7"}
	read := func(t *testing.T, s mockstate.Store, of mockstate.Session, fields ...string) mockstate.Snapshot {
		t.Helper()
		got, err := s.Read(ctx, of, fields...)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	commit := func(t *testing.T, s mockstate.Store, of mockstate.Session, pairs ...string) {
		t.Helper()
		if err := s.Commit(ctx, of, read(t, s, of, "n:none").Version, set(pairs...)); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("values", func(t *testing.T) {
		s := open(t, mockstate.DefaultLimits())
		if got := read(t, s, common); got.Version != 0 || len(got.Fields) > 0 {
			t.Errorf("a new session: %v", got)
		}
		commit(t, s, common, "n:a", "1", "n:b", "é\x00", "t:x:/y", "1")
		commit(t, s, common, "n:a", "2", "n:b", "-", "n:none", "-")
		if diff := cmp.Diff(map[string]string{"n:a": "2", "t:x:/y": "1"}, read(t, s, common).Fields); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]string{"n:a": "2"}, read(t, s, common, "n:a", "n:b").Fields); diff != "" {
			t.Error(diff)
		}
		if got := read(t, s, other); got.Version != 0 {
			t.Errorf("another session: %v", got)
		}
		if got := read(t, s, mockstate.Session{MockID: "m2"}); got.Version != 0 {
			t.Errorf("another mock: %v", got)
		}
	})
	t.Run("moved", func(t *testing.T) {
		s := open(t, mockstate.DefaultLimits())
		commit(t, s, common, "n:a", "1")
		seen := read(t, s, common)
		commit(t, s, common, "n:b", "1")
		if err := s.Commit(ctx, common, seen.Version, set("n:a", "2")); !errors.Is(err, mockstate.ErrMoved) {
			t.Errorf("an old version: %v", err)
		}
		if err := s.Commit(ctx, common, 0, set("n:a", "2")); !errors.Is(err, mockstate.ErrMoved) {
			t.Errorf("as if it were new: %v", err)
		}
		seen = read(t, s, common)
		if err := s.Reset(ctx, common); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(ctx, common, seen.Version, set("n:a", "2")); !errors.Is(err, mockstate.ErrMoved) {
			t.Errorf("after a reset: %v", err)
		}
		commit(t, s, common, "n:a", "3")
		if err := s.Commit(ctx, common, seen.Version, set("n:a", "2")); !errors.Is(err, mockstate.ErrMoved) {
			t.Errorf("a version of the life before: %v", err)
		}
	})
	t.Run("limits", func(t *testing.T) {
		l := mockstate.DefaultLimits()
		l.Session, l.Mock, l.Counters = 100, 150, 2
		s := open(t, l)
		commit(t, s, common, "n:a", strings.Repeat("x", 97)) // with its name exactly as much as is allowed
		for what, change := range map[string][]mockstate.Change{
			"session":  set("n:b", "1"),
			"counters": set("n:a", "-", "t:1", "1", "t:2", "1", "t:3", "1"),
		} {
			var full *mockstate.FullError
			if err := s.Commit(ctx, common, read(t, s, common).Version, change); !errors.As(err, &full) || full.What != what {
				t.Errorf("%s: %v", what, err)
			}
		}
		if got := read(t, s, common); len(got.Fields) != 1 || len(got.Fields["n:a"]) != 97 {
			t.Errorf("a refused change changed something: %v", got)
		}
		commit(t, s, common, "n:a", strings.Repeat("x", 90), "t:1", "1")
		var full *mockstate.FullError
		if err := s.Commit(ctx, other, 0, set("n:a", strings.Repeat("x", 60))); !errors.As(err, &full) || full.What != "mock" {
			t.Errorf("mock: %v", err)
		}
		commit(t, s, other, "n:a", strings.Repeat("x", 40))
		commit(t, s, common, "n:a", "-")
		commit(t, s, other, "n:a", strings.Repeat("x", 90))
	})
	t.Run("sessions", func(t *testing.T) {
		l := mockstate.DefaultLimits()
		l.Sessions = 3
		s := open(t, l)
		for i := range 5 {
			commit(t, s, mockstate.Session{MockID: "m1", Name: fmt.Sprint("s", i)}, "n:a", "1")
			for now := time.Now().UnixMilli(); time.Now().UnixMilli() == now; { // the times of use are in milliseconds
				runtime.Gosched()
			}
		}
		all, err := s.Sessions(ctx, "m1")
		if err != nil {
			t.Fatal(err)
		}
		names := ""
		for _, i := range all {
			names += i.Name + " "
			if i.Bytes != 4 || time.Since(i.Used) > time.Minute || i.Expires.Sub(i.Used) != time.Hour {
				t.Errorf("%+v", i)
			}
		}
		if names != "s4 s3 s2 " {
			t.Errorf("sessions %s", names)
		}
		if err := s.Drop(ctx, "m1"); err != nil {
			t.Fatal(err)
		}
		if all, err := s.Sessions(ctx, "m1"); err != nil || len(all) > 0 {
			t.Errorf("after the end: %v, %v", all, err)
		}
		if got := read(t, s, mockstate.Session{MockID: "m1", Name: "s4"}); got.Version != 0 {
			t.Errorf("after the end: %v", got)
		}
	})
	t.Run("counting", func(t *testing.T) {
		s := open(t, mockstate.DefaultLimits())
		const writers, each = 8, 50
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for n := 0; n < each; {
					err := increment(ctx, s, common)
					if err == nil {
						n++
					} else if !errors.Is(err, mockstate.ErrMoved) {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		if got := read(t, s, common, "n:hits").Fields["n:hits"]; got != strconv.Itoa(writers*each) {
			t.Errorf("counted %s", got)
		}
	})
}

func increment(ctx context.Context, s mockstate.Store, of mockstate.Session) error {
	seen, err := s.Read(ctx, of, "n:hits")
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(seen.Fields["n:hits"])
	return s.Commit(ctx, of, seen.Version, set("n:hits", strconv.Itoa(n+1)))
}

// TestRedisAway: while Redis is away the answer comes at once, and when it is back it is used again.
func TestRedisAway(t *testing.T) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	defer client.Close()
	s := mockstate.NewRedis(client, "", mockstate.DefaultLimits())
	of := mockstate.Session{MockID: "m"}
	server.SetError("away")
	for range 3 {
		if _, err := s.Read(t.Context(), of); !errors.Is(err, mockstate.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	server.SetError("")
	deadline := time.Now().Add(time.Minute)
	for {
		if _, err := s.Read(t.Context(), of); err == nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}
