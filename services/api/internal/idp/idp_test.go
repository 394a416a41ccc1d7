package idp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	rsakeys "crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	issuer   = "https://project.example/auth/v1"
	audience = "authenticated"
	known    = "a shared secret of 32 characters"
)

var clock = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// server is an identity provider: its keys by kid, and how often they were asked for.
type server struct {
	*httptest.Server
	mu      sync.Mutex
	keys    map[string]any
	answer  func(w http.ResponseWriter) // instead of the keys
	fetched atomic.Int64
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{keys: map[string]any{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.fetched.Add(1)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.answer != nil {
			s.answer(w)
			return
		}
		set := []any{}
		for kid, key := range s.keys {
			set = append(set, jwk(kid, key))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": set})
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) set(kid string, key any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[kid] = key
}

func jwk(kid string, key any) map[string]any {
	number := func(n *big.Int, size int) string {
		return base64.RawURLEncoding.EncodeToString(n.FillBytes(make([]byte, size)))
	}
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		return map[string]any{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": number(k.X, 32), "y": number(k.Y, 32)}
	case *rsakeys.PrivateKey:
		return map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": number(k.N, k.Size()), "e": "AQAB"}
	case []byte:
		return map[string]any{"kty": "oct", "kid": kid, "k": base64.RawURLEncoding.EncodeToString(key.([]byte))}
	}
	return nil
}

// run makes a Provider of the server's keys, which it has fetched.
func (s *server) run(t *testing.T, shared string) *Provider {
	t.Helper()
	p := New(Config{Issuer: issuer, Audience: audience, JWKSURL: s.URL, Secret: secret.New(shared)}, slog.New(slog.DiscardHandler), func() time.Time { return clock })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	for p.keys.Load() == nil {
		runtime.Gosched()
	}
	return p
}

func newCurve(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// usual are the claims of a good token.
func usual(change map[string]any) jwt.MapClaims {
	c := jwt.MapClaims{
		"iss": issuer, "aud": audience, "sub": "7d6e", "email": "ann@example.com", "role": "authenticated",
		"iat": clock.Add(-time.Minute).Unix(), "exp": clock.Add(time.Hour).Unix(),
	}
	maps.Copy(c, change)
	for name, v := range c {
		if v == nil {
			delete(c, name)
		}
	}
	return c
}

func sign(t *testing.T, method jwt.SigningMethod, kid string, key any, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	if kid != "" {
		token.Header["kid"] = kid
	}
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestVerify(t *testing.T) {
	s := newServer(t)
	ec, other := newCurve(t), newCurve(t)
	rs, err := rsakeys.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s.set("ec", ec)
	s.set("rs", rs)
	s.set("oct", []byte("a symmetric key in a public place"))
	both, keysOnly := s.run(t, known), s.run(t, "")
	der, err := x509.MarshalPKIXPublicKey(&rs.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	es := func(change map[string]any) string { return sign(t, jwt.SigningMethodES256, "ec", ec, usual(change)) }
	good := es(nil)
	parts := strings.Split(good, ".")
	forged := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"` + issuer + `","aud":"authenticated","sub":"admin","exp":9999999999}`))
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))

	for name, token := range map[string]string{
		"ES256":                        good,
		"RS256":                        sign(t, jwt.SigningMethodRS256, "rs", rs, usual(nil)),
		"several audiences":            es(map[string]any{"aud": []string{"other", audience}}),
		"clocks that differ, expired":  es(map[string]any{"exp": clock.Add(-skew / 2).Unix()}),
		"clocks that differ, too soon": es(map[string]any{"iat": clock.Add(skew / 2).Unix(), "nbf": clock.Add(skew / 2).Unix()}),
	} {
		for _, p := range []*Provider{both, keysOnly} {
			c, err := p.Verify(t.Context(), secret.New(token))
			if err != nil || c.Issuer != issuer || c.Subject != "7d6e" || c.Email != "ann@example.com" {
				t.Errorf("%s: %+v, %v", name, c, err)
			}
		}
	}
	hs := sign(t, jwt.SigningMethodHS256, "", []byte(known), usual(nil))
	if c, err := both.Verify(t.Context(), secret.New(hs)); err != nil || c.Subject != "7d6e" {
		t.Errorf("HS256: %+v, %v", c, err)
	}
	if _, err := keysOnly.Verify(t.Context(), secret.New(hs)); apperr.CodeOf(err) != apperr.Unauthorized {
		t.Errorf("HS256 without a secret: %v", err)
	}

	for name, token := range map[string]string{
		"nothing":                        "",
		"no token":                       "a.b.c",
		"alg none":                       none + "." + parts[1] + ".",
		"alg none with a signature":      none + "." + parts[1] + "." + parts[2],
		"no signature":                   parts[0] + "." + parts[1] + ".",
		"other claims, same signature":   parts[0] + "." + forged + "." + parts[2],
		"HS256 with the public key":      sign(t, jwt.SigningMethodHS256, "rs", public, usual(nil)),
		"HS256 with the key's DER":       sign(t, jwt.SigningMethodHS256, "rs", der, usual(nil)),
		"HS256 with nothing":             sign(t, jwt.SigningMethodHS256, "", []byte(""), usual(nil)),
		"HS256 with a key of the set":    sign(t, jwt.SigningMethodHS256, "oct", []byte("a symmetric key in a public place"), usual(nil)),
		"HS512 with the secret":          sign(t, jwt.SigningMethodHS512, "", []byte(known), usual(nil)),
		"RS512":                          sign(t, jwt.SigningMethodRS512, "rs", rs, usual(nil)),
		"PS256":                          sign(t, jwt.SigningMethodPS256, "rs", rs, usual(nil)),
		"ES256 under the RSA key":        sign(t, jwt.SigningMethodES256, "rs", ec, usual(nil)),
		"another key under a known name": sign(t, jwt.SigningMethodES256, "ec", other, usual(nil)),
		"no kid":                         sign(t, jwt.SigningMethodES256, "", ec, usual(nil)),
		"another issuer":                 es(map[string]any{"iss": "https://other.example/auth/v1"}),
		"no issuer":                      es(map[string]any{"iss": nil}),
		"another audience":               es(map[string]any{"aud": "anon"}),
		"no audience":                    es(map[string]any{"aud": nil}),
		"expired":                        es(map[string]any{"exp": clock.Add(-time.Minute).Unix()}),
		"without end":                    es(map[string]any{"exp": nil}),
		"not yet":                        es(map[string]any{"nbf": clock.Add(time.Minute).Unix()}),
		"of the future":                  es(map[string]any{"iat": clock.Add(time.Minute).Unix()}),
		"no subject":                     es(map[string]any{"sub": nil}),
		"an endless subject":             es(map[string]any{"sub": strings.Repeat("x", 300)}),
		"anonymous":                      es(map[string]any{"is_anonymous": true}),
		"of the anon role":               es(map[string]any{"role": "anon"}),
		"of the service role":            es(map[string]any{"role": "service_role"}),
		"too long":                       es(map[string]any{"x": strings.Repeat("x", maxToken)}),
		"padded":                         good + "=",
	} {
		for _, p := range []*Provider{both, keysOnly} {
			c, err := p.Verify(t.Context(), secret.New(token))
			if apperr.CodeOf(err) != apperr.Unauthorized || c != (Claims{}) {
				t.Errorf("%s: %+v, %v", name, c, err)
			}
		}
	}
}

// A new key is known as soon as a token of it comes; names that nobody knows do not make the provider be asked each time.
func TestRotation(t *testing.T) {
	s := newServer(t)
	first, second := newCurve(t), newCurve(t)
	s.set("first", first)
	p := s.run(t, "")
	verify := func(kid string, key any) error {
		_, err := p.Verify(t.Context(), secret.New(sign(t, jwt.SigningMethodES256, kid, key, usual(nil))))
		return err
	}
	if err := verify("first", first); err != nil {
		t.Fatal(err)
	}
	s.set("second", second)
	if err := verify("second", second); err != nil {
		t.Errorf("after the rotation: %v", err)
	}
	for range 50 {
		if err := verify(rand.Text(), first); apperr.CodeOf(err) != apperr.Unauthorized {
			t.Errorf("an unknown key: %v", err)
		}
	}
	if n := s.fetched.Load(); n > 4 {
		t.Errorf("the keys were fetched %d times", n)
	}
	s.mu.Lock()
	s.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }
	s.mu.Unlock()
	if err := verify("first", first); err != nil {
		t.Errorf("while the provider is down: %v", err)
	}
}

// What answers with something else than its keys gives none.
func TestKeysThatCannotBe(t *testing.T) {
	key := newCurve(t)
	for name, answer := range map[string]func(w http.ResponseWriter){
		"not JSON":  func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) },
		"no answer": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
		"elsewhere": func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusFound)
		},
		"too large": func(w http.ResponseWriter) {
			encoded, _ := json.Marshal(map[string]any{"padding": strings.Repeat("x", maxKeys), "keys": []any{jwk("k", key)}})
			_, _ = w.Write(encoded)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.answer = answer
			p := s.run(t, "")
			_, err := p.Verify(t.Context(), secret.New(sign(t, jwt.SigningMethodES256, "k", key, usual(nil))))
			if apperr.CodeOf(err) != apperr.Unauthorized {
				t.Errorf("verified: %v", err)
			}
		})
	}
}

func TestLooks(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]bool{"eyJh.eyJi.c": true, "eyJh.eyJi": false, "mocloud_ABC": false, "": false, "a.b.c": false} {
		if Looks(token) != want {
			t.Errorf("%q looks: %t", token, !want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	p := New(Config{Issuer: issuer, Audience: audience, Secret: secret.New(known)}, slog.New(slog.DiscardHandler), func() time.Time { return clock })
	for _, s := range []string{"", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.x", "eyJhbGciOjF9.W10."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if c, err := p.Verify(t.Context(), secret.New(token)); err == nil {
			t.Errorf("%q says %+v", token, c)
		}
	})
}
