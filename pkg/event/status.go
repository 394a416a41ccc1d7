package event

// The types of the status stream.
const (
	TypeApplied           Type = "applied"
	TypeDomainUpdated     Type = "domain.updated"
	TypeRequestsRecorded  Type = "requests.recorded"
	TypeWebhooksDelivered Type = "webhooks.delivered"
	TypeReportsStored     Type = "reports.stored"
	TypeWorkspaceChanged  Type = "workspace.changed"
)

// Applied says how far an instance has applied a stream. It is repeated about once a second while the instance lives.
type Applied struct {
	Service  string `json:"service"`  // "yamlgen", "mockserver", "cloudops"
	Instance string `json:"instance"` // unique while it lives
	Of       Stream `json:"of"`
	Epoch    string `json:"epoch"`
	Number   uint64 `json:"number"`
	Leaving  bool   `json:"leaving,omitzero"` // the instance stops: do not wait for it any more
}

func (Applied) EventType() Type     { return TypeApplied }
func (Applied) EventVersion() int   { return 1 }
func (Applied) EventStream() Stream { return Status }

// DomainUpdated says what is known of a host name at the providers.
type DomainUpdated struct {
	DomainID string `json:"domain_id"`
	Host     string `json:"host"`
	State    string `json:"state"`  // offline, offline_invalid, publishing, published
	Reason   string `json:"reason"` // a sentence that a person can act on
	// Of a custom domain: whether its proof is there (proven, missing, unknown).
	Ownership string `json:"ownership,omitempty"`
	// Of a custom domain: where it leads (missing, conflict, ok, unknown).
	Routing string `json:"routing,omitempty"`
}

// What is seen of the proof of a custom domain.
const (
	OwnershipProven  = "proven"
	OwnershipMissing = "missing"
	OwnershipUnknown = "unknown" // nobody could say
)

func (DomainUpdated) EventType() Type     { return TypeDomainUpdated }
func (DomainUpdated) EventVersion() int   { return 1 }
func (DomainUpdated) EventStream() Stream { return Status }

// WorkspaceChanged carries a server-sent event from one replica of the api to the others, for those who follow the workspace
// there. About once a second a replica repeats the number of its latest one, with nothing else, so that the others notice a loss.
type WorkspaceChanged struct {
	Origin      string `json:"origin"`          // the replica that it comes from, which ignores it
	Number      uint64 `json:"number,omitzero"` // counts those of the origin; 0 if there was none, or of a replica that does not count
	WorkspaceID string `json:"workspace_id"`
	Name        string `json:"name"` // of the server-sent event: mock, mock_deleted, …; "" if there is none
	Data        string `json:"data"` // of the server-sent event: JSON
}

func (WorkspaceChanged) EventType() Type     { return TypeWorkspaceChanged }
func (WorkspaceChanged) EventVersion() int   { return 1 }
func (WorkspaceChanged) EventStream() Stream { return Status }
