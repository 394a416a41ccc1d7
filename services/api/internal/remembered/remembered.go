// Package remembered is about what published mocks remember, for those who test with them. Mock servers keep it; they are asked, and what
// is changed is noted in the audit log. The api's root and its presentation import it.
package remembered

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/pkg/question"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Mocks finds mocks through a membership.
type Mocks interface {
	Find(ctx context.Context, who workspace.Caller, id string) (mock.Mock, error)
}

// Notes writes into the audit log that the caller did something with a mock, if check allows it.
type Notes interface {
	NoteMock(ctx context.Context, who workspace.Caller, mockID string, check func(mock.Mock) error) error
}

// Ask asks a mock server; see control.Place.
type Ask func(ctx context.Context, q control.Question) (control.Answer, error)

// Service asks mock servers. It is safe for concurrent use.
type Service struct {
	mocks Mocks
	notes Notes
	ask   Ask

	records  Records
	settling Settling
}

// NewService makes a Service.
func NewService(mocks Mocks, notes Notes, ask Ask, records Records, settling Settling) *Service {
	return &Service{mocks: mocks, notes: notes, ask: ask, records: records, settling: settling}
}

// State is what a session of a mock remembers.
func (s *Service) State(ctx context.Context, who workspace.Caller, mockID, session string) (control.State, error) {
	a, err := s.read(ctx, who, control.Question{MockID: mockID, Act: control.Read, Session: session})
	if err != nil || a.State == nil {
		return control.State{}, err
	}
	return *a.State, nil
}

// Value is what is at a dotted path.
func (s *Service) Value(ctx context.Context, who workspace.Caller, mockID, session, path string) (control.Value, error) {
	a, err := s.read(ctx, who, control.Question{MockID: mockID, Act: control.Read, Session: session, Path: path})
	if err != nil || a.Value == nil {
		return control.Value{}, err
	}
	return *a.Value, nil
}

// Sessions are those that something is remembered of, the latest used first.
func (s *Service) Sessions(ctx context.Context, who workspace.Caller, mockID string) ([]control.Session, error) {
	a, err := s.read(ctx, who, control.Question{MockID: mockID, Act: control.Sessions})
	return a.Sessions, err
}

// Set puts a value at a dotted path.
func (s *Service) Set(ctx context.Context, who workspace.Caller, mockID, session, path string, value json.RawMessage) (control.Value, error) {
	a, err := s.change(ctx, who, control.Question{MockID: mockID, Act: control.Set, Session: session, Path: path, Value: value})
	if err != nil || a.Value == nil {
		return control.Value{}, err
	}
	return *a.Value, nil
}

// Reset lets a session begin anew; with a name of the state, that value alone.
func (s *Service) Reset(ctx context.Context, who workspace.Caller, mockID, session, name string) error {
	_, err := s.change(ctx, who, control.Question{MockID: mockID, Act: control.Reset, Session: session, Path: name})
	return err
}

// SetClock changes the time of a named session.
func (s *Service) SetClock(ctx context.Context, who workspace.Caller, mockID, session string, c control.ClockChange) (control.Clock, error) {
	a, err := s.change(ctx, who, control.Question{MockID: mockID, Act: control.SetClock, Session: session, Clock: c})
	if err != nil || a.Clock == nil {
		return control.Clock{}, err
	}
	return *a.Clock, nil
}

// FreeClock lets a named session follow the mock's time again.
func (s *Service) FreeClock(ctx context.Context, who workspace.Caller, mockID, session string) error {
	_, err := s.change(ctx, who, control.Question{MockID: mockID, Act: control.FreeClock, Session: session})
	return err
}

func (s *Service) read(ctx context.Context, who workspace.Caller, q control.Question) (control.Answer, error) {
	m, err := s.mocks.Find(ctx, who, q.MockID)
	if err != nil {
		return control.Answer{}, err
	}
	return s.of(ctx, m, q)
}

func (s *Service) change(ctx context.Context, who workspace.Caller, q control.Question) (control.Answer, error) {
	m, err := s.mocks.Find(ctx, who, q.MockID)
	if err == nil {
		err = m.Role.RequireEdit(m.WorkspaceSlug)
	}
	if err != nil {
		return control.Answer{}, err
	}
	a, err := s.of(ctx, m, q)
	if err == nil {
		err = s.notes.NoteMock(ctx, who, m.ID, func(m mock.Mock) error { return m.Role.RequireEdit(m.WorkspaceSlug) })
	}
	return a, err
}

// of asks about a mock.
func (s *Service) of(ctx context.Context, m mock.Mock, q control.Question) (control.Answer, error) {
	if !m.Published() {
		return control.Answer{}, apperr.New(apperr.Conflict, "The mock is not published, so it remembers nothing; publish it first.")
	}
	a, err := s.ask(ctx, q)
	switch {
	case errors.Is(err, question.ErrBusy):
		return a, apperr.New(apperr.RateLimited, "The mock servers are busy right now; try again in a moment.")
	case err != nil:
		return a, apperr.New(apperr.Unavailable, "No mock server is answering right now; try again in a moment.").WithCause(err)
	}
	return a, a.Err()
}
