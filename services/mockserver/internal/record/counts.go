package record

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Buckets of the latency histogram: up to 16 µs, then four to each doubling, up to about two minutes. What takes longer
// is in the last one.
const (
	firstBucket = 16 // µs
	Buckets     = 1 + 4*23
)

// UpTo is the longest time in a bucket, in microseconds.
func UpTo(bucket int) uint64 {
	if bucket == 0 {
		return firstBucket
	}
	octave, quarter := (bucket-1)/4, (bucket-1)%4
	return uint64(5+quarter) << (octave + 2)
}

// bucketOf is the bucket that a duration belongs to.
func bucketOf(d time.Duration) int {
	us := uint64(max(0, d+time.Microsecond-1) / time.Microsecond)
	if us <= firstBucket {
		return 0
	}
	n := bits.Len64(us - 1)
	return min(1+(n-5)*4+int((us-1)>>(n-3))&3, Buckets-1)
}

// Counts is what was counted of one mock.
type Counts struct {
	Classes [6]uint64 // by the first digit of the status, 0 for others
	NotKept uint64    // counted only, although the mock is recorded
	Latency [Buckets]uint64
}

// counters are Counts that requests add to.
type counters struct {
	classes [6]atomic.Uint64
	notKept atomic.Uint64
	latency [Buckets]atomic.Uint64
}

func (m *MockRecorder) makeCounters() *counters {
	m.counters.CompareAndSwap(nil, &counters{})
	return m.counters.Load()
}

func (c *counters) add(q *Request) {
	class := uint(q.Status) / 100
	if class > 5 {
		class = 0
	}
	c.classes[class].Add(1)
	if class != 1 { // a WebSocket lasts as long as its caller likes
		c.latency[bucketOf(q.Duration)].Add(1)
	}
}

// swap takes the counts and begins again from zero.
func (c *counters) swap() (out Counts, some bool) {
	take := func(from *atomic.Uint64) uint64 {
		if from.Load() == 0 {
			return 0
		}
		some = true
		return from.Swap(0)
	}
	for i := range c.classes {
		out.Classes[i] = take(&c.classes[i])
	}
	out.NotKept = take(&c.notKept)
	for i := range c.latency {
		out.Latency[i] = take(&c.latency[i])
	}
	return out, some
}
