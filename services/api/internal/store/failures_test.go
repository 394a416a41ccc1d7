package store

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/services/api/internal/signin"
)

func TestFailures(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		count := func(keys ...string) map[string]signin.Failures {
			t.Helper()
			var got map[string]signin.Failures
			refused := errors.New("refused")
			err := s.SignIns.CountFailures(ctx, keys, func(counts map[string]signin.Failures) error {
				got = counts
				return refused
			})
			if !errors.Is(err, refused) {
				t.Fatal(err)
			}
			return got
		}
		if got := count("a", "b"); len(got) != 2 || got["a"].N != 0 || !got["b"].Last.IsZero() {
			t.Errorf("at first: %v", got)
		}
		// Many at once, with the same keys in whatever order: none is lost, none waits for another forever.
		var work errgroup.Group
		for i := range 20 {
			keys := [][]string{{"a", "b", "c"}, {"c", "b", "a"}}[i%2]
			work.Go(func() error {
				return s.SignIns.CountFailures(ctx, keys, func(counts map[string]signin.Failures) error {
					for key, f := range counts {
						counts[key] = signin.Failures{N: f.N + 1, Last: start.Add(time.Duration(f.N) * time.Second)}
					}
					return nil
				})
			})
		}
		if err := work.Wait(); err != nil {
			t.Fatal(err)
		}
		for key, f := range count("a", "b", "c", "d") {
			want := signin.Failures{N: 20, Last: start.Add(19 * time.Second)}
			if key == "d" {
				want = signin.Failures{}
			}
			if f.N != want.N || !f.Last.Equal(want.Last) {
				t.Errorf("%s: %v", key, f)
			}
		}
		if _, err := s.SignIns.PurgeFailures(ctx, start.Add(19*time.Second)); err != nil || count("a")["a"].N != 20 {
			t.Errorf("purged too early: %v", err)
		}
		if _, err := s.SignIns.PurgeFailures(ctx, start.Add(20*time.Second)); err != nil || count("a")["a"].N != 0 {
			t.Errorf("not purged: %v", err)
		}
	})
}
