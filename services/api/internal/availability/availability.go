// Package availability tells whether a name can be had, before somebody asks for it. What it says may be wrong a
// moment later: the write itself decides.
package availability

import (
	"context"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Kind is what a slug is for.
type Kind string

// The kinds. Accounts and workspaces share their slugs.
const (
	Account   Kind = "account"
	Workspace Kind = "workspace"
	Mock      Kind = "mock"
)

// Answer says whether a slug is free.
type Answer struct {
	Free       bool
	Reason     string // why not, as a sentence; "" if it is free
	Suggestion string // a similar one that is free, "" if none was found
}

// Repository knows which slugs are in use.
type Repository interface {
	// Membership is the caller's in the workspace with that slug; apperr.NotFound if there is none.
	Membership(ctx context.Context, who workspace.Caller, slug string) (workspace.Membership, error)
	// TakenSlugs returns those of the slugs that a workspace has, or that are held for others than the account.
	TakenSlugs(ctx context.Context, accountID string, slugs []string) (map[string]bool, error)
	// TakenMockSlugs returns those of the slugs that a mock of the workspace has.
	TakenMockSlugs(ctx context.Context, workspaceID string, slugs []string) (map[string]bool, error)
}

// Service answers. It is safe for concurrent use.
type Service struct{ repo Repository }

// NewService makes a Service over repo.
func NewService(repo Repository) *Service { return &Service{repo: repo} }

// Check says whether the caller can have the slug: for a mock in the workspace with that slug, which the caller is a member
// of.
func (s *Service) Check(ctx context.Context, who workspace.Caller, kind Kind, slug, workspaceSlug string) (Answer, error) {
	check := workspace.CheckSlug
	taken := func(slugs []string) (map[string]bool, error) { return s.repo.TakenSlugs(ctx, who.AccountID, slugs) }
	separator := ""
	if kind == Mock {
		in, err := s.repo.Membership(ctx, who, workspaceSlug)
		if err != nil {
			return Answer{}, err
		}
		check = func(slug string) error { return mock.CheckSlug(slug, in.Slug) }
		taken = func(slugs []string) (map[string]bool, error) { return s.repo.TakenMockSlugs(ctx, in.ID, slugs) }
		separator = "-"
	}
	impossible := check(slug)
	candidates := possible(check, slug, separator)
	if len(candidates) == 0 {
		return Answer{Reason: reason(impossible)}, nil
	}
	used, err := taken(candidates)
	if err != nil {
		return Answer{}, err
	}
	if impossible == nil && !used[slug] {
		return Answer{Free: true}, nil
	}
	a := Answer{Reason: reason(impossible)}
	if impossible == nil {
		a.Reason = "It is taken."
	}
	for _, c := range candidates {
		if !used[c] {
			a.Suggestion = c
			break
		}
	}
	return a, nil
}

func reason(err error) string {
	if e, ok := err.(*apperr.Error); ok { //nolint:errorlint // the checks wrap nothing
		return e.Message
	}
	return ""
}

// suggested bounds the numbers that are tried after a slug.
const suggested = 9

// possible are the slug itself, cleaned of what cannot be in it, and with numbers after it, as far as they pass the check.
func possible(check func(string) error, slug, separator string) []string {
	cleaned := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-' && separator == "-":
			return r
		case (r == ' ' || r == '_' || r == '.') && separator == "-":
			return '-'
		}
		return -1
	}, strings.ToLower(slug)), "-")
	all := []string{slug, cleaned}
	for n := 2; n <= suggested; n++ {
		all = append(all, cleaned+separator+strconv.Itoa(n))
	}
	var found []string
	for _, c := range all {
		if check(c) == nil {
			found = append(found, c)
		}
	}
	return found
}
