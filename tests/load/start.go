//go:build linux

package main

import (
	"context"
	"time"
)

// idle is how long a mock server that has started is left alone before its memory is read.
const idle = 10 * time.Second

// measureStart starts the mock server anew, several times, and reads its memory: as soon as it is ready, and after a while
// of doing nothing.
func (b *bench) measureStart(ctx context.Context) error {
	if err := b.report.begin(); err != nil {
		return err
	}
	s := b.install.mockserver
	times := make([]time.Duration, b.starts)
	for n := range times {
		if err := s.stop(); err != nil {
			return err
		}
		began := time.Now()
		if err := s.start(ctx); err != nil {
			return err
		}
		times[n] = time.Since(began)
	}
	ready, _, err := memory(s.pid())
	if err != nil {
		return err
	}
	if err := b.report.end(
		value{"start_to_ready_p50", quantile(times, 0.5), "ms", b.starts},
		value{"start_to_ready_max", quantile(times, 1), "ms", b.starts},
		value{"rss_ready", float64(ready), "B", 1},
	); err != nil {
		return err
	}
	if err := b.report.begin(); err != nil {
		return err
	}
	if err := pause(ctx, idle); err != nil {
		return err
	}
	now, peak, err := memory(s.pid())
	if err != nil {
		return err
	}
	return b.report.end(value{"rss_idle", float64(now), "B", 1}, value{"rss_peak", float64(peak), "B", 1})
}
