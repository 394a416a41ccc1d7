package webhook

import (
	"container/list"
	"slices"

	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
)

// history remembers the last deliveries of each mock, and forgets the mocks that nobody calls. Its owner locks.
type history struct {
	perMock int
	mocks   int
	byMock  map[string]*list.Element // of *ring
	order   *list.List               // the mock that was called last first
}

// ring is the last deliveries of one mock, the oldest first.
type ring struct {
	mock       string
	deliveries []*Delivery
	reported   limit.Gate
}

// reportedPerSecond bounds how many new deliveries of one mock are reported in a second.
const reportedPerSecond = 10

func newHistory(perMock, mocks int) *history {
	return &history{perMock: perMock, mocks: mocks, byMock: map[string]*list.Element{}, order: list.New()}
}

func (h *history) add(mockID string, d *Delivery) {
	e := h.byMock[mockID]
	if e == nil {
		if len(h.byMock) >= h.mocks {
			oldest := h.order.Back()
			delete(h.byMock, oldest.Value.(*ring).mock)
			h.order.Remove(oldest)
		}
		e = h.order.PushFront(&ring{mock: mockID, reported: limit.Gate{PerSecond: reportedPerSecond}})
		h.byMock[mockID] = e
	}
	h.order.MoveToFront(e)
	r := e.Value.(*ring)
	if len(r.deliveries) >= h.perMock {
		r.deliveries = slices.Delete(r.deliveries, 0, 1)
	}
	r.deliveries = append(r.deliveries, d)
	if r.reported.Enter(d.Queued) == limit.Admitted {
		d.Version = 1
	}
}

// of returns copies of a mock's deliveries, the newest first.
func (h *history) of(mockID string) []Delivery {
	e := h.byMock[mockID]
	if e == nil {
		return nil
	}
	var out []Delivery
	for _, d := range slices.Backward(e.Value.(*ring).deliveries) {
		out = append(out, *d)
	}
	return out
}
