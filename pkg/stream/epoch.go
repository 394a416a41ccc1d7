package stream

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An epoch is epochMark, epochDigits digits that grow with time, and something random. The mark sorts after the capital letters
// and digits that epochs consisted of once.
const (
	epochMark   = "e"
	epochDigits = 14
	maxEpoch    = 99_999_999_999_998
)

// NewEpoch names a life of a stream's numbers that begins now and comes after the life named after, "" if there was none.
// Epochs are ordered as text: of two, the greater is the newer one, and messages of the other are ignored. An
// after that NewEpoch did not make counts as older than all that it makes.
func NewEpoch(after string) string {
	at := time.Now().UnixMilli()
	if last, ok := epochTime(after); ok {
		at = max(at, last+1) // the clock may have been put back
	}
	return fmt.Sprintf("%s%0*d-%s", epochMark, epochDigits, at, rand.Text()[:6])
}

// IsEpoch reports whether NewEpoch made s, so that a newer one can be made.
func IsEpoch(s string) bool {
	_, ok := epochTime(s)
	return ok
}

func epochTime(epoch string) (int64, bool) {
	rest, ok := strings.CutPrefix(epoch, epochMark)
	if !ok || len(rest) <= epochDigits || rest[epochDigits] != '-' {
		return 0, false
	}
	at, err := strconv.ParseInt(rest[:epochDigits], 10, 64)
	return at, err == nil && at >= 0 && at < maxEpoch
}
