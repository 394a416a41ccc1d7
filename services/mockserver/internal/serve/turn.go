package serve

import (
	"errors"

	"github.com/mocloud/mocloud/pkg/budget"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
)

// largeBody is the size from which reading a request's body as JSON takes a processor for long.
const largeBody = 16 << 10

func (x *exchange) isLarge() bool { return len(x.scope.Request.Body) > largeBody }

// errNoTurn means that the mock's workspace has more to do than its share.
var errNoTurn = errors.New("no turn")

// inTurn does work; if it may take long, when it is the workspace's turn. Other work begins at once, and takes a turn when it has
// taken as long as [budget.Every] steps. Nothing may be waited for meanwhile, but after endTurn.
func (c *Core) inTurn(x *exchange, long bool, work func(*Core, *exchange) error) error {
	if long {
		if err := x.takeTurn(); err != nil {
			return err
		}
	}
	defer x.endTurn()
	if err := work(c, x); err != nil {
		return err
	}
	return x.exhausted()
}

// exhausted says what of the request's budget ran out, where nobody else could say it: a condition that could not be looked at does
// not hold.
func (x *exchange) exhausted() error {
	if err := x.scope.Budget().Err(); err != nil {
		if errors.Is(err, errNoTurn) {
			return errNoTurn
		}
		return &fault{what: "request", err: err}
	}
	return nil
}

func (x *exchange) takeTurn() error {
	if x.turning {
		return nil
	}
	turn, ok := x.core.deps.Turns.Take(x.ctx, x.mock.site.WorkspaceID)
	if !ok {
		return errNoTurn
	}
	x.turn, x.turning = turn, true
	return nil
}

// endTurn gives the turn back, if the exchange has one.
func (x *exchange) endTurn() {
	if x.turning {
		x.turning = false
		x.turn.Give()
		x.turn = limit.Turn{}
	}
}

var _ budget.Slicer = (*exchange)(nil)

// Slice implements budget.Slicer: what takes long takes turns.
func (x *exchange) Slice() error {
	if !x.turning {
		return x.takeTurn()
	}
	if !x.turn.Pause(x.ctx) {
		x.turning = false
		return errNoTurn
	}
	return nil
}
