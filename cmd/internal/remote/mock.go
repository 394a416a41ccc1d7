package remote

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/services/api/client"
)

// Ref names a mock as people do: `slug`, or `workspace/slug`.
type Ref struct {
	WorkspaceSlug string // "" means any workspace when reading and one's own when creating
	Slug          string
}

// ParseRef reads `slug` or `workspace/slug`.
func ParseRef(text string) Ref {
	if workspace, slug, ok := strings.Cut(text, "/"); ok {
		return Ref{workspace, slug}
	}
	return Ref{Slug: text}
}

func (r Ref) String() string {
	if r.WorkspaceSlug == "" {
		return r.Slug
	}
	return r.WorkspaceSlug + "/" + r.Slug
}

var slugPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

const (
	maxSlug  = 40
	maxLabel = 63 // of a host name (RFC 1035, 2.3.4)
)

// Check says why the name cannot be a mock's, as the server would. The workspace is left out while it is not known.
func (r Ref) Check() error {
	slug, label := r.Slug, r.Slug+"-"+r.WorkspaceSlug
	switch {
	case !slugPattern.MatchString(slug):
		return fmt.Errorf("%q cannot be the name of a mock: use a-z, 0-9 and hyphens, with a letter or digit at both ends", slug)
	case len(slug) > maxSlug:
		return fmt.Errorf("%q cannot be the name of a mock: it has %d characters; the limit is %d", slug, len(slug), maxSlug)
	case len(label) > 3 && label[2:4] == "--" && r.WorkspaceSlug != "", len(slug) > 3 && slug[2:4] == "--":
		return fmt.Errorf("%q cannot be the name of a mock: host names cannot have hyphens as their third and fourth characters", slug)
	case len(label) > maxLabel:
		return fmt.Errorf("%q is too long: the host name would begin with %s, which has %d characters; the limit is %d", slug, label, len(label), maxLabel)
	}
	return nil
}

// Find returns the mock, without its content; nil if there is none. It is an error if the name fits several.
func (s *Session) Find(ctx context.Context, ref Ref) (*client.Mock, error) {
	found, err := s.named(ctx, ref, false)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if len(found) > 1 {
		return nil, exit.With(exit.Usage, fmt.Errorf("there are several mocks %q: %s; choose one", ref.Slug, names(found)))
	}
	return &found[0], nil
}

// named are the mocks with that name; with deleted, those that can be restored.
func (s *Session) named(ctx context.Context, ref Ref, deleted bool) ([]client.Mock, error) {
	params := client.ListMocksParams{WorkspaceSlug: Optional(ref.WorkspaceSlug), Q: Optional(ref.Slug)}
	if deleted {
		params.Deleted, params.Q = &deleted, nil // the server looks for texts in what is not deleted
	}
	mocks, err := s.Mocks(ctx, params)
	return slices.DeleteFunc(mocks, func(m client.Mock) bool { return m.Slug != ref.Slug }), err
}

// Name is how people name a mock: workspace/slug.
func Name(m *client.Mock) string { return m.WorkspaceSlug + "/" + m.Slug }

// URLs is where a mock answers, for people: also without a host name of its own, if the server offers that.
func URLs(m *client.Mock) string {
	if m.PathURL == nil {
		return m.URL
	}
	return m.URL + "  or  " + *m.PathURL
}

// State is a mock's state in people's words.
func State(m *client.Mock) string {
	if m.State == client.OfflineInvalid && m.PublishedRevision > 0 && m.Revision > m.PublishedRevision {
		return fmt.Sprintf("published (revision %d has errors)", m.Revision)
	}
	return string(m.State)
}

func names(mocks []client.Mock) string {
	var all []string
	for i := range mocks {
		all = append(all, Name(&mocks[i]))
	}
	return strings.Join(all, ", ")
}

// Mock is Find for a mock that has to exist, by the name that was given. It is for commands that only read: the mock may be in any
// workspace.
func (s *Session) Mock(ctx context.Context, name string) (*client.Mock, error) {
	m, err := s.Find(ctx, ParseRef(name))
	if err == nil && m == nil {
		err = noMock(name)
	}
	return m, err
}

func noMock(name string) error {
	return fmt.Errorf("there is no mock %s; `mocloud list` lists them", name)
}

// Own is Mock for commands that change something: without a workspace in the name, the mock is in the caller's own.
func (s *Session) Own(ctx context.Context, name string) (*client.Mock, error) {
	return s.ownMock(ctx, name, false)
}

// Deleted is Own for a mock that is deleted and can be restored; of several, the one that was deleted last.
func (s *Session) Deleted(ctx context.Context, name string) (*client.Mock, error) {
	return s.ownMock(ctx, name, true)
}

func (s *Session) ownMock(ctx context.Context, name string, deleted bool) (*client.Mock, error) {
	ref, err := s.InOwn(ctx, ParseRef(name))
	if err != nil {
		return nil, err
	}
	found, err := s.named(ctx, ref, deleted)
	switch {
	case err != nil:
		return nil, err
	case len(found) > 0:
		return &found[0], nil
	case deleted:
		return nil, fmt.Errorf("there is no deleted mock %s; `mocloud list --deleted` lists them", ref)
	}
	others, err := s.named(ctx, Ref{Slug: ref.Slug}, false)
	if err == nil && len(others) > 0 {
		return nil, fmt.Errorf("there is no mock %s; did you mean %s?", ref, names(others))
	}
	return nil, noMock(ref.String())
}

// InOwn adds the caller's own workspace to a name without one.
func (s *Session) InOwn(ctx context.Context, ref Ref) (Ref, error) {
	if ref.WorkspaceSlug != "" {
		return ref, nil
	}
	own, err := s.OwnWorkspace(ctx)
	return Ref{WorkspaceSlug: own, Slug: ref.Slug}, err
}

// Workspace is the workspace that was named, or else the caller's own.
func (s *Session) Workspace(ctx context.Context, named string) (string, error) {
	if named != "" {
		return named, nil
	}
	return s.OwnWorkspace(ctx)
}

// OwnWorkspace is the slug of the caller's own workspace: the personal one, or the only one that the token is good for.
func (s *Session) OwnWorkspace(ctx context.Context) (string, error) {
	if s.own != "" {
		return s.own, nil
	}
	all, err := All(func(limit *int, cursor *string) ([]client.Workspace, *string, error) {
		page, err := Read((*client.ListWorkspacesResponse).GetJSON200)(s.ListWorkspacesWithResponse(ctx, &client.ListWorkspacesParams{Limit: limit, Cursor: cursor}))
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.NextCursor, nil
	})
	if problem, ok := errors.AsType[*ProblemError](err); ok && problem.Code == client.InsufficientScope {
		return "", exit.With(exit.Usage, errors.New("the token cannot list workspaces (it lacks the scope workspaces:read): name the workspace, with --workspace SLUG or WORKSPACE/MOCK"))
	}
	if err != nil {
		return "", err
	}
	for _, w := range all {
		if w.Personal || len(all) == 1 {
			s.own = w.Slug
			return s.own, nil
		}
	}
	return "", exit.With(exit.Usage, errors.New("there are several workspaces: name one, with --workspace SLUG or WORKSPACE/MOCK"))
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

// maxNumber is how many of a list the API gives at once.
const maxNumber = 200

// CheckNumber checks the value of a flag --number.
func CheckNumber(n, least int) error {
	if n < least || n > maxNumber {
		return exit.With(exit.Usage, fmt.Errorf("--number is %d: write a number from %d to %d", n, least, maxNumber))
	}
	return nil
}
