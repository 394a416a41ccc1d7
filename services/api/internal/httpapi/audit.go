package httpapi

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/audit"
)

// ListAudit implements StrictServerInterface.
func (h *handlers) ListAudit(ctx context.Context, r ListAuditRequestObject) (ListAuditResponseObject, error) {
	records, next, err := h.Audit.List(ctx, caller(ctx), r.WorkspaceSlug, audit.Query{
		Action: value(r.Params.Action, ""), Username: value(r.Params.Username, ""),
		Since: value(r.Params.Since, time.Time{}), Until: value(r.Params.Until, time.Time{}),
		Before: value(r.Params.Cursor, ""), Limit: value(r.Params.Limit, defaultLimit),
	})
	if err != nil {
		return nil, err
	}
	page := AuditPage{Items: make([]AuditEntry, len(records)), NextCursor: present(next)}
	for i, a := range records {
		page.Items[i] = AuditEntry{
			ID: a.ID, Action: a.Action, AccountID: a.AccountID, Username: a.Username, Means: a.Means,
			Kind: a.Kind, TargetID: a.TargetID, Label: a.Label, RequestID: a.RequestID, At: a.At,
		}
	}
	return ListAudit200JSONResponse(page), nil
}
