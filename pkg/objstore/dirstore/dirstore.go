// Package dirstore keeps objects as files of a directory: the object store of `mocloud up` and of tests.
//
// An object is the file of the same name, so that a person can look at it and grep it. A write goes to a temporary file
// of the store's own folder (.mocloud-store), is synced, and renamed over the object under a lock; a process that dies at any
// instruction leaves the old object or the new one, and at worst a temporary file, which a later Open removes.
//
// Locks are files too (flock), one of a fixed number by the hash of the key, so that conditional writes of several
// processes on one machine have exactly one winner. Network file systems without flock are not for this package.
//
// An ETag is made of the file's modification time and size. Every write sets a time later than that of the object it replaces,
// whatever the clock and the granularity of the file system do; so an ETag is as good as a version number, costs no read of
// the content, and changes as well when a person edits the file.
package dirstore

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/internal/exact"
)

const (
	own     = ".mocloud-store" // the store's own folder; no key begins with it
	temps   = own + "/tmp"
	locks   = own + "/locks"
	stripes = 64

	// staleTemp is how long a temporary file must not have grown before Open takes its writer for dead.
	staleTemp = time.Hour
)

// Options change how a Store works. The zero value is the safe one.
type Options struct {
	// NoSync leaves it to the operating system when objects reach the disk: faster, and safe against the death of the
	// process, not against a power cut. For tests and for data that can be made again.
	NoSync bool
}

// Store is an objstore.Store in a directory.
type Store struct {
	dir     string
	root    *os.Root
	opts    Options
	stripes [stripes]sync.Mutex // taken before the lock file, so that waiting goroutines hold no thread each
}

var _ objstore.Store = (*Store)(nil)

// Open makes dir if need be and returns the store in it. The caller closes it.
func Open(dir string, opts Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	s := &Store{dir: dir, root: root, opts: opts}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("object store %s: %w", dir, err), root.Close())
	}
	return s, nil
}

func (s *Store) prepare() error {
	for _, dir := range []string{temps, locks} {
		if err := s.root.MkdirAll(local(dir), 0o700); err != nil {
			return err
		}
	}
	// A folder that exists may still be read-only: find out now, with one clear error, not at the first publish.
	probe := local(temps + "/" + uuid.NewString())
	f, err := s.root.OpenFile(probe, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), s.root.Remove(probe)); err != nil {
		return err
	}
	return s.removeStale(time.Now().Add(-staleTemp))
}

// removeStale removes temporary files that have not grown since before.
func (s *Store) removeStale(before time.Time) error {
	entries, err := s.readDir(temps)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) || (err == nil && info.ModTime().After(before)) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.root.Remove(local(temps + "/" + entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Close releases the directory. Objects that are open stay readable.
func (s *Store) Close() error { return s.root.Close() }

// Get opens an object; its Body reads the version that was current at the call, whatever is written later. Body is an io.ReaderAt too.
func (s *Store) Get(ctx context.Context, key string) (*objstore.Object, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	f, err := s.root.Open(local(key))
	if err != nil {
		return nil, wrap("get", key, err)
	}
	stat, err := f.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = objstore.ErrNotFound
	}
	if err != nil {
		return nil, errors.Join(wrap("get", key, err), f.Close())
	}
	return &objstore.Object{Info: info(key, stat), Body: &body{ctx: ctx, file: f}}, nil
}

// Stat describes an object.
func (s *Store) Stat(ctx context.Context, key string) (objstore.Info, error) {
	if err := check(ctx, key); err != nil {
		return objstore.Info{}, err
	}
	stat, err := s.stat(key)
	if err != nil {
		return objstore.Info{}, wrap("stat", key, err)
	}
	return info(key, stat), nil
}

// Put writes an object atomically. Between processes of one machine, of several writers with the same condition one wins.
func (s *Store) Put(ctx context.Context, key string, content io.Reader, size int64, opts objstore.PutOptions) (string, error) {
	if err := errors.Join(check(ctx, key), opts.Check()); err != nil {
		return "", err
	}
	// A look before the content is written spares the work where the condition cannot hold; it counts under the lock.
	if opts.Conditional() {
		if _, err := s.precondition(key, opts); err != nil {
			return "", wrap("put", key, err)
		}
	}
	temp := local(temps + "/" + uuid.NewString())
	if err := s.write(temp, exact.Reader(ctx, content, size)); err != nil {
		return "", wrap("put", key, errors.Join(err, s.discard(temp)))
	}
	etag, err := s.commit(ctx, temp, key, opts)
	if err != nil {
		return "", wrap("put", key, errors.Join(err, s.discard(temp)))
	}
	return etag, nil
}

// Delete removes an object, and the folders that it leaves empty.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	unlock, err := s.lock(key)
	if err != nil {
		return wrap("delete", key, err)
	}
	defer unlock()
	if _, err := s.stat(key); err != nil {
		if errors.Is(err, objstore.ErrNotFound) {
			return nil
		}
		return wrap("delete", key, err)
	}
	if err := s.root.Remove(local(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return wrap("delete", key, err)
	}
	dir := path.Dir(key)
	for dir != "." && s.root.Remove(local(dir)) == nil {
		dir = path.Dir(dir)
	}
	return wrap("delete", key, s.syncDir(dir))
}

// write makes the temporary file and brings its content to the disk.
func (s *Store) write(temp string, content io.Reader) error {
	f, err := s.root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil && !s.opts.NoSync {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// discard removes a temporary file that did not become an object.
func (s *Store) discard(temp string) error {
	if err := s.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// commit checks the condition and renames the temporary file over the object, as one step under the key's lock.
func (s *Store) commit(ctx context.Context, temp, key string, opts objstore.PutOptions) (string, error) {
	unlock, err := s.lock(key)
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := context.Cause(ctx); err != nil {
		return "", err
	}
	previous, err := s.precondition(key, opts)
	if err != nil {
		return "", err
	}
	stat, err := s.stamp(temp, previous)
	if err != nil {
		return "", err
	}
	if err := s.rename(temp, key); err != nil {
		return "", err
	}
	return etag(stat), s.syncDir(path.Dir(key))
}

// precondition returns the modification time of the object that is there (zero if none), or ErrPrecondition.
func (s *Store) precondition(key string, opts objstore.PutOptions) (time.Time, error) {
	stat, err := s.stat(key)
	switch {
	case errors.Is(err, objstore.ErrNotFound):
		if opts.IfMatch != "" {
			return time.Time{}, objstore.ErrPrecondition
		}
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, err
	case opts.IfAbsent, opts.IfMatch != "" && opts.IfMatch != etag(stat):
		return time.Time{}, objstore.ErrPrecondition
	}
	return stat.ModTime(), nil
}

// stamp gives the temporary file a modification time after previous, in steps that every file system can express (ns on
// most, 100 ns on NTFS, 1 s and 2 s on old ones).
func (s *Store) stamp(temp string, previous time.Time) (fs.FileInfo, error) {
	now := time.Now()
	for _, step := range []time.Duration{time.Nanosecond, time.Microsecond, time.Second, 2 * time.Second} {
		if earliest := previous.Add(step); now.Before(earliest) {
			now = earliest
		}
		if err := s.root.Chtimes(temp, now, now); err != nil {
			return nil, err
		}
		stat, err := s.root.Stat(temp)
		if err != nil {
			return nil, err
		}
		if stat.ModTime().After(previous) {
			return stat, nil
		}
		now = previous // the file system rounded down: take the next step from there
	}
	return nil, errors.New("the file system keeps no modification times")
}

// rename moves temp to key and makes the folders between, also while a Delete beside it removes them.
func (s *Store) rename(temp, key string) error {
	err := s.root.Rename(temp, local(key))
	// A folder that goes away between two steps is missing, or, to a MkdirAll that lost the race twice, in the way.
	for range 20 {
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			break
		}
		if err = s.mkdirs(path.Dir(key)); err != nil {
			continue
		}
		err = s.root.Rename(temp, local(key))
	}
	return err
}

// mkdirs makes dir with its parents and brings their names to the disk.
func (s *Store) mkdirs(dir string) error {
	if err := s.root.MkdirAll(local(dir), 0o700); err != nil {
		return err
	}
	for dir != "." {
		dir = path.Dir(dir)
		if err := s.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) syncDir(dir string) error {
	if s.opts.NoSync {
		return nil
	}
	f, err := s.root.Open(local(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a Delete beside us removed it: there is nothing left to bring to the disk
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// stat describes the file of key. ErrNotFound if there is none or it is a folder.
func (s *Store) stat(key string) (fs.FileInfo, error) {
	stat, err := s.root.Stat(local(key))
	if err == nil && !stat.Mode().IsRegular() {
		err = objstore.ErrNotFound
	}
	return stat, notFound(err)
}

// lock takes the lock that covers key against all processes; the caller releases it.
func (s *Store) lock(key string) (unlock func(), err error) {
	hash := fnv.New32a()
	_, _ = io.WriteString(hash, key) // a hash.Hash never fails
	stripe := hash.Sum32() % stripes
	s.stripes[stripe].Lock()
	release, err := lockFile(s.root, local(locks+"/"+strconv.Itoa(int(stripe))))
	if err != nil {
		s.stripes[stripe].Unlock()
		return nil, fmt.Errorf("lock: %w", err)
	}
	return func() {
		release()
		s.stripes[stripe].Unlock()
	}, nil
}

// check refuses keys that are no keys and contexts that are done.
func check(ctx context.Context, key string) error {
	if err := objstore.CheckKey(key); err != nil {
		return err
	}
	if first, _, _ := strings.Cut(key, "/"); first == own {
		return fmt.Errorf("%w %q: %s is the store's own", objstore.ErrKey, key, own)
	}
	return context.Cause(ctx)
}

// local turns a key into a name of the operating system; os.Root refuses whatever would lead out of the store.
func local(key string) string { return filepath.FromSlash(key) }

// notFound says ErrNotFound where the file system says that there is no such file, or that its folder is a file.
func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return objstore.ErrNotFound
	}
	return err
}

func wrap(verb, key string, err error) error {
	if err == nil {
		return nil
	}
	if verb != "put" {
		err = notFound(err)
	}
	return fmt.Errorf("%s object %s: %w", verb, key, err)
}

func info(key string, stat fs.FileInfo) objstore.Info {
	return objstore.Info{Key: key, Size: stat.Size(), ETag: etag(stat), Modified: stat.ModTime()}
}

func etag(stat fs.FileInfo) string {
	return strconv.FormatInt(stat.ModTime().UnixNano(), 36) + "-" + strconv.FormatInt(stat.Size(), 36)
}

// body reads an open file until the context of its Get is done.
type body struct {
	ctx  context.Context
	file *os.File
}

func (b *body) Read(p []byte) (int, error) {
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	return b.file.Read(p)
}

func (b *body) ReadAt(p []byte, off int64) (int, error) {
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	return b.file.ReadAt(p, off)
}

func (b *body) Close() error { return b.file.Close() }
