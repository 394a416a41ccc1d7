// Package publication tells whether mocks are live. It derives that from three things: what the database says is to be
// served, what the generator rejected (stream unified), and how far every living service has applied the changes (events
// applied).
package publication

import (
	"context"
	"fmt"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// State of a publication.
type State string

// The states; the OpenAPI document says what they mean.
const (
	Offline    State = "offline"
	Invalid    State = "offline_invalid"
	Publishing State = "publishing"
	Published  State = "published"
)

// Publication is where a mock stands on its way to the mock servers.
type Publication struct {
	Mock        mock.Mock
	State       State
	Reason      string // a sentence; "" when published
	Settled     bool   // nothing is on its way any more
	Servers     Servers
	Diagnostics []mockspec.Diagnostic // why it is Invalid, or what is worth a warning
	// Took is how long the latest change took from its commit to the last mock server; 0 if it is on its way, or if this
	// replica did not measure it.
	Took time.Duration
}

// Servers counts mock servers.
type Servers struct {
	Live    int // reported lately and do not stop
	Applied int // those of them that have the mock's latest change
}

func (s Servers) all() bool { return s.Live > 0 && s.Applied == s.Live }

// Repository is what the package needs of the database.
type Repository interface {
	// Mock finds a mock through the account's memberships.
	Mock(ctx context.Context, who workspace.Caller, id string) (mock.Mock, error)
	// MocksByID finds those of the mocks that exist, without content, for nobody in particular.
	MocksByID(ctx context.Context, ids []string) ([]mock.Mock, error)
	// UnifiedPosition is how far the outcomes of the unified stream are stored.
	UnifiedPosition(ctx context.Context) (stream.Position, error)
	// SaveOutcomes stores rejections and moves the position to p, both or neither. A rejection of a change that is not
	// its mock's latest is ignored, and the position never moves back within an epoch.
	SaveOutcomes(ctx context.Context, p stream.Position, rejections []Rejection) error
	// ResetOutcomes forgets all rejections and puts the position at the beginning of epoch.
	ResetOutcomes(ctx context.Context, epoch string) error
}

// Rejection is a change that the generator refused.
type Rejection struct {
	MockID      string
	Change      uint64
	Diagnostics []event.Diagnostic
}

// Derive works out the publication of m as things stand.
func (s *Service) Derive(m mock.Mock) Publication {
	p := s.decideState(m)
	if !p.Settled {
		// A caller that sees this is notified by this replica when it has settled, which may be just now.
		s.waits.expect(m.ID, m.Change)
		p = s.decideState(m)
	}
	return p
}

// decideState is the one place that decides the state of a publication, and says why.
func (s *Service) decideState(m mock.Mock) Publication {
	p := Publication{Mock: m, Diagnostics: m.Diagnostics, Servers: s.fleet.servers(m.Change)}
	switch {
	case m.Deleted():
		p.State, p.Reason, p.Settled = Offline, "The mock is deleted.", true
	case !m.Published():
		p.State, p.Reason = Offline, "The mock is not published."
		p.Settled = m.Change == 0 || p.Servers.all()
		switch {
		case !p.Settled:
			p.Reason = "The mock is being taken offline. " + s.fleet.waitingFor(m.Change, p.Servers)
		case mockspec.HasErrors(m.Diagnostics):
			p.State = Invalid
			p.Reason = fmt.Sprintf("Revision %d cannot be served: %s Nothing is published.", m.Revision, mock.Summary(m.Diagnostics))
		}
	case m.Revision > m.PublishedRevision && mockspec.HasErrors(m.Diagnostics):
		p.State, p.Settled = Invalid, true
		p.Reason = fmt.Sprintf("Revision %d cannot be served: %s Revision %d stays published.",
			m.Revision, mock.Summary(m.Diagnostics), m.PublishedRevision)
	case m.Rejected == m.Change:
		p.State, p.Settled = Invalid, true
		p.Diagnostics = fromEvent(m.Rejection)
		p.Reason = fmt.Sprintf("Revision %d was rejected: %s What was served before stays published.", m.PublishedRevision, mock.Summary(p.Diagnostics))
	case p.Servers.all():
		p.State, p.Settled = Published, true
	default:
		p.State, p.Reason = Publishing, s.fleet.waitingFor(m.Change, p.Servers)
	}
	if p.Settled && p.Servers.all() {
		p.Took = s.measures.took(m.ID, m.Change)
	}
	return p
}

func fromEvent(diagnostics []event.Diagnostic) []mockspec.Diagnostic {
	out := make([]mockspec.Diagnostic, len(diagnostics))
	for i, d := range diagnostics {
		out[i] = mockspec.Diagnostic{
			Line: d.Line, Column: d.Column, Severity: mockspec.Severity(d.Severity), Code: d.Code, Message: d.Message, Fix: d.Fix,
		}
	}
	return out
}
