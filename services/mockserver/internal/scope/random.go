package scope

import (
	"math/rand/v2"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// random makes random.1-6: a whole number from 1 to 6, new with each use.
type random struct{}

// Get implements selmer.Object.
func (random) Get(key string) (selmer.Value, bool) {
	low, high, ok := mockspec.ParseRange(key)
	if !ok {
		return selmer.Nil(), false
	}
	// The difference of two int64 may be too large for one.
	span := uint64(high) - uint64(low) + 1
	if span == 0 { // all there are
		return selmer.Int(int64(rand.Uint64())), true // #nosec G115 G404 -- every bit pattern is fine
	}
	return selmer.Int(low + int64(rand.Uint64N(span))), true // #nosec G115 G404 -- wraps around into the range
}

// Entries implements selmer.Object.
func (random) Entries() []selmer.Entry { return nil }
