package publication

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
)

// fakeLog is a log that can be put back.
type fakeLog struct {
	head    stream.Position
	looks   int
	renewed int
	err     error
}

func (l *fakeLog) Head(context.Context) (stream.Position, error) {
	l.looks++
	return l.head, l.err
}

func (l *fakeLog) RenewEpoch(_ context.Context, from, above string) error {
	if from == l.head.Epoch {
		l.head.Epoch = stream.NewEpoch(max(from, above))
		l.renewed++
	}
	return nil
}

func TestLostPast(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	older := stream.NewEpoch("")
	epoch := stream.NewEpoch(older)
	newer := stream.NewEpoch(epoch)
	report := func(of event.Stream, epoch string, number uint64) event.Applied {
		return event.Applied{Service: "any", Instance: "i", Of: of, Epoch: epoch, Number: number}
	}
	for name, c := range map[string]struct {
		report event.Applied
		renews bool
	}{
		"at the head":                           {report(event.Mocks, epoch, 10), false},
		"behind":                                {report(event.Mocks, epoch, 3), false},
		"of an epoch that is over":              {report(event.Mocks, older, 99), false},
		"beyond the head":                       {report(event.Mocks, epoch, 11), true},
		"beyond the head of what is made of it": {report(event.Unified, epoch, 11), true},
		"of a newer epoch":                      {report(event.Mocks, newer, 1), true},
		"of an epoch that nobody made":          {report(event.Mocks, "zzz", 1), false},
		"domains at the head":                   {report(event.Domains, epoch, 4), false},
		"domains beyond the head":               {report(event.Domains, epoch, 5), true},
		"domains of a newer epoch":              {report(event.Domains, newer, 1), true},
		"of no stream of the database":          {report(event.Status, epoch, 99), false},
	} {
		t.Run(name, func(t *testing.T) {
			mocks, domains := &fakeLog{head: stream.Position{Epoch: epoch, Number: 10}}, &fakeLog{head: stream.Position{Epoch: epoch, Number: 4}}
			p := newPast(mocks, domains, slog.New(slog.DiscardHandler), func() time.Time { return now })
			p.check(t.Context(), c.report)
			p.check(t.Context(), c.report) // it is repeated until the consumer has followed
			renewed, other := mocks, domains
			if c.report.Of == event.Domains {
				renewed, other = domains, mocks
			}
			if (renewed.renewed == 1) != c.renews || renewed.renewed > 1 || other.renewed != 0 {
				t.Errorf("renewed %d times, the other stream %d times", renewed.renewed, other.renewed)
			}
			if c.renews && renewed.head.Epoch <= c.report.Epoch {
				t.Errorf("%s does not come after %s", renewed.head.Epoch, c.report.Epoch)
			}
		})
	}
}

// TestLostPastLooksOnce: a report that says nothing new costs the database nothing.
func TestLostPastLooksOnce(t *testing.T) {
	l := &fakeLog{head: stream.Position{Epoch: stream.NewEpoch(""), Number: 10}}
	p := newPast(l, l, slog.New(slog.DiscardHandler), time.Now)
	for range 100 {
		p.check(t.Context(), event.Applied{Of: event.Mocks, Epoch: l.head.Epoch, Number: 10})
	}
	if l.looks != 1 {
		t.Errorf("looked %d times", l.looks)
	}
	l.err = errors.New("gone")
	p.check(t.Context(), event.Applied{Of: event.Mocks, Epoch: l.head.Epoch, Number: 11})
	if l.renewed != 0 {
		t.Error("renewed without knowing where the log stands")
	}
}
