package live

import (
	"encoding/json"

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

// NotifyMock lets followers know of a committed write of a mock.
func (e *Events) NotifyMock(n mock.Notice) {
	m := n.Mock
	if n.Action == mock.Deleted {
		e.Notify(m.WorkspaceID, DeletedEvent, deletedNotice{m.ID, m.WorkspaceID, n.By})
		return
	}
	if n.Action == mock.Moved && n.From != m.WorkspaceID {
		e.Notify(n.From, DeletedEvent, deletedNotice{m.ID, n.From, n.By}) // its members may not be the new one's
		e.AccessChanged("", n.From)
	}
	e.Notify(m.WorkspaceID, MockEvent, mockNotice{n.Action, m.ID, m.WorkspaceID, m.Slug, m.Revision, n.By})
}

// AppendDeleted says to the followers on this replica that a mock is not in a workspace any more.
func (e *Events) AppendDeleted(workspaceID, mockID string) {
	data, _ := json.Marshal(deletedNotice{MockID: mockID, WorkspaceID: workspaceID}) // strings
	e.Append(Event{WorkspaceID: workspaceID, Name: DeletedEvent, Data: data})
}

// MockID is the mock that the event is about; "" if it is about none.
func (e *Event) MockID() string {
	var about mockNotice
	if e.Name != MockEvent && e.Name != DeletedEvent || json.Unmarshal(e.Data, &about) != nil {
		return ""
	}
	return about.MockID
}
