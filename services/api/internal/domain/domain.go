// Package domain is about custom host names of mocks: claiming one, proving that it is one's own, and giving it up. cloudops looks at
// the DNS and says what it sees; what follows from that is decided here.
package domain

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Ownership says whether the host is known to be the workspace's own.
type Ownership string

// The mock answers on the host while its ownership is Verified or InGrace.
const (
	Pending  Ownership = "pending"
	Verified Ownership = "verified"
	InGrace  Ownership = "grace" // the proof is missing, since less than Times.Grace
	Lost     Ownership = "lost"  // it was missing for longer; the host is free for others
)

// Routing says where the host leads.
type Routing string

// The values of Routing.
const (
	Missing  Routing = "missing"
	Conflict Routing = "conflict" // somewhere else
	OK       Routing = "ok"
)

// Certificate says how the host's certificate stands.
type Certificate string

// The values of Certificate.
const (
	NoCertificate Certificate = "none" // this installation issues none for it
	Issuing       Certificate = "issuing"
	Issued        Certificate = "active"
	Expiring      Certificate = "expiring" // and not renewed, though it is time
	Failed        Certificate = "failed"
)

// State is what the axes mean together.
type State string

// The values of State.
const (
	PendingDNS State = "pending_dns" // waits for records
	Active     State = "active"
	Degraded   State = "degraded" // answers, but not for long unless the proof comes back
	Suspended  State = "suspended"
)

// Times are how long things without a proof last.
type Times struct {
	Grace time.Duration // a verified domain serves on that long
	Keep  time.Duration // a lost domain is kept that long, should its proof come back; then it is removed
}

// Domain is a custom host name that points at a mock.
type Domain struct {
	ID            string
	MockID        string
	MockSlug      string
	WorkspaceID   string
	WorkspaceSlug string
	Role          workspace.Role // of the member who looks
	Host          string         // in ASCII, lower case, without a trailing dot
	Token         string         // random; proves the ownership as a TXT record
	Target        string         // random host under edge.{base domain}; the host is to be a CNAME of it
	Ownership     Ownership
	Routing       Routing
	Reason        string    // a sentence that a person can act on
	LostAt        time.Time // since when the proof is missing; zero if it is not
	SuspendedAt   time.Time // since when it is Lost; zero if it is not
	CheckedAt     time.Time // zero if it was never looked at
	CreatedAt     time.Time

	Observed   string    // the records as they were seen, []event.ObservedRecord in JSON; "" before the first look
	NextLookAt time.Time // when its records are looked at next; zero if that is not known

	Certificate          Certificate
	CertificateReason    string
	CertificateExpiresAt time.Time // zero if there is none

	Applied       string // what the provider has of it: a state of event.DomainApplied; "" if it has nothing to do with it
	AppliedReason string

	// Taken says that the host is verified for another mock, now: at most one can have it.
	Taken bool
}

// Why is Reason with what follows from others' claims. It is worked out when it is read, because they change without this one.
func (d *Domain) Why() string {
	if d.Taken && !d.Serves() {
		return "The host is verified for another mock, which keeps it until it gives it up or its proof is gone. " + d.Reason
	}
	if d.Serves() && d.Applied != "" && d.Applied != applied && d.AppliedReason != "" {
		return d.Reason + " " + d.AppliedReason
	}
	return d.Reason
}

// applied is the state of what the provider has as it should be.
const applied = "published"

// Serves reports whether the mock answers on the host.
func (d *Domain) Serves() bool { return d.Ownership == Verified || d.Ownership == InGrace }

// State puts the axes together.
func (d *Domain) State() State {
	switch {
	case d.Ownership == InGrace:
		return Degraded
	case d.Ownership == Lost:
		return Suspended
	case d.Ownership == Verified && d.Routing == OK:
		return Active
	}
	return PendingDNS
}

// Host is what the providers have of a mock's own host, where each has a record of its own.
type Host struct {
	MockID string
	Host   string
	State  string // of event.DomainApplied
	Reason string
}

// Query says which domains to list: after the id After, at most Limit.
type Query struct {
	MockID        string // "" means of all mocks
	WorkspaceSlug string // "" means of all of the caller's
	After         string
	Limit         int
}

// Write is what is to be stored about a domain, in one transaction.
type Write struct {
	Domain  Domain
	Delete  bool
	Changes []changelog.Change // of the domains stream
	// BuildChange makes the change that announces the mock's hosts, if it has to; it is called with the mock as it is then. nil: they
	// stay the same.
	BuildChange func(mock.Mock) (changelog.Change, bool)
}

// Result is what was written.
type Result struct {
	Domain  Domain
	Deleted bool
	Mock    mock.Mock // as it is now; zero if its hosts are the same
	Changes []event.Envelope
	Rivals  []Domain // other claims of the host, if it changed whether this one serves
}

// Repository keeps domains. Everything but what the service itself asks for is reached through a membership: to anybody
// else a domain does not exist, which is an apperr.NotFound.
type Repository interface {
	// AddDomain stores a claim for a mock. It calls check with the mock first. apperr.Conflict if the mock has it, or another workspace owns it.
	AddDomain(ctx context.Context, who workspace.Caller, d Domain, check func(mock.Mock) (Write, error)) (Result, error)
	// Domains lists by id, which is by age.
	Domains(ctx context.Context, who workspace.Caller, q Query) ([]Domain, error)
	// Domain finds a domain.
	Domain(ctx context.Context, who workspace.Caller, id string) (Domain, error)
	// ServingDomain returns the id of the domain by which a mock answers on a host, "" if there is none.
	ServingDomain(ctx context.Context, host string) (id string, err error)
	// UpdateDomain lets decide say what to write under a lock. A zero Write writes nothing. who is nil for the service itself.
	UpdateDomain(ctx context.Context, who *workspace.Caller, id string, decide func(Domain) (Write, error)) (Result, error)
	// SettleHosts makes the log of the domains stream say of some mocks' own hosts what the mocks say: all published ones have
	// theirs if wanted, and none otherwise. It returns what it wrote; nothing is left to do when that is empty.
	SettleHosts(ctx context.Context, wanted bool, host func(mock.Mock) string, limit int) ([]event.Envelope, error)
	// SaveHost stores what the providers have of a mock's own host, if there is such a mock. It reports whether that is new.
	SaveHost(ctx context.Context, h Host) (changed bool, err error)
	// Host finds what the providers have of a mock's own host; apperr.NotFound if nothing is known.
	Host(ctx context.Context, mockID string) (Host, error)
	// SpentDomains returns domains whose mock is gone for good, which have no WorkspaceID, and those that were suspended before that time.
	SpentDomains(ctx context.Context, suspendedBefore time.Time, limit int) ([]Domain, error)
}

// Announcer is called with every committed write. It must not block.
type Announcer interface {
	changelog.Announcer
	// Announce is for a write that changed a mock too.
	Announce(n mock.Notice)
	// Touch says that what is known of mocks changed, beside the mocks themselves.
	Touch(mockIDs ...string)
}

// Notifier lets everybody know who follows a workspace. It must not block.
type Notifier interface {
	Notify(workspaceID, name string, data any)
}
