// Package single makes one mock's files from what its user wrote: the document as it is kept in the object store, with the mock's
// host in it, and the lines for the unified mock. It does no I/O. The api makes them of what it has just read, so that the
// generator need not read the YAML again; the generator makes them where the api did not, or by other rules.
package single

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// rules is the version of what a document is refused for, and of what lines become of it. Whoever changes either in a way
// that generators of both versions must not mix counts on.
const rules = 2

// MaxLines is how many bytes of a mock's lines travel with events. The generator and the mock servers read the YAML of a
// larger mock, which takes longer anyway; and a batch of such events stays far below what Redis keeps for a slow subscriber.
const MaxLines = 64 << 10

// Single is a mock that may be published.
type Single struct {
	File     []byte // moclojer YAML as the user wrote it, the host added
	Items    []byte // lines of the unified mock, the host added, without settings
	Count    int    // of Items
	Settings mockspec.Settings
}

// Key is the object key of a mock's file.
func Key(workspaceID, mockID string) string { return workspaceID + "/" + mockID + "/mock.yml" }

// Make validates content and writes host into each of its items; whatever host the user wrote gives way, because a mock
// answers on its own hosts only. When a diagnostic is an error there is no Single.
func Make(content, host string, o mockspec.Options) (*Single, []mockspec.Diagnostic) {
	d := mockspec.ParseDocument(content, o)
	if d.Invalid() {
		return nil, d.Diagnostics()
	}
	return of(d, host, d.Lines(host)), d.Diagnostics()
}

// of is Make of a document without errors, whose lines are items.
func of(d *mockspec.Document, host string, items []byte) *Single {
	m := d.Mock()
	s := &Single{Settings: m.Settings, Count: len(m.Endpoints) + len(m.WebSockets) + len(m.Resources), Items: items}
	file, err := d.WithHost(host)
	if err != nil {
		// The tree cannot be written as a document: a gap in the YAML package. The lines say the same.
		file = fmt.Appendf(nil, "# The document could not be kept as it was written: %q\n%s", err.Error(), s.Lines())
	}
	s.File = file
	return s
}

// Lines are the mock as lines, its settings first.
func (s *Single) Lines() []byte {
	if s.Settings.IsZero() {
		return s.Items
	}
	return append(mockspec.AppendSettings(nil, &s.Settings), s.Items...)
}

// Seal says by which rules, for which host and of which file lines were made.
func Seal(host, file, lines string) string {
	h := sha256.New()
	for _, part := range []string{host, file, lines} {
		_, _ = fmt.Fprintf(h, "%d %s\n", len(part), part) // a digest takes everything
	}
	return fmt.Sprintf("%d %x", rules, h.Sum(nil))
}

// Open is the Single of a file and lines that somebody else made. It reports false when they were made by other rules, of
// something else or for another host, are more than the limits allow, or are not lines at all: then it has to be made from
// the file.
func Open(host, file, lines, seal string, l mockspec.Limits) (*Single, bool) {
	l = l.OrDefault()
	if lines == "" || len(file) > l.Bytes || seal != Seal(host, file, lines) {
		return nil, false
	}
	s := &Single{File: []byte(file), Items: []byte(lines)}
	for rest := s.Items; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		item, ok := bytes.CutPrefix(line, []byte("- {"))
		if !ok || !ended || !json.Valid(line[len("- "):]) {
			return nil, false
		}
		switch {
		case s.Count == 0 && (bytes.HasPrefix(item, []byte(`"mocloud":`)) || bytes.HasPrefix(item, []byte(`"state":`))):
			settings, err := mockspec.DecodeLines([]byte(lines)[:len(lines)-len(after)])
			if err != nil {
				return nil, false
			}
			s.Settings, s.Items = settings.Settings, after
		case bytes.HasPrefix(item, []byte(`"endpoint":`)) || bytes.HasPrefix(item, []byte(`"websocket":`)) || bytes.HasPrefix(item, []byte(`"crud":`)):
			s.Count++
		default:
			return nil, false
		}
		rest = after
	}
	return s, s.Count <= l.Endpoints
}
