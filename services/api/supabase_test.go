package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api"
)

// With Supabase people come with its tokens: as Bearer, or for a session. API tokens work as ever; passwords do not.
func TestSupabase(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	number := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.FillBytes(make([]byte, 32))) }
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/auth/v1/.well-known/jwks.json" {
			fmt.Fprintf(w, `{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"k","x":%q,"y":%q}]}`, number(key.X), number(key.Y))
		}
	}))
	t.Cleanup(provider.Close)
	shared := strings.Repeat("s", 32)
	b := start(t, func(c *api.Config) {
		c.AuthMode, c.SupabaseURL, c.SupabaseAudience, c.SupabaseSecret = api.Supabase, provider.URL+"/", "authenticated", secret.New(shared)
		c.SupabasePublishableKey, c.SupabaseProviders = "sb_publishable_1", []string{"email", "github"}
	})
	access := func(method jwt.SigningMethod, key any, sub, aud string) string {
		token := jwt.NewWithClaims(method, jwt.MapClaims{
			"iss": provider.URL + "/auth/v1", "aud": aud, "sub": sub, "email": "ann@example.com", "role": "authenticated",
			"exp": time.Now().Add(time.Hour).Unix(),
		})
		token.Header["kid"] = "k"
		signed, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	first := access(jwt.SigningMethodES256, key, "1", "authenticated")
	until(t, "the provider's keys are not known", func() bool { return b.do("GET", "/api/v1/mocks", "", bearer(first)).status == http.StatusOK })
	b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "pets", "content": good}), bearer(first))
	session := b.want(http.StatusCreated, "POST", "/api/v1/sessions", encode(map[string]string{"token": first}), nobody)
	if s := as[struct{ Username string }](t, session); s.Username != "ann" {
		t.Errorf("signed in as %s", session.body)
	}
	if a := b.want(http.StatusOK, "GET", "/api/v1/mocks", "", nobody, cookieOf(session)); !strings.Contains(string(a.body), "pets-ann") {
		t.Errorf("with the session: %s", a.body)
	}
	// Another subject with the same e-mail address is somebody else.
	second := access(jwt.SigningMethodHS256, []byte(shared), "2", "authenticated")
	if a := b.want(http.StatusOK, "GET", "/api/v1/workspaces", "", bearer(second)); !strings.Contains(string(a.body), `"ann2"`) || strings.Contains(string(a.body), `"ann"`) {
		t.Errorf("another subject: %s", a.body)
	}
	foreign := access(jwt.SigningMethodES256, key, "1", "other")
	if a := b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", bearer(foreign)); !strings.Contains(a.header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("for another audience: %v", a.header)
	}
	b.want(http.StatusUnauthorized, "POST", "/api/v1/sessions", encode(map[string]string{"token": foreign}), nobody)
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "") // the API token
	b.want(http.StatusForbidden, "POST", "/api/v1/sessions", `{"username":"ann","password":"x"}`, nobody)
	b.want(http.StatusForbidden, "POST", "/api/v1/accounts", `{"username":"zoe","password":"x"}`, nobody)
	b.want(http.StatusForbidden, "PUT", "/api/v1/account/password", `{"new_password":"correct horse battery"}`, bearer(first))
	if m := as[struct {
		Password bool
		Issuer   string
		Supabase struct {
			URL            string
			PublishableKey string `json:"publishable_key"`
			Providers      []string
		}
	}](t, b.want(http.StatusOK, "GET", "/api/v1/sessions/methods", "", nobody)); m.Password || m.Issuer != provider.URL+"/auth/v1" ||
		m.Supabase.URL != provider.URL || m.Supabase.PublishableKey != "sb_publishable_1" || len(m.Supabase.Providers) != 2 {
		t.Errorf("methods: %+v", m)
	}
}
