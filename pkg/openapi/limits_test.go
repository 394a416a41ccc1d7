package openapi

import (
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// TestLimits: what is made is what a mock may be.
func TestLimits(t *testing.T) {
	if l := mockspec.DefaultLimits(); l.Bytes != maxContent || l.Endpoints != maxEndpoints {
		t.Errorf("a mock may have %d bytes and %d endpoints", l.Bytes, l.Endpoints)
	}
}
