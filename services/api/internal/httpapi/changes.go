package httpapi

import (
	"context"

	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/live"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// changeNotice is the data of a ChangeEvent.
type changeNotice struct {
	Kind        string `json:"kind"`
	Action      string `json:"action"`
	TargetID    string `json:"target_id,omitempty"`
	WorkspaceID string `json:"workspace_id,omitempty"`
	workspace.Actor
}

// announceWrites lets everybody know who follows the workspaces of an operation's audit entries. What concerns an account alone,
// the account hears. Writes of a mock that have an event of their own are left out.
func (h *handlers) announceWrites(ctx context.Context, op *gate.Operation, entries []audit.Entry) {
	who := caller(ctx)
	for _, e := range entries {
		if e.Kind == "mock" && !op.Announced || e.Kind == "domain" {
			continue
		}
		n := changeNotice{Kind: e.Kind, Action: who.Operation, TargetID: e.TargetID, WorkspaceID: e.WorkspaceID, Actor: who.Actor}
		if e.WorkspaceID == "" {
			h.Events.Notify(live.OfAccount(who.AccountID), live.ChangeEvent, n)
			continue
		}
		h.Events.Notify(e.WorkspaceID, live.ChangeEvent, n)
		if e.Concerns != "" {
			h.Events.Notify(live.OfAccount(e.Concerns), live.ChangeEvent, n)
		}
	}
}
