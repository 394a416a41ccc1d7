package mock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/fair"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/single"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Config bounds what is kept of mocks, and says where they answer.
type Config struct {
	Addresses Addresses
	Limits    mockspec.Limits
	// KeepRevisions is how many earlier revisions of a mock are kept, beside pinned ones and the published one.
	KeepRevisions int
	// MaxPinned is how many revisions of a mock may be pinned.
	MaxPinned int
	// KeepDeletedFor is how long a deleted mock can be restored.
	KeepDeletedFor time.Duration
	// KeepDeleted is how many deleted mocks of a workspace can be restored.
	KeepDeleted int
	Fetch       Fetch // what somebody wants to import
	// PerHost says that each published mock's host has records of its own, so that cloudops must know of it.
	PerHost bool
}

// Service is what an account does with mocks. It is safe for concurrent use.
type Service struct {
	repo        Repository
	cfg         Config
	announcer   Announcer
	now         func() time.Time
	conversions *fair.Slots
}

// NewService makes a Service over repo. Every committed write is announced.
func NewService(repo Repository, cfg Config, announcer Announcer, now func() time.Time) *Service {
	return &Service{repo: repo, cfg: cfg, announcer: announcer, now: now, conversions: newConversions()}
}

// Validate says what is wrong with content. An error means that it cannot even be kept: too large, or not text.
func (s *Service) Validate(content string) ([]mockspec.Diagnostic, error) {
	d, err := s.parse(content)
	if err != nil {
		return nil, err
	}
	return d.Diagnostics(), nil
}

// Format writes content in canonical form. An *InvalidError if it cannot be read, or not without losing something.
func (s *Service) Format(content string) (string, error) {
	diagnostics, err := s.Validate(content)
	if err != nil {
		return "", err
	}
	formatted, err := mockspec.Format([]byte(content))
	if err == nil {
		return string(formatted), nil
	}
	sentence := err.Error()
	if errors.Is(err, mockspec.ErrUnsafe) {
		diagnostics = nil // it is read well
	} else if summary := Summary(diagnostics); summary != "" {
		sentence = summary
	}
	return "", &InvalidError{
		Err:         apperr.New(apperr.Invalid, "The content cannot be formatted: %s", sentence).WithField("content"),
		Diagnostics: diagnostics,
	}
}

// New is what a new mock begins with.
type New struct {
	WorkspaceSlug     string // "" means the caller's own
	Slug, Content     string
	Name, Description string
	Message           string // of its first revision
}

// Create stores a new mock, offline.
func (s *Service) Create(ctx context.Context, who workspace.Caller, n New) (Mock, error) {
	d, err := s.parse(n.Content)
	if err != nil {
		return Mock{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Mock{}, fmt.Errorf("make mock id: %w", err)
	}
	now := s.now()
	m := Mock{
		ID: id.String(), WorkspaceSlug: n.WorkspaceSlug, Slug: n.Slug, Name: n.Name, Description: n.Description, Settings: 1,
		Revision: 1, CreatedAt: now, UpdatedAt: now,
	}
	m.set(n.Content, n.Message, d)
	m, err = s.repo.CreateMock(ctx, who, m, func(in workspace.Membership) error {
		if err := in.Role.RequireEdit(in.Slug); err != nil {
			return err
		}
		return CheckSlug(n.Slug, in.Slug)
	})
	if err != nil {
		return Mock{}, err
	}
	s.announcer.Announce(Notice{Action: Created, Mock: m, By: who.Actor})
	return m, nil
}

// Find returns a mock with its content.
func (s *Service) Find(ctx context.Context, who workspace.Caller, id string) (Mock, error) {
	return s.repo.Mock(ctx, who, id)
}

// FindBySlug returns a mock of the workspace with that slug, with its content.
func (s *Service) FindBySlug(ctx context.Context, who workspace.Caller, workspaceSlug, slug string) (Mock, error) {
	return s.repo.MockBySlug(ctx, who, workspaceSlug, slug)
}

// Seen is what an editor saw of a mock before writing; zero fields mean any. A write that finds something else is a
// *LostUpdateError.
type Seen struct{ Revision, Settings int }

func (v Seen) check(m Mock) error {
	var err *apperr.Error
	switch {
	case v.Revision != 0 && v.Revision != m.Revision:
		err = apperr.New(apperr.Precondition, "The mock has been edited since you read it: its revision is %d, not %d. Read it again and repeat your edit.", m.Revision, v.Revision)
	case v.Settings != 0 && v.Settings != m.Settings:
		err = apperr.New(apperr.Precondition, "The mock's slug, workspace, name or description has changed since you read it. Read it again and repeat your edit.")
	default:
		return nil
	}
	return &LostUpdateError{Err: err, Mock: m}
}

// Edit is content that is to become a mock's next revision.
type Edit struct {
	Content, Message string
	Hold             bool // a published mock does not go live with it
}

// Edit stores content as a new revision, unless it is what the current one holds. A published mock is published again
// with it, unless it has errors or is to be held back: then the last good revision stays published. It minds the revision that was seen: a
// change of settings loses nothing.
func (s *Service) Edit(ctx context.Context, who workspace.Caller, id string, e Edit, seen Seen) (Mock, error) {
	d, err := s.parse(e.Content)
	if err != nil {
		return Mock{}, err
	}
	prepared := single.Prepare(d) // before the transaction, which on SQLite holds the only writer
	return s.update(ctx, who, id, func(m Mock) (Write, error) {
		if err := (Seen{Revision: seen.Revision}).check(m); err != nil || e.Content == m.Content {
			return Write{}, err
		}
		m.Revision++
		m.UpdatedAt = s.now()
		m.set(e.Content, e.Message, d)
		w := Write{Action: Edited, Mock: m, NewRevision: true, KeepRevisions: s.cfg.KeepRevisions}
		if m.Published() && !e.Hold && !d.Invalid() {
			s.publish(&w, prepared)
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
		w := Write{Action: Published, Mock: m}
		s.publish(&w, nil)
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
		w := Write{Action: Unpublished, Mock: m}
		s.addChange(&w)
		return w, nil
	})
}

// publish puts w.Mock's current revision on its host; p is its content if that was read just now.
func (s *Service) publish(w *Write, p *single.Prepared) {
	w.Mock.PublishedRevision, w.GoesLive = w.Mock.Revision, true
	s.addChangeWith(w, p)
}

// addChange adds the change that says what w.Mock is now, unless the mock was never announced and there is nothing to announce.
func (s *Service) addChange(w *Write) { s.addChangeWith(w, nil) }

// addChangeWith is addChange where the published content may have been read just now.
func (s *Service) addChangeWith(w *Write, p *single.Prepared) {
	if c, ok := s.buildChange(w.Mock, p); ok {
		w.Changes = append(w.Changes, c)
	}
}

// BuildChange makes the change that says what m is now; false if the mock was never announced and there is nothing to announce.
// m is as decisions see it.
func (s *Service) BuildChange(m Mock) (changelog.Change, bool) { return s.buildChange(m, nil) }

func (s *Service) buildChange(m Mock, p *single.Prepared) (changelog.Change, bool) {
	u := event.MockUpdated{
		WorkspaceID: m.WorkspaceID, WorkspaceSlug: m.WorkspaceSlug, MockID: m.ID, MockSlug: m.Slug,
		Revision: m.Revision, Hosts: append([]string{s.cfg.Addresses.Host(m)}, m.Domains...),
	}
	switch {
	case m.Published():
		u.Enabled, u.Revision, u.Content = true, m.PublishedRevision, m.Content
		if m.PublishedRevision != m.Revision {
			u.Content = m.Served
		}
	case m.Change == 0:
		return changelog.Change{}, false
	}
	carry(&u, p, s.cfg.Limits)
	return changelog.Change{Key: m.ID, Payload: u}, true
}

// decision says what to write for a mock as it is; a zero Write writes nothing.
type decision func(Mock) (Write, error)

// update lets decide say what to write, if the caller may edit, and announces what was written.
func (s *Service) update(ctx context.Context, who workspace.Caller, id string, decide decision) (Mock, error) {
	return s.announced(who, decide, func(decide decision) (Mock, []event.Envelope, error) {
		return s.repo.UpdateMock(ctx, who, id, decide)
	})
}

// announced runs write with decide behind a check of the role, and announces what was written.
func (s *Service) announced(who workspace.Caller, decide decision, write func(decision) (Mock, []event.Envelope, error)) (Mock, error) {
	var n Notice
	m, changes, err := write(func(m Mock) (Write, error) {
		if err := m.Role.RequireEdit(m.WorkspaceSlug); err != nil {
			return Write{}, err
		}
		w, err := decide(m)
		n = Notice{Action: w.Action, From: m.WorkspaceID, By: who.Actor}
		if err == nil && w.Mock.ID != "" {
			s.addHostChange(m, &w)
		}
		return w, err
	})
	if err != nil {
		return Mock{}, err
	}
	if n.Action != "" {
		n.Mock, n.Changes = m, changes
		s.announcer.Announce(n)
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
