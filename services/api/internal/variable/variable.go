// Package variable is about the variables of a workspace, which its mocks read as env.NAME. Secret ones are sealed before they are stored,
// and never shown again. Mock servers get them with the index of the workspace's files (pkg/files).
package variable

import (
	"context"
	"errors"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Variable is a variable as a user sees it.
type Variable struct {
	Name      string
	Value     string // "" for a secret
	Secret    bool
	UpdatedAt time.Time
}

// Sealed is a variable as it is stored: with its value, or with the sealed value of a secret.
type Sealed struct {
	Value, Sealed string
	UpdatedAt     time.Time
}

// Repository keeps variables. To who is no member of a workspace it does not exist, which is an apperr.NotFound; who is no editor of it
// may not even list them.
type Repository interface {
	// Variables lists by name, after a given one.
	Variables(ctx context.Context, who workspace.Caller, slug, after string, limit int) ([]Variable, error)
	// PutVariable stores what seal returns for the workspace's id, which it returns.
	PutVariable(ctx context.Context, who workspace.Caller, slug, name string, seal func(workspaceID string) (Sealed, error)) (workspaceID string, err error)
	// DeleteVariable returns the id of the workspace.
	DeleteVariable(ctx context.Context, who workspace.Caller, slug, name string) (workspaceID string, err error)
}

// Service lists, sets and deletes variables.
type Service struct {
	repo    Repository
	seal    *env.Seal
	publish func(ctx context.Context, workspaceID string)
	now     func() time.Time
}

// NewService makes a Service; publish brings a change to the mock servers.
func NewService(repo Repository, seal *env.Seal, publish func(ctx context.Context, workspaceID string), now func() time.Time) *Service {
	return &Service{repo: repo, seal: seal, publish: publish, now: now}
}

// List returns one page of the variables of a workspace, by name.
func (s *Service) List(ctx context.Context, who workspace.Caller, slug, from string, limit int) (cursor.Page[Variable], error) {
	return cursor.Read(cursor.List{Name: "variables", Of: slug}, from, limit, func(v Variable) string { return v.Name }, func(after string, limit int) ([]Variable, error) {
		return s.repo.Variables(ctx, who, slug, after, limit)
	})
}

// Put sets a variable, or creates it. What is returned of a secret is all but its value.
func (s *Service) Put(ctx context.Context, who workspace.Caller, slug string, v Variable) (Variable, error) {
	v.UpdatedAt = s.now()
	ws, err := s.repo.PutVariable(ctx, who, slug, v.Name, func(workspaceID string) (Sealed, error) { return s.check(workspaceID, v) })
	if err != nil {
		return Variable{}, err
	}
	s.publish(ctx, ws)
	if v.Secret {
		v.Value = ""
	}
	return v, nil
}

// check makes what is stored of a variable, or says what is wrong with it.
func (s *Service) check(workspaceID string, v Variable) (Sealed, error) {
	if !env.ValidName(v.Name) {
		return Sealed{}, apperr.New(apperr.Invalid, "A variable cannot be named %q: use letters, digits and _, at most 64, and begin with a letter or _.", v.Name).WithField("variable_name")
	}
	if wrong := env.Check(v.Value, v.Secret); wrong != "" {
		return Sealed{}, apperr.New(apperr.Invalid, "The value of %s %s.", v.Name, wrong).WithField("value")
	}
	stored := Sealed{Value: v.Value, UpdatedAt: v.UpdatedAt}
	if !v.Secret {
		return stored, nil
	}
	sealed, err := s.seal.Close(workspaceID, v.Name, v.Value)
	if errors.Is(err, env.ErrNoKey) {
		return Sealed{}, apperr.New(apperr.Unavailable, "This server cannot keep secrets: its administrator has to set SEAL_KEY for the api and the mock servers.")
	}
	stored.Value, stored.Sealed = "", sealed
	return stored, err
}

// Delete removes a variable.
func (s *Service) Delete(ctx context.Context, who workspace.Caller, slug, name string) error {
	ws, err := s.repo.DeleteVariable(ctx, who, slug, name)
	if err != nil {
		return err
	}
	s.publish(ctx, ws)
	return nil
}
