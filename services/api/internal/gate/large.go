package gate

import (
	"context"
	"errors"
	"runtime"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/fair"
)

const (
	// largeBody is the size from which what is made of a body keeps a processor busy, and takes many times its memory.
	largeBody = 32 << 10
	// waitingLarge is how many requests with large bodies of one account may wait.
	waitingLarge = 32
)

// newLarge are the places of requests with large bodies: a processor each. One account has at most half of them.
func newLarge() *fair.Slots {
	processors := runtime.GOMAXPROCS(0)
	return fair.NewSlots(max(2, processors), max(1, processors/2), waitingLarge)
}

// place waits until a request with a large body may be worked on. leave is for when it has ended.
func (g *Gate) place(ctx context.Context, op *Operation, size int) (leave func(), err error) {
	if size < largeBody || op.public || op.queue == ownQueue {
		return func() {}, nil
	}
	leave, err = g.large.Take(ctx, IdentityOf(ctx).Account.ID)
	switch {
	case errors.Is(err, fair.ErrBusy):
		return nil, apperr.New(apperr.RateLimited, "This account has %d requests with large bodies waiting already; wait for one of them to end.", waitingLarge)
	case err != nil:
		return nil, apperr.New(apperr.Unavailable, "Too many large requests are being worked on right now; try again in a few seconds.").WithCause(err)
	}
	return leave, nil
}
