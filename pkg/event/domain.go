package event

// The types of the domains stream.
const (
	TypeDomainCreated                Type = "domain.created"
	TypeDomainDeleted                Type = "domain.deleted"
	TypeDomainVerificationDispatched Type = "domain.verification.dispatched"
)

// The TXT record that proves that a custom domain is its workspace's own: ProofName+host holds ProofValue+token.
const (
	ProofName  = "_mocloud-challenge."
	ProofValue = "mocloud-domain-verification="
)

// DomainCreated asks for a host name to be made reachable.
type DomainCreated struct {
	WorkspaceID string `json:"workspace_id"`
	MockID      string `json:"mock_id"`
	DomainID    string `json:"domain_id"`
	Host        string `json:"host"`
	Custom      bool   `json:"custom"` // false: a host under the base domain (per-host mode)
	// Serves says of a custom domain that the mock answers on it, because its ownership is known. It comes again when that changes.
	Serves bool `json:"serves,omitzero"`
	// Of a custom domain: the token of its proof (ProofName), and the host name that it is to be a CNAME of.
	Token  string `json:"token,omitempty"`
	Target string `json:"target,omitempty"`
}

func (DomainCreated) EventType() Type     { return TypeDomainCreated }
func (DomainCreated) EventVersion() int   { return 1 }
func (DomainCreated) EventStream() Stream { return Domains }

// DomainDeleted asks for a host name to be given up.
type DomainDeleted struct {
	WorkspaceID string `json:"workspace_id"`
	MockID      string `json:"mock_id"`
	DomainID    string `json:"domain_id"`
	Host        string `json:"host"`
}

func (DomainDeleted) EventType() Type     { return TypeDomainDeleted }
func (DomainDeleted) EventVersion() int   { return 1 }
func (DomainDeleted) EventStream() Stream { return Domains }

// DomainVerificationDispatched asks for a custom domain to be checked now.
type DomainVerificationDispatched struct {
	WorkspaceID string `json:"workspace_id"`
	DomainID    string `json:"domain_id"`
	Host        string `json:"host"`
}

func (DomainVerificationDispatched) EventType() Type     { return TypeDomainVerificationDispatched }
func (DomainVerificationDispatched) EventVersion() int   { return 1 }
func (DomainVerificationDispatched) EventStream() Stream { return Domains }
