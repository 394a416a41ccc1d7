package process

import (
	"context"
	"fmt"
	"os"

	"github.com/mocloud/mocloud/pkg/lifecycle"
)

// healthcheck asks the service whose ops port is at opsAddr whether it is ready; it returns the exit code.
func healthcheck(ctx context.Context, name, opsAddr string) int {
	if err := lifecycle.CheckReady(ctx, opsAddr); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}
