package event

import "time"

// The types of the status stream.
const (
	TypeApplied             Type = "applied"
	TypeCertificateObserved Type = "certificate.observed"
	TypeDomainApplied       Type = "domain.applied"
	TypeDomainObserved      Type = "domain.observed"
	TypeRequestsRecorded    Type = "requests.recorded"
	TypeWebhooksDelivered   Type = "webhooks.delivered"
	TypeReportsStored       Type = "reports.stored"
	TypeWorkspaceChanged    Type = "workspace.changed"
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

// CertificateObserved says how the certificate of a host stands that mock servers keep.
type CertificateObserved struct {
	Host      string    `json:"host"`   // "*." and the base domain: the one for all hosts under it
	State     string    `json:"state"`  // issuing, active, expiring, failed
	Reason    string    `json:"reason"` // a sentence that a person can act on; "" if there is nothing to do
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// How a certificate stands.
const (
	CertificateIssuing  = "issuing"
	CertificateActive   = "active"
	CertificateExpiring = "expiring" // and not renewed, though it is time
	CertificateFailed   = "failed"
)

func (CertificateObserved) EventType() Type     { return TypeCertificateObserved }
func (CertificateObserved) EventVersion() int   { return 1 }
func (CertificateObserved) EventStream() Stream { return Status }

// DomainApplied says what the providers have of a host name, and what they still lack.
type DomainApplied struct {
	DomainID string `json:"domain_id"` // of a mock's own host, the mock's id
	Host     string `json:"host"`
	Custom   bool   `json:"custom"`
	State    string `json:"state"`  // offline, offline_invalid, publishing, published
	Reason   string `json:"reason"` // a sentence that a person can act on
	// Where the provider has the certificate: none, issuing, active, expiring, failed. Empty where it has none to do with.
	Certificate          string    `json:"certificate,omitempty"`
	CertificateReason    string    `json:"certificate_reason,omitempty"`
	CertificateExpiresAt time.Time `json:"certificate_expires_at,omitzero"`
}

func (DomainApplied) EventType() Type     { return TypeDomainApplied }
func (DomainApplied) EventVersion() int   { return 1 }
func (DomainApplied) EventStream() Stream { return Status }

// DomainObserved says what the DNS shows of a custom domain.
type DomainObserved struct {
	DomainID   string           `json:"domain_id"`
	Host       string           `json:"host"`
	Ownership  string           `json:"ownership"` // proven, missing, unknown
	Routing    string           `json:"routing"`   // ok, missing, conflict, unknown
	Reason     string           `json:"reason"`    // a sentence that a person can act on
	Records    []ObservedRecord `json:"records"`
	NextLookAt time.Time        `json:"next_look_at,omitzero"`
}

// ObservedRecord is a record that a custom domain needs, and what is there.
type ObservedRecord struct {
	Type     string   `json:"type"` // TXT, CNAME; ALIAS at the top of a zone
	Name     string   `json:"name"`
	Expected string   `json:"expected"`
	Seen     []string `json:"seen"`
	State    string   `json:"state"` // ok, missing, different, unknown
}

// What is seen of the proof of a custom domain.
const (
	OwnershipProven  = "proven"
	OwnershipMissing = "missing"
	OwnershipUnknown = "unknown" // nobody could say
)

// What is seen of a record.
const (
	RecordOK        = "ok"
	RecordMissing   = "missing"
	RecordDifferent = "different"
	RecordUnknown   = "unknown" // nobody could say
)

func (DomainObserved) EventType() Type     { return TypeDomainObserved }
func (DomainObserved) EventVersion() int   { return 1 }
func (DomainObserved) EventStream() Stream { return Status }

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
