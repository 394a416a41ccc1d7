package certificate

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/mocloud/mocloud/pkg/objstore"
)

const (
	root      = "certificates/" // in the object store
	maxObject = 1 << 20
	ioTimeout = 15 * time.Second // of one call of the store
)

// storage keeps certificates, keys and accounts in the object store, where all mock servers find them. Every object is encrypted, with its
// key as additional data, so that none can be put in another's place.
type storage struct {
	objects objstore.Store
	aead    cipher.AEAD
	locks
}

var (
	_ certmagic.Storage = (*storage)(nil)
	_ certmagic.Locker  = (*storage)(nil)
)

// newStorage makes a storage; key has 32 bytes.
func newStorage(objects objstore.Store, key []byte) (*storage, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("the key of the certificates: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("the key of the certificates: %w", err)
	}
	return &storage{objects: objects, aead: aead, locks: newLocks(objects)}, nil
}

// path is where a key of certmagic is kept.
func path(key string) string { return root + strings.Trim(key, "/") }

// Store implements certmagic.Storage.
func (s *storage) Store(ctx context.Context, key string, value []byte) error {
	ctx, cancel := context.WithTimeout(ctx, ioTimeout)
	defer cancel()
	at := path(key)
	sealed := s.aead.Seal(nil, nil, value, []byte(at)) //nolint:gosec // the cipher makes a random nonce itself
	_, err := s.objects.Put(ctx, at, bytes.NewReader(sealed), int64(len(sealed)), objstore.PutOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return fmt.Errorf("write %s: %w", at, err)
	}
	return nil
}

// Load implements certmagic.Storage.
func (s *storage) Load(ctx context.Context, key string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, ioTimeout)
	defer cancel()
	at := path(key)
	object, err := s.objects.Get(ctx, at)
	if err != nil {
		return nil, absent(at, err)
	}
	defer object.Body.Close() // it was only read
	sealed, err := io.ReadAll(io.LimitReader(object.Body, maxObject+1))
	if err != nil || len(sealed) > maxObject {
		return nil, fmt.Errorf("read %s: larger than %d bytes, or %w", at, maxObject, err)
	}
	value, err := s.aead.Open(nil, nil, sealed, []byte(at))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be decrypted; is MOCKSERVER_ACME_KEY another one than it was?", at)
	}
	return value, nil
}

// absent says fs.ErrNotExist, as certmagic wants to hear it, where there is nothing.
func absent(at string, err error) error {
	if errors.Is(err, objstore.ErrNotFound) {
		return fmt.Errorf("%s: %w", at, fs.ErrNotExist)
	}
	return fmt.Errorf("read %s: %w", at, err)
}

// Delete implements certmagic.Storage.
func (s *storage) Delete(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, ioTimeout)
	defer cancel()
	at := path(key)
	gone := []string{at}
	err := s.objects.List(ctx, at+"/", func(i objstore.Info) error {
		gone = append(gone, i.Key)
		return nil
	})
	for _, key := range gone {
		if err == nil {
			err = s.objects.Delete(ctx, key)
		}
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", at, err)
	}
	return nil
}

// Exists implements certmagic.Storage.
func (s *storage) Exists(ctx context.Context, key string) bool {
	_, err := s.Stat(ctx, key)
	return err == nil
}

// errEnough ends a listing.
var errEnough = errors.New("enough")

// List implements certmagic.Storage.
func (s *storage) List(ctx context.Context, key string, recursive bool) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, ioTimeout)
	defer cancel()
	at := path(key) + "/"
	var keys []string
	err := s.objects.List(ctx, at, func(i objstore.Info) error {
		name := i.Key
		if inner, _, below := strings.Cut(name[len(at):], "/"); below && !recursive {
			name = at + inner
		}
		name = strings.TrimPrefix(name, root)
		if len(keys) == 0 || keys[len(keys)-1] != name {
			keys = append(keys, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", at, err)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s: %w", at, fs.ErrNotExist)
	}
	return keys, nil
}

// Stat implements certmagic.Storage.
func (s *storage) Stat(ctx context.Context, key string) (certmagic.KeyInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, ioTimeout)
	defer cancel()
	at := path(key)
	info, err := s.objects.Stat(ctx, at)
	if err == nil {
		return certmagic.KeyInfo{Key: key, Modified: info.Modified, Size: info.Size - int64(s.aead.Overhead()), IsTerminal: true}, nil
	}
	if !errors.Is(err, objstore.ErrNotFound) {
		return certmagic.KeyInfo{}, absent(at, err)
	}
	err = s.objects.List(ctx, at+"/", func(objstore.Info) error { return errEnough })
	if errors.Is(err, errEnough) {
		return certmagic.KeyInfo{Key: key}, nil
	}
	if err == nil {
		err = objstore.ErrNotFound
	}
	return certmagic.KeyInfo{}, absent(at, err)
}
