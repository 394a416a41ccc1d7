//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// reloaded is how many mocks are edited over and over while they are called.
const reloaded = 64

// errStale is an answer with a revision that was replaced when the request was sent, or that nobody has written yet.
type errStale struct {
	host     string
	revision int
}

// Error implements error.
func (e errStale) Error() string {
	return fmt.Sprintf("%s answers with revision %d", e.host, e.revision)
}

// measureReloads edits mocks as fast as the API takes it while they are called, until the mock server has put that many
// changes into service or the time is up.
func (b *bench) measureReloads(ctx context.Context, reloads int) error {
	if reloads == 0 {
		return nil
	}
	if err := b.report.begin(); err != nil {
		return err
	}
	const applied = "mocloud_mockserver_changes_applied_total"
	before, err := b.install.mockserver.metric(ctx, b.client, applied)
	if err != nil {
		return err
	}
	edits := newEdits(b.mocks[:min(reloaded, len(b.mocks))])
	l := load{client: b.client, mocks: b.mocks[:len(edits.state)], rate: b.rate, allowed: edits.allowed}
	loading, endLoad := context.WithCancel(ctx)
	defer endLoad()
	work, editing := errgroup.WithContext(ctx)
	work.Go(func() error {
		l.run(loading)
		return nil
	})
	stop := make(chan struct{})
	for range b.clients {
		work.Go(func() error { return edits.run(editing, b.client, stop) })
	}
	began := time.Now()
	done := 0
	for done < reloads && time.Since(began) < b.reloadTime && editing.Err() == nil {
		if pause(editing, 100*time.Millisecond) != nil {
			break
		}
		now, err := b.install.mockserver.metric(editing, b.client, applied)
		if err != nil {
			break // the work says why
		}
		done = int(now - before)
	}
	close(stop)
	endLoad()
	spent := time.Since(began)
	if err := work.Wait(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, err := range l.errs {
		fmt.Fprintln(os.Stderr, "failed request:", err)
	}
	// What the last edits wrote must be there at the end.
	for _, m := range l.mocks {
		if err := b.client.wait(ctx, m.id); err != nil {
			return err
		}
		if seen, err := b.client.ask(ctx, m.host, path(0)); err != nil || seen != m.revision {
			return errors.Join(err, fmt.Errorf("after the reloads %s answers with revision %d, not %d", m.host, seen, m.revision))
		}
	}
	requests := len(l.times)
	return b.report.end(
		value{"reload_requests_failed", float64(l.failed.Load()), "", requests},
		value{"reloads_under_load", float64(done), "", done},
		value{"reloads_per_second", float64(done) / spent.Seconds(), "1/s", done},
		value{"reload_request_p50", quantile(l.times, 0.5), "ms", requests},
		value{"reload_request_p99", quantile(l.times, 0.99), "ms", requests},
		value{"reload_request_max", quantile(l.times, 1), "ms", requests},
	)
}

// edits are mocks that are edited while they are called.
type edits struct {
	queue chan *mock // whose turn it is; a mock is edited by one client at a time
	state map[*mock]*revisions
}

// revisions are those that a mock may answer with: none before what it was seen to answer with, none after what was sent.
type revisions struct{ seen, sent atomic.Int64 }

func newEdits(mocks []*mock) *edits {
	e := &edits{queue: make(chan *mock, len(mocks)), state: map[*mock]*revisions{}}
	for _, m := range mocks {
		r := &revisions{}
		r.seen.Store(int64(m.revision))
		r.sent.Store(int64(m.revision))
		e.state[m] = r
		e.queue <- m
	}
	return e
}

// run edits until stop is closed.
func (e *edits) run(ctx context.Context, c *client, stop <-chan struct{}) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-stop:
			return nil
		default:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-stop:
			return nil
		case m := <-e.queue:
			m.revision++
			e.state[m].sent.Store(int64(m.revision))
			if err := c.update(ctx, m.id, m.revision, content(m.revision)); err != nil {
				return err
			}
			e.queue <- m
		}
	}
}

// allowed implements load.allowed: what answered an earlier request bounds what may answer a later one.
func (e *edits) allowed(m *mock) func(revision int) bool {
	r := e.state[m]
	least := r.seen.Load()
	return func(revision int) bool {
		now := int64(revision)
		for seen := r.seen.Load(); now > seen && !r.seen.CompareAndSwap(seen, now); seen = r.seen.Load() {
		}
		return now >= least && now <= r.sent.Load()
	}
}
