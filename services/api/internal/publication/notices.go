package publication

import (
	"encoding/json"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// mockNotice is the data of a MockEvent.
type mockNotice struct {
	Action      mock.Action `json:"action"`
	MockID      string      `json:"mock_id"`
	WorkspaceID string      `json:"workspace_id"`
	MockSlug    string      `json:"mock_slug"`
	Revision    int         `json:"revision"`
	workspace.Actor
}

// deletedNotice is the data of a DeletedEvent: the mock is not in that workspace any more.
type deletedNotice struct {
	MockID      string `json:"mock_id"`
	WorkspaceID string `json:"workspace_id"`
	workspace.Actor
}

func deletedEvent(workspaceID, mockID string, by workspace.Actor) Event {
	data, _ := json.Marshal(deletedNotice{mockID, workspaceID, by}) // strings
	return Event{WorkspaceID: workspaceID, Name: DeletedEvent, Data: data}
}

// AnnounceChanges implements changelog.Announcer.
func (s *Service) AnnounceChanges(changes []event.Envelope) { s.outbox.AnnounceChanges(changes) }

// Announce implements mock.Announcer: it publishes the changes and tells everybody who waits or follows. It never blocks.
func (s *Service) Announce(n mock.Notice) {
	m := n.Mock
	if len(n.Changes) > 0 {
		s.measures.begin(m.ID, m.Change)
	}
	s.outbox.AnnounceChanges(n.Changes)
	if n.Action == mock.Deleted {
		s.notify(deletedEvent(m.WorkspaceID, m.ID, n.By))
		s.waits.forget(m.ID)
		return
	}
	if n.Action == mock.Moved && n.From != m.WorkspaceID {
		s.notify(deletedEvent(n.From, m.ID, n.By)) // its members may not be the new one's
		s.AccessChanged("", n.From)
	}
	s.Notify(m.WorkspaceID, MockEvent, mockNotice{n.Action, m.ID, m.WorkspaceID, m.Slug, m.Revision, n.By})
	s.waits.expect(m.ID, m.Change)
	s.touch(m.ID)
}

// accessNotice is the data of an AccessEvent.
type accessNotice struct {
	AccountID string `json:"account_id,omitempty"`
}

// AccessChanged makes all who follow as the account ask again what they may see; with no account, all who follow the
// workspace. Like all notices it reaches every replica within moments, or is lost. It never blocks.
func (s *Service) AccessChanged(accountID, workspaceID string) {
	s.Notify(workspaceID, AccessEvent, accessNotice{accountID})
}

// Concerns reports whether what the account may see has to be asked again, having seen the event: it is a ResetEvent, or an
// AccessEvent about the account or one of the workspaces.
func (e Event) Concerns(accountID string, workspaces map[string]bool) bool {
	if e.Name == ResetEvent {
		return true
	}
	var about accessNotice
	if e.Name != AccessEvent || json.Unmarshal(e.Data, &about) != nil {
		return false
	}
	return about.AccountID == accountID || about.AccountID == "" && workspaces[e.WorkspaceID]
}

// Notify lets everybody who follows the workspace know of something, on every replica of this service: an event with that
// name and data, which must be small. Call it after the commit. It never blocks. It says that there is something to read again, not
// what is true: over Pub/Sub it may be lost, and then followers there get a reset instead.
func (s *Service) Notify(workspaceID, name string, data any) {
	encoded, err := json.Marshal(data)
	if err != nil {
		s.log.Error("encode an event for followers", "event", name, "error", err)
		return
	}
	s.notify(Event{WorkspaceID: workspaceID, Name: name, Data: encoded})
}

func (s *Service) notify(e Event) {
	s.feed.append(e)
	s.outbox.Notify(e.WorkspaceID, e.Name, e.Data)
}

// receiveNotice takes what another replica sent to its followers.
func (s *Service) receiveNotice(e event.Envelope) {
	n, err := event.Decode[event.WorkspaceChanged](e)
	if err != nil || n.Origin == s.outbox.Origin() {
		return // of a newer service, or its own
	}
	if s.peers.observe(n) {
		s.feed.reset()
	}
	if n.Name == "" || !json.Valid([]byte(n.Data)) {
		return
	}
	s.feed.append(Event{WorkspaceID: n.WorkspaceID, Name: n.Name, Data: json.RawMessage(n.Data)})
	var about mockNotice
	if n.Name != MockEvent && n.Name != DeletedEvent || json.Unmarshal([]byte(n.Data), &about) != nil {
		return
	}
	s.touch(about.MockID)
}

// Connected takes that what other replicas tell is heard from now on. What they told before that is lost.
func (s *Service) Connected(connected bool) {
	if connected {
		s.feed.reset()
	}
}
