// Package file is about the files of a workspace: uploading, replacing, reading and deleting what mocks answer with.
//
// A content is written to the object store under a key of its own before the database knows it, and its row is what makes it the
// file's. An index in the object store, made from the rows after they are committed, tells the mock servers (pkg/files). What a crash leaves behind
// at any point is an object that is registered as garbage, or an index that is known to be behind: Run mends both.
package file

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// File is one file of a workspace.
type File struct {
	ID            string
	WorkspaceID   string
	WorkspaceSlug string
	Name          string // unique in its workspace
	Object        string // see files.ObjectKey
	Size          int64  // bytes
	SHA256        string // hex
	MediaType     string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Usage is what the files of a workspace take.
type Usage struct {
	Files int64
	Bytes int64
}

// Mock is a mock that names a file.
type Mock struct {
	ID        string
	Slug      string
	Current   bool // its current revision names it
	Published bool // its published revision names it
}

// Query says which files to list: those whose name begins with Prefix, after the name After, at most Limit.
type Query struct {
	Prefix, After string
	Limit         int
}

// Write is what is to be done with a file, in one transaction.
type Write struct {
	Put      *File // the new state; nil leaves it as it is, or removes it
	Delete   bool
	Obsolete time.Time // when the content that was replaced or deleted is removed
}

// Present is what a decision about a file is made from.
type Present struct {
	In    workspace.Membership
	File  *File // nil if there is none
	Usage Usage
	Mocks []Mock // some of those that name it; only for a deletion
}

// Repository keeps files. Everything is reached through a membership: to anybody else a workspace or a file does not
// exist, which is an apperr.NotFound.
type Repository interface {
	// Files lists by name.
	Files(ctx context.Context, who workspace.Caller, slug string, q Query) ([]File, error)
	// File finds a file by its id.
	File(ctx context.Context, who workspace.Caller, slug, id string) (File, error)
	// FileMocks lists the mocks whose current or published revision names the file, by id after a given one.
	FileMocks(ctx context.Context, who workspace.Caller, slug, id, after string, limit int) ([]Mock, error)
	// LookAtFile returns what a decision about the file with that name would be made from.
	LookAtFile(ctx context.Context, who workspace.Caller, slug, name string) (Present, error)
	// WriteFile lets decide say what to do with a file, named by its id or by its name, under a lock on the workspace's
	// files. The object of a new content must be reserved, and no longer is then.
	WriteFile(ctx context.Context, who workspace.Caller, slug, id, name string, decide func(Present) (Write, error)) error

	// ReserveObject registers an object that is going to be written as garbage, due at a time.
	ReserveObject(ctx context.Context, key string, due time.Time) error
	// ReleaseObject makes a registered object due.
	ReleaseObject(ctx context.Context, key string, due time.Time) error
	// DueObjects returns registered objects that are due.
	DueObjects(ctx context.Context, now time.Time, limit int) ([]string, error)
	// ForgetObject ends the registration of a removed object.
	ForgetObject(ctx context.Context, key string) error

	// FileIndex is the index of a workspace's files as it should be.
	FileIndex(ctx context.Context, workspaceID string) (files.Index, error)
	// FileIndexWritten says that the index is in the object store, at a version or a later one.
	FileIndexWritten(ctx context.Context, workspaceID string, version int64) error
	// PendingFileIndexes returns workspaces whose index is behind.
	PendingFileIndexes(ctx context.Context, limit int) ([]string, error)
	// CollectFiles removes the files of workspaces that are gone and makes their objects garbage.
	CollectFiles(ctx context.Context, due time.Time, limit int) error
}
