package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestOrganisations: who may do what in an organisation, how people come into it and go, and what it keeps a record of.
func TestOrganisations(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		t.Run("roles", func(t *testing.T) { roles(t, c) })
		t.Run("owners", func(t *testing.T) { owners(t, c) })
		t.Run("invitations", func(t *testing.T) { invitations(t, c) })
		t.Run("availability", func(t *testing.T) { availability(t, c) })
		t.Run("audit", func(t *testing.T) { auditLog(t, c) })
		t.Run("quota", func(t *testing.T) { quotas(t, c) })
		t.Run("streams", func(t *testing.T) { streams(t, c) })
		t.Run("rename", func(t *testing.T) { rename(t, c) })
	})
}

// organisation makes one.
func organisation(t *testing.T, p person, slug string) {
	t.Helper()
	made := answer(p.CreateWorkspaceWithResponse(t.Context(), nil, client.NewWorkspace{Slug: slug, Name: new("The " + slug)})).is(t, http.StatusCreated)
	if w := made.JSON201; w.Slug != slug || w.Personal || w.Role != client.Owner || made.HTTPResponse.Header.Get("Location") != "/api/v1/workspaces/"+slug {
		t.Fatalf("made %+v", w)
	}
}

// join invites somebody and lets them accept.
func join(t *testing.T, by, who person, slug string, role client.Role) {
	t.Helper()
	invited := answer(by.CreateInvitationWithResponse(t.Context(), slug, nil, client.NewInvitation{Username: &who.name, Role: role})).is(t, http.StatusCreated).JSON201
	answer(who.AcceptInvitationWithResponse(t.Context(), invited.ID)).is(t, http.StatusOK)
}

// roles: each role reads a mock, edits it and sees to members, or is refused.
func roles(t *testing.T, c *cloud.Cloud) {
	ctx, olga, stranger := t.Context(), signUp(t, c, "olga"), signUp(t, c, "stan")
	organisation(t, olga, "acme")
	mock := answer(olga.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", WorkspaceSlug: new("acme"), Content: cloud.Answering("0")})).is(t, http.StatusCreated).JSON201
	people := map[client.Role]person{client.Owner: olga}
	for _, role := range []client.Role{client.Admin, client.Editor, client.Viewer} {
		people[role] = signUp(t, c, "the"+string(role))
		join(t, olga, people[role], "acme", role)
	}
	can := map[client.Role]struct{ edit, manage int }{
		client.Owner:  {http.StatusOK, http.StatusCreated},
		client.Admin:  {http.StatusOK, http.StatusCreated},
		client.Editor: {http.StatusOK, http.StatusForbidden},
		client.Viewer: {http.StatusForbidden, http.StatusForbidden},
	}
	for role, p := range people {
		read := answer(p.GetMockWithResponse(ctx, mock.ID, nil)).is(t, http.StatusOK).JSON200
		if read.WorkspaceSlug != "acme" {
			t.Errorf("%s reads %+v", role, read)
		}
		answer(p.UpdateMockContentWithResponse(ctx, mock.ID, nil, client.NewRevision{Content: cloud.Answering("by the " + string(role))})).is(t, can[role].edit)
		answer(p.CreateInvitationWithResponse(ctx, "acme", nil, client.NewInvitation{Role: client.Viewer})).is(t, can[role].manage)
		if w := answer(p.GetWorkspaceWithResponse(ctx, "acme")).is(t, http.StatusOK).JSON200; w.Role != role {
			t.Errorf("%s is told that they are %s", role, w.Role)
		}
	}
	answer(people[client.Admin].CreateInvitationWithResponse(ctx, "acme", nil, client.NewInvitation{Role: client.Owner})).is(t, http.StatusForbidden)
	answer(people[client.Admin].DeleteWorkspaceWithResponse(ctx, "acme", nil)).is(t, http.StatusForbidden)
	answer(stranger.GetMockWithResponse(ctx, mock.ID, nil)).is(t, http.StatusNotFound)
	answer(stranger.GetWorkspaceWithResponse(ctx, "acme")).is(t, http.StatusNotFound)
	answer(stranger.ListMembersWithResponse(ctx, "acme", nil)).is(t, http.StatusNotFound)

	// A role that changes counts from the next request on.
	viewer := people[client.Viewer]
	seen := answer(olga.GetMemberWithResponse(ctx, "acme", viewer.name)).is(t, http.StatusOK).HTTPResponse.Header.Get("ETag")
	promoted := answer(people[client.Admin].UpdateMemberWithResponse(ctx, "acme", viewer.name, nil, client.MemberUpdate{Role: client.Editor})).is(t, http.StatusOK).JSON200
	if promoted.Role != client.Editor {
		t.Errorf("promoted: %+v", promoted)
	}
	answer(viewer.UpdateMockContentWithResponse(ctx, mock.ID, nil, client.NewRevision{Content: cloud.Answering("promoted")})).is(t, http.StatusOK)
	answer(olga.UpdateMemberWithResponse(ctx, "acme", viewer.name, &client.UpdateMemberParams{IfMatch: &seen}, client.MemberUpdate{Role: client.Admin})).refused(t, http.StatusPreconditionFailed, "lost_update")
	answer(olga.DeleteMemberWithResponse(ctx, "acme", viewer.name, &client.DeleteMemberParams{IfMatch: &seen})).refused(t, http.StatusPreconditionFailed, "lost_update")
	answer(olga.DeleteMemberWithResponse(ctx, "acme", viewer.name, nil)).is(t, http.StatusNoContent)
	answer(viewer.GetMockWithResponse(ctx, mock.ID, nil)).is(t, http.StatusNotFound)
	listed := answer(olga.ListMembersWithResponse(ctx, "acme", nil)).is(t, http.StatusOK).JSON200.Items
	if slices.ContainsFunc(listed, func(m client.Member) bool { return m.Username == viewer.name }) || len(listed) != 3 {
		t.Errorf("the members that are left: %+v", listed)
	}
}

// owners: an organisation always has one, who alone makes others.
func owners(t *testing.T, c *cloud.Cloud) {
	ctx, pia, quin := t.Context(), signUp(t, c, "pia"), signUp(t, c, "quin")
	organisation(t, pia, "piaco")
	join(t, pia, quin, "piaco", client.Admin)
	answer(pia.LeaveWorkspaceWithResponse(ctx, "piaco")).refused(t, http.StatusConflict, "last owner")
	answer(pia.UpdateMemberWithResponse(ctx, "piaco", "pia", nil, client.MemberUpdate{Role: client.Viewer})).refused(t, http.StatusConflict, "last owner")
	answer(quin.UpdateMemberWithResponse(ctx, "piaco", "quin", nil, client.MemberUpdate{Role: client.Owner})).is(t, http.StatusForbidden)
	answer(quin.DeleteMemberWithResponse(ctx, "piaco", "pia", nil)).is(t, http.StatusForbidden)
	answer(pia.UpdateMemberWithResponse(ctx, "piaco", "quin", nil, client.MemberUpdate{Role: client.Owner})).is(t, http.StatusOK)
	answer(pia.LeaveWorkspaceWithResponse(ctx, "piaco")).is(t, http.StatusNoContent)
	answer(pia.GetWorkspaceWithResponse(ctx, "piaco")).is(t, http.StatusNotFound)
	answer(quin.LeaveWorkspaceWithResponse(ctx, "piaco")).refused(t, http.StatusConflict, "last owner")
	answer(pia.LeaveWorkspaceWithResponse(ctx, "pia")).refused(t, http.StatusConflict, "own workspace")
}

// invitations: for somebody or for whoever has the link, taken back, declined, and good for one and for a week.
func invitations(t *testing.T, c *cloud.Cloud) {
	ctx, rita, saul, tess := t.Context(), signUp(t, c, "rita"), signUp(t, c, "saul"), signUp(t, c, "tess")
	organisation(t, rita, "ritaco")
	invite := func(username *string) *client.Invitation {
		t.Helper()
		made := answer(rita.CreateInvitationWithResponse(ctx, "ritaco", nil, client.NewInvitation{Username: username, Role: client.Editor})).is(t, http.StatusCreated).JSON201
		if life := made.ExpiresAt.Sub(made.CreatedAt); life != 7*24*time.Hour || made.Inviter != "rita" || made.WorkspaceSlug != "ritaco" || made.WorkspaceName != "The ritaco" {
			t.Errorf("invited: %+v", made)
		}
		return made
	}
	declined := invite(&saul.name)
	own := answer(saul.ListOwnInvitationsWithResponse(ctx, nil)).is(t, http.StatusOK).JSON200.Items
	if len(own) != 1 || own[0].ID != declined.ID || own[0].Secret != nil {
		t.Errorf("saul finds %+v", own)
	}
	answer(rita.CreateInvitationWithResponse(ctx, "ritaco", nil, client.NewInvitation{Username: &saul.name, Role: client.Viewer})).refused(t, http.StatusConflict, "already invited")
	answer(tess.AcceptInvitationWithResponse(ctx, declined.ID)).is(t, http.StatusNotFound)
	answer(saul.DeclineInvitationWithResponse(ctx, declined.ID)).is(t, http.StatusNoContent)
	answer(saul.AcceptInvitationWithResponse(ctx, declined.ID)).is(t, http.StatusNotFound)

	revoked := invite(&saul.name)
	answer(rita.DeleteInvitationWithResponse(ctx, "ritaco", revoked.ID)).is(t, http.StatusNoContent)
	answer(saul.AcceptInvitationWithResponse(ctx, revoked.ID)).is(t, http.StatusNotFound)

	link := invite(nil)
	if link.Secret == nil || link.URL == nil {
		t.Fatalf("the link is %+v", link)
	}
	open := answer(rita.ListInvitationsWithResponse(ctx, "ritaco", nil)).is(t, http.StatusOK).JSON200.Items
	if len(open) != 1 || open[0].ID != link.ID || open[0].Secret != nil {
		t.Errorf("the open invitations: %+v", open)
	}
	seen := answer(c.As(t).PreviewInvitationWithResponse(ctx, client.InvitationSecret{Secret: *link.Secret})).is(t, http.StatusOK).JSON200
	if seen.ID != link.ID || seen.WorkspaceName != "The ritaco" || seen.Secret != nil {
		t.Errorf("before signing in: %+v", seen)
	}
	answer(rita.ClaimInvitationWithResponse(ctx, client.InvitationSecret{Secret: *link.Secret})).refused(t, http.StatusConflict, "already a member")
	answer(tess.ClaimInvitationWithResponse(ctx, client.InvitationSecret{Secret: *link.Secret})).is(t, http.StatusOK)
	answer(saul.ClaimInvitationWithResponse(ctx, client.InvitationSecret{Secret: *link.Secret})).is(t, http.StatusNotFound)
	joined := answer(tess.AcceptInvitationWithResponse(ctx, link.ID)).is(t, http.StatusOK).JSON200
	if joined.Slug != "ritaco" || joined.Role != client.Editor {
		t.Errorf("joined %+v", joined)
	}
	answer(rita.CreateInvitationWithResponse(ctx, "ritaco", nil, client.NewInvitation{Username: new("nobody"), Role: client.Viewer})).is(t, http.StatusNotFound)
	answer(rita.CreateInvitationWithResponse(ctx, "rita", nil, client.NewInvitation{Role: client.Viewer})).refused(t, http.StatusConflict, "own workspace")

	// Repeated with its key, a creation makes nothing twice.
	key := "e2e-5b0fd6fe-3f0c-4e8f"
	again := func() *client.CreateInvitationResponse {
		return answer(rita.CreateInvitationWithResponse(ctx, "ritaco", &client.CreateInvitationParams{IdempotencyKey: &key}, client.NewInvitation{Role: client.Viewer})).is(t, http.StatusCreated)
	}
	if first, second := again(), again(); first.JSON201.ID != second.JSON201.ID || *first.JSON201.Secret != *second.JSON201.Secret {
		t.Errorf("made twice: %s %s", first.Body, second.Body)
	}
}

// availability: what a name is worth asking for, before it is.
func availability(t *testing.T, c *cloud.Cloud) {
	ctx, uma := t.Context(), signUp(t, c, "uma")
	answer(uma.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", Content: ""})).is(t, http.StatusCreated)
	ask := func(kind client.GetAvailabilityParamsKind, slug string, workspace *string) client.Availability {
		t.Helper()
		return *answer(uma.GetAvailabilityWithResponse(ctx, &client.GetAvailabilityParams{Kind: kind, Slug: slug, WorkspaceSlug: workspace})).is(t, http.StatusOK).JSON200
	}
	if a := ask(client.GetAvailabilityParamsKindWorkspace, "umaco", nil); !a.Free || a.Reason != nil {
		t.Errorf("a free slug: %+v", a)
	}
	if a := ask(client.GetAvailabilityParamsKindAccount, "uma", nil); a.Free || a.Reason == nil || a.Suggestion == nil || *a.Suggestion != "uma2" {
		t.Errorf("a slug that is taken: %+v", a)
	}
	if a := ask(client.GetAvailabilityParamsKindAccount, "Uma-Smith", nil); a.Free || a.Suggestion == nil || *a.Suggestion != "umasmith" {
		t.Errorf("a slug that is not valid: %+v", a)
	}
	before := answer(c.As(t).GetUsernameAvailabilityWithResponse(ctx, &client.GetUsernameAvailabilityParams{Username: "uma"})).is(t, http.StatusOK).JSON200
	if before.Free || before.Suggestion == nil || *before.Suggestion != "uma2" {
		t.Errorf("before signing up: %+v", before)
	}
	if a := ask(client.GetAvailabilityParamsKindMock, "pets", new("uma")); a.Free || *a.Suggestion != "pets-2" {
		t.Errorf("a mock's slug that is taken: %+v", a)
	}
}

// auditLog: who did what, for the workspace's admins.
func auditLog(t *testing.T, c *cloud.Cloud) {
	ctx, vera, walt := t.Context(), signUp(t, c, "vera"), signUp(t, c, "walt")
	organisation(t, vera, "veraco")
	join(t, vera, walt, "veraco", client.Editor)
	made := answer(walt.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", WorkspaceSlug: new("veraco"), Content: ""})).is(t, http.StatusCreated)
	answer(walt.ListAuditWithResponse(ctx, "veraco", nil)).is(t, http.StatusForbidden)
	action := "createMock"
	log := answer(vera.ListAuditWithResponse(ctx, "veraco", &client.ListAuditParams{Action: &action, Username: &walt.name})).is(t, http.StatusOK).JSON200.Items
	if len(log) != 1 {
		t.Fatalf("the log: %+v", log)
	}
	if e := log[0]; e.Username != "walt" || e.TargetID != made.JSON201.ID || e.Means != "session" || e.RequestID != made.HTTPResponse.Header.Get("X-Request-Id") {
		t.Errorf("the entry: %+v", e)
	}
	var actions []string
	for cursor := (*string)(nil); ; {
		one := 1
		page := answer(vera.ListAuditWithResponse(ctx, "veraco", &client.ListAuditParams{Limit: &one, Cursor: cursor})).is(t, http.StatusOK).JSON200
		for _, e := range page.Items {
			actions = append(actions, e.Action)
		}
		if cursor = page.NextCursor; cursor == nil {
			break
		}
	}
	if want := []string{"createMock", "acceptInvitation", "createInvitation", "createWorkspace"}; !slices.Equal(actions, want) {
		t.Errorf("page by page: %q, want %q", actions, want)
	}
}

// quotas: a full workspace says so, names its limit, and accepts writes when there is room again.
func quotas(t *testing.T, c *cloud.Cloud) {
	ctx, xena := t.Context(), signUp(t, c, "xena")
	organisation(t, xena, "xenaco")
	use := func() client.QuotaUse {
		t.Helper()
		all := answer(xena.GetQuotaWithResponse(ctx, "xenaco")).is(t, http.StatusOK).JSON200.Items
		return all[slices.IndexFunc(all, func(u client.QuotaUse) bool { return u.Resource == "tokens" })]
	}
	limit := use().Limit
	if limit <= 0 || limit > 1000 {
		t.Fatalf("the quota: %+v", use())
	}
	wanted := func(i int64) client.NewToken {
		return client.NewToken{Name: fmt.Sprintf("number %d", i), Scopes: []client.Scope{client.ScopeMocksRead}}
	}
	var last *client.CreatedToken
	for i := range limit {
		last = answer(xena.CreateWorkspaceTokenWithResponse(ctx, "xenaco", nil, wanted(i))).is(t, http.StatusCreated).JSON201
	}
	refused := answer(xena.CreateWorkspaceTokenWithResponse(ctx, "xenaco", nil, wanted(limit))).is(t, http.StatusForbidden)
	if p := refused.ApplicationProblemJSONDefault; p == nil || p.Code != "quota_exceeded" || p.Quota == nil || p.Quota.Limit != limit || p.Quota.Resource != "tokens" {
		t.Errorf("beyond the quota: %s", refused.Body)
	}
	if u := use(); u.Used != limit {
		t.Errorf("the quota is used up: %+v", u)
	}
	answer(xena.DeleteWorkspaceTokenWithResponse(ctx, "xenaco", last.Token.ID)).is(t, http.StatusNoContent)
	answer(xena.CreateWorkspaceTokenWithResponse(ctx, "xenaco", nil, wanted(limit))).is(t, http.StatusCreated)
}

// streams: what is followed ends promptly when the access does, also where another replica of the api took it away.
func streams(t *testing.T, c *cloud.Cloud) {
	if c.DatabaseURL != "" {
		c.AddAPI()
	}
	ctx, owner, member := t.Context(), signUp(t, c, "olaf"), signUp(t, c, "mona")
	organisation(t, owner, "olafco")
	join(t, owner, member, "olafco", client.Viewer)
	mock := answer(owner.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", WorkspaceSlug: new("olafco"), Content: ""})).is(t, http.StatusCreated).JSON201
	ended := func(stream *http.Response, err error) (wait func()) {
		t.Helper()
		check(t, err)
		if stream.StatusCode != http.StatusOK {
			t.Fatalf("the stream: %s", stream.Status)
		}
		_, err = stream.Body.Read(make([]byte, 1))
		check(t, err)
		return func() {
			t.Helper()
			_, err := io.Copy(io.Discard, stream.Body)
			check(t, errors.Join(err, stream.Body.Close()))
		}
	}
	promptly(t, func() time.Duration {
		secret := answer(member.CreateTokenWithResponse(ctx, nil, client.NewToken{Name: "CI", Scopes: []client.Scope{client.ScopeRequestsRead}})).is(t, http.StatusCreated).JSON201.Secret
		wait := ended(c.As(t, cloud.Bearer(secret)).StreamRequests(ctx, mock.ID, nil))
		answer(c.As(t, cloud.Bearer(secret)).DeleteCurrentTokenWithResponse(ctx)).is(t, http.StatusNoContent)
		revoked := time.Now()
		wait()
		return time.Since(revoked)
	})
	promptly(t, func() time.Duration {
		events, requests := ended(member.StreamEvents(ctx, &client.StreamEventsParams{WorkspaceSlug: new("olafco")})), ended(member.StreamRequests(ctx, mock.ID, nil))
		waited := make(chan int, 1)
		go func() { // for a revision that never comes
			p, err := member.GetPublicationWithResponse(ctx, mock.ID, &client.GetPublicationParams{Revision: new(2), Wait: new("1m")})
			if err != nil {
				t.Error(err)
				waited <- 0
				return
			}
			waited <- p.StatusCode()
		}()
		answer(owner.DeleteMemberWithResponse(ctx, "olafco", "mona", nil)).is(t, http.StatusNoContent)
		removed := time.Now()
		events()
		requests()
		if status := <-waited; status != http.StatusNotFound {
			t.Errorf("who waits for a publication is answered %d", status)
		}
		took := time.Since(removed)
		join(t, owner, member, "olafco", client.Viewer)
		return took
	})
}

// promptly tries what takes moments where somebody is told, and almost five seconds each time where they have to find out. On a
// slow machine it may take that long as well, but not each time.
func promptly(t *testing.T, try func() time.Duration) {
	t.Helper()
	for attempt := 1; ; attempt++ {
		took := try()
		t.Logf("ended after %s", took)
		if took < 3*time.Second {
			return
		}
		if attempt == 10 {
			t.Fatalf("%d times it took long, at last %s", attempt, took)
		}
	}
}

// rename: an organisation gets another slug while nothing of it is published, and ends.
func rename(t *testing.T, c *cloud.Cloud) {
	ctx, yuri, zara := t.Context(), signUp(t, c, "yuri"), signUp(t, c, "zara")
	organisation(t, yuri, "oldco")
	renamed := answer(yuri.UpdateWorkspaceWithResponse(ctx, "oldco", nil, client.WorkspaceUpdate{Slug: new("newco"), Name: new("New")})).is(t, http.StatusOK).JSON200
	if renamed.Slug != "newco" || renamed.Name != "New" {
		t.Errorf("renamed: %+v", renamed)
	}
	answer(zara.CreateWorkspaceWithResponse(ctx, nil, client.NewWorkspace{Slug: "oldco"})).is(t, http.StatusConflict) // held for its owner
	mock := answer(yuri.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", WorkspaceSlug: new("newco"), Content: cloud.Answering("x")})).is(t, http.StatusCreated).JSON201
	answer(yuri.PublishMockWithResponse(ctx, mock.ID)).is(t, http.StatusOK)
	check(t, awaitLive(t, yuri, mock.ID))
	answer(yuri.UpdateWorkspaceWithResponse(ctx, "newco", nil, client.WorkspaceUpdate{Slug: new("oldco")})).refused(t, http.StatusConflict, "published")
	answer(yuri.DeleteWorkspaceWithResponse(ctx, "newco", nil)).refused(t, http.StatusConflict, "confirm=newco")
	answer(yuri.DeleteWorkspaceWithResponse(ctx, "newco", &client.DeleteWorkspaceParams{Confirm: new("newco")})).is(t, http.StatusNoContent)
	answer(yuri.GetWorkspaceWithResponse(ctx, "newco")).is(t, http.StatusNotFound)
	cloud.Eventually(t, "the mock of the deleted organisation is gone", func() error {
		a, err := c.Call(ctx, mock.URL+"/answer")
		if err == nil && a.Status != http.StatusNotFound {
			err = fmt.Errorf("it answers %d", a.Status)
		}
		return err
	})
}
