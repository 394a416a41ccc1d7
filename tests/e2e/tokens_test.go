package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestTokens: a program does what its token is for, as long as it is good, and nothing else.
func TestTokens(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		t.Run("personal", func(t *testing.T) { personalTokens(t, c) })
		t.Run("workspace", func(t *testing.T) { workspaceTokens(t, c) })
	})
}

// personalTokens: scopes, an end, last use, revocation; the secret is shown once.
func personalTokens(t *testing.T, c *cloud.Cloud) {
	ctx, ann := t.Context(), signUp(t, c, "ann")
	mint := func(wanted client.NewToken) (*client.CreatedToken, *client.ClientWithResponses) {
		t.Helper()
		made := answer(ann.CreateTokenWithResponse(ctx, nil, wanted)).is(t, http.StatusCreated).JSON201
		return made, c.As(t, cloud.Bearer(made.Secret))
	}
	reading, reader := mint(client.NewToken{Name: "reader", Scopes: []client.Scope{client.ScopeMocksRead}})
	_, writer := mint(client.NewToken{Name: "writer", Scopes: []client.Scope{client.ScopeMocksWrite}})
	mock := client.NewMock{Slug: "pets", Content: cloud.Answering("one")}
	answer(reader.CreateMockWithResponse(ctx, nil, mock)).refused(t, http.StatusForbidden, "mocks:write")
	made := answer(writer.CreateMockWithResponse(ctx, nil, mock)).is(t, http.StatusCreated).JSON201
	answer(reader.GetMockWithResponse(ctx, made.ID, nil)).is(t, http.StatusOK)
	answer(writer.GetMockWithResponse(ctx, made.ID, nil)).is(t, http.StatusOK)
	answer(writer.ListFilesWithResponse(ctx, "ann", nil)).refused(t, http.StatusForbidden, "insufficient_scope")
	answer(writer.CreateTokenWithResponse(ctx, nil, client.NewToken{Name: "more", Scopes: []client.Scope{"*"}})).is(t, http.StatusForbidden)

	listed := answer(ann.ListTokensWithResponse(ctx, nil)).is(t, http.StatusOK)
	if len(listed.JSON200.Items) != 2 || strings.Contains(string(listed.Body), reading.Secret) {
		t.Errorf("the tokens: %s", listed.Body)
	}
	if seen := answer(ann.GetTokenWithResponse(ctx, reading.Token.ID)).is(t, http.StatusOK).JSON200; seen.Name != "reader" || seen.ExpiresAt != nil {
		t.Errorf("the token: %+v", seen)
	}
	answer(signUp(t, c, "eve").DeleteTokenWithResponse(ctx, reading.Token.ID)).is(t, http.StatusNotFound)
	answer(ann.DeleteTokenWithResponse(ctx, reading.Token.ID)).is(t, http.StatusNoContent)
	answer(reader.GetMockWithResponse(ctx, made.ID, nil)).is(t, http.StatusUnauthorized)

	// It has a second to live, or more on a machine on which the token would have expired before it was made.
	var end time.Time
	var brief *client.ClientWithResponses
	for life := time.Second; brief == nil; life *= 2 {
		end = time.Now().Add(life)
		made := answer(ann.CreateTokenWithResponse(ctx, nil, client.NewToken{Name: "brief", Scopes: []client.Scope{client.ScopeMocksRead}, ExpiresAt: &end}))
		if made.err == nil && made.answer.StatusCode() == http.StatusUnprocessableEntity && time.Now().After(end) {
			continue
		}
		brief = c.As(t, cloud.Bearer(made.is(t, http.StatusCreated).JSON201.Secret))
	}
	cloud.Eventually(t, "the token has expired", func() error {
		a, err := brief.GetMockWithResponse(ctx, made.ID, nil)
		if err == nil && a.StatusCode() != http.StatusUnauthorized {
			err = fmt.Errorf("%s", a.Status())
		}
		return err
	})
	if now := time.Now(); now.Before(end) {
		t.Errorf("the token ended %s early", end.Sub(now))
	}
	past := time.Now().Add(-time.Hour)
	answer(ann.CreateTokenWithResponse(ctx, nil, client.NewToken{Name: "late", Scopes: []client.Scope{client.ScopeMocksRead}, ExpiresAt: &past})).refused(t, http.StatusUnprocessableEntity, "expires_at")
}

// workspaceTokens: they open one workspace, with the role of who made them, and end when that member goes.
func workspaceTokens(t *testing.T, c *cloud.Cloud) {
	ctx, bob, cora := t.Context(), signUp(t, c, "bob"), signUp(t, c, "cora")
	organisation(t, bob, "bobco")
	join(t, bob, cora, "bobco", client.Admin)
	wanted := client.NewToken{Name: "CI", Scopes: []client.Scope{client.ScopeMocksWrite, client.ScopeWorkspacesWrite}}
	made := answer(cora.CreateWorkspaceTokenWithResponse(ctx, "bobco", nil, wanted)).is(t, http.StatusCreated).JSON201
	if made.Token.WorkspaceSlug == nil || *made.Token.WorkspaceSlug != "bobco" || made.Token.Kind != client.TokenKindWorkspace {
		t.Errorf("made %+v", made.Token)
	}
	ci := c.As(t, cloud.Bearer(made.Secret))
	answer(ci.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", WorkspaceSlug: new("bobco"), Content: ""})).is(t, http.StatusCreated)
	answer(ci.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", WorkspaceSlug: new("cora"), Content: ""})).is(t, http.StatusNotFound)
	answer(ci.GetWorkspaceWithResponse(ctx, "cora")).is(t, http.StatusNotFound)
	if seen := answer(ci.ListWorkspacesWithResponse(ctx, nil)).is(t, http.StatusOK).JSON200.Items; len(seen) != 1 || seen[0].Slug != "bobco" {
		t.Errorf("it sees %+v", seen)
	}
	answer(ci.CreateWorkspaceWithResponse(ctx, nil, client.NewWorkspace{Slug: "escaped"})).is(t, http.StatusForbidden)
	answer(bob.CreateWorkspaceTokenWithResponse(ctx, "bobco", nil, client.NewToken{Name: "account", Scopes: []client.Scope{client.ScopeAccountRead}})).refused(t, http.StatusUnprocessableEntity, "scopes")

	answer(bob.UpdateMemberWithResponse(ctx, "bobco", "cora", nil, client.MemberUpdate{Role: client.Viewer})).is(t, http.StatusOK)
	answer(ci.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "cats", WorkspaceSlug: new("bobco"), Content: ""})).is(t, http.StatusForbidden)
	answer(cora.ListWorkspaceTokensWithResponse(ctx, "bobco", nil)).is(t, http.StatusForbidden)
	answer(bob.DeleteMemberWithResponse(ctx, "bobco", "cora", nil)).is(t, http.StatusNoContent)
	if status := answer(ci.GetWorkspaceWithResponse(ctx, "bobco")).answer.StatusCode(); status != http.StatusUnauthorized && status != http.StatusNotFound {
		t.Errorf("the token of a member who is gone: %d", status)
	}
	answer(bob.GetWorkspaceTokenWithResponse(ctx, "bobco", made.Token.ID)).is(t, http.StatusNotFound)
}
