package publication

import (
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/mock"
)

// AnnounceChanges implements changelog.Announcer.
func (s *Service) AnnounceChanges(changes []event.Envelope) { s.outbox.AnnounceChanges(changes) }

// Announce implements mock.Announcer: it publishes the changes and lets everybody know who waits or follows. It never blocks.
func (s *Service) Announce(n mock.Notice) {
	m := n.Mock
	if len(n.Changes) > 0 {
		s.measures.begin(m.ID, m.Change)
	}
	s.outbox.AnnounceChanges(n.Changes)
	s.events.NotifyMock(n)
	if n.Action == mock.Deleted {
		s.waits.forget(m.ID)
		return
	}
	s.waits.expect(m.ID, m.Change)
	s.touch(m.ID)
}
