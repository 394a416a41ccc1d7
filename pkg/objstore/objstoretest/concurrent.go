package objstoretest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/pkg/objstore"
)

// wholeObjects reads while writers replace: each read is one version whole, and its etag is that version's.
func wholeObjects(ctx context.Context, t *testing.T, s objstore.Store) {
	content := func(version int) string { return strings.Repeat(strconv.Itoa(version%10), 10_000+version) }
	put(ctx, t, s, "key", content(0), objstore.PutOptions{})
	var writing atomic.Bool
	writing.Store(true)
	var readers errgroup.Group
	for range 4 {
		readers.Go(func() error {
			for writing.Load() {
				got, _, err := get(ctx, s, "key")
				if err != nil {
					return err
				}
				if len(got) < 10_000 || got != content(len(got)-10_000) {
					return fmt.Errorf("%d bytes that nobody wrote", len(got))
				}
			}
			return nil
		})
	}
	for version := range 50 {
		put(ctx, t, s, "key", content(version), objstore.PutOptions{})
	}
	writing.Store(false)
	if err := readers.Wait(); err != nil {
		t.Error(err)
	}
}

func oneCreatorWins(ctx context.Context, t *testing.T, s objstore.Store) {
	for round := range 10 {
		key := fmt.Sprintf("folder-%d/key", round)
		var winner atomic.Pointer[string]
		var group errgroup.Group
		for i := range 8 {
			group.Go(func() error {
				content := fmt.Sprintf("writer %d", i)
				_, err := s.Put(ctx, key, strings.NewReader(content), int64(len(content)), objstore.PutOptions{IfAbsent: true})
				if errors.Is(err, objstore.ErrPrecondition) {
					return nil
				}
				if err == nil && !winner.CompareAndSwap(nil, &content) {
					return errors.New("two writers created one object")
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		if winner.Load() == nil {
			t.Fatal("nobody created the object")
		}
		if got := read(ctx, t, s, key); got != *winner.Load() {
			t.Fatalf("content %q, the winner wrote %q", got, *winner.Load())
		}
	}
}

// noUpdateLost lets writers count in one object: read, add one, write if it is still the same.
func noUpdateLost(ctx context.Context, t *testing.T, s objstore.Store) {
	const writers, times = 6, 10
	put(ctx, t, s, "counter", "0", objstore.PutOptions{})
	var group errgroup.Group
	for range writers {
		group.Go(func() error {
			for done := 0; done < times; {
				content, etag, err := get(ctx, s, "counter")
				if err != nil {
					return err
				}
				n, err := strconv.Atoi(content)
				if err != nil {
					return err
				}
				next := strconv.Itoa(n + 1)
				_, err = s.Put(ctx, "counter", strings.NewReader(next), int64(len(next)), objstore.PutOptions{IfMatch: etag})
				switch {
				case err == nil:
					done++
				case !errors.Is(err, objstore.ErrPrecondition):
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := read(ctx, t, s, "counter"); got != strconv.Itoa(writers*times) {
		t.Errorf("counter %s, want %d", got, writers*times)
	}
}

// openObjectStays reads slowly while the object is replaced and removed: a reader has one version to its end, or an error.
func openObjectStays(ctx context.Context, t *testing.T, s objstore.Store) {
	before, after := strings.Repeat("a", 1<<20), strings.Repeat("b", 1<<20)
	put(ctx, t, s, "key", before, objstore.PutOptions{})
	object, err := s.Get(ctx, "key")
	if err != nil {
		t.Fatal(err)
	}
	start := make([]byte, 10)
	if _, err := io.ReadFull(object.Body, start); err != nil {
		t.Fatal(err)
	}
	put(ctx, t, s, "key", after, objstore.PutOptions{})
	if err := s.Delete(ctx, "key"); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(object.Body)
	if strings.Contains(string(rest), "b") {
		t.Error("the reader saw two versions")
	}
	if err == nil && string(start)+string(rest) != before {
		t.Errorf("the reader saw %d bytes of %d without an error", len(start)+len(rest), len(before))
	}
	if err := object.Body.Close(); err != nil {
		t.Error(err)
	}
}
