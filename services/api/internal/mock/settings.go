package mock

import (
	"context"
	"fmt"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Settings are changes of a mock around its content; nil fields stay as they are.
type Settings struct{ Slug, Name, Description *string }

// Change changes settings. With another slug the mock answers on another host at once, and its old host is free: only
// members of the same workspace could ever take it.
func (s *Service) Change(ctx context.Context, who workspace.Caller, id string, c Settings, seen Seen) (Mock, error) {
	return s.update(ctx, who, id, func(m Mock) (Write, error) {
		if err := seen.check(m); err != nil {
			return Write{}, err
		}
		before := m
		for _, f := range []struct{ to, from *string }{{&m.Slug, c.Slug}, {&m.Name, c.Name}, {&m.Description, c.Description}} {
			if f.from != nil {
				*f.to = *f.from
			}
		}
		if m.Slug == before.Slug && m.Name == before.Name && m.Description == before.Description {
			return Write{}, nil
		}
		w := s.resettled(Updated, m)
		if m.Slug != before.Slug {
			if err := CheckSlug(m.Slug, m.WorkspaceSlug); err != nil {
				return Write{}, err
			}
			w.Action = Renamed
			s.addChange(&w)
		}
		return w, nil
	})
}

// resettled is a write of m with other settings.
func (s *Service) resettled(a Action, m Mock) Write {
	m.Settings++
	m.UpdatedAt = s.now()
	return Write{Action: a, Mock: m}
}

// Move takes a mock with its history to another workspace, where it answers on another host at once; slug is its slug
// there, "" for the same. The caller must be allowed to edit in both.
func (s *Service) Move(ctx context.Context, who workspace.Caller, id, into, slug string, seen Seen) (Mock, error) {
	var in workspace.Membership
	return s.announced(who, func(m Mock) (Write, error) {
		if err := in.Role.RequireEdit(in.Slug); err != nil {
			return Write{}, err
		}
		if err := seen.check(m); err != nil {
			return Write{}, err
		}
		before := m
		m.WorkspaceID, m.WorkspaceSlug, m.Role = in.ID, in.Slug, in.Role
		if slug != "" {
			m.Slug = slug
		}
		if m.WorkspaceID == before.WorkspaceID && m.Slug == before.Slug {
			return Write{}, nil
		}
		if err := CheckSlug(m.Slug, m.WorkspaceSlug); err != nil {
			return Write{}, err
		}
		w := s.resettled(Moved, m)
		s.addChange(&w)
		return w, nil
	}, func(decide decision) (Mock, []event.Envelope, error) {
		return s.repo.MoveMock(ctx, who, id, into, func(m Mock, membership workspace.Membership) (Write, error) {
			in = membership
			return decide(m)
		})
	})
}

// Duplicate makes a new mock, offline, of a mock's current revision; n says where and what else, and "" there means as
// the original has it.
func (s *Service) Duplicate(ctx context.Context, who workspace.Caller, id string, n New) (Mock, error) {
	m, err := s.repo.Mock(ctx, who, id)
	if err != nil {
		return Mock{}, err
	}
	n.Content = m.Content
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&n.WorkspaceSlug, m.WorkspaceSlug},
		{&n.Name, m.Name},
		{&n.Description, m.Description},
		{&n.Message, fmt.Sprintf("Copy of %s, revision %d", m.Slug, m.Revision)},
	} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	return s.Create(ctx, who, n)
}

// Delete takes the mock offline and out of sight. It can be restored for a while; its slug is free at once.
func (s *Service) Delete(ctx context.Context, who workspace.Caller, id string, seen Seen) error {
	_, err := s.update(ctx, who, id, func(m Mock) (Write, error) {
		if err := seen.check(m); err != nil {
			return Write{}, err
		}
		m.DeletedAt = s.now()
		w := Write{Action: Deleted, Mock: m, KeepDeleted: s.cfg.KeepDeleted}
		if m.Change > 0 { // else nobody ever heard of it
			w.Changes = []changelog.Change{{Key: m.ID, Tombstone: true, Payload: event.MockDeleted{WorkspaceID: m.WorkspaceID, MockID: m.ID}}}
		}
		return w, nil
	})
	return err
}

// Restore brings a deleted mock back as it was, published if it was; slug is another slug for it, "" for the same.
func (s *Service) Restore(ctx context.Context, who workspace.Caller, id, slug string) (Mock, error) {
	return s.announced(who, func(m Mock) (Write, error) {
		if s.now().Sub(m.DeletedAt) > s.cfg.KeepDeletedFor { // the purge is a little late
			return Write{}, apperr.New(apperr.NotFound, "There is no deleted mock with this id in your workspaces.")
		}
		m.DeletedAt = time.Time{}
		if slug != "" {
			m.Slug = slug
		}
		if err := CheckSlug(m.Slug, m.WorkspaceSlug); err != nil {
			return Write{}, err
		}
		w := s.resettled(Restored, m)
		s.addChange(&w)
		return w, nil
	}, func(decide decision) (Mock, []event.Envelope, error) {
		return s.repo.RestoreMock(ctx, who, id, decide)
	})
}

// RestorableUntil is when a deleted mock ends for good.
func (s *Service) RestorableUntil(m Mock) time.Time { return m.DeletedAt.Add(s.cfg.KeepDeletedFor) }

// Purge ends the mocks for good that can be restored no longer, and returns how many.
func (s *Service) Purge(ctx context.Context) (int64, error) {
	return s.repo.PurgeMocks(ctx, s.now().Add(-s.cfg.KeepDeletedFor))
}
