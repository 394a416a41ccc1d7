package event

// The types of the unified stream. SingleGenerated, SingleRejected and SingleRemoved carry the number of the change of
// the mocks stream that caused them, so that the two streams count alike.
const (
	TypeSingleGenerated  Type = "yml.single.generated"
	TypeSingleRejected   Type = "yml.single.rejected"
	TypeSingleRemoved    Type = "yml.single.removed"
	TypeUnifiedGenerated Type = "yml.unified.generated"
)

// SingleGenerated says that a mock's file is in the object store and ready to be served.
type SingleGenerated struct {
	WorkspaceID   string   `json:"workspace_id"`
	WorkspaceSlug string   `json:"workspace_slug"`
	MockID        string   `json:"mock_id"`
	MockSlug      string   `json:"mock_slug"`
	Revision      int      `json:"revision"`
	Hosts         []string `json:"hosts"`
	Key           string   `json:"key"`    // of the object
	Digest        string   `json:"digest"` // sha256 of the object, hex
	Size          int64    `json:"size"`   // bytes
	// What is recorded of the mock's requests; absent: redacted.
	Recording *Recording `json:"recording,omitzero"`
	// The mock as lines of the unified mock, its settings first, so that nobody needs to fetch the object. Absent when there
	// are many, and in replays.
	Lines string `json:"lines,omitempty"`
}

func (SingleGenerated) EventType() Type     { return TypeSingleGenerated }
func (SingleGenerated) EventVersion() int   { return 1 }
func (SingleGenerated) EventStream() Stream { return Unified }

// SingleRejected says that a revision cannot be served; the last good one keeps answering.
type SingleRejected struct {
	WorkspaceID string           `json:"workspace_id"`
	MockID      string           `json:"mock_id"`
	Revision    int              `json:"revision"`
	Diagnostics []Diagnostic     `json:"diagnostics"`      // at least one error
	Serving     *SingleGenerated `json:"serving,omitzero"` // what keeps answering; absent: nothing does
	// The change that serving comes from: of two mocks with one host, the later claim counts. Absent: none of this epoch.
	ServingSince uint64 `json:"serving_since,omitzero"`
}

// Diagnostic is one complaint about a mock's content.
type Diagnostic struct {
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Fix      string `json:"fix,omitempty"`
}

func (SingleRejected) EventType() Type     { return TypeSingleRejected }
func (SingleRejected) EventVersion() int   { return 1 }
func (SingleRejected) EventStream() Stream { return Unified }

// SingleRemoved says that a mock answers nowhere any more: unpublished or deleted.
type SingleRemoved struct {
	WorkspaceID string `json:"workspace_id"`
	MockID      string `json:"mock_id"`
	Deleted     bool   `json:"deleted"` // false: only unpublished
}

func (SingleRemoved) EventType() Type     { return TypeSingleRemoved }
func (SingleRemoved) EventVersion() int   { return 1 }
func (SingleRemoved) EventStream() Stream { return Unified }

// UnifiedGenerated announces a new unified mock. It is not numbered itself: Change is the position the file has reached.
type UnifiedGenerated struct {
	Key       string `json:"key"`
	Epoch     string `json:"epoch"`
	Change    uint64 `json:"change"`
	Digest    string `json:"digest"` // sha256 of the object, hex
	Size      int64  `json:"size"`
	Mocks     int    `json:"mocks"`
	Endpoints int    `json:"endpoints"`
}

func (UnifiedGenerated) EventType() Type     { return TypeUnifiedGenerated }
func (UnifiedGenerated) EventVersion() int   { return 1 }
func (UnifiedGenerated) EventStream() Stream { return Unified }
