// Package input reads the files that commands are given.
package input

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mocloud/mocloud/cmd/internal/exit"
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

// Files are the files that are named, with the mocks of the folders that are named. They are several if a folder or more than a file
// was named. A file that is not there is left to the reader.
func Files(names []string) (files []string, several bool, err error) {
	several = len(names) > 1
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.IsDir() {
			files = append(files, name)
			continue
		}
		several = true
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, false, err
		}
		before := len(files)
		for _, e := range entries {
			if !e.IsDir() && mockspec.IsFileName(e.Name()) {
				files = append(files, filepath.Join(name, e.Name()))
			}
		}
		if len(files) == before {
			return nil, false, exit.With(exit.Usage, fmt.Errorf("the folder %s has no .yml, .yaml or .json file", name))
		}
	}
	return files, several, nil
}

// Import makes a mock from another tool's document on this machine; there is none if a diagnostic is an error.
func Import(ctx context.Context, src []byte, o importer.Options) (*importer.Result, []mockspec.Diagnostic) {
	o.MaxBytes, o.MaxValues = MaxDocument, 5_000_000
	return importer.Import(ctx, src, o)
}

// MuchLeftOut says that a mock lacks a good part of its document's operations, a tenth of them or more; "" if not. What stands beside
// the operations, such as callbacks, does not count.
func MuchLeftOut(made *importer.Result, notes []mockspec.Diagnostic) string {
	lost := 0
	for _, note := range notes {
		if importer.EffectOf(note) == importer.None && strings.Contains(note.Message, " is left out") {
			lost++
		}
	}
	if lost == 0 || lost*10 < made.Endpoints+lost {
		return ""
	}
	return fmt.Sprintf("operations left out of the mock: %d; endpoints in it: %d", lost, made.Endpoints)
}
