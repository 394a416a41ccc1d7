package e2e_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestAccount: somebody's account, from what it shows of itself to its end.
func TestAccount(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		t.Run("profile", func(t *testing.T) { profile(t, c) })
		t.Run("sessions", func(t *testing.T) { sessions(t, c) })
		t.Run("link", func(t *testing.T) { link(t, c) })
		t.Run("guesses", func(t *testing.T) { guesses(t, c) })
		t.Run("end", func(t *testing.T) { end(t, c) })
	})
}

// profile: the username moves with the workspace and its hosts, the old one is held, and an edit that did not see the last one
// is refused.
func profile(t *testing.T, c *cloud.Cloud) {
	ctx, ann := t.Context(), signUp(t, c, "ann")
	read := answer(ann.GetAccountWithResponse(ctx)).is(t, http.StatusOK)
	if a := read.JSON200; a.Username != "ann" || a.Email != "" || !a.HasPassword || a.ID == "" {
		t.Errorf("a new account: %+v", a)
	}
	tag, name, address := read.HTTPResponse.Header.Get("ETag"), "annette", "ann@example.com"
	changed := answer(ann.UpdateAccountWithResponse(ctx, &client.UpdateAccountParams{IfMatch: &tag}, client.AccountUpdate{Username: &name, Email: &address})).is(t, http.StatusOK)
	if a := changed.JSON200; a.Username != name || a.Email != address {
		t.Errorf("changed: %+v", a)
	}
	answer(ann.UpdateAccountWithResponse(ctx, &client.UpdateAccountParams{IfMatch: &tag}, client.AccountUpdate{Username: &name})).refused(t, http.StatusPreconditionFailed, "lost_update")
	own := answer(ann.GetWorkspaceWithResponse(ctx, name)).is(t, http.StatusOK)
	if !own.JSON200.Personal || own.JSON200.Role != client.Owner {
		t.Errorf("the account's own workspace: %+v", own.JSON200)
	}
	answer(ann.GetWorkspaceWithResponse(ctx, "ann")).is(t, http.StatusNotFound)
	answer(c.As(t).CreateAccountWithResponse(ctx, client.NewAccount{Username: "ann", Password: password})).refused(t, http.StatusConflict, "username")
	signIn(t, c, address, password)

	mock := answer(ann.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", Content: cloud.Answering("one")})).is(t, http.StatusCreated)
	answer(ann.PublishMockWithResponse(ctx, mock.JSON201.ID)).is(t, http.StatusOK)
	another := "anna"
	answer(ann.UpdateAccountWithResponse(ctx, nil, client.AccountUpdate{Username: &another})).refused(t, http.StatusConflict, "published")
}

// sessions: each browser is listed, and ended alone, all the others at once, and by a new password.
func sessions(t *testing.T, c *cloud.Cloud) {
	ctx, bob := t.Context(), signUp(t, c, "bob")
	second, third := signIn(t, c, "bob", password), signIn(t, c, "bob", password)
	listed := answer(second.ListSessionsWithResponse(ctx)).is(t, http.StatusOK).JSON200.Items
	current := slices.IndexFunc(listed, func(s client.SessionInfo) bool { return s.Current })
	if len(listed) != 3 || current < 0 || listed[current].Means != client.SessionInfoMeansPassword || listed[current].Address == "" {
		t.Fatalf("the sessions: %+v", listed)
	}
	answer(third.DeleteSessionWithResponse(ctx, listed[current].ID)).is(t, http.StatusNoContent)
	answer(second.GetAccountWithResponse(ctx)).is(t, http.StatusUnauthorized)
	answer(signUp(t, c, "eve").DeleteSessionWithResponse(ctx, listed[2].ID)).is(t, http.StatusNotFound)
	answer(third.DeleteOtherSessionsWithResponse(ctx)).is(t, http.StatusNoContent)
	answer(bob.GetAccountWithResponse(ctx)).is(t, http.StatusUnauthorized)

	fourth, wrong, right := signIn(t, c, "bob", password), "not the password", password
	const better = "a better horse battery"
	answer(third.UpdatePasswordWithResponse(ctx, client.NewPassword{NewPassword: better})).is(t, http.StatusForbidden)
	answer(third.UpdatePasswordWithResponse(ctx, client.NewPassword{CurrentPassword: &wrong, NewPassword: better})).refused(t, http.StatusForbidden, "current_password")
	answer(third.UpdatePasswordWithResponse(ctx, client.NewPassword{CurrentPassword: &right, NewPassword: better})).is(t, http.StatusNoContent)
	answer(fourth.GetAccountWithResponse(ctx)).is(t, http.StatusUnauthorized)
	name := "bob"
	answer(c.As(t).CreateSessionWithResponse(ctx, client.SignIn{Username: &name, Password: &right})).is(t, http.StatusUnauthorized)
	signIn(t, c, "bob", better)
	answer(third.DeleteCurrentSessionWithResponse(ctx)).is(t, http.StatusNoContent)
	answer(third.GetAccountWithResponse(ctx)).is(t, http.StatusUnauthorized)
}

// link: who runs the installation lets somebody in with a link, once; with it a password is set without another.
func link(t *testing.T, c *cloud.Cloud) {
	ctx, name, create := t.Context(), "carl", true
	made := answer(c.API(t).CreateSignInLinkWithResponse(ctx, nil, client.NewSignInLink{Username: &name, Create: &create})).is(t, http.StatusCreated)
	to, err := url.Parse(made.JSON201.URL)
	check(t, err)
	code := to.Query().Get("code")
	in := answer(c.As(t).CreateSessionWithResponse(ctx, client.SignIn{Code: &code})).is(t, http.StatusCreated)
	answer(c.As(t).CreateSessionWithResponse(ctx, client.SignIn{Code: &code})).is(t, http.StatusUnauthorized)
	carl := browser(t, c, in.HTTPResponse)
	if a := answer(carl.GetAccountWithResponse(ctx)).is(t, http.StatusOK).JSON200; a.Username != name || a.HasPassword {
		t.Errorf("let in as %+v", a)
	}
	answer(carl.UpdatePasswordWithResponse(ctx, client.NewPassword{NewPassword: password})).is(t, http.StatusNoContent)
	signIn(t, c, name, password)
	answer(carl.CreateSignInLinkWithResponse(ctx, nil, client.NewSignInLink{Username: new("dev")})).is(t, http.StatusForbidden)
}

// guesses: who guesses a password has to wait, with the right one as well, and the owner's session goes on.
func guesses(t *testing.T, c *cloud.Cloud) {
	ctx, name, right := t.Context(), "dora", password
	dora := signUp(t, c, name)
	for waits := false; !waits; {
		var refused *client.CreateSessionResponse
		var failed time.Time // the last guess that was heard, after this
		for i := range 10 {
			wrong, began := fmt.Sprintf("guess number %d", i), time.Now()
			refused = answer(c.As(t).CreateSessionWithResponse(ctx, client.SignIn{Username: &name, Password: &wrong})).answer
			if refused.StatusCode() != http.StatusUnauthorized {
				break
			}
			failed = began
		}
		if refused.StatusCode() != http.StatusTooManyRequests || refused.HTTPResponse.Header.Get("Retry-After") == "" {
			t.Fatalf("ten guesses: %s %v", refused.Status(), refused.HTTPResponse.Header)
		}
		in := answer(c.As(t).CreateSessionWithResponse(ctx, client.SignIn{Username: &name, Password: &right})).answer
		waits = in.StatusCode() == http.StatusTooManyRequests
		// On a slow machine the second may be over; then the guesses are forgiven.
		if waited := time.Since(failed); !waits && (waited < time.Second || in.StatusCode() != http.StatusCreated) {
			t.Fatalf("%s %s after the last guess: %s", in.Status(), waited, in.Body)
		}
	}
	answer(dora.GetAccountWithResponse(ctx)).is(t, http.StatusOK)
	cloud.Eventually(t, "the owner signs in again after the wait", func() error {
		in, err := c.As(t).CreateSessionWithResponse(ctx, client.SignIn{Username: &name, Password: &right})
		if err == nil && in.StatusCode() != http.StatusCreated {
			err = fmt.Errorf("%s %s", in.Status(), in.Body)
		}
		return err
	})
}

// end: an account is taken along, and deleted: its mocks answer no more, its tokens and sessions open nothing, its organisation
// needs another owner first and keeps what it did, without its name.
func end(t *testing.T, c *cloud.Cloud) {
	ctx, fred, gina := t.Context(), signUp(t, c, "fred"), signUp(t, c, "gina")
	mine := answer(fred.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "mine", Content: cloud.Answering("mine")})).is(t, http.StatusCreated).JSON201
	answer(fred.PublishMockWithResponse(ctx, mine.ID)).is(t, http.StatusOK)
	check(t, awaitLive(t, fred, mine.ID))
	token := answer(fred.CreateTokenWithResponse(ctx, nil, client.NewToken{Name: "CI", Scopes: []client.Scope{"*"}})).is(t, http.StatusCreated).JSON201.Secret
	answer(fred.CreateWorkspaceWithResponse(ctx, nil, client.NewWorkspace{Slug: "fredco"})).is(t, http.StatusCreated)
	shared := answer(fred.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "shared", WorkspaceSlug: new("fredco"), Content: cloud.Answering("shared")})).is(t, http.StatusCreated).JSON201

	stored := answer(fred.PutFileWithBodyWithResponse(ctx, "fred", &client.PutFileParams{Name: "data/pets.json"}, "application/json", strings.NewReader(`["rex"]`))).is(t, http.StatusCreated).JSON201

	archive := answer(fred.ExportAccountWithResponse(ctx)).is(t, http.StatusOK).Body
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	check(t, err)
	for name, want := range map[string]string{
		"account.json": `"username": "fred"`, "tokens.jsonl": `"name":"CI"`, "workspaces/fred/files/data/pets.json": `["rex"]`,
		"workspaces/fred/files.jsonl": stored.Sha256, "workspaces/fred/mocks/mine.yml": cloud.Answering("mine"),
		"workspaces/fred/history/mine/1.yml": cloud.Answering("mine"), "workspaces/fredco/mocks/shared.yml": cloud.Answering("shared"),
	} {
		if content, err := fs.ReadFile(files, name); err != nil || !strings.Contains(string(content), want) {
			t.Errorf("the export has %s with %s: %v", name, content, err)
		}
	}
	if bytes.Contains(archive, []byte(token)) {
		t.Error("the export shows a token")
	}

	answer(fred.DeleteAccountWithResponse(ctx, &client.DeleteAccountParams{Confirm: "gina"})).is(t, http.StatusUnprocessableEntity)
	answer(fred.DeleteAccountWithResponse(ctx, &client.DeleteAccountParams{Confirm: "fred"})).refused(t, http.StatusConflict, "fredco")
	join(t, fred, gina, "fredco", client.Owner)
	answer(fred.DeleteAccountWithResponse(ctx, &client.DeleteAccountParams{Confirm: "fred"})).is(t, http.StatusNoContent)

	answer(fred.GetAccountWithResponse(ctx)).is(t, http.StatusUnauthorized)
	answer(c.As(t, cloud.Bearer(token)).GetAccountWithResponse(ctx)).is(t, http.StatusUnauthorized)
	name, right := "fred", password
	answer(c.As(t).CreateSessionWithResponse(ctx, client.SignIn{Username: &name, Password: &right})).is(t, http.StatusUnauthorized)
	cloud.Eventually(t, "the mock of the deleted account is gone", func() error {
		a, err := c.Call(ctx, mine.URL+"/answer")
		if err == nil && a.Status != http.StatusNotFound {
			err = fmt.Errorf("it answers %d", a.Status)
		}
		return err
	})
	answer(gina.GetMockWithResponse(ctx, shared.ID, nil)).is(t, http.StatusOK)
	members := answer(gina.ListMembersWithResponse(ctx, "fredco", nil)).is(t, http.StatusOK).JSON200.Items
	if len(members) != 1 || members[0].Username != "gina" {
		t.Errorf("the members that are left: %+v", members)
	}
	log := answer(gina.ListAuditWithResponse(ctx, "fredco", nil)).is(t, http.StatusOK).JSON200.Items
	for _, e := range log {
		if e.Username != "" && e.Username != "gina" {
			t.Errorf("the audit log of the organisation names who is deleted: %+v", e)
		}
	}
	if len(log) != 5 {
		t.Errorf("what was done is not in the audit log: %+v", log)
	}
}

// awaitLive waits until a mock is published.
func awaitLive(t *testing.T, p person, id string) error {
	t.Helper()
	wait := "60s"
	live := answer(p.GetPublicationWithResponse(t.Context(), id, &client.GetPublicationParams{Wait: &wait})).is(t, http.StatusOK).JSON200
	if live.State != client.Published {
		return fmt.Errorf("the mock is %s: %v", live.State, live.Reason)
	}
	return nil
}
