package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// fetchTries is how often a file is fetched that is not what its change said, and fetchPause the first wait in between,
// which doubles. The store shows what was written before the change was published, so that only a later write of the
// same file, whose change is on its way, explains a difference.
const (
	fetchTries = 4
	fetchPause = 20 * time.Millisecond
)

// Apply implements stream.Handler: it fetches the files of the changed mocks, then swaps the sites one by one.
func (s *Source) Apply(ctx context.Context, b stream.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.position.Epoch != "" && b.Epoch != s.position.Epoch {
		return nil // the unified mock was ahead; the stream will say so
	}
	changes := s.latest(ctx, b.Changes)
	work, fetching := errgroup.WithContext(ctx)
	work.SetLimit(s.cfg.Parallel)
	for i := range changes {
		if changes[i].generated == nil {
			continue
		}
		work.Go(func() (err error) {
			changes[i].site, err = s.fetch(fetching, &changes[i])
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	for i := range changes {
		c := &changes[i]
		delete(s.suspect, c.id)
		switch {
		case c.site != nil:
			s.put(c.site)
			s.meters.applied.Inc()
		case c.generated != nil:
			s.suspect[c.id] = c.number
			s.meters.suspect.Inc()
			s.deps.Log.WarnContext(ctx, "a mock's file does not match its change; waiting for the next change",
				"mock_id", c.id, "change", c.number, "key", c.generated.Key)
		default:
			served := s.live[c.id]
			s.remove(c.id)
			if served && c.deleted && s.deps.Deleted != nil {
				s.deps.Deleted(ctx, c.id)
			}
			s.meters.applied.Inc()
		}
	}
	s.position = stream.Position{Epoch: b.Epoch, Number: max(s.position.Number, b.To)}
	s.meters.sites.Set(float64(len(s.live)))
	return nil
}

// change is what is to be done about one mock.
type change struct {
	number    uint64
	id        string
	generated *event.SingleGenerated // nil: remove it
	deleted   bool                   // for good, and not only from what is published
	since     uint64                 // the change that generated comes from
	site      *site.Site             // nil: there is no file that fits
}

// latest keeps the last change of each mock that is not applied yet.
func (s *Source) latest(ctx context.Context, envelopes []event.Envelope) []change {
	var changes []change
	at := map[string]int{}
	for _, e := range envelopes {
		if e.Number <= s.position.Number && e.Epoch == s.position.Epoch {
			continue // a unified mock was further
		}
		c := change{number: e.Number, since: e.Number}
		var err error
		switch e.Type {
		case event.TypeSingleGenerated:
			var g event.SingleGenerated
			g, err = event.Decode[event.SingleGenerated](e)
			c.id, c.generated = g.MockID, &g
		case event.TypeSingleRemoved:
			var r event.SingleRemoved
			r, err = event.Decode[event.SingleRemoved](e)
			c.id, c.deleted = r.MockID, r.Deleted
		case event.TypeSingleRejected: // the generator's last word on what is served, which may not be what was applied
			var r event.SingleRejected
			r, err = event.Decode[event.SingleRejected](e)
			c.id, c.generated, c.since = r.MockID, r.Serving, r.ServingSince
		default:
			continue
		}
		if err != nil {
			s.deps.Log.ErrorContext(ctx, "change skipped", "number", e.Number, "type", string(e.Type), "error", err)
			continue
		}
		if i, ok := at[c.id]; ok {
			changes[i] = c
			continue
		}
		at[c.id] = len(changes)
		changes = append(changes, c)
	}
	return changes
}

// siteWith is the site of the changed mock with that content.
func (c *change) siteWith(content []byte) *site.Site {
	g := c.generated
	return &site.Site{
		WorkspaceID: g.WorkspaceID, WorkspaceSlug: g.WorkspaceSlug, MockID: g.MockID, MockSlug: g.MockSlug, Revision: g.Revision,
		Change: c.since, Digest: g.Digest, Hosts: g.Hosts, Content: content, Recording: g.Recording,
	}
}

// errDiffers says that a file is not what its change says.
var errDiffers = errors.New("digest differs")

// fetch gets a mock from its event, or its file. It returns nil when there is none that fits; an error when the store is in trouble.
func (s *Source) fetch(ctx context.Context, c *change) (*site.Site, error) {
	if lines := c.generated.Lines; lines != "" {
		return c.siteWith([]byte(lines)), nil
	}
	wait := fetchPause
	for try := 1; ; try++ {
		content, err := s.read(ctx, c.generated)
		switch {
		case err == nil:
			return c.siteWith(content), nil
		case !errors.Is(err, objstore.ErrNotFound) && !errors.Is(err, errDiffers):
			return nil, fmt.Errorf("fetch %s: %w", c.generated.Key, err)
		case try == fetchTries:
			return nil, nil
		}
		if !pause(ctx, wait) {
			return nil, ctx.Err()
		}
		wait *= 2
	}
}

// read fetches a file of the very size and digest that the change says.
func (s *Source) read(ctx context.Context, g *event.SingleGenerated) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	o, err := s.deps.Objects.Get(ctx, g.Key)
	if err != nil {
		return nil, err
	}
	defer o.Body.Close()
	if o.Size != g.Size {
		return nil, errDiffers
	}
	content := make([]byte, g.Size)
	if _, err := io.ReadFull(o.Body, content); err != nil {
		return nil, err
	}
	if unified.Digest(content) != g.Digest {
		return nil, errDiffers
	}
	return content, nil
}

type meters struct {
	sites            prometheus.Gauge
	loads            prometheus.Histogram
	applied, suspect prometheus.Counter
}

func newMeters(reg prometheus.Registerer) meters {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "mocloud", Subsystem: "mockserver", Name: name, Help: help}
	}
	m := meters{
		sites: prometheus.NewGauge(prometheus.GaugeOpts(opts("sites", "Mocks that are served."))),
		loads: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "mocloud", Subsystem: "mockserver", Name: "unified_load_seconds", Help: "Time to load and index the unified mock.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}),
		applied: prometheus.NewCounter(prometheus.CounterOpts(opts("changes_applied_total", "Changes of mocks that were taken over."))),
		suspect: prometheus.NewCounter(prometheus.CounterOpts(opts("files_suspect_total", "Files of mocks that did not match their change."))),
	}
	if reg != nil {
		reg.MustRegister(m.sites, m.loads, m.applied, m.suspect)
	}
	return m
}
