// Package single makes one mock's files from what its user wrote: the document as it is kept in the object store, with the
// mock's host in it, and the lines for the unified mock. It does no I/O. The generator imports it.
package single

import (
	"fmt"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

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
	mock, docs, diagnostics := mockspec.ParseTree([]byte(content), o)
	if mockspec.HasErrors(diagnostics) {
		return nil, diagnostics
	}
	s := &Single{Settings: mock.Settings, Count: len(mock.Endpoints) + len(mock.WebSockets)}
	for _, e := range mock.Endpoints {
		e.Host = host
		s.Items = mockspec.AppendEndpoint(s.Items, &e)
	}
	for _, w := range mock.WebSockets {
		w.Host = host
		s.Items = mockspec.AppendWebSocket(s.Items, &w)
	}
	file, err := addHost(content, host, docs)
	if err != nil {
		// The tree cannot be written as a document: a gap in the YAML package. The lines say the same.
		file = fmt.Appendf(nil, "# The document could not be kept as it was written: %q\n%s", err.Error(),
			mockspec.AppendSettings(nil, &mock.Settings))
		file = append(file, s.Items...)
	}
	s.File = file
	return s, diagnostics
}
