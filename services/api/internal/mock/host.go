package mock

import (
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
)

// addHostChange adds the change that tells cloudops that the host of a mock is needed, is another, or is needed no longer, where each
// has records of its own. The mock's id is the id of that domain, so that a new host takes the old one's place.
func (s *Service) addHostChange(before Mock, w *Write) {
	if !s.cfg.PerHost {
		return
	}
	was, is := s.cfg.Addresses.Host(before), s.cfg.Addresses.Host(w.Mock)
	switch {
	case w.Mock.Published() && (!before.Published() || was != is):
		w.Changes = append(w.Changes, HostWanted(w.Mock, is))
	case before.Published() && !w.Mock.Published():
		w.Changes = append(w.Changes, changelog.Change{Key: before.ID, Tombstone: true, Payload: event.DomainDeleted{
			WorkspaceID: before.WorkspaceID, MockID: before.ID, DomainID: before.ID, Host: was,
		}})
	}
}

// HostWanted tells cloudops of a published mock's own host.
func HostWanted(m Mock, host string) changelog.Change {
	return changelog.Change{Key: m.ID, Payload: event.DomainCreated{WorkspaceID: m.WorkspaceID, MockID: m.ID, DomainID: m.ID, Host: host}}
}
