package dirstore

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/mocloud/mocloud/pkg/objstore"
)

// List walks the folders that can hold keys with prefix; it keeps one folder's names of each level in memory. Objects that
// come or go meanwhile are seen or not; all others are seen once.
func (s *Store) List(ctx context.Context, prefix string, yield func(objstore.Info) error) error {
	dir := "."
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		dir = prefix[:i]
		// What is no key begins no key either, and must not lead anywhere.
		if objstore.CheckKey(dir) != nil {
			return nil //nolint:nilerr // That it is no key is the answer.
		}
	}
	return s.walk(ctx, dir, prefix, yield)
}

func (s *Store) walk(ctx context.Context, dir, prefix string, yield func(objstore.Info) error) error {
	entries, err := s.readDir(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil {
		return wrap("list", prefix, err)
	}
	// Keys sort by their bytes; a folder's keys all continue with a slash.
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(sortName(a), sortName(b)) })
	for _, entry := range entries {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		key := path.Join(dir, entry.Name())
		switch {
		case key == own:
		case entry.IsDir():
			if strings.HasPrefix(key+"/", prefix) || strings.HasPrefix(prefix, key+"/") {
				if err := s.walk(ctx, key, prefix, yield); err != nil {
					return err
				}
			}
		case strings.HasPrefix(key, prefix):
			stat, err := s.stat(key)
			if errors.Is(err, objstore.ErrNotFound) {
				continue
			}
			if err != nil {
				return wrap("list", prefix, err)
			}
			if err := yield(info(key, stat)); err != nil {
				return err
			}
		}
	}
	return nil
}

func sortName(entry fs.DirEntry) string {
	if entry.IsDir() {
		return entry.Name() + "/"
	}
	return entry.Name()
}

func (s *Store) readDir(dir string) ([]fs.DirEntry, error) {
	f, err := s.root.Open(local(dir))
	if err != nil {
		return nil, err
	}
	entries, err := f.ReadDir(-1)
	return entries, errors.Join(err, f.Close())
}
