package report

import (
	"slices"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
)

// key is what totals are kept of: a mock, or with mock "" a workspace, in an hour.
type key struct {
	workspaceID, mockID string
	hour                int64 // seconds
}

// tally is the total of one key.
type tally struct {
	classes [6]uint64
	notKept uint64
	last    time.Time // when requests were added last
	latency []bucket  // ordered
	changed bool      // since it was sent
	sent    uint64    // the report that carried it last, 0 once that is stored
}

// bucket counts the requests of one bucket. Few of them are ever used by one mock.
type bucket struct {
	index    int
	requests uint64
}

// tallies are all totals that are not known to be stored, and those of the present hour.
type tallies struct {
	all     map[key]*tally
	changed []key
	pruned  time.Time
}

// pruneEvery is how often it is looked for totals that are not needed any more.
const pruneEvery = time.Minute

func newTallies() tallies { return tallies{all: map[key]*tally{}} }

// keysOf are the totals that a mock's requests belong to.
func keysOf(workspaceID, mockID string, now time.Time) [2]key {
	hour := now.Truncate(time.Hour).Unix()
	return [2]key{{workspaceID, mockID, hour}, {workspaceID, "", hour}}
}

// add adds what was counted until now to the totals of the mock and of its workspace.
func (t *tallies) add(workspaceID, mockID string, now time.Time, c *record.Counts) {
	for _, k := range keysOf(workspaceID, mockID, now) {
		sum := t.of(k)
		for i, n := range c.Classes {
			sum.classes[i] += n
		}
		sum.notKept += c.NotKept
		sum.last = now
		for i, n := range c.Latency {
			if n > 0 {
				sum.observe(i, n)
			}
		}
	}
}

// notKept counts a record that was taken, and lost.
func (t *tallies) notKept(workspaceID, mockID string, now time.Time) {
	for _, k := range keysOf(workspaceID, mockID, now) {
		t.of(k).notKept++
	}
}

// of is a total that is about to change.
func (t *tallies) of(k key) *tally {
	sum := t.all[k]
	if sum == nil {
		sum = &tally{}
		t.all[k] = sum
	}
	t.touch(k, sum)
	return sum
}

func (t *tallies) touch(k key, sum *tally) {
	if !sum.changed {
		sum.changed = true
		t.changed = append(t.changed, k)
	}
}

func (s *tally) observe(index int, n uint64) {
	i, found := slices.BinarySearchFunc(s.latency, index, func(b bucket, index int) int { return b.index - index })
	if !found {
		s.latency = slices.Insert(s.latency, i, bucket{index: index})
	}
	s.latency[i].requests += n
}

// dirty takes at most n keys whose totals have changed since they were sent.
func (t *tallies) dirty(n int) []key {
	n = min(n, len(t.changed))
	keys := slices.Clone(t.changed[:n])
	if t.changed = t.changed[n:]; len(t.changed) == 0 {
		t.changed = nil
	}
	for _, k := range keys {
		if sum := t.all[k]; sum != nil {
			sum.changed = false
		}
	}
	return keys
}

// sent notes which report carries totals.
func (t *tallies) sent(keys []key, sequence uint64) {
	for _, k := range keys {
		if sum := t.all[k]; sum != nil {
			sum.sent = sequence
		}
	}
}

// stored notes that a report was stored.
func (t *tallies) stored(keys []key, sequence uint64) {
	for _, k := range keys {
		if sum := t.all[k]; sum != nil && sum.sent == sequence {
			sum.sent = 0
		}
	}
}

// lost notes that a report will not be heard of: its totals go into another one, unless a later one has them.
func (t *tallies) lost(keys []key, sequence uint64) {
	for _, k := range keys {
		if sum := t.all[k]; sum != nil && sum.sent == sequence {
			sum.sent = 0
			t.touch(k, sum)
		}
	}
}

// totals are what a report says.
func (t *tallies) totals(keys []key) []event.RequestCounts {
	out := make([]event.RequestCounts, 0, len(keys))
	for _, k := range keys {
		sum := t.all[k]
		if sum == nil {
			continue
		}
		c := event.RequestCounts{
			WorkspaceID: k.workspaceID, MockID: k.mockID, Hour: time.Unix(k.hour, 0).UTC(),
			Informational: sum.classes[1], Success: sum.classes[2], Redirection: sum.classes[3], ClientError: sum.classes[4],
			ServerError: sum.classes[5], Other: sum.classes[0], NotKept: sum.notKept, Last: sum.last.UTC(),
		}
		for _, b := range sum.latency {
			c.Latency = append(c.Latency, event.LatencyCount{UpTo: record.UpTo(b.index), Requests: b.requests})
		}
		out = append(out, c)
	}
	return out
}

// prune forgets the totals of past hours that are stored, and others of past hours while there are too many. It returns
// how many of the others.
func (t *tallies) prune(now time.Time, most int) (forgotten int) {
	if now.Sub(t.pruned) < pruneEvery {
		return 0
	}
	t.pruned = now
	hour := now.Truncate(time.Hour).Unix()
	for k, sum := range t.all {
		if k.hour >= hour {
			continue
		}
		if !sum.changed && sum.sent == 0 {
			delete(t.all, k)
		} else if len(t.all) > most {
			delete(t.all, k)
			forgotten++
		}
	}
	return forgotten
}
