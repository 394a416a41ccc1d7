package mock

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Service is what an account does with mocks. It is safe for concurrent use.
type Service struct {
	repo      Repository
	addresses Addresses
	limits    mockspec.Limits
	announcer Announcer
	now       func() time.Time
}

// NewService makes a Service over repo. Every committed write is announced.
func NewService(repo Repository, addresses Addresses, limits mockspec.Limits, announcer Announcer, now func() time.Time) *Service {
	return &Service{repo: repo, addresses: addresses, limits: limits, announcer: announcer, now: now}
}

// Validate says what is wrong with content. An error means that it cannot even be kept: too large, or not text.
func (s *Service) Validate(content string) ([]mockspec.Diagnostic, error) {
	_, diagnostics, err := s.parse(content)
	return diagnostics, err
}

// parse validates content and counts its endpoints.
func (s *Service) parse(content string) (int, []mockspec.Diagnostic, error) {
	if limit := s.limits.Bytes; len(content) > limit {
		return 0, nil, apperr.New(apperr.TooLarge, "The content has %d bytes; at most %d are possible.", len(content), limit).WithField("content")
	}
	if !utf8.ValidString(content) || strings.ContainsRune(content, 0) {
		return 0, nil, apperr.New(apperr.Invalid, "The content is not text: it must be UTF-8 without zero characters.").WithField("content")
	}
	parsed, diagnostics := mockspec.Parse([]byte(content), mockspec.Options{Limits: s.limits})
	if parsed == nil {
		return 0, diagnostics, nil
	}
	return len(parsed.Endpoints) + len(parsed.WebSockets), diagnostics, nil
}

// Create stores a new mock, offline, in the workspace with that slug.
func (s *Service) Create(ctx context.Context, who workspace.Caller, workspaceSlug, slug, content string) (Mock, error) {
	endpoints, diagnostics, err := s.parse(content)
	if err != nil {
		return Mock{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Mock{}, fmt.Errorf("make mock id: %w", err)
	}
	now := s.now()
	m := Mock{
		ID: id.String(), Workspace: workspaceSlug, Slug: slug, Revision: 1, Content: content, Diagnostics: diagnostics, Endpoints: endpoints,
		CreatedAt: now, UpdatedAt: now,
	}
	m, err = s.repo.CreateMock(ctx, who, m, func(in workspace.Membership) error {
		if err := in.Role.RequireEdit(in.Slug); err != nil {
			return err
		}
		return checkSlug(slug, in.Slug)
	})
	if err != nil {
		return Mock{}, err
	}
	s.announcer.Announce(m, false, nil)
	return m, nil
}

// Find returns a mock with its content.
func (s *Service) Find(ctx context.Context, who workspace.Caller, id string) (Mock, error) {
	return s.repo.Mock(ctx, who, id)
}

// List returns one page of mocks and the cursor of the next page, "" on the last one.
func (s *Service) List(ctx context.Context, who workspace.Caller, workspaceSlug, cursor string, limit int) ([]Mock, string, error) {
	q := Query{Workspace: workspaceSlug, Limit: limit + 1}
	if cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		ws, slug, ok := strings.Cut(string(raw), "/")
		if err != nil || !ok {
			return nil, "", apperr.New(apperr.Invalid, "The cursor is not one that this list gave out; begin without a cursor.").WithField("cursor")
		}
		q.AfterWorkspace, q.AfterSlug = ws, slug
	}
	items, err := s.repo.Mocks(ctx, who, q)
	if err != nil || len(items) <= limit {
		return items, "", err
	}
	items = items[:limit]
	last := items[limit-1]
	return items, base64.RawURLEncoding.EncodeToString([]byte(last.WorkspaceID + "/" + last.Slug)), nil
}

// Edit stores content as a new revision, unless it is what the current one holds. A published mock is published again
// with it, unless it has errors: then the last good revision stays published. expected is the revision that the editor
// saw; apperr.Precondition if it is not the current one; 0 means any.
func (s *Service) Edit(ctx context.Context, who workspace.Caller, id, content string, expected int) (Mock, error) {
	endpoints, diagnostics, err := s.parse(content)
	if err != nil {
		return Mock{}, err
	}
	return s.update(ctx, who, id, func(m Mock) (Write, error) {
		if expected != 0 && expected != m.Revision {
			return Write{}, apperr.New(apperr.Precondition, "The mock was edited meanwhile: its revision is %d, not %d. Read it again and repeat your edit.", m.Revision, expected)
		}
		if content == m.Content {
			return Write{}, nil
		}
		m.Revision++
		m.Content, m.Diagnostics, m.Endpoints, m.UpdatedAt = content, diagnostics, endpoints, s.now()
		w := Write{Mock: m, NewRevision: true}
		if m.Published() && !mockspec.HasErrors(diagnostics) {
			s.publish(&w)
		}
		return w, nil
	})
}

// Publish puts the current revision on the mock's host; it is no change if it is there. An *InvalidError if it has errors.
func (s *Service) Publish(ctx context.Context, who workspace.Caller, id string) (Mock, error) {
	return s.update(ctx, who, id, func(m Mock) (Write, error) {
		if mockspec.HasErrors(m.Diagnostics) {
			return Write{}, &InvalidError{
				Err:         apperr.New(apperr.Invalid, "Revision %d cannot be published: %s", m.Revision, Summary(m.Diagnostics)).WithField("content"),
				Diagnostics: m.Diagnostics,
			}
		}
		if m.PublishedRevision == m.Revision {
			return Write{}, nil
		}
		m.UpdatedAt = s.now()
		w := Write{Mock: m}
		s.publish(&w)
		return w, nil
	})
}

// Unpublish takes the mock offline; it is no change if it is.
func (s *Service) Unpublish(ctx context.Context, who workspace.Caller, id string) (Mock, error) {
	return s.update(ctx, who, id, func(m Mock) (Write, error) {
		if !m.Published() {
			return Write{}, nil
		}
		m.PublishedRevision, m.UpdatedAt = 0, s.now()
		return Write{Mock: m, Changes: []Change{{Key: m.ID, Payload: event.MockUpdated{
			WorkspaceID: m.WorkspaceID, Workspace: m.Workspace, MockID: m.ID, Mock: m.Slug,
			Revision: m.Revision, Hosts: []string{s.addresses.Host(m)},
		}}}}, nil
	})
}

// Delete removes the mock and its history for good.
func (s *Service) Delete(ctx context.Context, who workspace.Caller, id string) error {
	_, err := s.update(ctx, who, id, func(m Mock) (Write, error) {
		w := Write{Mock: m, Delete: true}
		if m.Change > 0 { // else nobody ever heard of it
			w.Changes = []Change{{Key: m.ID, Tombstone: true, Payload: event.MockDeleted{WorkspaceID: m.WorkspaceID, MockID: m.ID}}}
		}
		return w, nil
	})
	return err
}

// publish adds the change that puts w.Mock's current revision on its host.
func (s *Service) publish(w *Write) {
	m := &w.Mock
	m.PublishedRevision = m.Revision
	w.Changes = append(w.Changes, Change{Key: m.ID, Payload: event.MockUpdated{
		WorkspaceID: m.WorkspaceID, Workspace: m.Workspace, MockID: m.ID, Mock: m.Slug,
		Revision: m.Revision, Hosts: []string{s.addresses.Host(*m)}, Enabled: true, Content: m.Content,
	}})
}

// update checks the role before it lets decide say what to write, and announces what was written.
func (s *Service) update(ctx context.Context, who workspace.Caller, id string, decide func(Mock) (Write, error)) (Mock, error) {
	var deleted, written bool
	m, changes, err := s.repo.UpdateMock(ctx, who, id, func(m Mock) (Write, error) {
		if err := m.Role.RequireEdit(m.Workspace); err != nil {
			return Write{}, err
		}
		w, err := decide(m)
		deleted, written = w.Delete, w.Mock.ID != ""
		return w, err
	})
	if err != nil {
		return Mock{}, err
	}
	if written {
		s.announcer.Announce(m, deleted, changes)
	}
	return m, nil
}

// Summary puts the first error and the number of others into a sentence; "" if there is none.
func Summary(diagnostics []mockspec.Diagnostic) string {
	var first string
	errors := 0
	for _, d := range diagnostics {
		if d.Severity != mockspec.Error {
			continue
		}
		if errors++; errors == 1 {
			first = fmt.Sprintf("line %d: %s", d.Line, d.Message)
		}
	}
	switch {
	case errors == 2:
		first += " (and 1 more error)"
	case errors > 2:
		first += fmt.Sprintf(" (and %d more errors)", errors-1)
	}
	if first != "" && !strings.ContainsAny(first[len(first)-1:], ".!?") {
		first += "."
	}
	return first
}
