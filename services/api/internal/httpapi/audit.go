package httpapi

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/audit"
)

// ListAudit implements StrictServerInterface.
func (h *handlers) ListAudit(ctx context.Context, r ListAuditRequestObject) (ListAuditResponseObject, error) {
	found, err := h.Audit.List(ctx, caller(ctx), r.WorkspaceSlug, audit.Query{
		Action: value(r.Params.Action, ""), Username: value(r.Params.Username, ""),
		Since: value(r.Params.Since, time.Time{}), Until: value(r.Params.Until, time.Time{}),
	}, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, auditEntryOf)
	return ListAudit200JSONResponse{Items: items, NextCursor: next}, nil
}

func auditEntryOf(a audit.Record) AuditEntry {
	return AuditEntry{
		ID: a.ID, Action: a.Action, AccountID: a.AccountID, Username: a.Username, Means: a.Means,
		Kind: a.Kind, TargetID: a.TargetID, Label: a.Label, RequestID: a.RequestID, At: a.At,
	}
}
