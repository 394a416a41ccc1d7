//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"
)

const (
	askEvery    = time.Millisecond      // once the API has answered: more often, or before, would compete with what is measured
	thinkTime   = 20 * time.Millisecond // between edits, on average
	editTimeout = 30 * time.Second
)

// edited is what one edit took.
type edited struct {
	live     time.Duration // from sending it until the mock answers with it
	answered time.Duration // from the API's answer to it
	yamlgen  time.Duration // CPU time of the generator meanwhile
}

// measureEdits edits one random mock after another for a while.
func (b *bench) measureEdits(ctx context.Context) error {
	if err := b.report.begin(); err != nil {
		return err
	}
	generator := b.install.yamlgen
	cpu, err := cpuOf(generator.pid())
	if err != nil {
		return err
	}
	unified, err := generator.metric(ctx, b.client, "mocloud_yamlgen_unified_written_bytes_total")
	if err != nil {
		return err
	}
	var live, answered, alone []time.Duration
	began := time.Now()
	for time.Since(began) < b.editTime {
		m := b.mocks[rand.IntN(len(b.mocks))]
		e, err := b.edit(ctx, m)
		if err != nil {
			return err
		}
		live, answered, alone = append(live, e.live), append(answered, e.answered), append(alone, e.yamlgen)
		if err := pause(ctx, rand.N(2*thinkTime)); err != nil {
			return err
		}
	}
	spent := time.Since(began)
	cpuAfter, err := cpuOf(generator.pid())
	if err != nil {
		return err
	}
	unifiedAfter, err := generator.metric(ctx, b.client, "mocloud_yamlgen_unified_written_bytes_total")
	if err != nil {
		return err
	}
	single, err := b.fileSize(b.mocks[0])
	if err != nil {
		return err
	}
	held, _, err := memory(generator.pid())
	if err != nil {
		return err
	}
	n := len(live)
	return b.report.end(
		value{"publish_live_p50", quantile(live, 0.5), "ms", n},
		value{"publish_live_p99", quantile(live, 0.99), "ms", n},
		value{"publish_live_after_answer_p50", quantile(answered, 0.5), "ms", n},
		value{"publish_live_after_answer_p99", quantile(answered, 0.99), "ms", n},
		value{"yamlgen_cpu_per_publish_p50", quantile(alone, 0.5), "ms", n},
		value{"yamlgen_cpu_per_publish_mean", milliseconds(cpuAfter-cpu) / float64(n), "ms", n},
		value{"yamlgen_rss", float64(held), "B", 1},
		value{"bytes_per_publish_mock", float64(single), "B", n},
		value{"bytes_per_publish_unified", (unifiedAfter - unified) / float64(n), "B", n},
		value{"publishes_per_second", float64(n) / spent.Seconds(), "1/s", n},
	)
}

// edit makes one edit and asks the mock until it answers with it.
func (b *bench) edit(ctx context.Context, m *mock) (e edited, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, editTimeout, fmt.Errorf("an edit of %s is not live after %s", m.host, editTimeout))
	defer cancel()
	if seen, err := b.client.ask(ctx, m.host, path(0)); err != nil || seen != m.revision {
		return e, errors.Join(err, fmt.Errorf("%s answers with revision %d before revision %d is replaced", m.host, seen, m.revision))
	}
	cpu, err := cpuOf(b.install.yamlgen.pid())
	if err != nil {
		return e, err
	}
	m.revision++
	next := content(m.revision)
	began := time.Now()
	if err := b.client.update(ctx, m.id, m.revision, next); err != nil {
		return e, err
	}
	answered := time.Now()
	for {
		seen, err := b.client.ask(ctx, m.host, path(0))
		if err == nil && seen == m.revision {
			break
		}
		if err == nil && seen != m.revision-1 {
			err = fmt.Errorf("%s answers with revision %d while %d replaces %d", m.host, seen, m.revision, m.revision-1)
		}
		if err == nil {
			err = pause(ctx, askEvery)
		}
		if err != nil {
			return e, errors.Join(context.Cause(ctx), err)
		}
	}
	live := time.Now()
	after, err := cpuOf(b.install.yamlgen.pid())
	return edited{live.Sub(began), live.Sub(answered), after - cpu}, err
}

// fileSize is the size of a mock's own file. The object store is a folder.
func (b *bench) fileSize(m *mock) (int64, error) {
	info, err := os.Stat(b.install.object(m.workspaceID + "/" + m.id + "/mock.yml"))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
