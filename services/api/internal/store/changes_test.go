package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/mock"
)

// Numbers are consecutive whoever writes, and whoever reads the log sees them appear in order.
func TestConcurrentWritersLeaveNoHole(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		const writers, each = 8, 12
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		log := s.Log(event.Mocks)
		shared := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock("shared"), anyone))
		var mu sync.Mutex
		var numbers []uint64
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				own, err := s.Mocks.CreateMock(ctx, as(ann), newMock(fmt.Sprintf("m%d", w)), anyone)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range each {
					id := []string{own.ID, shared.ID}[i%2]
					_, changes, err := s.Mocks.UpdateMock(ctx, as(ann), id, func(m mock.Mock) (mock.Write, error) {
						m.Revision++
						w, err := publish(m)
						w.NewRevision = true
						return w, err
					})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					numbers = append(numbers, changes[0].Number)
					mu.Unlock()
				}
			})
		}
		done := make(chan struct{})
		var reader sync.WaitGroup
		reader.Go(func() {
			for at := uint64(0); ; {
				select {
				case <-done:
					return
				default:
				}
				b, err := log.After(ctx, at, 5)
				if err != nil {
					t.Error(err)
					return
				}
				for _, c := range b.Changes {
					if c.Number <= at || c.Number > b.To {
						t.Errorf("change %d in (%d, %d]", c.Number, b.From, b.To)
					}
					at = c.Number
				}
				at = b.To
			}
		})
		wg.Wait()
		close(done)
		reader.Wait()
		slices.Sort(numbers)
		for i, n := range numbers {
			if n != uint64(i+1) {
				t.Fatalf("number %d is %d", i+1, n)
			}
		}
		got := must[mock.Mock](t)(s.Mocks.Mock(ctx, as(ann), shared.ID))
		if len(numbers) != writers*each || got.Revision != 1+writers*each/2 {
			t.Errorf("%d numbers, revision %d", len(numbers), got.Revision)
		}
	})
}

// TestLogWithoutMoreIsWhole: a replay from 0 that says that there is no more holds every mock, also while they change: whoever builds
// a snapshot from it takes what is not in it for removed.
func TestLogWithoutMoreIsWhole(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		busy := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock("busy"), anyone))
		edit := func() error {
			_, _, err := s.Mocks.UpdateMock(ctx, as(ann), busy.ID, publish)
			return err
		}
		if err := edit(); err != nil {
			t.Fatal(err)
		}
		var writer sync.WaitGroup
		defer writer.Wait()
		done := make(chan struct{})
		writer.Go(func() {
			defer close(done)
			for range 300 {
				if err := edit(); err != nil {
					t.Error(err)
					return
				}
			}
		})
		for reading := true; reading; {
			select {
			case <-done:
				reading = false
			default:
			}
			b := must[stream.Batch](t)(s.Log(event.Mocks).After(ctx, 0, 10))
			if !b.More && len(b.Changes) != 1 {
				t.Errorf("(%d, %d] has %d changes and says that there is no more", b.From, b.To, len(b.Changes))
				return
			}
		}
	})
}

func TestLogCompactsAndPurges(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		log := s.Log(event.Mocks)
		ids := map[string]string{}
		do := func(slug string, decide func(mock.Mock) (mock.Write, error)) {
			t.Helper()
			if ids[slug] == "" {
				ids[slug] = must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock(slug), anyone)).ID
			}
			if _, _, err := s.Mocks.UpdateMock(ctx, as(ann), ids[slug], decide); err != nil {
				t.Fatal(err)
			}
		}
		numbers := func(b stream.Batch) (list []uint64) {
			for _, c := range b.Changes {
				list = append(list, c.Number)
			}
			return list
		}
		do("a", publish) // 1
		do("b", publish) // 2
		do("c", publish) // 3
		do("c", remove)  // 4
		do("a", publish) // 5
		do("a", publish) // 6
		for name, c := range map[string]struct {
			after uint64
			limit int
			want  stream.Batch
			list  []uint64
		}{
			"all":     {0, 10, stream.Batch{From: 0, To: 6}, []uint64{2, 4, 6}},
			"a page":  {0, 2, stream.Batch{From: 0, To: 4, More: true}, []uint64{2, 4}},
			"rest":    {4, 2, stream.Batch{From: 4, To: 6}, []uint64{6}},
			"nothing": {6, 2, stream.Batch{From: 6, To: 6}, nil},
		} {
			b := must[stream.Batch](t)(log.After(ctx, c.after, c.limit))
			if b.From != c.want.From || b.To != c.want.To || b.More != c.want.More || !slices.Equal(numbers(b), c.list) || b.Epoch == "" {
				t.Errorf("%s: %+v", name, b)
			}
		}
		if _, err := log.After(ctx, 7, 1); !errors.Is(err, stream.ErrTooOld) {
			t.Errorf("beyond the head: %v", err)
		}

		later := time.Now().Add(time.Hour)
		if n := must[int64](t)(log.Purge(ctx, later)); n != 0 {
			t.Errorf("purged %d tombstones above a living change", n)
		}
		do("b", publish) // 7
		if n := must[int64](t)(log.Purge(ctx, start)); n != 0 {
			t.Errorf("purged %d young tombstones", n)
		}
		if n := must[int64](t)(log.Purge(ctx, later)); n != 1 {
			t.Errorf("purged %d tombstones", n)
		}
		if n := must[uint64](t)(log.Forgotten(ctx)); n != 4 {
			t.Errorf("forgot tombstones up to %d", n)
		}
		// Who starts over gets through, however small its batches are.
		at := uint64(0)
		var all []uint64
		for range 10 {
			b := must[stream.Batch](t)(log.After(ctx, at, 1))
			all, at = append(all, numbers(b)...), b.To
			if !b.More {
				break
			}
		}
		if !slices.Equal(all, []uint64{6, 7}) || at != 7 {
			t.Errorf("replayed %v up to %d", all, at)
		}

		before := must[stream.Position](t)(log.Head(ctx))
		if err := log.RenewEpoch(ctx, "another", ""); err != nil {
			t.Fatal(err)
		}
		if same := must[stream.Position](t)(log.Head(ctx)); same != before {
			t.Errorf("renewed from an epoch that it was not in: %+v", same)
		}
		if err := log.RenewEpoch(ctx, before.Epoch, ""); err != nil {
			t.Fatal(err)
		}
		after := must[stream.Position](t)(log.Head(ctx))
		if after.Epoch <= before.Epoch || after.Number != before.Number {
			t.Errorf("not renewed: %+v after %+v", after, before)
		}
		reported := stream.NewEpoch(stream.NewEpoch(after.Epoch))
		if err := log.RenewEpoch(ctx, after.Epoch, reported); err != nil {
			t.Fatal(err)
		}
		if above := must[stream.Position](t)(log.Head(ctx)); above.Epoch <= reported {
			t.Errorf("%s does not come after %s", above.Epoch, reported)
		}
	})
}

// TestAnotherLifeOfTheDatabase: the first number that is given after Postgres' timeline has changed begins a new epoch, the next does
// not.
func TestAnotherLifeOfTheDatabase(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		log := s.Log(event.Mocks)
		edit := func(key string) event.Envelope {
			t.Helper()
			var e event.Envelope
			err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
				e, err = s.appendChange(ctx, tx, changelog.Change{Key: key, Payload: event.MockDeleted{MockID: key}})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		first, second := edit("a"), edit("b")
		if first.Epoch != second.Epoch || second.Number != first.Number+1 {
			t.Fatalf("%s %d, then %s %d", first.Epoch, first.Number, second.Epoch, second.Number)
		}
		if !s.postgres() {
			return
		}
		if _, err := s.write.NewRaw("UPDATE streams SET life = '0000000A' WHERE name = ?", event.Mocks).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		third := edit("c")
		if third.Epoch <= second.Epoch || third.Number != second.Number+1 {
			t.Errorf("after a failover: %s %d, before it %s %d", third.Epoch, third.Number, second.Epoch, second.Number)
		}
		if fourth := edit("d"); fourth.Epoch != third.Epoch {
			t.Errorf("%s begins another epoch", fourth.Epoch)
		}
		if head := must[stream.Position](t)(log.Head(ctx)); head.Epoch != third.Epoch {
			t.Errorf("the head is of %s", head.Epoch)
		}
	})
}

func TestBatchesAreBoundedByBytes(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		large := strings.Repeat("x", maxBatchBytes/2+1)
		for i := range 3 {
			m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock(fmt.Sprintf("m%d", i)), anyone))
			_, _, err := s.Mocks.UpdateMock(ctx, as(ann), m.ID, func(m mock.Mock) (mock.Write, error) {
				return mock.Write{Mock: m, Changes: []changelog.Change{{Key: m.ID, Payload: event.MockUpdated{MockID: m.ID, Content: large}}}}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		b := must[stream.Batch](t)(s.Log(event.Mocks).After(ctx, 0, 100))
		if len(b.Changes) != 1 || b.To != 1 || !b.More {
			t.Fatalf("%d changes up to %d", len(b.Changes), b.To)
		}
		var payload event.MockUpdated
		if err := json.Unmarshal(b.Changes[0].Payload, &payload); err != nil || payload.Content != large {
			t.Errorf("the payload changed: %v", err)
		}
	})
}
