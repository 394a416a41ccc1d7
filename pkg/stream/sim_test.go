package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// faults are probabilities, 0 to 1, and spans of a simulated Redis.
type faults struct {
	lose, repeat, cut, refuse float64
	delay                     time.Duration // most a message is late, which reorders
}

// simBus is a bus in memory that breaks its promises as faults say.
type simBus struct {
	mu     sync.Mutex
	rng    *rand.Rand
	faults faults
	subs   map[*simSub]bool
	claims map[string]bool
	sent   int // bytes delivered to subscribers
	wg     sync.WaitGroup
}

func newSimBus(seed uint64, f faults) *simBus {
	return &simBus{rng: rand.New(rand.NewPCG(seed, 1)), faults: f, subs: map[*simSub]bool{}, claims: map[string]bool{}}
}

var errSim = errors.New("simulated fault")

func (b *simBus) set(f faults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = f
}

func (b *simBus) chance(p float64) bool { return b.rng.Float64() < p }

func (b *simBus) publish(_ context.Context, ms ...message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.chance(b.faults.refuse) {
		return errSim
	}
	for _, m := range ms {
		for s := range b.subs {
			if !slices.Contains(s.channels, m.channel) || b.chance(b.faults.lose) {
				continue
			}
			b.sent += len(m.payload)
			copies := 1
			if b.chance(b.faults.repeat) {
				copies = 2
			}
			for range copies {
				late := time.Duration(0)
				if b.faults.delay > 0 {
					late = time.Duration(b.rng.Int64N(int64(b.faults.delay)))
				}
				if late == 0 {
					s.deliver(m)
					continue
				}
				b.wg.Go(func() {
					pass(late)
					s.deliver(m)
				})
			}
		}
	}
	if b.chance(b.faults.cut) {
		for s := range b.subs {
			s.close()
			break
		}
	}
	return nil
}

func (b *simBus) claim(_ context.Context, key string, _ time.Duration) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.chance(b.faults.refuse) {
		return false, errSim
	}
	free := !b.claims[key]
	b.claims[key] = true
	return free, nil
}

func (b *simBus) subscribe(_ context.Context, channels ...string) (subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.chance(b.faults.refuse) {
		return nil, errSim
	}
	s := &simSub{bus: b, channels: channels, queue: make(chan message, 1<<14), gone: make(chan struct{})}
	b.subs[s] = true
	return s, nil
}

type simSub struct {
	bus      *simBus
	channels []string
	queue    chan message
	once     sync.Once
	gone     chan struct{}
}

func (s *simSub) deliver(m message) {
	select {
	case s.queue <- m:
	default:
	}
}

func (s *simSub) receive(ctx context.Context) (message, error) {
	select {
	case m := <-s.queue:
		return m, nil
	case <-s.gone:
		return message{}, errSim
	case <-ctx.Done():
		return message{}, ctx.Err()
	}
}

func (s *simSub) close() {
	s.once.Do(func() {
		close(s.gone)
		go func() {
			s.bus.mu.Lock()
			delete(s.bus.subs, s)
			s.bus.mu.Unlock()
		}()
	})
}

// simLog is a change log in memory: the latest change of each key, and of removed keys as long as they are not purged.
type simLog struct {
	mu     sync.Mutex
	epoch  string
	head   uint64
	latest map[string]event.Envelope // by key
	purged uint64
	fail   bool
}

func newSimLog(epoch string) *simLog {
	return &simLog{epoch: epoch, latest: map[string]event.Envelope{}}
}

// commit appends a change: key is now at the change's number, or removed.
func (l *simLog) commit(key string, removed bool) event.Envelope {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.head++
	e := event.Envelope{
		ID: fmt.Sprint(l.epoch, "-", l.head), Stream: event.Mocks, Epoch: l.epoch, Number: l.head, Version: 1,
		Type: event.TypeMockUpdated, Payload: fmt.Appendf(nil, `{"mock_id":%q}`, key),
	}
	if removed {
		e.Type = event.TypeMockDeleted
	}
	l.latest[key] = e
	return e
}

// purge forgets tombstones.
func (l *simLog) purge() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, e := range l.latest {
		if e.Type == event.TypeMockDeleted {
			delete(l.latest, key)
		}
	}
	l.purged = l.head
}

// restore takes the log back to another, shorter past.
func (l *simLog) restore(epoch string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch = epoch
	l.head /= 2
	l.purged = l.head
	for key, e := range l.latest {
		if e.Number > l.head || e.Type == event.TypeMockDeleted {
			delete(l.latest, key)
			continue
		}
		e.Epoch = epoch
		l.latest[key] = e
	}
}

// state is what a consumer that has applied everything must have.
func (l *simLog) state() (Position, map[string]uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := map[string]uint64{}
	for key, e := range l.latest {
		if e.Type == event.TypeMockUpdated {
			m[key] = e.Number
		}
	}
	return Position{l.epoch, l.head}, m
}

func (l *simLog) Head(context.Context) (Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail {
		return Position{}, errSim
	}
	return Position{l.epoch, l.head}, nil
}

func (l *simLog) After(_ context.Context, number uint64, limit int) (Batch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail {
		return Batch{}, errSim
	}
	b := Batch{Epoch: l.epoch, From: number, To: max(l.head, number)}
	all := slices.SortedFunc(maps.Values(l.latest), func(x, y event.Envelope) int { return int(x.Number) - int(y.Number) })
	for _, e := range all {
		if e.Number <= number {
			continue
		}
		if len(b.Changes) == limit {
			b.To, b.More = b.Changes[limit-1].Number, true
			break
		}
		b.Changes = append(b.Changes, e)
	}
	return b, nil
}

// simHandler is a consumer's output. It checks every promise that Handler makes; save and crash give it a durable part.
type simHandler struct {
	mu       sync.Mutex
	position Position
	state    map[string]uint64
	broken   error // the first promise that was not kept
	fail     func() bool
	applied  int

	saved      Position
	savedState map[string]uint64
}

func newSimHandler() *simHandler {
	return &simHandler{state: map[string]uint64{}, fail: func() bool { return false }}
}

func (h *simHandler) Position(context.Context) (Position, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.position, nil
}

func (h *simHandler) Reset(_ context.Context, epoch string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail() {
		return errSim
	}
	h.position, h.state = Position{Epoch: epoch}, map[string]uint64{}
	return nil
}

func (h *simHandler) Apply(_ context.Context, b Batch) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail() {
		return errSim
	}
	if b.From != h.position.Number || b.To <= b.From || (h.position.Epoch != "" && b.Epoch != h.position.Epoch) {
		h.broken = fmt.Errorf("at %v came (%d, %d] of %s", h.position, b.From, b.To, b.Epoch)
	}
	last := b.From
	for _, c := range b.Changes {
		if c.Number <= last || c.Number > b.To {
			h.broken = fmt.Errorf("change %d after %d in (%d, %d]", c.Number, last, b.From, b.To)
		}
		last = c.Number
		key := string(c.Payload[len(`{"mock_id":"`) : len(c.Payload)-2])
		if c.Type == event.TypeMockDeleted {
			delete(h.state, key)
		} else {
			h.state[key] = c.Number
		}
		h.applied++
	}
	h.position = Position{b.Epoch, b.To}
	return nil
}

func (h *simHandler) save() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.saved, h.savedState = h.position, maps.Clone(h.state)
}

func (h *simHandler) crash() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position, h.state = h.saved, maps.Clone(h.savedState)
	if h.state == nil {
		h.state = map[string]uint64{}
	}
}

// differs says how the output differs from the log, "" if it does not.
func (h *simHandler) differs(l *simLog) string {
	p, want := l.state()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.broken != nil:
		return h.broken.Error()
	case h.position != p && h.position.Number+p.Number > 0:
		return fmt.Sprintf("position %v, the log is at %v", h.position, p)
	case !maps.Equal(h.state, want):
		return fmt.Sprintf("state %v, the log says %v", h.state, want)
	}
	return ""
}

func (l *simLog) Forgotten(context.Context) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.purged, nil
}

// pass lets simulated time pass.
func pass(d time.Duration) { <-time.After(d) }
