// Command corpora imports every file of the folders that it is given, and prints a line of JSON for each document that is recognised: what
// became of it, how long that took, and whether the mock is valid. It ends with 1 if an import panicked or made a mock that is not valid.
//
//	cd tests && go run ./corpora FOLDER… | jq -s 'group_by(.format)[] | {format: .[0].format, files: length, imported: map(select(.imported)) | length}'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mocloud/mocloud/pkg/importer"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

// The bounds of one document.
const (
	maxBytes = 64 << 20
	patience = 30 * time.Second
)

// report is what became of a document.
type report struct {
	File      string          `json:"file"`
	Format    importer.Format `json:"format"`
	Bytes     int             `json:"bytes"`
	Imported  bool            `json:"imported"`
	Endpoints int             `json:"endpoints"`
	Loss      int             `json:"loss"` // parts that are not quite as they were
	None      int             `json:"none"` // parts that are left out
	Valid     bool            `json:"valid"`
	Why       string          `json:"why,omitempty"` // it is not imported, or not valid
	Millis    int64           `json:"ms"`
}

func main() {
	failed := false
	out := json.NewEncoder(os.Stdout)
	for _, folder := range os.Args[1:] {
		err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			src, err := read(file)
			if err != nil || src == nil || !importer.Foreign(src) {
				return err
			}
			r := judge(file, src)
			failed = failed || r.Imported && !r.Valid
			return out.Encode(r)
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// read returns a file that may be a document; nil if it is too large, or none by its name.
func read(file string) ([]byte, error) {
	switch filepath.Ext(file) {
	case ".json", ".yaml", ".yml", ".har":
	default:
		return nil, nil
	}
	info, err := os.Stat(file)
	if err != nil || info.Size() > maxBytes {
		return nil, err
	}
	return os.ReadFile(file)
}

// judge imports one document.
func judge(file string, src []byte) (r report) {
	r = report{File: file, Format: importer.Detect(src), Bytes: len(src)}
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	begun := time.Now()
	defer func() {
		r.Millis = time.Since(begun).Milliseconds()
		if p := recover(); p != nil {
			r.Imported, r.Valid, r.Why = true, false, fmt.Sprint("panic: ", p)
		}
	}()
	made, notes := importer.Import(ctx, src, importer.Options{Name: filepath.Base(file), MaxBytes: maxBytes, MaxValues: 5_000_000})
	for _, note := range notes {
		switch {
		case note.Severity == mockspec.Error:
			r.Why = note.String()
		case importer.EffectOf(note) == importer.Loss:
			r.Loss++
		default:
			r.None++
		}
	}
	if made == nil {
		return r
	}
	r.Imported, r.Endpoints = true, made.Endpoints
	_, problems := mockspec.Parse(made.Content, mockspec.Options{})
	r.Valid = !mockspec.HasErrors(problems)
	for _, p := range problems {
		if p.Severity == mockspec.Error && r.Why == "" {
			r.Why = p.String()
		}
	}
	return r
}
