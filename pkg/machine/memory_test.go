package machine_test

import (
	"testing"

	"github.com/mocloud/mocloud/pkg/machine"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	if got := machine.Memory(); got < 64<<20 || got > 1<<50 {
		t.Errorf("the machine is said to have %d bytes", got)
	}
}
