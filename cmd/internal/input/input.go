// Package input reads the files that commands are given. The commands import it.
package input

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

// MaxDocument bounds a document to import on one's own disk in bytes; it may be larger than one that is sent.
const MaxDocument = 64 << 20

// Read reads a file, or standard input for `-`. What has more than most bytes is an error.
func Read(stdin io.Reader, file string, most int) ([]byte, error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // only read from
		in = f
	}
	content, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if len(content) > most {
		return nil, fmt.Errorf("%s is larger than %d MiB", file, most>>20)
	}
	return content, nil
}

// IsMock reports whether a file of a folder is pushed and served with it: by its name, in any case of its extension.
func IsMock(e os.DirEntry) bool {
	extension := strings.ToLower(filepath.Ext(e.Name()))
	return !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && slices.Contains([]string{".yml", ".yaml", ".json"}, extension)
}

// Import makes a mock from another tool's document on this machine; there is none if a diagnostic is an error.
func Import(ctx context.Context, src []byte, name, prefix string) (*importer.Result, []mockspec.Diagnostic) {
	return importer.Import(ctx, src, importer.Options{Name: name, Prefix: prefix, MaxBytes: MaxDocument, MaxValues: 5_000_000})
}
