package event

// The types of the mocks stream.
const (
	TypeMockUpdated Type = "mock.updated"
	TypeMockDeleted Type = "mock.deleted"
)

// MockUpdated says what a mock is now. With Enabled false the mock answers nowhere and Content is empty.
type MockUpdated struct {
	WorkspaceID   string   `json:"workspace_id"`
	WorkspaceSlug string   `json:"workspace_slug"`
	MockID        string   `json:"mock_id"`
	MockSlug      string   `json:"mock_slug"`
	Revision      int      `json:"revision"`
	Hosts         []string `json:"hosts"` // the first is the mock's own host under the base domain
	Enabled       bool     `json:"enabled"`
	Content       string   `json:"content,omitempty"` // YAML as the user wrote it; with Lines, the host is in it
	// What the api made of Content already: lines of the unified mock, the settings first, and by which rules and of what
	// (package single). A generator of other rules, or that is not sure, reads Content. Absent when there are many.
	Lines string `json:"lines,omitempty"`
	Seal  string `json:"seal,omitempty"`
	// What is recorded of the mock's requests; absent: RecordRedacted.
	Recording *Recording `json:"recording,omitzero"`
}

func (MockUpdated) EventType() Type     { return TypeMockUpdated }
func (MockUpdated) EventVersion() int   { return 1 }
func (MockUpdated) EventStream() Stream { return Mocks }

// MockDeleted says that a mock is gone for good.
type MockDeleted struct {
	WorkspaceID string `json:"workspace_id"`
	MockID      string `json:"mock_id"`
}

func (MockDeleted) EventType() Type     { return TypeMockDeleted }
func (MockDeleted) EventVersion() int   { return 1 }
func (MockDeleted) EventStream() Stream { return Mocks }
