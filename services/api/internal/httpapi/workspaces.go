package httpapi

import (
	"context"
	"strconv"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// ListWorkspaces implements StrictServerInterface.
func (h *handlers) ListWorkspaces(ctx context.Context, r ListWorkspacesRequestObject) (ListWorkspacesResponseObject, error) {
	found, err := h.Workspaces.List(ctx, caller(ctx), value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, workspaceOf)
	return ListWorkspaces200JSONResponse{Items: items, NextCursor: next}, nil
}

func workspaceOf(m workspace.Membership) Workspace {
	return Workspace{ID: m.ID, Slug: m.Slug, Name: m.Name, Personal: m.Personal, Role: Role(m.Role), CreatedAt: m.CreatedAt}
}

// version is the ETag of what is counted.
func version(n int) *string {
	tag := strconv.Quote(strconv.Itoa(n))
	return &tag
}

func workspaceResponse(m workspace.Membership) WorkspaceJSONResponse {
	return WorkspaceJSONResponse{Body: workspaceOf(m), Headers: WorkspaceResponseHeaders{ETag: version(m.Version)}}
}

// CreateWorkspace implements StrictServerInterface.
func (h *handlers) CreateWorkspace(ctx context.Context, r CreateWorkspaceRequestObject) (CreateWorkspaceResponseObject, error) {
	m, err := h.Workspaces.Create(ctx, caller(ctx), r.Body.Slug, value(r.Body.Name, ""))
	if err != nil {
		return nil, err
	}
	location := "/api/v1/workspaces/" + m.Slug
	return CreateWorkspace201JSONResponse{
		Body: workspaceOf(m), Headers: CreateWorkspace201ResponseHeaders{ETag: version(m.Version), Location: &location},
	}, nil
}

// GetWorkspace implements StrictServerInterface.
func (h *handlers) GetWorkspace(ctx context.Context, r GetWorkspaceRequestObject) (GetWorkspaceResponseObject, error) {
	m, err := h.Workspaces.Find(ctx, caller(ctx), r.WorkspaceSlug)
	if err != nil {
		return nil, err
	}
	return GetWorkspace200JSONResponse{workspaceResponse(m)}, nil
}

// UpdateWorkspace implements StrictServerInterface.
func (h *handlers) UpdateWorkspace(ctx context.Context, r UpdateWorkspaceRequestObject) (UpdateWorkspaceResponseObject, error) {
	m, err := matching(r.Params.IfMatch, versionOf, func(expected int) (workspace.Membership, error) {
		return h.Workspaces.Update(ctx, caller(ctx), r.WorkspaceSlug, workspace.Change{Slug: r.Body.Slug, Name: r.Body.Name, Expected: expected})
	})
	if err != nil {
		return nil, err
	}
	return UpdateWorkspace200JSONResponse{workspaceResponse(m)}, nil
}

// DeleteWorkspace implements StrictServerInterface.
func (h *handlers) DeleteWorkspace(ctx context.Context, r DeleteWorkspaceRequestObject) (DeleteWorkspaceResponseObject, error) {
	if err := h.Workspaces.Delete(ctx, caller(ctx), r.WorkspaceSlug, value(r.Params.Confirm, "")); err != nil {
		return nil, err
	}
	return DeleteWorkspace204Response{}, nil
}
