// Package unified reads and writes the unified mock: the one file in the object store that holds every published endpoint.
// yamlgen writes it, the mock servers start from it. It knows lines and comments only; what an item means is mockspec's.
//
// The file is one YAML list whose every item is one line of flow style that is also JSON, so that any moclojer runs it as
// it is and a server splits it by lines:
//
//	# mocloud unified mock · epoch 1 · change 41872 · 3 mocks · 5 endpoints · tombstones after 40000
//	# mock {"mock_id":"…","workspace_id":"…","change":41870,"digest":"…","hosts":["pets-ann.example.dev"]}
//	- {"endpoint":{"host":"pets-ann.example.dev","method":"GET","path":"/pets/:id|int","response":{"status":200}}}
//	# end · sha256 9f86…
//
// Blocks (a `# mock` comment and the items that follow it) are sorted by mock id, each id once. A block without items is a
// mock that answers nowhere: rejected from its first revision on, or removed (a tombstone). The settings of a mock are in
// its comment, because a `mocloud` item would speak for the whole file. A file without any item says `[]`, so that it is a
// list still. Comments are ASCII, the header excepted.
package unified

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

// Key is the object's key.
const Key = "moclojer.yml"

// ErrCorrupt says that a file is not what this package writes, or not all of it.
var ErrCorrupt = errors.New("unified mock is damaged")

// Header says what a file is.
type Header struct {
	Epoch     string
	Change    uint64 // everything up to here is in the file
	Mocks     int    // that answer somewhere
	Endpoints int    // items
	Forgotten uint64 // tombstones up to this change may be missing
}

// Mock is what the comment of a block says. A mock's own file begins with such a comment too, about what follows it there.
type Mock struct {
	ID          string `json:"mock_id"`
	WorkspaceID string `json:"workspace_id"`
	// Change is the latest change that the block's items and its absence of items come from; a rejection has its own.
	Change        uint64          `json:"change"`
	Revision      int             `json:"revision,omitempty"`
	Digest        string          `json:"digest,omitempty"` // sha256 of the mock's own file, hex; "" when the mock answers nowhere
	Size          int64           `json:"size,omitempty"`   // bytes of that file
	Hosts         []string        `json:"hosts,omitempty"`  // the first is written into the items
	WorkspaceSlug string          `json:"workspace_slug,omitempty"`
	Slug          string          `json:"mock_slug,omitempty"`
	Compat        mockspec.Compat `json:"compat,omitempty"`
	// Shared are the lines of the mock's other settings.
	Shared string `json:"shared,omitempty"`
	// Recording says what is recorded of the mock's requests; nil: event.RecordRedacted. It is never changed, only replaced.
	Recording *event.Recording `json:"recording,omitempty"`
	Removed   *Removal         `json:"removed,omitempty"`
	Rejected  *Rejection       `json:"rejected,omitempty"`
	Epoch     string           `json:"epoch,omitempty"` // of the numbers; in a mock's own file only
}

// Removal marks a tombstone.
type Removal struct {
	Deleted bool `json:"deleted"` // false: only unpublished
}

// Rejection says why a later revision than the one in the block is not served.
type Rejection struct {
	Change      uint64             `json:"change"`
	Revision    int                `json:"revision"`
	Diagnostics []event.Diagnostic `json:"diagnostics"`
}

// Live reports whether the mock answers somewhere.
func (m *Mock) Live() bool { return m.Digest != "" }

// Latest is the number of the latest change that concerns the mock.
func (m *Mock) Latest() uint64 {
	if m.Rejected != nil {
		return max(m.Change, m.Rejected.Change)
	}
	return m.Change
}

// SetSettings takes over the settings of a mock.
func (m *Mock) SetSettings(s mockspec.Settings) {
	m.Compat, s.Compat = s.Compat, ""
	m.Shared = string(mockspec.AppendSettings(nil, &s))
}

// AppendSettings appends the mock's settings as lines.
func (m *Mock) AppendSettings(dst []byte) []byte {
	dst = mockspec.AppendSettings(dst, &mockspec.Settings{Compat: m.Compat})
	return append(dst, m.Shared...)
}

// Digest is the sha256 of content, hex.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

const (
	headerPrefix = "# mocloud unified mock"
	mockPrefix   = "# mock "
	endPrefix    = "# end · sha256 "
	emptyList    = "[]\n"
	separator    = " · "

	maxComment = 8 << 20 // bytes of a comment line; it may hold a mock's settings, escaped
	maxName    = 128     // bytes of an epoch or id
)

// TrailerSize is the size of the last line, in bytes.
const TrailerSize = int64(len(endPrefix) + 2*sha256.Size + 1)

// ValidName reports whether s can be an epoch, a workspace's id or a mock's: it goes into a comment line and into object keys.
func ValidName(s string) bool {
	if s == "" || len(s) > maxName || s[0] == '.' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// AppendHeader appends the first line, and `[]` if there are no items.
func AppendHeader(dst []byte, h Header) ([]byte, error) {
	if !ValidName(h.Epoch) {
		return dst, fmt.Errorf("write unified mock: epoch %q is not a name", h.Epoch)
	}
	dst = fmt.Appendf(dst, headerPrefix+" · epoch %s · change %d · %d mocks · %d endpoints · tombstones after %d\n",
		h.Epoch, h.Change, h.Mocks, h.Endpoints, h.Forgotten)
	if h.Endpoints == 0 {
		dst = append(dst, emptyList...)
	}
	return dst, nil
}

// parseHeader reads the first line, without its line feed. Unknown parts are left to later versions.
func parseHeader(line string) (Header, error) {
	var h Header
	rest, ok := strings.CutPrefix(line, headerPrefix+separator)
	if !ok {
		return h, fmt.Errorf("%w: the first line is not its header", ErrCorrupt)
	}
	fields := strings.Split(rest, separator)
	known := 0
	for _, f := range fields {
		var err error
		number := func(s string) (n uint64) {
			known++
			n, err = strconv.ParseUint(s, 10, 63)
			return n
		}
		if v, ok := strings.CutPrefix(f, "epoch "); ok {
			h.Epoch = v
		} else if v, ok := strings.CutPrefix(f, "change "); ok {
			h.Change = number(v)
		} else if v, ok := strings.CutPrefix(f, "tombstones after "); ok {
			h.Forgotten = number(v)
		} else if v, ok := strings.CutSuffix(f, " mocks"); ok {
			h.Mocks = int(number(v))
		} else if v, ok := strings.CutSuffix(f, " endpoints"); ok {
			h.Endpoints = int(number(v))
		}
		if err != nil {
			return h, fmt.Errorf("%w: header says %q", ErrCorrupt, f)
		}
	}
	if known != 4 || !ValidName(h.Epoch) {
		return h, fmt.Errorf("%w: header %q is incomplete", ErrCorrupt, line)
	}
	return h, nil
}

// AppendBlock appends a mock's comment and its items, which are whole lines as mockspec writes them, without settings.
func AppendBlock(dst []byte, m *Mock, items []byte) ([]byte, error) {
	if !ValidName(m.ID) || !ValidName(m.WorkspaceID) {
		return dst, fmt.Errorf("write mock %q of workspace %q: not an id", m.ID, m.WorkspaceID)
	}
	if len(items) > 0 && (items[0] != '-' || items[len(items)-1] != '\n') {
		return dst, fmt.Errorf("write mock %s: its items are not lines", m.ID)
	}
	comment, err := json.Marshal(m)
	if err != nil {
		return dst, fmt.Errorf("write mock %s: %w", m.ID, err)
	}
	start := len(dst)
	dst = append(dst, mockPrefix...)
	dst = appendASCII(dst, comment)
	dst = append(dst, '\n')
	if len(dst)-start > maxComment {
		return dst[:start], fmt.Errorf("write mock %s: its description has %d bytes; the limit is %d", m.ID, len(dst)-start, maxComment)
	}
	return append(dst, items...), nil
}

// appendASCII appends JSON with everything beyond printable ASCII escaped: some of it would end a comment in YAML 1.1, or
// is not allowed there.
func appendASCII(dst, text []byte) []byte {
	for len(text) > 0 {
		if c := text[0]; c >= 0x20 && c < 0x7f {
			dst, text = append(dst, c), text[1:]
			continue
		}
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		if r1, r2 := utf16.EncodeRune(r); r1 != utf8.RuneError {
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, r1, r2)
		} else {
			dst = fmt.Appendf(dst, `\u%04x`, r)
		}
	}
	return dst
}

// CutMock reads the comment with which a mock's own file begins and returns what follows it. False if there is none.
func CutMock(file []byte) (Mock, []byte, bool) {
	line, rest, ok := bytes.Cut(file, []byte("\n"))
	if !ok || !bytes.HasPrefix(line, []byte(mockPrefix)) {
		return Mock{}, nil, false
	}
	m, err := parseMock(line)
	return m, rest, err == nil
}

// parseMock reads a comment line, without its line feed.
func parseMock(line []byte) (Mock, error) {
	var m Mock
	if err := json.Unmarshal(line[len(mockPrefix):], &m); err != nil {
		return m, fmt.Errorf("%w: %q: %w", ErrCorrupt, short(line), err)
	}
	if !ValidName(m.ID) || !ValidName(m.WorkspaceID) {
		return m, fmt.Errorf("%w: %q names no mock", ErrCorrupt, short(line))
	}
	return m, nil
}

func short(line []byte) []byte { return line[:min(len(line), 80)] }
