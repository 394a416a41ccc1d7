package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/files"
)

func addGarbage(ctx context.Context, db bun.IDB, key string, due time.Time) error {
	_, err := db.NewRaw("INSERT INTO file_garbage (object_key, due_at) VALUES (?, ?)", key, due.UTC()).Exec(ctx)
	return err
}

// ReserveObject implements file.Repository.
func (s fileStore) ReserveObject(ctx context.Context, key string, due time.Time) error {
	return failed("reserve an object", addGarbage(ctx, s.write, key, due))
}

// ReleaseObject implements file.Repository.
func (s fileStore) ReleaseObject(ctx context.Context, key string, due time.Time) error {
	_, err := s.write.NewRaw("UPDATE file_garbage SET due_at = ? WHERE object_key = ?", due.UTC(), key).Exec(ctx)
	return failed("release an object", err)
}

// DueObjects implements file.Repository.
func (s fileStore) DueObjects(ctx context.Context, now time.Time, limit int) ([]string, error) {
	var keys []string
	err := s.read.NewRaw("SELECT object_key FROM file_garbage WHERE due_at <= ? ORDER BY due_at LIMIT ?", now.UTC(), limit).Scan(ctx, &keys)
	return keys, failed("list objects to remove", err)
}

// ForgetObject implements file.Repository.
func (s fileStore) ForgetObject(ctx context.Context, key string) error {
	_, err := s.write.NewRaw("DELETE FROM file_garbage WHERE object_key = ?", key).Exec(ctx)
	return failed("forget an object", err)
}

// FileIndex implements file.Repository.
func (s fileStore) FileIndex(ctx context.Context, workspaceID string) (files.Index, error) {
	i := files.Index{Files: map[string]files.File{}}
	// The version first: what is written between the two reads is in the index a little early, and again with its version.
	err := s.read.NewRaw("SELECT version FROM file_indexes WHERE workspace_id = ?", workspaceID).Scan(ctx, &i.Version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return i, failed("read an index of files", err)
	}
	var rows []fileRow
	err = s.read.NewSelect().Model(&rows).Column("name", "object", "size", "media_type").Where("f.workspace_id = ?", workspaceID).Scan(ctx)
	for _, r := range rows {
		i.Files[r.Name] = files.File{Object: r.Object, Size: r.Size, MediaType: r.MediaType}
	}
	if err == nil {
		i.Variables, err = indexedVariables(ctx, s.read, workspaceID)
	}
	return i, failed("read an index of files", err)
}

// FileIndexWritten implements file.Repository.
func (s fileStore) FileIndexWritten(ctx context.Context, workspaceID string, version int64) error {
	_, err := s.write.NewRaw("UPDATE file_indexes SET written = ? WHERE workspace_id = ? AND written < ?", version, workspaceID, version).Exec(ctx)
	return failed("note that an index of files is written", err)
}

// PendingFileIndexes implements file.Repository.
func (s fileStore) PendingFileIndexes(ctx context.Context, limit int) ([]string, error) {
	var ids []string
	err := s.read.NewRaw("SELECT workspace_id FROM file_indexes WHERE written < version ORDER BY workspace_id LIMIT ?", limit).Scan(ctx, &ids)
	return ids, failed("list indexes of files to write", err)
}

// CollectFiles implements file.Repository.
func (s fileStore) CollectFiles(ctx context.Context, due time.Time, limit int) error {
	var gone []string
	err := s.read.NewRaw(`SELECT i.workspace_id FROM file_indexes AS i LEFT JOIN workspaces AS w ON w.id = i.workspace_id
		WHERE w.id IS NULL ORDER BY i.workspace_id LIMIT ?`, limit).Scan(ctx, &gone)
	if err != nil {
		return failed("look for files of workspaces that are gone", err)
	}
	for _, ws := range gone {
		err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error { return collect(ctx, tx, ws, due) })
		if err != nil {
			return failed("collect the files of a workspace that is gone", err)
		}
	}
	return nil
}

// collect turns all objects of a workspace into garbage and forgets the workspace.
func collect(ctx context.Context, tx bun.Tx, workspaceID string, due time.Time) error {
	var objects []string
	err := tx.NewRaw("DELETE FROM files WHERE workspace_id = ? RETURNING object", workspaceID).Scan(ctx, &objects)
	if err != nil {
		return err
	}
	if _, err := tx.NewRaw("DELETE FROM variables WHERE workspace_id = ?", workspaceID).Exec(ctx); err != nil {
		return err
	}
	keys := []string{files.IndexKey(workspaceID)}
	for _, object := range objects {
		keys = append(keys, files.ObjectKey(workspaceID, object))
	}
	for _, key := range keys {
		if err := addGarbage(ctx, tx, key, due); err != nil {
			return err
		}
	}
	_, err = tx.NewRaw("DELETE FROM file_indexes WHERE workspace_id = ?", workspaceID).Exec(ctx)
	return err
}
