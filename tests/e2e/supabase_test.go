package e2e_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// provider is the part of a Supabase project that the api sees: its public keys, which it may rotate.
type provider struct {
	*httptest.Server

	mu   sync.Mutex
	keys map[string]crypto.PublicKey
}

func newProvider(t *testing.T) *provider {
	p := &provider{keys: map[string]crypto.PublicKey{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/auth/v1/.well-known/jwks.json" {
			http.NotFound(w, r)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		keys := []map[string]string{}
		for kid, key := range p.keys {
			keys = append(keys, jwk(kid, key))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": keys})
	}))
	t.Cleanup(p.Close)
	return p
}

// publish replaces the public keys.
func (p *provider) publish(keys map[string]crypto.PublicKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = keys
}

func jwk(kid string, key crypto.PublicKey) map[string]string {
	number := base64.RawURLEncoding.EncodeToString
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes() // 4, x, y
		if err != nil {
			return nil
		}
		return map[string]string{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": number(point[1:33]), "y": number(point[33:])}
	case *rsa.PublicKey:
		return map[string]string{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": number(k.N.Bytes()), "e": "AQAB"}
	}
	return nil
}

// signed is an access token with the claims of a person, as far as others do not take their place.
func (p *provider) signed(t *testing.T, method jwt.SigningMethod, kid string, key any, others jwt.MapClaims) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": p.URL + "/auth/v1", "aud": "authenticated", "role": "authenticated", "sub": "5f0c1f0e-1", "email": "ann@example.com",
		"exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
	}
	maps.Copy(claims, others)
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = kid
	text, err := token.SignedString(key)
	check(t, err)
	return text
}

// TestSupabase: people come with the tokens of a Supabase project, whichever way it signs them, and with nothing that only looks
// like one.
func TestSupabase(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	fresh, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	der, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	check(t, err)
	const shared = "the shared secret of the project, once"
	eachTarget(t, func(t *testing.T, each cloud.Target) {
		p := newProvider(t)
		c, ctx := cloud.Start(t, binaries, each, "AUTH_MODE=supabase", "SUPABASE_URL="+p.URL, "SUPABASE_JWT_SECRET="+shared), t.Context()
		p.publish(map[string]crypto.PublicKey{"curve": &curve.PublicKey, "rsa": &rsaKey.PublicKey})
		as := func(token string) *client.ClientWithResponses { return c.As(t, cloud.Bearer(token)) }
		first := p.signed(t, jwt.SigningMethodES256, "curve", curve, nil)
		arrives := func(what, token string) client.Account {
			t.Helper()
			var found client.Account
			cloud.Eventually(t, what, func() error {
				a, err := as(token).GetAccountWithResponse(ctx)
				if err == nil && a.JSON200 == nil {
					return fmt.Errorf("%s %s", a.Status(), a.Body)
				}
				if err == nil {
					found = *a.JSON200
				}
				return err
			})
			return found
		}
		ann := arrives("the keys are there", first)
		if ann.Username != "ann" {
			t.Errorf("on first sight: %+v", ann)
		}
		for what, token := range map[string]string{
			"RS256":                   p.signed(t, jwt.SigningMethodRS256, "rsa", rsaKey, nil),
			"HS256":                   p.signed(t, jwt.SigningMethodHS256, "", []byte(shared), nil),
			"another e-mail address":  p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"email": "new@example.com"}),
			"expired seconds ago":     p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"exp": time.Now().Add(-5 * time.Second).Unix()}),
			"several audiences of it": p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"aud": []string{"other", "authenticated"}}),
		} {
			if a := answer(as(token).GetAccountWithResponse(ctx)).is(t, http.StatusOK).JSON200; a.ID != ann.ID {
				t.Errorf("%s: somebody else, %+v", what, a)
			}
		}
		if a := arrives("another subject", p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"sub": "5f0c1f0e-2"})); a.ID == ann.ID || a.Username != "ann2" {
			t.Errorf("another subject with the same address: %+v", a)
		}
		public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		for what, token := range map[string]string{
			"expired":           p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"exp": time.Now().Add(-time.Minute).Unix()}),
			"not yet":           p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"nbf": time.Now().Add(time.Hour).Unix()}),
			"of another issuer": p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"iss": "https://other.supabase.co/auth/v1"}),
			"for others":        p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"aud": "other"}),
			"without a subject": p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"sub": ""}),
			"of nobody":         p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"is_anonymous": true}),
			"of the service":    p.signed(t, jwt.SigningMethodES256, "curve", curve, jwt.MapClaims{"role": "service_role"}),
			"unsigned":          p.signed(t, jwt.SigningMethodNone, "curve", jwt.UnsafeAllowNoneSignatureType, nil),
			"of a foreign key":  p.signed(t, jwt.SigningMethodES256, "curve", fresh, nil),
			"of another secret": p.signed(t, jwt.SigningMethodHS256, "", []byte("another shared secret, guessed by X"), nil),
			"of the public key": p.signed(t, jwt.SigningMethodHS256, "rsa", public, nil),
		} {
			a := answer(as(token).GetAccountWithResponse(ctx)).answer
			if a.StatusCode() != http.StatusUnauthorized {
				t.Errorf("a token %s: %s %s", what, a.Status(), a.Body)
			}
			answer(c.As(t).CreateSessionWithResponse(ctx, client.SignIn{Token: &token})).is(t, http.StatusUnauthorized)
		}

		// A session, which browsers keep, and no passwords.
		in := answer(c.As(t).CreateSessionWithResponse(ctx, client.SignIn{Token: &first})).is(t, http.StatusCreated)
		answer(browser(t, c, in.HTTPResponse).CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "pets", Content: cloud.Answering("one")})).is(t, http.StatusCreated)
		answer(c.As(t).CreateAccountWithResponse(ctx, client.NewAccount{Username: "zoe", Password: password})).is(t, http.StatusForbidden)
		answer(c.As(t).GetUsernameAvailabilityWithResponse(ctx, &client.GetUsernameAvailabilityParams{Username: "zoe"})).is(t, http.StatusForbidden)

		// Rotated: the new key is found when a token names it, and the old one is no good any more.
		p.publish(map[string]crypto.PublicKey{"fresh": &fresh.PublicKey})
		if a := arrives("the new key is there", p.signed(t, jwt.SigningMethodES256, "fresh", fresh, nil)); a.ID != ann.ID {
			t.Errorf("with the new key: %+v", a)
		}
		answer(as(first).GetAccountWithResponse(ctx)).is(t, http.StatusUnauthorized)
	})
}
