// Package files is what the api and the mock servers agree on about the files of a workspace: how they may be named,
// and the index in the object store that says which object holds which file.
//
// The content of a file is an object that is written once, under a key that no other content ever has. The index of the workspace names
// the objects of its files. The api writes it after its database has committed a change; a mock server reads it, so that what it serves
// is what the database says, never a half-done upload.
package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/env"
)

const (
	// MaxName bounds a file's name, in bytes.
	MaxName = 1024
	// MaxIndex bounds an encoded Index, in bytes.
	MaxIndex = 8 << 20
)

// Index says what the files and the variables of a workspace are.
type Index struct {
	// Version grows with every change of them: of two indexes the greater one is right.
	Version   int64                   `json:"version"`
	Files     map[string]File         `json:"files"`               // by name
	Variables map[string]env.Variable `json:"variables,omitempty"` // by name; secrets are sealed
}

// File is one version of a file.
type File struct {
	Object    string `json:"object"` // for ObjectKey; another content has another one
	Size      int64  `json:"size"`   // bytes
	MediaType string `json:"media_type"`
}

// IndexKey is the key of a workspace's index.
func IndexKey(workspaceID string) string { return workspaceID + "/files/index.json" }

// ObjectKey is the key of the content of a File.
func ObjectKey(workspaceID, object string) string { return workspaceID + "/files/" + object }

// ErrIndex says that an index cannot be read.
var ErrIndex = errors.New("broken index of files")

// Decode reads an index. An error of r passes unchanged; ErrIndex is for what is no index.
func Decode(r io.Reader) (Index, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxIndex+1))
	if err != nil {
		return Index{}, err
	}
	if len(raw) > MaxIndex {
		return Index{}, fmt.Errorf("%w: it has more than %d bytes", ErrIndex, MaxIndex)
	}
	var i Index
	if err := json.Unmarshal(raw, &i); err != nil {
		return Index{}, fmt.Errorf("%w: %w", ErrIndex, err)
	}
	for name, f := range i.Files {
		if strings.Contains(f.Object, "/") || !fs.ValidPath(f.Object) || f.Object == "." {
			return Index{}, fmt.Errorf("%w: %q names the object %q", ErrIndex, name, f.Object)
		}
	}
	return i, nil
}

// Clean returns the slash-separated name of a file below a workspace's folder, or what is wrong with raw, as "contains …"
// is. What could lead out of the folder is an error and never silently repaired: a mock that hits one has a mistake or a curious
// caller. ".." is refused even where it would stay inside, because parts of a path usually come from a request.
func Clean(raw string) (name string, wrong string) {
	switch {
	case len(raw) > MaxName:
		return "", "is too long"
	case !utf8.ValidString(raw):
		return "", "is not valid UTF-8"
	case strings.ContainsFunc(raw, unicode.IsControl):
		return "", "contains a control character"
	case strings.Contains(raw, `\`):
		return "", `contains "\"; separate folders with "/"`
	case strings.HasPrefix(raw, "/"):
		return "", "is absolute; name a file of the workspace without a leading /"
	}
	for segment := range strings.SplitSeq(raw, "/") {
		if segment == ".." {
			return "", `contains ".."; name the file from the workspace's own folder`
		}
	}
	name = path.Clean(raw)
	switch {
	case raw == "" || strings.TrimSpace(name) == "":
		return "", "is empty; name a file of the workspace or an http(s) URL"
	case name == "." || strings.HasSuffix(raw, "/"):
		return "", "is a folder; name a file"
	case len(name) >= 2 && name[1] == ':' && unicode.IsLetter(rune(name[0])):
		return "", "names a drive; name a file of the workspace"
	}
	return name, ""
}
