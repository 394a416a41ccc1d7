//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// maxProfile is how long a profile takes at most; the client waits for it.
const maxProfile = callTimeout - 5*time.Second

// profiled runs a measurement while the services' CPU profiles are taken, if they are wanted.
func (b *bench) profiled(ctx context.Context, measure func(context.Context) error) error {
	if b.profiles == "" {
		return measure(ctx)
	}
	work, profiling := errgroup.WithContext(ctx)
	for _, s := range b.install.services() {
		work.Go(func() error {
			seconds := int(min(b.editTime, maxProfile).Seconds())
			profile, err := b.client.get(profiling, fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", s.opsURL, max(seconds, 1)))
			if err != nil {
				return err
			}
			name := fmt.Sprintf("%s-%d.pprof", s.name, b.report.endpoints)
			return os.WriteFile(filepath.Join(b.profiles, name), profile, 0o600)
		})
	}
	if err := measure(ctx); err != nil {
		return err
	}
	return work.Wait()
}
