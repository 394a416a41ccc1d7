package remote

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Seen is which revision of each mock a folder has: what was pulled into it, or pushed from it, last. It is kept in the user's
// configuration folder, a file for each folder and server, so that `mocloud push` notices what somebody else did meanwhile.
type Seen struct {
	path string

	Server    string         `json:"server"`
	Folder    string         `json:"folder"`
	Revisions map[string]int `json:"revisions"` // by the mock's id
}

// SeenIn reads what the folder of a file has of the server's mocks; "" and "-" mean the working folder. Without a configuration
// folder, as in some CI jobs, nothing is known and nothing is kept.
func (s *Session) SeenIn(file string) (*Seen, error) {
	folder := "."
	if file != "" && file != "-" {
		folder = filepath.Dir(file)
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	seen := &Seen{Server: s.Server, Folder: folder, Revisions: map[string]int{}}
	config, err := os.UserConfigDir()
	if err != nil {
		return seen, nil //nolint:nilerr // there is no place to remember anything
	}
	name := sha256.Sum256([]byte(s.Server + "\n" + folder))
	seen.path = filepath.Join(config, "mocloud", "seen", hex.EncodeToString(name[:16])+".json")
	raw, err := os.ReadFile(seen.path)
	if err != nil {
		return seen, nil //nolint:nilerr // nothing was pulled or pushed here yet
	}
	var kept Seen
	if json.Unmarshal(raw, &kept) == nil && kept.Server == s.Server && kept.Folder == folder && kept.Revisions != nil {
		seen.Revisions = kept.Revisions
	}
	return seen, nil
}

// Save keeps it.
func (s *Seen) Save() error {
	if s.path == "" {
		return nil
	}
	return save(s.path, s)
}

// save writes v as JSON to a file that only its user can read, whole or not at all.
func save(path string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), ".new-*.json") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(fresh.Name()) }() // not there any more if all went well
	_, err = fresh.Write(append(raw, '\n'))
	if err := errors.Join(err, fresh.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(fresh.Name(), path)
}
