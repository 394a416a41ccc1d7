package file

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// UploadTimeout bounds one upload or download.
const UploadTimeout = 5 * time.Minute

const (
	// uploadGrace is after what time an upload is taken for dead. It is longer than any upload may take.
	uploadGrace = time.Hour
	// readGrace is how long a replaced content stays: a mock server that cannot look at the index for a while still reads it.
	readGrace = 15 * time.Minute
	// writeTimeout bounds what is done after the caller has been served, or has gone.
	writeTimeout = 10 * time.Second
)

// Limits bound what is kept.
type Limits struct {
	File  int64 // bytes of one file
	Files int64 // files of a workspace
}

// Service is what an account does with files. It is safe for concurrent use.
type Service struct {
	repo    Repository
	objects objstore.Store
	limits  Limits
	log     *slog.Logger
	now     func() time.Time
}

// NewService makes a Service over repo and objects.
func NewService(repo Repository, objects objstore.Store, limits Limits, log *slog.Logger, now func() time.Time) *Service {
	return &Service{repo: repo, objects: objects, limits: limits, log: log, now: now}
}

// Upload is a content for a file.
type Upload struct {
	Name      string // made if there is none, else its content is replaced
	MediaType string // as the uploader declares it, "" if they do not
	Body      io.Reader
	IfMatch   []string // SHA-256 sums, one of which the present content must have; none for any
	IfAbsent  bool     // there must be no file with this name

	// Still returns an error unless the uploader may still do this, which is asked when all is there: an upload may take
	// longer than the token is good for that began it.
	Still func(context.Context) error
}

// Put uploads a file and reports whether it is a new one. The same content again is no change.
func (s *Service) Put(ctx context.Context, who workspace.Caller, slug string, up Upload) (f File, created bool, err error) {
	if err := checkName(up.Name); err != nil {
		return File{}, false, err
	}
	present, err := s.repo.LookAtFile(ctx, who, slug, up.Name)
	if err != nil {
		return File{}, false, err
	}
	// What is wrong already is said before anything is uploaded.
	if err := s.check(present, up); err != nil {
		return File{}, false, err
	}
	ws := present.In.ID
	object, key, err := s.reserve(ctx, ws)
	if err != nil {
		return File{}, false, err
	}
	defer func() {
		if err != nil {
			s.release(ctx, key)
		}
	}()
	body := &content{from: up.Body, limit: s.limits.File}
	media, err := body.sniff(up.Name, up.MediaType)
	if err != nil {
		return File{}, false, err
	}
	if _, err := s.objects.Put(ctx, key, body, -1, objstore.PutOptions{IfAbsent: true, ContentType: "application/octet-stream"}); err != nil {
		return File{}, false, body.explain(err)
	}
	if err := up.Still(ctx); err != nil {
		return File{}, false, err
	}
	now := s.now()
	err = s.repo.WriteFile(ctx, who, slug, "", up.Name, func(p Present) (Write, error) {
		if err := s.check(p, up); err != nil {
			return Write{}, err
		}
		f = File{
			WorkspaceID: p.In.ID, WorkspaceSlug: p.In.Slug, Name: up.Name, Object: object, Size: body.size, SHA256: body.sum(),
			MediaType: media, CreatedAt: now, UpdatedAt: now,
		}
		if p.File == nil {
			created = true
			id, err := uuid.NewV7()
			f.ID = id.String()
			return Write{Put: &f}, err
		}
		if created = false; p.File.SHA256 == f.SHA256 && p.File.MediaType == f.MediaType {
			f = *p.File // the upload is garbage when it is due
			return Write{}, nil
		}
		f.ID, f.CreatedAt = p.File.ID, p.File.CreatedAt
		return Write{Put: &f, Obsolete: now.Add(readGrace)}, nil
	})
	if err != nil {
		return File{}, false, err
	}
	s.PublishIndex(ctx, ws)
	return f, created, nil
}

// check says why the upload is not possible.
func (s *Service) check(p Present, up Upload) error {
	if err := p.In.Require(workspace.Editor); err != nil {
		return err
	}
	switch {
	case up.IfAbsent && p.File != nil:
		return apperr.New(apperr.Precondition, "The file %q already exists, and If-None-Match forbids replacing it. Leave the header out to replace the file.", up.Name)
	case len(up.IfMatch) > 0 && p.File == nil:
		return apperr.New(apperr.Precondition, "The file %q no longer exists, and If-Match names its content. Leave the header out to upload the file again.", up.Name)
	case len(up.IfMatch) > 0 && !slices.Contains(up.IfMatch, p.File.SHA256):
		return errReplaced(up.Name)
	}
	if p.File == nil && p.Usage.Files >= s.limits.Files {
		return apperr.New(apperr.QuotaExceeded, "The workspace %q has %d files; the limit is %d. Delete one that no mock needs.", p.In.Slug, p.Usage.Files, s.limits.Files)
	}
	return nil
}

func errReplaced(name string) error {
	return apperr.New(apperr.Precondition, "The file %q has been replaced since you read it. Read it again and repeat your change.", name)
}

// reserve names a new object and registers it as garbage, which it is until a row names it.
func (s *Service) reserve(ctx context.Context, workspaceID string) (object, key string, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", "", fmt.Errorf("name an object: %w", err)
	}
	object = id.String()
	key = files.ObjectKey(workspaceID, object)
	return object, key, s.repo.ReserveObject(ctx, key, s.now().Add(uploadGrace))
}

// release lets a failed upload be removed soon. If that fails too, it is removed after uploadGrace.
func (s *Service) release(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := s.repo.ReleaseObject(ctx, key, s.now()); err != nil {
		s.log.WarnContext(ctx, "release a failed upload; it is removed later", "key", key, "error", err)
	}
}

// PublishIndex writes the workspace's index, with its files and variables, for the mock servers. What fails is tried again by Run.
func (s *Service) PublishIndex(ctx context.Context, workspaceID string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := s.writeIndex(ctx, workspaceID); err != nil {
		s.log.WarnContext(ctx, "cannot write the index of a workspace's files; it will be retried", "workspace_id", workspaceID, "error", err)
	}
}

// Find returns a file.
func (s *Service) Find(ctx context.Context, who workspace.Caller, slug, id string) (File, error) {
	return s.repo.File(ctx, who, slug, id)
}

// Open returns a file and its content, which the caller closes.
func (s *Service) Open(ctx context.Context, who workspace.Caller, slug, id string) (File, io.ReadCloser, error) {
	f, err := s.repo.File(ctx, who, slug, id)
	if err != nil {
		return File{}, nil, err
	}
	o, err := s.objects.Get(ctx, files.ObjectKey(f.WorkspaceID, f.Object))
	if err != nil {
		return File{}, nil, apperr.New(apperr.Unavailable, "The content of the file cannot be read right now; try again in a moment.").
			WithCause(fmt.Errorf("open the content of file %s: %w", f.ID, err))
	}
	return f, o.Body, nil
}

// List returns one page of the files whose names begin with prefix, by name.
func (s *Service) List(ctx context.Context, who workspace.Caller, slug, prefix, from string, limit int) (cursor.Page[File], error) {
	return cursor.Read(cursor.List{Name: "files", Of: []string{slug, prefix}}, from, limit, func(f File) string { return f.Name }, func(after string, limit int) ([]File, error) {
		return s.repo.Files(ctx, who, slug, Query{Prefix: prefix, After: after, Limit: limit})
	})
}

// Mocks returns one page of the mocks that name a file in their current or published revision. A path that is a template
// names no file.
func (s *Service) Mocks(ctx context.Context, who workspace.Caller, slug, id, from string, limit int) (cursor.Page[Mock], error) {
	return cursor.Read(cursor.List{Name: "file_mocks", Of: []string{slug, id}}, from, limit, func(m Mock) string { return m.ID }, func(after string, limit int) ([]Mock, error) {
		return s.repo.FileMocks(ctx, who, slug, id, after, limit)
	})
}

// Delete removes a file: apperr.Precondition unless its content has one of the SHA-256 sums ifMatch, none for any; apperr.Conflict if
// mocks use it, unless forced.
func (s *Service) Delete(ctx context.Context, who workspace.Caller, slug, id string, ifMatch []string, force bool) error {
	var in workspace.Membership
	err := s.repo.WriteFile(ctx, who, slug, id, "", func(p Present) (Write, error) {
		in = p.In
		if err := p.In.Require(workspace.Editor); err != nil {
			return Write{}, err
		}
		if len(ifMatch) > 0 && !slices.Contains(ifMatch, p.File.SHA256) {
			return Write{}, errReplaced(p.File.Name)
		}
		if len(p.Mocks) > 0 && !force {
			return Write{}, apperr.New(apperr.Conflict, "The file %q is used by %s. Change them first, or delete it with force=true: they will answer 500 where they need it.", p.File.Name, some(p.Mocks))
		}
		return Write{Delete: true, Obsolete: s.now().Add(readGrace)}, nil
	})
	if err != nil {
		return err
	}
	s.PublishIndex(ctx, in.ID)
	return nil
}

// shown is how many mocks a sentence names.
const shown = 5

// some names mocks in a sentence.
func some(mocks []Mock) string {
	names := make([]string, 0, shown)
	for _, m := range mocks[:min(shown, len(mocks))] {
		names = append(names, m.Slug)
	}
	list := strings.Join(names, ", ")
	switch {
	case len(mocks) > shown:
		return "the mocks " + list + " and others"
	case len(mocks) > 1:
		return "the mocks " + list
	}
	return "the mock " + list
}
