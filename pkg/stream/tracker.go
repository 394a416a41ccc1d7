package stream

import (
	"cmp"
	"slices"

	"github.com/mocloud/mocloud/pkg/event"
)

// tracker is the order of things in a consumer: what was taken for application, what waits for its turn, and how far the
// producer is. It knows neither time nor Redis, and belongs to one goroutine.
type tracker struct {
	epoch string
	taken uint64 // everything up to here was taken for application
	head  uint64 // the furthest number that is known to exist

	waiting []Batch // by From; none wholly at or below taken
	changes int     // in waiting
	bytes   int     // of their payloads

	maxChanges, maxBytes int
}

// reset starts over at a position and forgets what waits.
func (t *tracker) reset(p Position) {
	t.epoch, t.taken, t.head = p.Epoch, p.Number, p.Number
	t.waiting, t.changes, t.bytes = nil, 0, 0
}

// see notes that number exists.
func (t *tracker) see(number uint64) { t.head = max(t.head, number) }

// behind reports whether numbers exist that were not taken.
func (t *tracker) behind() bool { return t.taken < t.head }

// add lets a batch of this epoch wait for its turn. It reports whether it was dropped for want of room.
func (t *tracker) add(b Batch) (dropped bool) {
	t.see(b.To)
	if b.To <= t.taken {
		return false
	}
	at, _ := slices.BinarySearchFunc(t.waiting, b, func(x, y Batch) int {
		return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To))
	})
	if at < len(t.waiting) && t.waiting[at].From == b.From && t.waiting[at].To == b.To {
		return false
	}
	t.waiting = slices.Insert(t.waiting, at, b)
	t.count(b, 1)
	for len(t.waiting) > 1 && (t.changes > t.maxChanges || t.bytes > t.maxBytes || len(t.waiting) > t.maxChanges) {
		last := t.waiting[len(t.waiting)-1]
		if last.From <= t.taken {
			break // it is next: dropping it would gain nothing
		}
		t.waiting = t.waiting[:len(t.waiting)-1]
		t.count(last, -1)
		dropped = true
	}
	return dropped
}

// take returns, as one batch, everything that may be applied next, about as much as limits allow but at least what
// belongs together. ok is false when there is nothing.
func (t *tracker) take(maxChanges, maxBytes int) (b Batch, ok bool) {
	b = Batch{Epoch: t.epoch, From: t.taken}
	size := 0
	for len(t.waiting) > 0 && t.waiting[0].From <= t.taken {
		next := t.waiting[0]
		if ok && (len(b.Changes)+len(next.Changes) > maxChanges || size+sizeOf(next.Changes) > maxBytes) {
			break
		}
		t.waiting = t.waiting[1:]
		t.count(next, -1)
		if next.To <= t.taken {
			continue
		}
		for _, c := range next.Changes {
			if c.Number > t.taken {
				b.Changes = append(b.Changes, c)
			}
		}
		size += sizeOf(next.Changes)
		t.taken, ok = next.To, true
	}
	if len(t.waiting) == 0 {
		t.waiting = nil // lets the array go
	}
	b.To, b.More = t.taken, t.behind()
	return b, ok
}

func (t *tracker) count(b Batch, sign int) {
	t.changes += sign * len(b.Changes)
	t.bytes += sign * sizeOf(b.Changes)
}

// sizeOf estimates what changes weigh.
func sizeOf(changes []event.Envelope) int {
	n := 0
	for i := range changes {
		n += len(changes[i].Payload) + 256
	}
	return n
}
