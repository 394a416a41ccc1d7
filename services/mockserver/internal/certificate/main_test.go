package certificate

import (
	"testing"

	"go.uber.org/goleak"
)

// One limiter for each account at an authority lives as long as the process: certmagic has no end for it.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/caddyserver/certmagic.(*RingBufferRateLimiter).permit"))
}
