// Package site is one mock as a source hands it to the server: who it belongs to, which revision it is, on which hosts
// it answers, and its content. It holds data only; sources make sites, the host table keeps them, the serving core
// compiles them.
package site

import (
	"fmt"
	"slices"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

// Site is one published mock. It is immutable once it was handed over, its slices included, and safe for concurrent
// use.
type Site struct {
	WorkspaceID   string
	WorkspaceSlug string
	MockID        string // identity: a later Site with the same MockID takes the place of this one
	MockSlug      string
	Revision      int
	Change        uint64 // place in the change log, 0 when there is none
	Digest        string // of the content as its source knows it; "" when unknown

	// Hosts are the host names on which the mock answers. None means that it answers on every host, each endpoint on
	// its own `host` if it names one: that is how a plain file is served.
	Hosts []string

	// Content is moclojer YAML, or one mock's lines of the unified mock. It is parsed when the mock is called for the
	// first time.
	Content []byte

	// Parsed, when it is set, is the mock itself, and Content is not looked at.
	Parsed *mockspec.Mock

	// Recording says what is recorded of the mock's requests; nil: event.RecordRedacted.
	Recording *event.Recording

	// Compat, when it is set, overrides the mock's own setting.
	Compat mockspec.Compat
}

// Ref is what answers carry in X-Mocloud-Mock: the mock's slug and revision.
func (s *Site) Ref() string { return fmt.Sprintf("%s@%d", s.MockSlug, s.Revision) }

// Same reports whether t is what s already is, so that taking t instead would change no answer. Without a digest
// nothing is known to be the same.
func (s *Site) Same(t *Site) bool {
	return s.Digest != "" && s.Digest == t.Digest && s.Revision == t.Revision && s.MockID == t.MockID && s.MockSlug == t.MockSlug &&
		s.WorkspaceID == t.WorkspaceID && s.WorkspaceSlug == t.WorkspaceSlug && s.Compat == t.Compat && slices.Equal(s.Hosts, t.Hosts) &&
		s.Recording.Equal(t.Recording)
}
