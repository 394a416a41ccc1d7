package api

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/signin"
)

const (
	reapEvery    = time.Minute
	purgeEvery   = time.Hour
	purgeTimeout = purgeEvery / 2 // a purge of much goes on for long, and starts over the next time
)

// chore bounds what the database remembers. Every replica does it; that does no harm.
type chore struct {
	name string
	do   func(context.Context) (removed int64, err error)
}

func (p *parts) chores() []chore {
	cfg := p.service.cfg
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	chores := []chore{
		{"purge requests", func(ctx context.Context) (int64, error) {
			return 0, p.db.Reports.RetainAll(ctx, time.Now(), cfg.KeepUsage)
		}},
		{"purge the audit log", func(ctx context.Context) (int64, error) { return p.db.Audit.PurgeAudit(ctx, ago(cfg.KeepAudit)) }},
		{"purge deleted mocks", p.mocks.Purge},
		{"purge idempotency keys", p.idempotency.Purge},
		{"forget failed tries to sign in", func(ctx context.Context) (int64, error) {
			return p.db.SignIns.PurgeFailures(ctx, ago(signin.Forgotten))
		}},
	}
	for name := range p.producers {
		chores = append(chores, chore{"purge the change log of " + string(name), func(ctx context.Context) (int64, error) {
			return p.db.Log(name).Purge(ctx, ago(cfg.KeepTombstones))
		}})
	}
	return chores
}

// keep does a chore again and again until ctx ends.
func (p *parts) keep(ctx context.Context, c chore) error {
	log := p.service.deps.Log
	every(ctx, purgeEvery, func(ctx context.Context) {
		once, cancel := context.WithTimeout(ctx, purgeTimeout)
		defer cancel()
		removed, err := c.do(once)
		if err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "a chore failed; it will be retried", "chore", c.name, "error", err)
		}
		if removed > 0 {
			log.InfoContext(ctx, "a chore removed what has passed its retention period", "chore", c.name, "removed", removed)
		}
	})
	return nil
}

// workspaceDeleted wakes reap: there may be a deleted workspace to remove. It never blocks.
func (p *parts) workspaceDeleted() {
	select {
	case p.deletedWorkspace <- struct{}{}:
	default:
	}
}

// reap removes deleted workspaces, bit by bit: those that were deleted here at once, others (of an instance that died)
// within reapEvery.
func (p *parts) reap(ctx context.Context) error {
	ticker := time.NewTicker(reapEvery)
	defer ticker.Stop()
	for {
		for more := true; more && ctx.Err() == nil; {
			step, cancel := context.WithTimeout(ctx, reapEvery)
			reaped, err := p.db.Workspaces.Reap(step)
			cancel()
			if err != nil && ctx.Err() == nil {
				p.service.deps.Log.WarnContext(ctx, "remove a deleted workspace", "error", err)
			}
			for i, m := range reaped.Mocks {
				p.publications.Announce(mock.Notice{Action: mock.Deleted, Mock: m, Changes: reaped.Changes[i]})
			}
			more = reaped.More && err == nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.deletedWorkspace:
		case <-ticker.C:
		}
	}
}

// every calls do at once and then again and again until ctx ends.
func every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
