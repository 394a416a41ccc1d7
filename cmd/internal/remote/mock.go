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
func Find(ctx context.Context, c *client.ClientWithResponses, ref Ref) (*client.Mock, error) {
	var found *client.Mock
	err := EachMock(ctx, c, client.ListMocksParams{Workspace: Optional(ref.Workspace), Q: Optional(ref.Slug)}, func(m client.Mock) error {
		if m.Slug != ref.Slug {
			return nil
		}
		if found != nil {
			return fmt.Errorf("there is a mock %q in the workspaces %s and %s; say which: %s/%s", m.Slug, found.Workspace, m.Workspace, m.Workspace, m.Slug)
		}
		found = &m
		return nil
	})
	return found, err
}

// MustFind is Find for a mock that has to be there.
func MustFind(ctx context.Context, c *client.ClientWithResponses, ref Ref) (*client.Mock, error) {
	m, err := Find(ctx, c, ref)
	if err == nil && m == nil {
		err = fmt.Errorf("there is no mock %s; `mocloud list` shows those that there are", ref)
	}
	return m, err
}

// EachMock calls do for every mock of the list, page by page.
func EachMock(ctx context.Context, c *client.ClientWithResponses, params client.ListMocksParams, do func(client.Mock) error) error {
	limit := 200
	for params.Limit = &limit; ; {
		page, err := Read((*client.ListMocksResponse).GetJSON200)(c.ListMocksWithResponse(ctx, &params))
		if err != nil {
			return err
		}
		for _, m := range page.Items {
			if err := do(m); err != nil {
				return err
			}
		}
		if params.Cursor = page.NextCursor; params.Cursor == nil {
			return nil
		}
	}
}

// Optional is nil for "".
func Optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
