package mock

import (
	"context"
	"runtime"
	"sync"
)

// conversions lets documents be converted in turn: on at most half of the processors, since a conversion keeps one busy and
// may take some hundred MiB, and one at a time for each account, so that nobody's documents keep others waiting.
type conversions struct {
	slots chan struct{} // one element for each conversion at work

	mu       sync.Mutex
	accounts map[string]*turn
}

// turn is whose account it is: the channel has an element while one of its conversions waits for a slot or is at work.
type turn struct {
	taken chan struct{}
	users int // conversions that hold the turn or wait for it
}

func newConversions() *conversions {
	return &conversions{slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), accounts: map[string]*turn{}}
}

// begin waits until the account may convert a document, or ctx ends. The caller calls done when the conversion is.
func (c *conversions) begin(ctx context.Context, accountID string) (done func(), err error) {
	c.mu.Lock()
	t := c.accounts[accountID]
	if t == nil {
		t = &turn{taken: make(chan struct{}, 1)}
		c.accounts[accountID] = t
	}
	t.users++
	c.mu.Unlock()
	leave := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.users--; t.users == 0 {
			delete(c.accounts, accountID)
		}
	}
	select {
	case t.taken <- struct{}{}:
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		<-t.taken
		leave()
		return nil, ctx.Err()
	}
	return func() {
		<-c.slots
		<-t.taken
		leave()
	}, nil
}
