package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Servers is what `mocloud login` remembers, in one file that only its user can read.
type Servers struct {
	Current string            `json:"current"` // the server that was signed in to last
	Servers map[string]Server `json:"servers"` // by URL
}

// Server is how to call one server. Token is a secret; it is in the file because there is no other place that every
// machine has.
type Server struct {
	Token string `json:"token"`
	Made  bool   `json:"made,omitempty"` // by the login itself: nobody else has it
}

// serversFile is in the user's configuration folder.
func serversFile() (string, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the folder for settings: %w", err)
	}
	return filepath.Join(folder, "mocloud", "servers.json"), nil
}

// LoadServers reads the file; without one there are no servers.
func LoadServers() (Servers, error) {
	none := Servers{Servers: map[string]Server{}}
	path, err := serversFile()
	if err != nil {
		return none, err
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	s := none
	if err := json.Unmarshal(raw, &s); err != nil {
		return none, fmt.Errorf("%s is damaged (%w); delete it and run `mocloud login` again", path, err)
	}
	if s.Servers == nil {
		s.Servers = none.Servers
	}
	return s, nil
}

// Save writes the file, whole or not at all.
func (s Servers) Save() error {
	path, err := serversFile()
	if err != nil {
		return err
	}
	return save(path, s)
}
