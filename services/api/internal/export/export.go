// Package export writes all that an account has into an archive.
package export

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/file"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Service exports accounts. It is safe for concurrent use.
type Service struct {
	Profiles   *account.Profiles
	Workspaces *workspace.Service
	Mocks      *mock.Service
	Files      *file.Service
	Tokens     *token.Service
}

// page is how many items are in memory at a time; of revisions' contents it is one, and of files' contents a part of one.
const page = 100

// Write writes a zip archive of what the caller sees: account.json, tokens.jsonl (names, not secrets), and for each
// workspace, in workspaces/SLUG, workspace.json, files.jsonl, each file as files/NAME, each mock's current content as
// mocks/MOCK.yml, so that the folder can be pushed, and what it was before as history/MOCK/mock.json, revisions.jsonl and
// N.yml. It is read page by page while others write: each part is consistent, the whole need not be. An archive without
// its end is incomplete.
func (s *Service) Write(ctx context.Context, who workspace.Caller, out io.Writer) error {
	a := archive{zip.NewWriter(out)}
	profile, err := s.Profiles.Find(ctx, who)
	if err != nil {
		return err
	}
	if err := a.json("account.json", profile.CreatedAt, map[string]any{
		"id": profile.ID, "username": profile.Username, "email": profile.Email, "created_at": profile.CreatedAt,
	}); err != nil {
		return err
	}
	err = lines(a, "tokens.jsonl", profile.CreatedAt, func(from string) (cursor.Page[token.Token], error) { return s.Tokens.List(ctx, who, "", from, page) },
		func(t token.Token) any {
			return map[string]any{"id": t.ID, "name": t.Name, "scopes": t.Scopes, "created_at": t.CreatedAt}
		})
	if err != nil {
		return err
	}
	err = each(func(from string) (cursor.Page[workspace.Membership], error) {
		return s.Workspaces.List(ctx, who, from, page)
	},
		func(in workspace.Membership) error { return s.workspace(ctx, who, a, in) })
	if err != nil {
		return err
	}
	return a.zip.Close()
}

func (s *Service) workspace(ctx context.Context, who workspace.Caller, a archive, in workspace.Membership) error {
	folder := "workspaces/" + in.Slug + "/"
	if err := a.json(folder+"workspace.json", in.CreatedAt, map[string]any{
		"id": in.ID, "slug": in.Slug, "name": in.Name, "role": in.Role, "created_at": in.CreatedAt,
	}); err != nil {
		return err
	}
	err := lines(a, folder+"files.jsonl", in.CreatedAt,
		func(from string) (cursor.Page[file.File], error) {
			return s.Files.List(ctx, who, in.Slug, "", from, page)
		},
		func(f file.File) any {
			return map[string]any{"id": f.ID, "name": f.Name, "size": f.Size, "sha256": f.SHA256, "media_type": f.MediaType, "created_at": f.CreatedAt}
		})
	if err != nil {
		return err
	}
	err = each(
		func(from string) (cursor.Page[file.File], error) {
			return s.Files.List(ctx, who, in.Slug, "", from, page)
		},
		func(f file.File) error { return s.file(ctx, who, a, folder+"files/", f) })
	if err != nil {
		return err
	}
	return each(
		func(from string) (cursor.Page[mock.Mock], error) {
			return s.Mocks.List(ctx, who, mock.Filter{WorkspaceSlug: in.Slug, Sort: mock.BySlug}, from, page)
		},
		func(m mock.Mock) error { return gone(s.mock(ctx, who, a, folder, m.ID)) })
}

// gone forgives that something was deleted, or pruned, after it was listed.
func gone(err error) error {
	if apperr.CodeOf(err) == apperr.NotFound {
		return nil
	}
	return err
}

func (s *Service) file(ctx context.Context, who workspace.Caller, a archive, folder string, f file.File) error {
	f, content, err := s.Files.Open(ctx, who, f.WorkspaceSlug, f.ID)
	if err != nil {
		return gone(err)
	}
	err = a.copy(folder+f.Name, f.UpdatedAt, content)
	return errors.Join(err, content.Close())
}

func (s *Service) mock(ctx context.Context, who workspace.Caller, a archive, folder, id string) error {
	m, err := s.Mocks.Find(ctx, who, id)
	if err != nil {
		return err
	}
	if err := a.add(folder+"mocks/"+m.Slug+".yml", m.UpdatedAt, []byte(m.Content)); err != nil {
		return err
	}
	folder += "history/" + m.Slug + "/"
	if err := a.json(folder+"mock.json", m.UpdatedAt, map[string]any{
		"id": m.ID, "slug": m.Slug, "name": m.Name, "description": m.Description, "revision": m.Revision,
		"published_revision": m.PublishedRevision, "domains": append([]string{}, m.Domains...), "created_at": m.CreatedAt, "updated_at": m.UpdatedAt,
	}); err != nil {
		return err
	}
	list := func(from string) (cursor.Page[mock.Revision], error) {
		return s.Mocks.Revisions(ctx, who, m.ID, from, page)
	}
	err = lines(a, folder+"revisions.jsonl", m.UpdatedAt, list, func(r mock.Revision) any {
		return map[string]any{
			"revision": r.Number, "author": r.Author, "message": r.Message, "pinned": r.Pinned, "label": r.Label, "created_at": r.CreatedAt,
		}
	})
	if err != nil {
		return err
	}
	return each(list, func(r mock.Revision) error {
		r, err := s.Mocks.Revision(ctx, who, m.ID, r.Number)
		if err != nil {
			return gone(err)
		}
		return a.add(fmt.Sprintf("%s%d.yml", folder, r.Number), r.CreatedAt, []byte(r.Content))
	})
}

// archive is a zip that is being written.
type archive struct{ zip *zip.Writer }

// create begins a file that is as old as what it is about.
func (a archive) create(name string, modified time.Time) (io.Writer, error) {
	return a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: modified})
}

func (a archive) add(name string, modified time.Time, content []byte) error {
	return a.copy(name, modified, bytes.NewReader(content))
}

func (a archive) copy(name string, modified time.Time, content io.Reader) error {
	w, err := a.create(name, modified)
	if err == nil {
		_, err = io.Copy(w, content)
	}
	if err != nil {
		return fmt.Errorf("export %s: %w", name, err)
	}
	return nil
}

func (a archive) json(name string, modified time.Time, v any) error {
	encoded, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	return a.add(name, modified, append(encoded, '\n'))
}

// each goes through a list page by page.
func each[T any](list func(from string) (cursor.Page[T], error), do func(T) error) error {
	for from := ""; ; {
		page, err := list(from)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := do(item); err != nil {
				return err
			}
		}
		if from = page.Next; from == "" {
			return nil
		}
	}
}

// lines writes a list as JSON, an item a line.
func lines[T any](a archive, name string, modified time.Time, list func(from string) (cursor.Page[T], error), of func(T) any) error {
	w, err := a.create(name, modified)
	if err != nil {
		return fmt.Errorf("export %s: %w", name, err)
	}
	encoder := json.NewEncoder(w)
	return each(list, func(item T) error {
		if err := encoder.Encode(of(item)); err != nil {
			return fmt.Errorf("export %s: %w", name, err)
		}
		return nil
	})
}
