package external

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/objstore"
)

// Source opens the files of workspaces. Name is clean: relative, slash-separated, without dot segments. Open returns
// an error that is fs.ErrNotExist for a file that is not there. Implementations are safe for concurrent use.
type Source interface {
	Open(ctx context.Context, workspace, name string) (File, error)
}

// File is an opened file; its reader closes Body.
type File struct {
	Body    io.ReadCloser
	Version string // changes with the content
}

// Objects is the source of a hosted mock: the files that a workspace has uploaded to the object store.
type Objects struct {
	Store objstore.Store
}

var _ Source = Objects{}

// Open implements Source.
func (s Objects) Open(ctx context.Context, workspace, name string) (File, error) {
	if workspace == "" {
		return File{}, fs.ErrNotExist // a mock that belongs to nobody has no files
	}
	o, err := s.Store.Get(ctx, workspace+"/files/"+name)
	if errors.Is(err, objstore.ErrNotFound) {
		return File{}, fs.ErrNotExist
	}
	if err != nil {
		return File{}, err
	}
	return File{Body: o.Body, Version: o.ETag}, nil
}

// Directory is one folder of a mock that is run from a file on disk. Nothing outside of the
// folder can be opened, not by ".." and not through a symbolic link.
type Directory struct {
	Root *os.Root
}

var _ Source = Directory{}

// Open implements Source; there is only one workspace.
func (s Directory) Open(_ context.Context, _, name string) (File, error) {
	info, err := s.Root.Stat(name)
	if err != nil {
		return File{}, err
	}
	if !info.Mode().IsRegular() { // a folder, or a pipe that would block
		return File{}, apperr.New(apperr.Invalid, "it is not a regular file")
	}
	f, err := s.Root.Open(name)
	if err != nil {
		return File{}, err
	}
	return File{Body: f, Version: fmt.Sprintf("%d-%d", info.ModTime().UnixNano(), info.Size())}, nil
}

// Directories is a source of several folders: a file is that of the first that has it.
type Directories []Directory

var _ Source = Directories(nil)

// Open implements Source.
func (s Directories) Open(ctx context.Context, workspace, name string) (File, error) {
	for _, d := range s {
		if f, err := d.Open(ctx, workspace, name); !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return File{}, fs.ErrNotExist
}

// open loads a file of k's workspace, unless it still has the version known.
func (l *Loader) open(ctx context.Context, k key, known string) (rawContent, error) {
	if l.deps.Files == nil {
		return rawContent{}, describe(k, apperr.New(apperr.NotFound, "there are no files on this server"))
	}
	f, err := l.deps.Files.Open(ctx, k.workspace, k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return rawContent{}, describe(k, apperr.New(apperr.NotFound, "there is no such file in this workspace; upload it or correct the path"))
	}
	if _, outside := errors.AsType[*fs.PathError](err); outside && !errors.Is(err, fs.ErrPermission) {
		// os.Root has no error value for "escapes": whatever keeps a clean name from opening is the file's own trouble.
		return rawContent{}, describe(k, apperr.New(apperr.Invalid, "the file cannot be opened (a link that leads out of the folder?)").WithCause(err))
	}
	if err != nil {
		return rawContent{}, describe(k, err)
	}
	defer f.Body.Close()
	if known != "" && f.Version == known {
		return rawContent{unchanged: true}, nil
	}
	data, err := readAll(f.Body, l.cfg.MaxBytes)
	if err != nil {
		return rawContent{}, describe(k, err)
	}
	return rawContent{data: data, version: f.Version}, nil
}

// readAll reads r to its end; content above limit bytes is an error.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, tooLarge(limit)
	}
	return data, nil
}
