package record

import (
	"sync/atomic"
	"time"
)

// price is what a record costs of a second: a share for being one, or the share of its bytes if that is more.
type price struct {
	each    int64   // nanoseconds
	perByte float64 // nanoseconds
}

// priceOf spreads a second over a number of records and of bytes; 0 costs nothing.
func priceOf(records int, bytes int64) (p price) {
	if records > 0 {
		p.each = int64(time.Second) / int64(records)
	}
	if bytes > 0 {
		p.perByte = float64(time.Second) / float64(bytes)
	}
	return p
}

func (p price) of(size int) int64 {
	return min(max(p.each, int64(p.perByte*float64(size))), int64(time.Second))
}

// budget is a leaky bucket of the size of one second, in one word: the time at which it will be empty again.
type budget struct{ due atomic.Int64 }

// take spends cost, unless the bucket is too full for it.
func (b *budget) take(now, cost int64) bool {
	for {
		due := b.due.Load()
		next := max(due, now) + cost
		if next-now > int64(time.Second)+cost/2 {
			return false
		}
		if b.due.CompareAndSwap(due, next) {
			return true
		}
	}
}
