package httpapi

import (
	"context"

	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/search"
)

// SearchWorkspaces implements StrictServerInterface.
func (h *handlers) SearchWorkspaces(ctx context.Context, r SearchWorkspacesRequestObject) (SearchWorkspacesResponseObject, error) {
	const usual = 20
	found, err := h.Search.Find(ctx, caller(ctx), search.Query{
		Text: r.Params.Q, WorkspaceSlug: value(r.Params.WorkspaceSlug, ""), Limit: value(r.Params.Limit, usual), Files: gate.IdentityOf(ctx).Permit("files:read") == nil,
	})
	if err != nil {
		return nil, err
	}
	out := SearchWorkspaces200JSONResponse{
		Mocks: make([]FoundMock, len(found.Mocks)), Endpoints: make([]FoundEndpoint, len(found.Endpoints)), Files: make([]FoundFile, len(found.Files)),
	}
	for i, m := range found.Mocks {
		out.Mocks[i] = FoundMock{WorkspaceSlug: m.WorkspaceSlug, MockID: m.ID, MockSlug: m.Slug, Name: m.Name}
	}
	for i, e := range found.Endpoints {
		out.Endpoints[i] = FoundEndpoint{
			WorkspaceSlug: e.Mock.WorkspaceSlug, MockID: e.Mock.ID, MockSlug: e.Mock.Slug, Kind: FoundEndpointKind(e.Kind),
			Method: present(e.Method), Path: e.Path, Line: e.Line, Summary: present(e.Summary),
		}
	}
	for i, f := range found.Files {
		out.Files[i] = FoundFile{WorkspaceSlug: f.WorkspaceSlug, FileID: f.ID, Name: f.Name}
	}
	return out, nil
}
