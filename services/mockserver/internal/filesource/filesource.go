// Package filesource serves mocks from files on disk, without any cloud: moclojer's own job, and `mocloud run`. It reads
// the files, hands them to the host table as one mock without hosts, and does so again when they change. A change that
// cannot be served leaves the last good one in place.
package filesource

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/importer"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
	"github.com/mocloud/mocloud/services/mockserver/internal/stamp"
)

// Config says what is served.
type Config struct {
	Files  []string        // moclojer YAML, documents that are imported, and folders of them
	Prefix string          // goes before every path of imported documents
	Mocks  string          // answers by operation id, for the one file, which is an OpenAPI document; "" for none
	Compat mockspec.Compat // overrides the files' own setting
	Watch  bool            // look for changes
	Every  time.Duration   // how often; 200 ms if zero
	Out    io.Writer       // where diagnostics and what is served are printed
	URL    string          // where the server answers, for what is printed
}

// Table takes the mock.
type Table interface {
	Put(*site.Site)
}

// ErrInvalid says that the files cannot be served; what is wrong with them was printed.
var ErrInvalid = errors.New("the mock cannot be served")

// mockID identifies the one mock.
const mockID = "file"

// Source watches files. It is for one goroutine.
type Source struct {
	cfg   Config
	table Table

	revision int
	seen     string   // digest of what was read last, good or not
	stamps   []string // of the files, with their names
}

// New makes a source; nothing is read yet.
func New(cfg Config, table Table) *Source {
	if cfg.Every == 0 {
		cfg.Every = 200 * time.Millisecond
	}
	return &Source{cfg: cfg, table: table}
}

// Load reads the files and serves them. If they cannot be served it prints why and returns ErrInvalid.
func (s *Source) Load(ctx context.Context) error {
	s.stamps = s.look()
	files, err := s.files()
	if err != nil {
		return err
	}
	contents, err := s.read(files)
	if err != nil {
		return err
	}
	digest := digestOf(contents)
	if digest == s.seen {
		return nil
	}
	s.seen = digest
	mock, problems := s.parse(ctx, files, contents)
	for _, d := range problems {
		s.printf("%s\n", d)
		if d.Fix != "" {
			s.printf("    %s\n", d.Fix)
		}
	}
	if mockspec.HasErrors(problems) {
		return ErrInvalid
	}
	s.revision++
	s.table.Put(&site.Site{
		MockID: mockID, MockSlug: name(s.cfg.Files[0]), Revision: s.revision, Digest: digest, Parsed: mock, Compat: s.cfg.Compat,
	})
	s.announce(mock)
	return nil
}

// Watch loads the files again whenever they change, until ctx ends.
func (s *Source) Watch(ctx context.Context) {
	if !s.cfg.Watch {
		return
	}
	ticker := time.NewTicker(s.cfg.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if s.unchanged() {
			continue
		}
		switch err := s.Load(ctx); {
		case errors.Is(err, ErrInvalid):
			s.printf("The last good version keeps answering.\n")
		case err != nil:
			s.printf("%v. The last good version keeps answering.\n", err)
		}
	}
}

func (s *Source) unchanged() bool { return slices.Equal(s.look(), s.stamps) }

// files are the files that are served: those that were named, and the mocks of the folders that were named, in their order.
func (s *Source) files() ([]string, error) {
	var files []string
	for _, named := range s.cfg.Files {
		info, err := os.Stat(named)
		if err != nil || !info.IsDir() {
			files = append(files, named) // reading it says what is wrong
			continue
		}
		entries, err := os.ReadDir(named)
		if err != nil {
			return nil, fmt.Errorf("read the folder: %w", err)
		}
		before := len(files)
		for _, e := range entries {
			if !e.IsDir() && mockspec.IsFileName(e.Name()) {
				files = append(files, filepath.Join(named, e.Name()))
			}
		}
		if len(files) == before {
			return nil, fmt.Errorf("the folder %s has no .yml, .yaml or .json file", named)
		}
	}
	return files, nil
}

// look is what reports whether something changed.
func (s *Source) look() []string {
	files, err := s.files()
	if err != nil {
		return []string{err.Error()}
	}
	if s.cfg.Mocks != "" {
		files = append(files, s.cfg.Mocks)
	}
	stamps := make([]string, 0, len(files))
	for _, path := range files {
		now := path + " "
		if info, err := os.Stat(path); err == nil {
			now += stamp.Of(info)
		}
		stamps = append(stamps, now)
	}
	return stamps
}

func (s *Source) read(files []string) ([][]byte, error) {
	if s.cfg.Mocks != "" {
		files = append(slices.Clone(files), s.cfg.Mocks)
	}
	var contents [][]byte
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the mock: %w", err)
		}
		contents = append(contents, content)
	}
	return contents, nil
}

// parse reads all files as one mock; settings are those of the first file that has any.
func (s *Source) parse(ctx context.Context, files []string, contents [][]byte) (*mockspec.Mock, []mockspec.Diagnostic) {
	options := mockspec.Options{Compat: s.cfg.Compat, Limits: mockspec.LocalLimits(), Examples: true}
	if s.cfg.Mocks != "" {
		options.Name, options.MocksName = s.cfg.Files[0], s.cfg.Mocks
		return openapi.Pair(ctx, contents[0], contents[len(contents)-1], options)
	}
	all := &mockspec.Mock{}
	var problems []mockspec.Diagnostic
	for i, content := range contents {
		options.Name = files[i]
		if importer.Foreign(content) {
			made, found := importer.Import(ctx, content, importer.Options{
				Name: options.Name, Prefix: s.cfg.Prefix, MaxBytes: options.Limits.Bytes, MaxValues: options.Limits.Nodes, Mock: options.Limits,
			})
			problems = append(problems, found...)
			if made == nil {
				continue
			}
			content = made.Content
		}
		mock, found := mockspec.Parse(content, options)
		problems = append(problems, found...)
		all.Endpoints = append(all.Endpoints, mock.Endpoints...)
		all.WebSockets = append(all.WebSockets, mock.WebSockets...)
		all.Resources = append(all.Resources, mock.Resources...)
		state := append(all.Settings.State, mock.Settings.State...)
		if all.Settings.State = nil; all.Settings.IsZero() {
			all.Settings = mock.Settings
		}
		all.Settings.State = state
	}
	return all, problems
}

// shown is how many endpoints are printed.
const shown = 40

// announce prints what is served and how to call it.
func (s *Source) announce(mock *mockspec.Mock) {
	total := len(mock.Endpoints) + len(mock.WebSockets) + len(mock.Resources)
	verb := "Serving"
	if s.revision > 1 {
		verb = "Now serving"
	}
	s.printf("%s %s: %s\n\n", verb, strings.Join(s.cfg.Files, ", "), count(total))
	for i := range mock.Endpoints {
		if i == shown {
			s.printf("  … and %d more\n", len(mock.Endpoints)-shown)
			break
		}
		e := &mock.Endpoints[i]
		s.printf("  %-7s %s\n", e.Method, s.address(e.Host, e.Path.Raw))
	}
	for i := range mock.Resources {
		if i == shown {
			break
		}
		c := &mock.Resources[i]
		s.printf("  %-7s %s\n", "CRUD", s.address(c.Host, c.Path.Raw))
	}
	for i := range mock.WebSockets {
		if i == shown {
			break
		}
		w := &mock.WebSockets[i]
		s.printf("  %-7s %s\n", "WS", "ws"+strings.TrimPrefix(s.address(w.Host, w.Path.Raw), "http"))
	}
	if line := curl(s.cfg.URL, mock); line != "" {
		s.printf("\nTry it:\n  %s\n\n", line)
	}
}

// count says how many endpoints there are.
func count(n int) string {
	if n == 1 {
		return "1 endpoint"
	}
	return fmt.Sprintf("%d endpoints", n)
}

func (s *Source) address(host, path string) string {
	if host == "" {
		return s.cfg.URL + path
	}
	return s.cfg.URL + path + "  (Host: " + host + ")"
}

// name makes a slug of a file's name.
func name(path string) string {
	base := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	slug := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, base)
	if slug = strings.Trim(slug, "-"); slug == "" {
		return "mock"
	}
	return slug
}

func digestOf(contents [][]byte) string {
	h := sha256.New()
	for _, c := range contents {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(c))))
		h.Write(c)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (s *Source) printf(format string, args ...any) {
	if s.cfg.Out != nil {
		_, _ = fmt.Fprintf(s.cfg.Out, format, args...) // the terminal may be gone
	}
}
