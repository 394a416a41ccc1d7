package event

// The types of the mocks stream.
const (
	TypeMockUpdated Type = "mock.updated"
	TypeMockDeleted Type = "mock.deleted"
)

// MockUpdated says what a mock is now. If it is not enabled, it answers nowhere and there is no content.
type MockUpdated struct {
	WorkspaceID   string   `json:"workspace_id"`
	WorkspaceSlug string   `json:"workspace_slug"`
	MockID        string   `json:"mock_id"`
	MockSlug      string   `json:"mock_slug"`
	Revision      int      `json:"revision"`
	Hosts         []string `json:"hosts"` // the first is the mock's own host under the base domain
	Enabled       bool     `json:"enabled"`
	Content       string   `json:"content,omitempty"` // YAML as the user wrote it; if there are lines, the host is in it
	// The content as lines of the unified mock, its settings first. Absent when there are many.
	Lines string `json:"lines,omitempty"`
	// By which rules the lines were made, and of which content (package single). A generator with other rules reads the content.
	Seal string `json:"seal,omitempty"`
	// What is recorded of the mock's requests; absent: redacted.
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
