package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/publication"
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

// changing runs an operation that writes and, if it worked, lets everybody know who follows the workspaces of its audit
// entries. What concerns an account alone, the account hears. Writes of a mock that have an event of their own are left out.
func (h *handlers) changing(c echo.Context, next echo.HandlerFunc) error {
	ctx, written := audit.Collect(c.Request().Context())
	c.SetRequest(c.Request().WithContext(ctx))
	err := next(c)
	if err != nil || c.Response().Status >= http.StatusMultipleChoices {
		return err
	}
	h.tellChanges(ctx, written.Entries())
	return nil
}

func (h *handlers) tellChanges(ctx context.Context, entries []audit.Entry) {
	who := caller(ctx)
	for _, e := range entries {
		if e.Kind == "mock" && !slices.Contains([]string{"deleteRequests", "updateRevision", "updateRecording"}, who.Operation) || e.Kind == "domain" {
			continue
		}
		n := changeNotice{Kind: e.Kind, Action: who.Operation, TargetID: e.TargetID, WorkspaceID: e.WorkspaceID, Actor: who.Actor}
		if e.WorkspaceID == "" {
			h.Publications.Notify(publication.OfAccount(who.AccountID), publication.ChangeEvent, n)
			continue
		}
		h.Publications.Notify(e.WorkspaceID, publication.ChangeEvent, n)
		if e.Concerns != "" {
			h.Publications.Notify(publication.OfAccount(e.Concerns), publication.ChangeEvent, n)
		}
	}
}
