//go:build linux

package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// callers are how many connections the load comes from.
const callers = 8

// measureRequests calls one in a hundred hosts once, for the memory that takes, and then these hosts at the given rate, for
// the CPU time of a request.
func (b *bench) measureRequests(ctx context.Context) error {
	touched := b.touched()
	if err := b.report.begin(); err != nil {
		return err
	}
	for n, m := range touched {
		if _, err := b.client.ask(ctx, m.host, path(n)); err != nil {
			return err
		}
	}
	now, _, err := memory(b.install.mockserver.pid())
	if err != nil {
		return err
	}
	if err := b.report.end(value{"rss_touched", float64(now), "B", len(touched)}); err != nil {
		return err
	}

	if err := b.report.begin(); err != nil {
		return err
	}
	before, err := cpuOf(b.install.mockserver.pid())
	if err != nil {
		return err
	}
	l := load{client: b.client, mocks: touched, rate: b.rate}
	loading, cancel := context.WithTimeout(ctx, b.loadTime)
	defer cancel()
	l.run(loading)
	after, err := cpuOf(b.install.mockserver.pid())
	if err != nil {
		return err
	}
	requests := len(l.times)
	return b.report.end(
		value{"cpu_per_request", float64((after - before).Microseconds()) / float64(requests), "µs", requests},
		value{"request_p50", quantile(l.times, 0.5), "ms", requests},
		value{"request_p99", quantile(l.times, 0.99), "ms", requests},
		value{"requests_failed", float64(l.failed.Load()), "", requests},
	)
}

// touched are the hosts that are called: one in a hundred, spread evenly.
func (b *bench) touched() []*mock {
	var list []*mock
	for n := 0; n < len(b.mocks); n += 100 {
		list = append(list, b.mocks[n])
	}
	return list
}

// load is requests at a constant rate from a few connections, over random mocks. An answer counts as failed unless it is
// a 200 that is wholly of one revision that is allowed.
type load struct {
	client *client
	mocks  []*mock
	rate   int // a second
	// allowed begins to watch a mock when a request is sent, and tells afterwards whether it may answer with that revision; nil: any.
	allowed func(m *mock) func(revision int) bool

	failed atomic.Int64
	mu     sync.Mutex
	times  []time.Duration // of each request, after run
	errs   []error         // the first few
}

// run loads until ctx ends. Requests that are on their way then are waited for.
func (l *load) run(ctx context.Context) {
	var wg sync.WaitGroup
	every := time.Second * callers / time.Duration(l.rate)
	began := time.Now()
	for n := range callers {
		wg.Go(func() { l.call(ctx, began.Add(every*time.Duration(n)/callers), every) })
	}
	wg.Wait()
}

// call sends a request at each of its times. One that comes late because the one before took long is sent at once, so that
// the rate holds on average.
func (l *load) call(ctx context.Context, next time.Time, every time.Duration) {
	var times []time.Duration
	for ; pause(ctx, time.Until(next)) == nil; next = next.Add(every) {
		if behind := time.Since(next); behind > time.Second {
			next = next.Add(behind) // the machine cannot keep the rate: give way
		}
		n := rand.IntN(len(l.mocks))
		m := l.mocks[n]
		fits := func(int) bool { return true }
		if l.allowed != nil {
			fits = l.allowed(m)
		}
		began := time.Now()
		revision, err := l.client.ask(context.WithoutCancel(ctx), m.host, path(rand.IntN(perMock)))
		times = append(times, time.Since(began))
		if err == nil && !fits(revision) {
			err = errStale{m.host, revision}
		}
		if err != nil {
			l.fail(err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times = append(l.times, times...)
}

func (l *load) fail(err error) {
	const few = 5
	l.failed.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.errs) < few {
		l.errs = append(l.errs, err)
	}
}
