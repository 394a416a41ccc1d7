package outbox

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeProducer remembers what was published.
type fakeProducer struct {
	mu      sync.Mutex
	numbers []uint64
}

func (p *fakeProducer) Publish(_ context.Context, changes ...event.Envelope) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range changes {
		p.numbers = append(p.numbers, c.Number)
	}
	return nil
}

func TestChangesAreOrderedAndDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := New(slog.New(slog.DiscardHandler))
		for _, n := range []uint64{3, 1, 2} { // as writers that commit at the same time hand them over
			o.AnnounceChanges([]event.Envelope{{Stream: event.Mocks, Number: n}})
		}
		for range room {
			o.AnnounceChanges([]event.Envelope{{Stream: event.Domains}}) // does not block when there is no room
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		producer := &fakeProducer{}
		err := o.runChanges(ctx, map[event.Stream]Producer{event.Mocks: producer, event.Domains: &fakeProducer{}})
		if err != nil || !slices.Equal(producer.numbers, []uint64{1, 2, 3}) {
			t.Errorf("published %v, %v", producer.numbers, err)
		}
	})
}
