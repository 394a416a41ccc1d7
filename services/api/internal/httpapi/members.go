package httpapi

import (
	"context"
	"fmt"
	"strings"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// ListMembers implements StrictServerInterface.
func (h *handlers) ListMembers(ctx context.Context, r ListMembersRequestObject) (ListMembersResponseObject, error) {
	found, err := h.Workspaces.Members(ctx, caller(ctx), r.WorkspaceSlug, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, memberOf)
	return ListMembers200JSONResponse{Items: items, NextCursor: next}, nil
}

func memberOf(m workspace.Member) Member {
	return Member{AccountID: m.AccountID, Username: m.Username, Role: Role(m.Role), JoinedAt: m.JoinedAt}
}

// memberResponse answers with a member and their ETag: of a member only the role changes.
func memberResponse(m workspace.Member) MemberJSONResponse {
	tag := fmt.Sprintf("%q", m.AccountID+"."+string(m.Role))
	return MemberJSONResponse{Body: memberOf(m), Headers: MemberResponseHeaders{ETag: &tag}}
}

func seenMember(tag string) (workspace.SeenMember, bool) {
	id, role, ok := strings.Cut(tag, ".")
	return workspace.SeenMember{AccountID: id, Role: workspace.Role(role)}, ok && id != ""
}

// GetMember implements StrictServerInterface.
func (h *handlers) GetMember(ctx context.Context, r GetMemberRequestObject) (GetMemberResponseObject, error) {
	m, err := h.Workspaces.Member(ctx, caller(ctx), r.WorkspaceSlug, r.Username)
	return GetMember200JSONResponse{memberResponse(m)}, err
}

// UpdateMember implements StrictServerInterface.
func (h *handlers) UpdateMember(ctx context.Context, r UpdateMemberRequestObject) (UpdateMemberResponseObject, error) {
	m, err := matching(r.Params.IfMatch, seenMember, func(seen workspace.SeenMember) (workspace.Member, error) {
		return h.Workspaces.SetRole(ctx, caller(ctx), r.WorkspaceSlug, r.Username, workspace.Role(r.Body.Role), seen)
	})
	return UpdateMember200JSONResponse{memberResponse(m)}, err
}

// RemoveMember implements StrictServerInterface.
func (h *handlers) DeleteMember(ctx context.Context, r DeleteMemberRequestObject) (DeleteMemberResponseObject, error) {
	_, err := matching(r.Params.IfMatch, seenMember, func(seen workspace.SeenMember) (workspace.Member, error) {
		return workspace.Member{}, h.Workspaces.Remove(ctx, caller(ctx), r.WorkspaceSlug, r.Username, seen)
	})
	return DeleteMember204Response{}, err
}

// LeaveWorkspace implements StrictServerInterface.
func (h *handlers) LeaveWorkspace(ctx context.Context, r LeaveWorkspaceRequestObject) (LeaveWorkspaceResponseObject, error) {
	if err := h.Workspaces.Leave(ctx, caller(ctx), r.WorkspaceSlug); err != nil {
		return nil, err
	}
	return LeaveWorkspace204Response{}, nil
}

// ListInvitations implements StrictServerInterface.
func (h *handlers) ListInvitations(ctx context.Context, r ListInvitationsRequestObject) (ListInvitationsResponseObject, error) {
	found, err := h.Workspaces.Invitations(ctx, caller(ctx), r.WorkspaceSlug, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, invitationOf)
	return ListInvitations200JSONResponse{Items: items, NextCursor: next}, nil
}

// ListOwnInvitations implements StrictServerInterface.
func (h *handlers) ListOwnInvitations(ctx context.Context, r ListOwnInvitationsRequestObject) (ListOwnInvitationsResponseObject, error) {
	found, err := h.Workspaces.InvitationsFor(ctx, caller(ctx), value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, invitationOf)
	return ListOwnInvitations200JSONResponse{Items: items, NextCursor: next}, nil
}

func invitationOf(i workspace.Invitation) Invitation {
	return Invitation{
		ID: i.ID, WorkspaceSlug: i.WorkspaceSlug, WorkspaceName: i.Name, Role: Role(i.Role), Username: present(i.Username), Inviter: i.Inviter,
		CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt,
	}
}

// CreateInvitation implements StrictServerInterface.
func (h *handlers) CreateInvitation(ctx context.Context, r CreateInvitationRequestObject) (CreateInvitationResponseObject, error) {
	i, shown, err := h.Workspaces.Invite(ctx, caller(ctx), r.WorkspaceSlug, value(r.Body.Username, ""), workspace.Role(r.Body.Role))
	if err != nil {
		return nil, err
	}
	body := invitationOf(i)
	if !shown.Empty() {
		body.Secret = present(shown.Reveal())
		body.URL = present(h.PublicURL + "/invitation#" + shown.Reveal()) // after #: no server on the way sees it
	}
	location := "/api/v1/workspaces/" + r.WorkspaceSlug + "/invitations/" + i.ID
	return CreateInvitation201JSONResponse{Body: body, Headers: CreateInvitation201ResponseHeaders{Location: &location}}, nil
}

// RevokeInvitation implements StrictServerInterface.
func (h *handlers) DeleteInvitation(ctx context.Context, r DeleteInvitationRequestObject) (DeleteInvitationResponseObject, error) {
	if err := h.Workspaces.Revoke(ctx, caller(ctx), r.WorkspaceSlug, r.InvitationID); err != nil {
		return nil, err
	}
	return DeleteInvitation204Response{}, nil
}

// LookAtInvitation implements StrictServerInterface.
func (h *handlers) PreviewInvitation(ctx context.Context, r PreviewInvitationRequestObject) (PreviewInvitationResponseObject, error) {
	i, err := h.Workspaces.Look(ctx, secret.New(r.Body.Secret))
	if err != nil {
		return nil, err
	}
	return PreviewInvitation200JSONResponse(invitationOf(i)), nil
}

// ClaimInvitation implements StrictServerInterface.
func (h *handlers) ClaimInvitation(ctx context.Context, r ClaimInvitationRequestObject) (ClaimInvitationResponseObject, error) {
	i, err := h.Workspaces.Claim(ctx, caller(ctx), secret.New(r.Body.Secret))
	if err != nil {
		return nil, err
	}
	return ClaimInvitation200JSONResponse(invitationOf(i)), nil
}

// AcceptInvitation implements StrictServerInterface.
func (h *handlers) AcceptInvitation(ctx context.Context, r AcceptInvitationRequestObject) (AcceptInvitationResponseObject, error) {
	m, err := h.Workspaces.Accept(ctx, caller(ctx), r.InvitationID)
	if err != nil {
		return nil, err
	}
	return AcceptInvitation200JSONResponse{workspaceResponse(m)}, nil
}

// DeclineInvitation implements StrictServerInterface.
func (h *handlers) DeclineInvitation(ctx context.Context, r DeclineInvitationRequestObject) (DeclineInvitationResponseObject, error) {
	if err := h.Workspaces.Decline(ctx, caller(ctx), r.InvitationID); err != nil {
		return nil, err
	}
	return DeclineInvitation204Response{}, nil
}
