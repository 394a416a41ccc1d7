package external

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/mockserver/internal/stamp"
)

// Source opens the files of workspaces. Name is clean: relative, slash-separated, without dot segments. Known is the
// version that the caller has, "" if none: then the content is not opened again. Open returns an error that is
// fs.ErrNotExist for a file that is not there. Implementations are safe for concurrent use.
type Source interface {
	Open(ctx context.Context, workspace, name, known string) (File, error)
}

// File is an opened file; its reader closes Body.
type File struct {
	Body    io.ReadCloser // nil if it still has the version that is known
	Version string        // changes with the content
	Media   string        // its media type, "" if nobody has said
}

// Directory is one folder of a mock that is run from a file on disk. Nothing outside of the
// folder can be opened, not by ".." and not through a symbolic link.
type Directory struct {
	Root *os.Root
}

var _ Source = Directory{}

// Open implements Source; there is only one workspace.
func (s Directory) Open(_ context.Context, _, name, known string) (File, error) {
	info, err := s.Root.Stat(name)
	if err != nil {
		return File{}, err
	}
	if !info.Mode().IsRegular() { // a folder, or a pipe that would block
		return File{}, apperr.New(apperr.Invalid, "it is not a regular file")
	}
	version := stamp.Of(info)
	if version == known {
		return File{Version: version}, nil
	}
	f, err := s.Root.Open(name)
	if err != nil {
		return File{}, err
	}
	return File{Body: f, Version: version}, nil
}

// Directories is a source of several folders: a file is that of the first that has it.
type Directories []Directory

var _ Source = Directories(nil)

// Open implements Source.
func (s Directories) Open(ctx context.Context, workspaceID, name, known string) (File, error) {
	for _, d := range s {
		if f, err := d.Open(ctx, workspaceID, name, known); !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return File{}, fs.ErrNotExist
}

// Folders opens files below a folder that a mock names outright. The folder is the mock's author's, the name below it may
// be a caller's. Open returns an error that is fs.ErrNotExist for a file or a folder that is not there.
type Folders interface {
	Open(ctx context.Context, folder, name, known string) (File, error)
}

// Disk gives mocks that are run from a file the folders of this machine. It must not be given to hosted mocks.
// The value is where relative folders begin; the first that has the file counts.
type Disk []string

var _ Folders = Disk(nil)

// Open implements Folders. As in a Directory, nothing outside of folder can be opened.
func (d Disk) Open(ctx context.Context, folder, name, known string) (File, error) {
	from := []string{folder}
	if !filepath.IsAbs(folder) {
		from = nil
		for _, base := range d {
			from = append(from, filepath.Join(base, folder))
		}
	}
	for _, dir := range from {
		if f, err := openBelow(ctx, dir, name, known); !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return File{}, fs.ErrNotExist
}

func openBelow(ctx context.Context, dir, name, known string) (File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return File{}, err
	}
	defer func() { _ = root.Close() }() // an opened file outlives it
	return Directory{Root: root}.Open(ctx, "", name, known)
}

// find opens the file that k names.
func (l *Loader) find(ctx context.Context, k key, known string) (File, error) {
	switch {
	case k.folder != "" && l.deps.Folders == nil:
		return File{}, apperr.New(apperr.Invalid, "%s is outside the workspace, which published mocks cannot read; upload the file and name it without a leading / and without ..", clip(k.folder))
	case k.folder != "":
		f, err := l.deps.Folders.Open(ctx, k.folder, k.path, known)
		if errors.Is(err, fs.ErrNotExist) {
			err = apperr.New(apperr.NotFound, "there is no such file in %s; create it, or correct `folder` or `path`", clip(k.folder))
		}
		return f, err
	case l.deps.Files == nil:
		return File{}, apperr.New(apperr.NotFound, "there are no files on this server")
	}
	f, err := l.deps.Files.Open(ctx, k.workspace, k.path, known)
	switch {
	case !errors.Is(err, fs.ErrNotExist):
	case l.deps.Folders != nil: // the mock is run from a file
		err = apperr.New(apperr.NotFound, "there is no such file next to the mock or in the working directory; create it, or correct `path`")
	default:
		err = apperr.New(apperr.NotFound, "there is no such file in this workspace; upload it, or correct `path`")
	}
	return f, err
}

// open loads a file of k's workspace, unless it still has the version known.
func (l *Loader) open(ctx context.Context, k key, known string) (rawContent, error) {
	f, err := l.find(ctx, k, known)
	if _, outside := errors.AsType[*fs.PathError](err); outside && !errors.Is(err, fs.ErrPermission) {
		// os.Root has no error value for "escapes": whatever keeps a clean name from opening is the file's own trouble.
		return rawContent{}, describe(k, apperr.New(apperr.Invalid, "the file cannot be opened (a link that leads out of the folder?)").WithCause(err))
	}
	if err != nil {
		return rawContent{}, describe(k, err)
	}
	if f.Body == nil {
		return rawContent{unchanged: true}, nil
	}
	defer f.Body.Close()
	data, err := readAll(f.Body, l.cfg.MaxBytes)
	if err != nil {
		return rawContent{}, describe(k, err)
	}
	return rawContent{data: data, media: f.Media, version: f.Version}, nil
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
