package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/file"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type fileRow struct {
	bun.BaseModel `bun:"table:files,alias:f"`

	ID          string    `bun:"id,pk"`
	WorkspaceID string    `bun:"workspace_id"`
	Name        string    `bun:"name"`
	Object      string    `bun:"object"`
	Size        int64     `bun:"size"`
	SHA256      string    `bun:"sha256"`
	MediaType   string    `bun:"media_type"`
	AuthorID    string    `bun:"author_id,nullzero"`
	CreatedAt   time.Time `bun:"created_at"`
	UpdatedAt   time.Time `bun:"updated_at"`
}

func (r *fileRow) file(slug string) file.File {
	return file.File{
		ID: r.ID, WorkspaceID: r.WorkspaceID, WorkspaceSlug: slug, Name: r.Name, Object: r.Object, Size: r.Size, SHA256: r.SHA256,
		MediaType: r.MediaType, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

var errNoFile = apperr.New(apperr.NotFound, "There is no file with this id in this workspace.")

// findFile finds a file by its id, or by its name if that is "".
func findFile(ctx context.Context, db bun.IDB, in workspace.Membership, id, name string) (file.File, error) {
	var row fileRow
	q := db.NewSelect().Model(&row).Where("f.workspace_id = ?", in.ID)
	if id != "" {
		q = q.Where("f.id = ?", id)
	} else {
		q = q.Where("f.name = ?", name)
	}
	if err := q.Scan(ctx); errors.Is(err, sql.ErrNoRows) {
		return file.File{}, errNoFile
	} else if err != nil {
		return file.File{}, err
	}
	return row.file(in.Slug), nil
}

// File implements file.Repository.
func (s fileStore) File(ctx context.Context, who workspace.Caller, slug, id string) (file.File, error) {
	in, err := findMembership(ctx, s.read, who, slug)
	if err != nil {
		return file.File{}, failed("read a file", err)
	}
	f, err := findFile(ctx, s.read, in, id, "")
	return f, failed("read a file", err)
}

// Files implements file.Repository.
func (s fileStore) Files(ctx context.Context, who workspace.Caller, slug string, query file.Query) ([]file.File, error) {
	in, err := findMembership(ctx, s.read, who, slug)
	if err != nil {
		return nil, failed("list files", err)
	}
	var rows []fileRow
	q := s.read.NewSelect().Model(&rows).Where("f.workspace_id = ?", in.ID).Where("f.name > ?", query.After).Order("f.name").Limit(int64(query.Limit))
	if query.Prefix != "" { // a workspace has few files, and no range of names would mean the same in every collation
		q = q.Where("SUBSTR(f.name, 1, ?) = ?", utf8.RuneCountInString(query.Prefix), query.Prefix)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failed("list files", err)
	}
	items := make([]file.File, len(rows))
	for i := range rows {
		items[i] = rows[i].file(in.Slug)
	}
	return items, nil
}

// fileMocks lists the mocks that name a file.
func fileMocks(ctx context.Context, db bun.IDB, f file.File, after string, limit int) ([]file.Mock, error) {
	var mocks []file.Mock
	err := db.NewRaw(`SELECT m.id, m.slug, MAX(CASE WHEN r.revision = m.revision THEN 1 ELSE 0 END) = 1 AS current,
			MAX(CASE WHEN r.revision = m.published_revision THEN 1 ELSE 0 END) = 1 AS published
		FROM file_references AS r JOIN mocks AS m ON m.id = r.mock_id AND m.workspace_id = r.workspace_id AND m.deleted_at IS NULL
		WHERE r.workspace_id = ? AND r.name = ? AND r.mock_id > ? AND (r.revision = m.revision OR r.revision = m.published_revision)
		GROUP BY m.id, m.slug ORDER BY m.id LIMIT ?`, f.WorkspaceID, f.Name, after, limit).Scan(ctx, &mocks)
	return mocks, err
}

// FileMocks implements file.Repository.
func (s fileStore) FileMocks(ctx context.Context, who workspace.Caller, slug, id, after string, limit int) ([]file.Mock, error) {
	f, err := s.File(ctx, who, slug, id)
	if err != nil {
		return nil, err
	}
	mocks, err := fileMocks(ctx, s.read, f, after, limit)
	return mocks, failed("list the mocks of a file", err)
}

// insertReferences notes which files a revision names.
func insertReferences(ctx context.Context, tx bun.Tx, m mock.Mock) error {
	for _, name := range m.Files {
		_, err := tx.NewRaw("INSERT INTO file_references (mock_id, revision, workspace_id, name) VALUES (?, ?, ?, ?)",
			m.ID, m.Revision, m.WorkspaceID, name).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// LookAtFile implements file.Repository.
func (s fileStore) LookAtFile(ctx context.Context, who workspace.Caller, slug, name string) (file.Present, error) {
	in, err := findMembership(ctx, s.read, who, slug)
	if err != nil {
		return file.Present{}, failed("look at a file", err)
	}
	p, err := presentFile(ctx, s.read, in, "", name)
	return p, failed("look at a file", err)
}

// presentFile is what a decision about a file is made from. A name without a file is no error, an id without one is.
func presentFile(ctx context.Context, db bun.IDB, in workspace.Membership, id, name string) (file.Present, error) {
	p := file.Present{In: in}
	f, err := findFile(ctx, db, in, id, name)
	switch {
	case err == nil:
		p.File = &f
	case id != "" || !errors.Is(err, errNoFile):
		return p, err
	}
	err = db.NewRaw("SELECT files, bytes FROM file_indexes WHERE workspace_id = ?", in.ID).Scan(ctx, &p.Usage.Files, &p.Usage.Bytes)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if err == nil && id != "" {
		p.Mocks, err = fileMocks(ctx, db, f, "", someMocks)
	}
	return p, err
}

// someMocks is how many of a file's mocks a decision is made from.
const someMocks = 10

// errUnchanged ends a transaction that has nothing to write.
var errUnchanged = errors.New("nothing to write")

// WriteFile implements file.Repository.
func (s fileStore) WriteFile(ctx context.Context, who workspace.Caller, slug, id, name string, decide func(file.Present) (file.Write, error)) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		in, err := findMembership(ctx, tx, who, slug)
		if err != nil {
			return err
		}
		if err := lockFiles(ctx, tx, in.ID); err != nil {
			return err
		}
		p, err := presentFile(ctx, tx, in, id, name)
		if err != nil {
			return err
		}
		w, err := decide(p)
		if err != nil {
			return err
		}
		if w.Put == nil && !w.Delete {
			return errUnchanged
		}
		if err := writeFile(ctx, tx, who, p, w); err != nil {
			return err
		}
		if w.Put != nil && (p.File == nil || w.Put.Size > p.File.Size) {
			if err := s.within(ctx, tx, in.ID, quota.Files); err != nil {
				return err
			}
		}
		entry := audit.Entry{WorkspaceID: in.ID, Kind: "file"}
		if w.Delete {
			entry.TargetID, entry.Label = p.File.ID, p.File.Name
		} else {
			entry.TargetID, entry.Label = w.Put.ID, w.Put.Name
		}
		return s.audit(ctx, tx, who, entry)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return failed("write a file", err)
}

// lockFiles makes the writer the only one among the workspace's files, and gives their index a new version: later than
// any before, and than one that was given before the database was put back to an earlier state.
func lockFiles(ctx context.Context, tx bun.Tx, workspaceID string) error {
	_, err := tx.NewRaw("INSERT INTO file_indexes (workspace_id, version, written, files, bytes) VALUES (?, 0, 0, 0, 0) ON CONFLICT (workspace_id) DO NOTHING",
		workspaceID).Exec(ctx)
	if err != nil {
		return err
	}
	now := time.Now().UnixMicro()
	_, err = tx.NewRaw("UPDATE file_indexes SET version = CASE WHEN version >= ? THEN version + 1 ELSE ? END WHERE workspace_id = ?", now, now, workspaceID).Exec(ctx)
	return err
}

func writeFile(ctx context.Context, tx bun.Tx, who workspace.Caller, p file.Present, w file.Write) error {
	var count, bytes int64
	if old := p.File; old != nil {
		count, bytes = -1, -old.Size
		if err := addGarbage(ctx, tx, files.ObjectKey(old.WorkspaceID, old.Object), w.Obsolete); err != nil {
			return err
		}
		if w.Delete {
			if _, err := tx.NewRaw("DELETE FROM files WHERE id = ? AND workspace_id = ?", old.ID, p.In.ID).Exec(ctx); err != nil {
				return err
			}
		}
	}
	if f := w.Put; f != nil {
		count++
		bytes += f.Size
		reserved, err := tx.NewRaw("DELETE FROM file_garbage WHERE object_key = ?", files.ObjectKey(p.In.ID, f.Object)).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := reserved.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, apperr.New(apperr.Unavailable, "The upload took too long; try again."))
		}
		row := fileRow{
			ID: f.ID, WorkspaceID: p.In.ID, Name: f.Name, Object: f.Object, Size: f.Size, SHA256: f.SHA256, MediaType: f.MediaType,
			AuthorID: who.AccountID, CreatedAt: f.CreatedAt.UTC(), UpdatedAt: f.UpdatedAt.UTC(),
		}
		insert := tx.NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE")
		for _, column := range []string{"object", "size", "sha256", "media_type", "author_id", "updated_at"} {
			insert = insert.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
		}
		if _, err := insert.Exec(ctx); err != nil {
			return err
		}
	}
	_, err := tx.NewRaw("UPDATE file_indexes SET files = files + ?, bytes = bytes + ? WHERE workspace_id = ?", count, bytes, p.In.ID).Exec(ctx)
	return err
}
