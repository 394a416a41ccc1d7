//go:build linux

package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// fill creates and publishes mocks through the public API until that many endpoints are hosted, and waits until the mock
// server answers with the last of them and the unified mock has all of them.
func (b *bench) fill(ctx context.Context, size int) error {
	if err := b.report.begin(); err != nil {
		return err
	}
	began := time.Now()
	have, want := len(b.mocks), size/perMock
	b.mocks = append(b.mocks, make([]*mock, want-have)...)
	changes := make([]uint64, want)
	var next atomic.Int64
	next.Store(int64(have))
	work, filling := errgroup.WithContext(ctx)
	for range b.clients {
		work.Go(func() error {
			for n := int(next.Add(1)) - 1; n < want; n = int(next.Add(1)) - 1 {
				m, change, err := b.client.create(filling, fmt.Sprintf("mock-%06d", n))
				if err != nil {
					return err
				}
				b.mocks[n], changes[n] = m, change
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	// Changes are applied in order: when the last one is live, all are.
	last := have
	for n := have; n < want; n++ {
		if changes[n] > changes[last] {
			last = n
		}
	}
	if err := b.client.wait(ctx, b.mocks[last].id); err != nil {
		return err
	}
	live := time.Since(began)
	sites, err := b.install.mockserver.metric(ctx, b.client, "mocloud_mockserver_sites")
	if err != nil {
		return err
	}
	if int(sites) != want {
		return fmt.Errorf("the mock server serves %d mocks, not %d", int(sites), want)
	}
	if err := b.settled(ctx, changes[last], size); err != nil {
		return err
	}
	_, bytes, err := b.install.unifiedMock()
	if err != nil {
		return err
	}
	return b.report.end(
		value{"fill_mocks_per_second", float64(want-have) / live.Seconds(), "1/s", want - have},
		value{"unified_mock_size", float64(bytes), "B", 1},
	)
}

// settled waits until the unified mock has a change and that many endpoints.
func (b *bench) settled(ctx context.Context, change uint64, size int) error {
	const patience = 3 * time.Minute
	for deadline := time.Now().Add(patience); ; {
		h, _, err := b.install.unifiedMock()
		if err != nil {
			return err
		}
		if h.Change >= change && h.Endpoints == size {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s the unified mock is at change %d with %d endpoints, not at %d with %d",
				patience, h.Change, h.Endpoints, change, size)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// pause waits; an error if ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
