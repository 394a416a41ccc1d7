package external

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/pkg/objstore"
)

const (
	indexTTL    = time.Second // an index is looked at again after this
	keptIndexes = 32 << 20    // bytes, as encoded, of the indexes in memory
)

// Objects is the source of a hosted mock: the files that a workspace has uploaded. Which object holds a file is what the
// workspace's index says, which is read again every second while somebody asks; an object itself never changes. It is safe for concurrent use.
type Objects struct {
	store   objstore.Store
	seal    *env.Seal
	log     *slog.Logger
	flights singleflight.Group

	mu      sync.Mutex
	indexes map[string]*index // by workspace
	size    int64             // of indexes
}

// index is a workspace's index as it was when it was looked at.
type index struct {
	etag    string
	size    int64
	files   map[string]files.File
	env     *env.Set
	checked time.Time
}

var _ Source = (*Objects)(nil)

// NewObjects makes the source of the files in a store. Secrets of workspaces are opened with seal.
func NewObjects(store objstore.Store, seal *env.Seal, log *slog.Logger) *Objects {
	return &Objects{store: store, seal: seal, log: log, indexes: map[string]*index{}}
}

// Variables returns the variables of a workspace, at most indexTTL old, or older ones while the store cannot be read.
func (s *Objects) Variables(ctx context.Context, workspaceID string) (*env.Set, error) {
	if workspaceID == "" {
		return nil, nil //nolint:nilnil // a mock that belongs to nobody has no variables, and the nil Set is empty
	}
	i, err := s.index(ctx, workspaceID)
	if err == nil {
		return i.env, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.indexes[workspaceID]; old != nil {
		return old.env, nil
	}
	return nil, err
}

// Open implements Source.
func (s *Objects) Open(ctx context.Context, workspaceID, name, known string) (File, error) {
	if workspaceID == "" {
		return File{}, fs.ErrNotExist // a mock that belongs to nobody has no files
	}
	i, err := s.index(ctx, workspaceID)
	if err != nil {
		return File{}, err
	}
	f, ok := i.files[name]
	if !ok {
		return File{}, fs.ErrNotExist
	}
	if f.Object == known {
		return File{Version: known}, nil
	}
	o, err := s.store.Get(ctx, files.ObjectKey(workspaceID, f.Object))
	if errors.Is(err, objstore.ErrNotFound) {
		// It was replaced a while ago and the index here is an old one.
		return File{}, apperr.New(apperr.Unavailable, "it has just been replaced; try again").WithCause(err)
	}
	if err != nil {
		return File{}, err
	}
	return File{Body: o.Body, Version: f.Object, Media: f.MediaType}, nil
}

// index returns the workspace's index, at most indexTTL old. Those who ask at the same time share one look.
func (s *Objects) index(ctx context.Context, workspaceID string) (*index, error) {
	s.mu.Lock()
	old := s.indexes[workspaceID]
	s.mu.Unlock()
	if old != nil && time.Since(old.checked) < indexTTL {
		return old, nil
	}
	result := s.flights.DoChan(workspaceID, func() (any, error) {
		i, err := s.look(context.WithoutCancel(ctx), workspaceID, old)
		if err == nil {
			s.keep(workspaceID, i)
		}
		return i, err
	})
	select {
	case r := <-result:
		i, _ := r.Val.(*index)
		return i, r.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lookTimeout bounds a look at an index.
const lookTimeout = 10 * time.Second

// look reads the index unless it is what old is. A workspace without an index has no files.
func (s *Objects) look(ctx context.Context, workspaceID string, old *index) (*index, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	key, now := files.IndexKey(workspaceID), time.Now()
	if old != nil && old.etag != "" {
		info, err := s.store.Stat(ctx, key)
		if err == nil && info.ETag == old.etag {
			return &index{etag: old.etag, size: old.size, files: old.files, env: old.env, checked: now}, nil
		}
		if err != nil && !errors.Is(err, objstore.ErrNotFound) {
			return nil, err
		}
	}
	o, err := s.store.Get(ctx, key)
	if errors.Is(err, objstore.ErrNotFound) {
		return &index{size: entryOverhead, checked: now}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = o.Body.Close() }()
	i, err := files.Decode(o.Body)
	if err != nil {
		return nil, fmt.Errorf("workspace %s: %w", workspaceID, err)
	}
	set, err := env.Open(workspaceID, i.Variables, s.seal)
	if err != nil { // the others are there
		s.log.WarnContext(ctx, "secrets of a workspace cannot be opened; its mocks do without", "workspace_id", workspaceID, "error", err)
	}
	return &index{etag: o.ETag, size: o.Size + set.Size() + entryOverhead, files: i.Files, env: set, checked: now}, nil
}

// keep remembers an index. When they are too many, all are forgotten: they are read again one by one, as somebody asks.
func (s *Objects) keep(workspaceID string, i *index) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.indexes[workspaceID]; old != nil {
		s.size -= old.size
	}
	if s.size+i.size > keptIndexes {
		clear(s.indexes)
		s.size = 0
	}
	s.indexes[workspaceID] = i
	s.size += i.size
}
