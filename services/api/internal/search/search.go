// Package search finds mocks, endpoints and files in the workspaces of a caller.
package search

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// MaxContents bounds the contents that one search reads for endpoints.
const MaxContents = 50

// Query says what to look for.
type Query struct {
	Text          string
	WorkspaceSlug string // "" for all of the caller's
	Limit         int    // of each kind
	Files         bool   // look for files too
}

// Endpoint is one that was found.
type Endpoint struct {
	mock.OutlineItem
	Mock mock.Mock
}

// File is one that was found.
type File struct {
	WorkspaceSlug string
	ID, Name      string
}

// Result is what was found, of each kind the best first.
type Result struct {
	Mocks     []mock.Mock
	Endpoints []Endpoint
	Files     []File
}

// Repository looks through what is stored. text is in small letters.
type Repository interface {
	// MocksNamed are mocks with text in their slug or name, those that begin with it first.
	MocksNamed(ctx context.Context, who workspace.Caller, workspaceSlug, text string, limit int) ([]mock.Mock, error)
	// MocksWith are mocks, with their contents, that have text in it; those that changed last come first.
	MocksWith(ctx context.Context, who workspace.Caller, workspaceSlug, text string, limit int) ([]mock.Mock, error)
	// FilesNamed are files with text in their names, those that begin with it first.
	FilesNamed(ctx context.Context, who workspace.Caller, workspaceSlug, text string, limit int) ([]File, error)
}

// Service finds things. It is safe for concurrent use.
type Service struct {
	repo    Repository
	outline func(content string) []mock.OutlineItem
}

// NewService makes a Service; outline lists what a content answers.
func NewService(repo Repository, outline func(content string) []mock.OutlineItem) *Service {
	return &Service{repo: repo, outline: outline}
}

// Find finds what fits q.
func (s *Service) Find(ctx context.Context, who workspace.Caller, q Query) (Result, error) {
	var found Result
	text := strings.ToLower(strings.Join(strings.Fields(q.Text), " "))
	if text == "" {
		return found, nil
	}
	var err error
	if found.Mocks, err = s.repo.MocksNamed(ctx, who, q.WorkspaceSlug, text, q.Limit); err != nil {
		return found, err
	}
	if found.Endpoints, err = s.endpoints(ctx, who, q, text); err != nil || !q.Files {
		return found, err
	}
	found.Files, err = s.repo.FilesNamed(ctx, who, q.WorkspaceSlug, text, q.Limit)
	return found, err
}

// endpoints looks for a path, after a method if there is a space in the text.
func (s *Service) endpoints(ctx context.Context, who workspace.Caller, q Query, text string) ([]Endpoint, error) {
	method, path, both := strings.Cut(text, " ")
	if !both {
		method, path = "", text
	}
	// The path of a resource's item is not in the text of its mock.
	written, _, _ := strings.Cut(path, "/:"+mockspec.ItemParam)
	written = strings.TrimRight(written, "/")
	contents, err := s.repo.MocksWith(ctx, who, q.WorkspaceSlug, cmp.Or(written, path), MaxContents)
	if err != nil {
		return nil, err
	}
	var found []Endpoint
	for _, m := range contents {
		for _, item := range s.outline(m.Content) {
			if strings.Contains(strings.ToLower(item.Path), path) && (method == "" || strings.HasPrefix(strings.ToLower(item.Name()), method)) {
				found = append(found, Endpoint{OutlineItem: item, Mock: m})
			}
		}
	}
	// Paths that begin with the text come first, then short ones.
	late := func(e Endpoint) int {
		if strings.HasPrefix(strings.ToLower(e.Path), path) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(found, func(a, b Endpoint) int {
		return cmp.Or(cmp.Compare(late(a), late(b)), cmp.Compare(len(a.Path), len(b.Path)))
	})
	return found[:min(len(found), q.Limit)], nil
}
