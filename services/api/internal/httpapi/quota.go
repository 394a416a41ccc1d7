package httpapi

import "context"

// GetQuota implements StrictServerInterface.
func (h *handlers) GetQuota(ctx context.Context, r GetQuotaRequestObject) (GetQuotaResponseObject, error) {
	uses, err := h.Quotas.Of(ctx, caller(ctx), r.WorkspaceSlug)
	if err != nil {
		return nil, err
	}
	out := Quota{Items: make([]QuotaUse, len(uses))}
	for i, u := range uses {
		out.Items[i] = QuotaUse{Resource: QuotaResource(u.Resource), Used: u.Used, Limit: u.Limit}
	}
	return GetQuota200JSONResponse(out), nil
}
