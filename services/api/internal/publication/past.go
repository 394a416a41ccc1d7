package publication

import (
	"context"
	"log/slog"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
)

// Log is the log of a stream that the database numbers.
type Log interface {
	Head(ctx context.Context) (stream.Position, error)
	// RenewEpoch begins a new life of the numbers, if the present one is from; it comes after from and above.
	RenewEpoch(ctx context.Context, from, above string) error
}

// past finds out from the reports of consumers that a log has lost its latest past, as after restoring a backup: somebody has
// applied what the log has never given. Its numbers would be taken for those that were seen, so it begins a new epoch. It belongs to
// one goroutine.
type past struct {
	logs map[event.Stream]*watchedLog
	log  *slog.Logger
	now  func() time.Time
}

// watchedLog is a log and where it stood when it was last looked at.
type watchedLog struct {
	Log
	head    stream.Position
	renewed time.Time // when consumers were last heard in a newer epoch than the log's, and it was renewed for that
}

// Consumers follow a new epoch within moments. One that keeps reporting a still newer epoch receives messages of another installation.
const (
	renewAgain = 10 * time.Second
	suspicious = time.Minute
)

func newPast(mocks, domains Log, log *slog.Logger, now func() time.Time) *past {
	numbered := &watchedLog{Log: mocks}
	return &past{
		logs: map[event.Stream]*watchedLog{event.Mocks: numbered, event.Unified: numbered, event.Domains: {Log: domains}},
		log:  log, now: now,
	}
}

// check looks at a report. What it cannot look at now, it sees in the next report.
func (p *past) check(ctx context.Context, a event.Applied) {
	l := p.logs[a.Of]
	if l == nil || a.Epoch < l.head.Epoch || (a.Epoch == l.head.Epoch && a.Number <= l.head.Number) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	head, err := l.Head(ctx) // after the report: it can only be ahead of it
	if err != nil {
		return
	}
	l.head = head
	switch {
	case a.Epoch == head.Epoch && a.Number > head.Number:
	case a.Epoch > head.Epoch && stream.IsEpoch(a.Epoch):
		since := p.now().Sub(l.renewed)
		if since < renewAgain {
			return
		}
		if since < suspicious {
			p.log.ErrorContext(ctx, "consumers keep receiving newer epochs: another installation uses the same Redis and REDIS_PREFIX; give each installation its own prefix",
				"stream", a.Of, "service", a.Service, "instance", a.Instance)
		}
		l.renewed = p.now()
	default:
		return
	}
	p.log.WarnContext(ctx, "the change log has lost its latest changes, as after restoring a backup; its consumers start over",
		"stream", a.Of, "epoch", head.Epoch, "head", head.Number, "applied_epoch", a.Epoch, "applied", a.Number)
	if err := l.RenewEpoch(ctx, head.Epoch, a.Epoch); err != nil {
		p.log.ErrorContext(ctx, "renew the epoch of the change log", "error", err)
	}
}
