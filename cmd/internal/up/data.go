package up

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api"
)

// dataFolder is where `mocloud up` keeps everything: the database, the objects, the admin token, the key of secret variables.
type dataFolder struct {
	path string
	lock *os.File
}

// openDataFolder makes the folder if it is not there and takes its lock, so that two processes never share it.
func openDataFolder(path string) (*dataFolder, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Join(abs, "objects"), 0o700); err != nil {
		return nil, unwritable(abs, err)
	}
	lock, err := os.OpenFile(filepath.Join(abs, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unwritable(abs, err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("data folder %s is in use by another mocloud; stop that one or choose another with --data", abs)
	}
	return &dataFolder{path: abs, lock: lock}, nil
}

func unwritable(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("data folder %s cannot be written; change its permissions or choose another with --data", path)
	}
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("data folder %s cannot be created, because part of its path is a file; choose another with --data", path)
	}
	return fmt.Errorf("data folder %s cannot be created (%w); choose another with --data", path, err)
}

// Close releases the folder.
func (d *dataFolder) Close() error { return d.lock.Close() }

func (d *dataFolder) databaseURL() secret.String {
	return secret.New("sqlite://" + filepath.Join(d.path, "mocloud.db"))
}

func (d *dataFolder) objectStoreURL() secret.String {
	return secret.New("file://" + filepath.Join(d.path, "objects"))
}

// adminToken is given by the user, or made at the first start and kept for the next ones.
func (d *dataFolder) adminToken(given string) (secret.String, error) {
	if given != "" {
		return secret.New(given), nil
	}
	return d.kept("admin-token", api.NewAdminToken)
}

// sealKey encrypts the secret variables of workspaces: given by the user, or made at the first start and kept for the next ones.
func (d *dataFolder) sealKey(given string) (secret.String, error) {
	if given != "" {
		return secret.New(given), nil
	}
	return d.kept("seal-key", func() secret.String { return secret.New(random(env.MinKey)) })
}

// kept is the secret in a file, which is made if there is none.
func (d *dataFolder) kept(name string, generate func() secret.String) (secret.String, error) {
	path := filepath.Join(d.path, name)
	kept, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(kept))) > 0 {
		return secret.New(strings.TrimSpace(string(kept))), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return secret.String{}, fmt.Errorf("read %s: %w", path, err)
	}
	made := generate()
	if err := os.WriteFile(path, []byte(made.Reveal()+"\n"), 0o600); err != nil {
		return secret.String{}, unwritable(d.path, err)
	}
	return made, nil
}

// random is n random bytes as text that is safe in URLs and shells.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}
