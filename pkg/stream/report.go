package stream

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// reportGap is the least time between two reports, so that a burst of batches has few.
const reportGap = 20 * time.Millisecond

// report says event.Applied at once after each batch, and again and again while nothing happens. A report that is lost
// is made good by the next.
func (c *Consumer) report(ctx context.Context) {
	if c.cfg.Silent {
		return
	}
	again := time.NewTicker(c.cfg.ReportEvery)
	defer again.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		case <-c.applied:
			if gap := reportGap - time.Since(last); gap > 0 {
				rest := time.NewTimer(gap)
				select {
				case <-ctx.Done():
				case <-rest.C:
				}
				rest.Stop()
			}
		}
		last = time.Now()
		c.say(ctx, false)
	}
}

// leave says the last number, once nothing is applied any more.
func (c *Consumer) leave(ctx context.Context) {
	if c.cfg.Silent {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	c.say(ctx, true)
}

func (c *Consumer) say(ctx context.Context, leaving bool) {
	p := c.Position()
	if p.Epoch == "" {
		return
	}
	err := announce(ctx, c.bus, c.cfg.Prefix, event.Applied{
		Service: c.cfg.Service, Instance: c.cfg.Instance, Of: c.cfg.Stream, Epoch: p.Epoch, Number: p.Number, Leaving: leaving,
	})
	if err != nil && ctx.Err() == nil {
		c.log.DebugContext(ctx, "applied number not reported", "error", err)
	}
}
