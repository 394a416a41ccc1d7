package push

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// apply stores and publishes everything, and remembers what the mocks are now.
func (p *push) apply(ctx context.Context, sources []*source, progress *progress) error {
	done := progress.counter("pushed", len(sources))
	err := remote.Each(ctx, len(sources), func(ctx context.Context, i int) error {
		m, err := p.store(ctx, sources[i])
		if err == nil && !p.draft {
			err = p.publish(ctx, m)
		}
		if m != nil {
			sources[i].pushed = m
		}
		if err != nil && len(sources) > 1 {
			err = fmt.Errorf("%s: %w", sources[i].file, err)
		}
		done()
		return err
	})
	progress.end()
	pushed := 0
	kept := map[*remote.Seen]bool{}
	for _, src := range sources {
		if src.pushed == nil {
			continue
		}
		pushed++
		kept[src.seen] = true
		src.seen.Revisions[src.pushed.ID] = src.pushed.Revision
	}
	for seen := range kept {
		if failed := seen.Save(); failed != nil {
			p.Note("warning: mocloud cannot remember which revisions were pushed: %s", exit.Message(failed))
		}
	}
	if err != nil && len(sources) > 1 {
		err = fmt.Errorf("%w; %d of %d files were pushed before", err, pushed, len(sources))
	}
	return err
}

// store makes the content the mock's current revision.
func (p *push) store(ctx context.Context, src *source) (*client.Mock, error) {
	if src.found == nil {
		return remote.Read((*client.CreateMockResponse).GetJSON201)(p.CreateMockWithResponse(ctx, nil, client.NewMock{
			Slug: src.ref.Slug, Content: src.content, Message: remote.Optional(p.message), WorkspaceSlug: remote.Optional(src.ref.WorkspaceSlug),
		}))
	}
	var params client.UpdateMockContentParams
	if src.expected > 0 {
		match := fmt.Sprintf("%q", fmt.Sprint(src.expected))
		params.IfMatch = &match
	}
	m, err := remote.Read((*client.UpdateMockContentResponse).GetJSON200)(p.UpdateMockContentWithResponse(ctx, src.found.ID, &params, client.NewRevision{
		Content: src.content, Message: remote.Optional(p.message),
	}))
	if problem, ok := errors.AsType[*remote.ProblemError](err); ok && problem.Code == client.LostUpdate && problem.Revision != nil {
		src.found.Revision = *problem.Revision
		said, failed := p.overwritten(ctx, src, src.expected)
		if failed != nil {
			return nil, err
		}
		return nil, exit.With(exit.Stale, errors.New(said))
	}
	return m, err
}

// publish publishes the mock, unless storing it did.
func (p *push) publish(ctx context.Context, m *client.Mock) error {
	if m.PublishedRevision == m.Revision {
		return nil
	}
	pub, err := remote.Read((*client.PublishMockResponse).GetJSON200)(p.PublishMockWithResponse(ctx, m.ID))
	if err != nil {
		return err
	}
	became(m, pub)
	return nil
}

// became takes over what a publication says about its mock.
func became(m *client.Mock, pub *client.Publication) {
	m.State, m.Reason, m.PublishedRevision, m.Diagnostics = pub.State, pub.Reason, pub.PublishedRevision, &pub.Diagnostics
}

// settle waits until every mock is live, or the time is over.
func (p *push) settle(ctx context.Context, sources []*source, progress *progress) error {
	started := time.Now()
	deadline := started.Add(p.wait)
	var live atomic.Int64
	var mu sync.Mutex
	var servers client.Servers
	err := remote.Each(ctx, len(sources), func(ctx context.Context, i int) error {
		m := sources[i].pushed
		for {
			left := min(time.Until(deadline), progress.every)
			wait := fmt.Sprintf("%dms", max(left.Milliseconds(), 0))
			pub, err := remote.Read((*client.GetPublicationResponse).GetJSON200)(p.GetPublicationWithResponse(ctx, m.ID, &client.GetPublicationParams{Revision: &m.Revision, Wait: &wait}))
			if err != nil {
				return err
			}
			became(m, pub)
			mu.Lock()
			servers = pub.Servers
			mu.Unlock()
			if pub.Settled && pub.State == client.Published {
				live.Add(1)
				return nil
			}
			if pub.Settled || time.Until(deadline) <= 0 {
				return exit.With(exit.NotLive, fmt.Errorf("revision %d of %s is %s after %s: %s", m.Revision, remote.Name(m), pub.State, p.wait, pub.Reason))
			}
			if len(sources) == 1 {
				progress.now("%s is live on %d of %d mock servers, for %s", remote.Name(m), pub.Servers.Applied, pub.Servers.Live, time.Since(started).Round(time.Second))
			} else {
				progress.now("%d of %d mocks are live", live.Load(), len(sources))
			}
		}
	})
	if err == nil {
		progress.done("live on %d of %d mock servers after %s", servers.Applied, servers.Live, time.Since(started).Round(time.Millisecond))
	}
	return err
}
