package remote

import (
	"context"
	"fmt"
	"strings"

	"github.com/mocloud/mocloud/services/api/client"
)

// Ref names a mock as people do: `slug`, or `workspace/slug`.
type Ref struct {
	Workspace string // "" means any workspace when reading and one's own when creating
	Slug      string
}

// ParseRef reads `slug` or `workspace/slug`.
func ParseRef(text string) Ref {
	if workspace, slug, ok := strings.Cut(text, "/"); ok {
		return Ref{workspace, slug}
	}
	return Ref{Slug: text}
}

func (r Ref) String() string {
	if r.Workspace == "" {
		return r.Slug
	}
	return r.Workspace + "/" + r.Slug
}

// Find returns the mock, without its content; nil if there is none. It is an error if the name fits several.
func (s *Session) Find(ctx context.Context, ref Ref) (*client.Mock, error) {
	mocks, err := s.Mocks(ctx, client.ListMocksParams{WorkspaceSlug: Optional(ref.Workspace), Q: Optional(ref.Slug)})
	if err != nil {
		return nil, err
	}
	var found *client.Mock
	for i, m := range mocks {
		switch {
		case m.Slug != ref.Slug:
		case found != nil:
			return nil, fmt.Errorf("there is a mock %q in the workspaces %s and %s; say which: %s/%s", m.Slug, found.WorkspaceSlug, m.WorkspaceSlug, m.WorkspaceSlug, m.Slug)
		default:
			found = &mocks[i]
		}
	}
	return found, nil
}

// Mock is Find for a mock that has to be there, by the name that was given.
func (s *Session) Mock(ctx context.Context, name string) (*client.Mock, error) {
	m, err := s.Find(ctx, ParseRef(name))
	if err == nil && m == nil {
		err = fmt.Errorf("there is no mock %s; `mocloud list` shows those that there are", name)
	}
	return m, err
}

// Mocks lists mocks.
func (s *Session) Mocks(ctx context.Context, params client.ListMocksParams) ([]client.Mock, error) {
	return All(func(limit *int, cursor *string) ([]client.Mock, *string, error) {
		params.Limit, params.Cursor = limit, cursor
		page, err := Read((*client.ListMocksResponse).GetJSON200)(s.ListMocksWithResponse(ctx, &params))
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.NextCursor, nil
	})
}
