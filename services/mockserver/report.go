package mockserver

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
)

const (
	reportEvery   = time.Second
	reportTimeout = 2 * time.Second // of one event
)

// report publishes how often mocks were asked. What cannot be published is added to the next report.
func (s *Service) report(ctx context.Context) error {
	pending := map[string]event.RequestsRecorded{}
	from := time.Now().UTC()
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for {
		last := false
		select {
		case <-ctx.Done():
			last = true
		case <-ticker.C:
		}
		now := time.Now().UTC()
		for _, c := range s.recorder.Collect() {
			r, waiting := pending[c.MockID]
			if !waiting {
				r = event.RequestsRecorded{Instance: s.instance, WorkspaceID: c.WorkspaceID, MockID: c.MockID, From: from}
			}
			r.To = now
			r.Requests += c.Requests
			r.Errors += c.Errors
			r.Dropped += c.Dropped
			pending[c.MockID] = r
		}
		from = now
		s.announce(context.WithoutCancel(ctx), pending)
		if last {
			return nil
		}
	}
}

// announce publishes what is pending and forgets what was published. It stops at the first failure: Redis is away.
func (s *Service) announce(ctx context.Context, pending map[string]event.RequestsRecorded) {
	for id, r := range pending {
		ctx, cancel := context.WithTimeout(ctx, reportTimeout)
		err := stream.Announce(ctx, s.deps.Redis, s.cfg.Prefix, r)
		cancel()
		if err != nil {
			s.deps.Log.DebugContext(ctx, "request counts wait", "mocks", len(pending), "err", err)
			return
		}
		delete(pending, id)
	}
}
