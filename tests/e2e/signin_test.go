package e2e_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestSignIn: somebody makes an account, gets a token for a program with the session, and the program does what the token is
// for and nothing else, until the token is revoked.
func TestSignIn(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		const password, better = "correct horse battery", "a better horse battery"
		account, err := api.CreateAccountWithResponse(ctx, client.NewAccount{Username: "zoe", Password: password})
		check(t, err)
		if account.JSON201 == nil || account.JSON201.Account != "zoe" {
			t.Fatalf("make an account: %s %s", account.Status(), account.Body)
		}
		browser := showing(account.HTTPResponse)
		made, err := api.CreateTokenWithResponse(ctx, nil, client.NewToken{Name: "CI", Scopes: []client.Scope{client.ScopeMocksWrite}}, browser)
		check(t, err)
		if made.JSON201 == nil || !strings.HasPrefix(made.JSON201.Secret, "mocloud_") {
			t.Fatalf("make a token: %s %s", made.Status(), made.Body)
		}
		secret := made.JSON201.Secret
		bearer := func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+secret)
			return nil
		}
		basic := func(_ context.Context, r *http.Request) error { r.SetBasicAuth("zoe", secret); return nil }

		mock, err := api.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", Content: cloud.Answering("one")}, bearer)
		check(t, err)
		if mock.JSON201 == nil || mock.JSON201.Workspace != "zoe" {
			t.Fatalf("make a mock with the token: %s %s", mock.Status(), mock.Body)
		}
		published, err := api.PublishMockWithResponse(ctx, mock.JSON201.ID, basic)
		check(t, err)
		if published.JSON200 == nil {
			t.Fatalf("publish it with Basic: %s %s", published.Status(), published.Body)
		}
		wait := "10s"
		live, err := api.GetPublicationWithResponse(ctx, mock.JSON201.ID, &client.GetPublicationParams{Wait: &wait}, bearer)
		check(t, err)
		if live.JSON200 == nil || live.JSON200.State != client.Published {
			t.Fatalf("wait for it: %s %s", live.Status(), live.Body)
		}
		answers(t, c, mock.JSON201.URL+"/answer", "one")
		beyond, err := api.ListTokensWithResponse(ctx, nil, bearer)
		check(t, err)
		if beyond.StatusCode() != http.StatusForbidden || !strings.Contains(beyond.HTTPResponse.Header.Get("WWW-Authenticate"), "insufficient_scope") {
			t.Errorf("list tokens with the token: %s %v", beyond.Status(), beyond.HTTPResponse.Header)
		}
		if other, err := api.GetMockWithResponse(ctx, mock.JSON201.ID, nil); err != nil || other.StatusCode() != http.StatusNotFound {
			t.Errorf("another account reads it: %v %v", other.Status(), err)
		}
		revoked, err := api.DeleteTokenWithResponse(ctx, made.JSON201.Token.ID, browser)
		check(t, err)
		after, err := api.GetMockWithResponse(ctx, mock.JSON201.ID, nil, bearer)
		check(t, err)
		if revoked.StatusCode() != http.StatusNoContent || after.StatusCode() != http.StatusUnauthorized {
			t.Errorf("revoke: %s, then %s", revoked.Status(), after.Status())
		}

		// A new password ends the sessions of other browsers.
		name, current := "zoe", password
		second, err := api.CreateSessionWithResponse(ctx, client.SignIn{Username: &name, Password: &current})
		check(t, err)
		changed, err := api.ChangePasswordWithResponse(ctx, client.NewPassword{CurrentPassword: &current, NewPassword: better}, showing(second.HTTPResponse))
		check(t, err)
		ended, err := api.ListSessionsWithResponse(ctx, browser)
		check(t, err)
		kept, err := api.ListSessionsWithResponse(ctx, showing(second.HTTPResponse))
		check(t, err)
		if changed.StatusCode() != http.StatusNoContent || ended.StatusCode() != http.StatusUnauthorized || kept.JSON200 == nil || len(kept.JSON200.Items) != 1 {
			t.Errorf("change the password: %s, the other session: %s, this one: %s", changed.Status(), ended.Status(), kept.Body)
		}
	})
}

// showing sends the session that an answer gave, and no token.
func showing(answer *http.Response) client.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Del("Authorization")
		for _, cookie := range answer.Cookies() {
			r.AddCookie(cookie)
		}
		return nil
	}
}
