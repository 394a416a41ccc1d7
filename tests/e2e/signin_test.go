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
		if methods := answer(c.As(t).GetSignInMethodsWithResponse(ctx)).is(t, http.StatusOK).JSON200; !methods.Password || methods.SignUp != client.Open {
			t.Errorf("the ways to sign in: %+v", methods)
		}
		zoe := signUp(t, c, "zoe")
		made := answer(zoe.CreateTokenWithResponse(ctx, nil, client.NewToken{Name: "CI", Scopes: []client.Scope{client.ScopeMocksWrite}})).is(t, http.StatusCreated)
		if !strings.HasPrefix(made.JSON201.Secret, "mocloud_") {
			t.Fatalf("make a token: %s", made.Body)
		}
		secret := made.JSON201.Secret
		bearer := cloud.Bearer(secret)
		basic := func(_ context.Context, r *http.Request) error { r.SetBasicAuth("zoe", secret); return nil }

		mock, err := api.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", Content: cloud.Answering("one")}, bearer)
		check(t, err)
		if mock.JSON201 == nil || mock.JSON201.WorkspaceSlug != "zoe" {
			t.Fatalf("make a mock with the token: %s %s", mock.Status(), mock.Body)
		}
		published, err := api.PublishMockWithResponse(ctx, mock.JSON201.ID, basic)
		check(t, err)
		if published.JSON200 == nil {
			t.Fatalf("publish it with Basic: %s %s", published.Status(), published.Body)
		}
		wait := "60s"
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
		revoked, err := zoe.DeleteTokenWithResponse(ctx, made.JSON201.Token.ID)
		check(t, err)
		after, err := api.GetMockWithResponse(ctx, mock.JSON201.ID, nil, bearer)
		check(t, err)
		if revoked.StatusCode() != http.StatusNoContent || after.StatusCode() != http.StatusUnauthorized {
			t.Errorf("revoke: %s, then %s", revoked.Status(), after.Status())
		}
	})
}
