package event

import "time"

// The types of the status stream.
const (
	TypeApplied          Type = "applied"
	TypeDomainUpdated    Type = "domain.updated"
	TypeRequestsRecorded Type = "requests.recorded"
)

// Applied says how far an instance has applied a stream. It is repeated about once a second while the instance lives.
type Applied struct {
	Service  string `json:"service"`  // "yamlgen", "mockserver", "cloudops"
	Instance string `json:"instance"` // unique while it lives
	Of       Stream `json:"of"`
	Epoch    string `json:"epoch"`
	Number   uint64 `json:"number"`
	Leaving  bool   `json:"leaving,omitempty"` // the instance stops: do not wait for it any more
}

func (Applied) EventType() Type     { return TypeApplied }
func (Applied) EventVersion() int   { return 1 }
func (Applied) EventStream() Stream { return Status }

// DomainUpdated says what is known of a host name at the providers.
type DomainUpdated struct {
	DomainID string `json:"domain_id"`
	Host     string `json:"host"`
	State    string `json:"state"`  // offline, offline-invalid, publishing, published
	Reason   string `json:"reason"` // a sentence that a person can act on
}

func (DomainUpdated) EventType() Type     { return TypeDomainUpdated }
func (DomainUpdated) EventVersion() int   { return 1 }
func (DomainUpdated) EventStream() Stream { return Status }

// RequestsRecorded counts what one mock server answered for one mock since its last report.
type RequestsRecorded struct {
	Instance    string    `json:"instance"`
	WorkspaceID string    `json:"workspace_id"`
	MockID      string    `json:"mock_id"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Requests    uint64    `json:"requests"`
	Errors      uint64    `json:"errors"`  // answers of 500 and above
	Dropped     uint64    `json:"dropped"` // requests that were answered but not recorded
}

func (RequestsRecorded) EventType() Type     { return TypeRequestsRecorded }
func (RequestsRecorded) EventVersion() int   { return 1 }
func (RequestsRecorded) EventStream() Stream { return Status }
