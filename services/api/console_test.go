package api_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/api/internal/signin"
)

// The console is at every address that is nothing else's, may run its own scripts only, and talks to the mocks besides.
func TestConsole(t *testing.T) {
	t.Parallel()
	b := prepare(t, func(c *api.Config) {
		c.SignUp, c.BaseDomain, c.MockURL = signin.Open, "mocks.example.com", "https://{host}:8443"
	})
	b.console = fstest.MapFS{
		"index.html":      {Data: []byte(`<meta name="csp-nonce" content="__CSP_NONCE__"><script src="/assets/app-1.js">`)},
		"assets/app-1.js": {Data: []byte("app()")}, "icon.svg": {Data: []byte("<svg/>")},
	}
	b.run()
	nobody := "Authorization: "
	for _, path := range []string{"/", "/signin", "/signup", "/invitation", "/w/acme/mocks/pets?at=GET%20/x.y", "/new", "/w/acme/mocks/pets/requests/7"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			a := b.want(http.StatusOK, method, path, "", nobody)
			policy := a.header.Get("Content-Security-Policy")
			if a.header.Get("Content-Type") != "text/html; charset=utf-8" || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s: %v", method, path, a.header)
			}
			for _, want := range []string{
				"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-", "frame-ancestors 'none'", "base-uri 'none'",
				"connect-src 'self' https://*.mocks.example.com:8443 wss://*.mocks.example.com:8443;",
			} {
				if !strings.Contains(policy, want) || strings.Contains(policy, "unsafe") {
					t.Errorf("%s %s: the policy is %s", method, path, policy)
				}
			}
			if method == http.MethodGet && (!strings.Contains(string(a.body), "/assets/app-1.js") || strings.Contains(string(a.body), "__CSP_NONCE__")) {
				t.Errorf("%s: %s", path, a.body)
			}
		}
	}
	if a := b.want(http.StatusOK, "GET", "/assets/app-1.js", "", nobody); string(a.body) != "app()" || !strings.Contains(a.header.Get("Cache-Control"), "immutable") || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s with %v", a.body, a.header)
	}
	b.want(http.StatusOK, "GET", "/icon.svg", "", nobody)
	// The reference of the API needs no console, and what is nowhere is no page.
	b.want(http.StatusOK, "GET", "/api/v1/docs", "", nobody)
	b.want(http.StatusOK, "GET", "/assets/docs.js", "", nobody)
	for _, path := range []string{"/assets/app-0.js", "/favicon.ico", "/api/v1/nothing", "/api/", "/w/acme/x.map"} {
		if a := b.want(http.StatusNotFound, "GET", path, "", nobody); a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %v %s", path, a.header, a.body)
		}
	}
	b.want(http.StatusNotFound, "POST", "/w/acme", "{}")
	// A sign-in link works without a script.
	if a := b.want(http.StatusSeeOther, "GET", "/signin?code=one-time", "", nobody, "Sec-Fetch-Site: none"); a.header.Get("Set-Cookie") == "" {
		t.Errorf("the link answers %v", a.header)
	}
}

// Answers that are long are packed for who can unpack them, and mean the same; events are not held back.
func TestCompression(t *testing.T) {
	t.Parallel()
	b := start(t)
	for _, slug := range []string{"a", "b", "c", "d"} {
		b.create(slug, good)
	}
	plain := b.want(http.StatusOK, "GET", "/api/v1/mocks", "", "Accept-Encoding: identity")
	packed := b.want(http.StatusOK, "GET", "/api/v1/mocks", "", "Accept-Encoding: br, gzip")
	if plain.header.Get("Content-Encoding") != "" || packed.header.Get("Content-Encoding") != "gzip" || !strings.Contains(packed.header.Get("Vary"), "Accept-Encoding") || len(packed.body) >= len(plain.body) {
		t.Fatalf("plain: %v; packed: %v", plain.header, packed.header)
	}
	r, err := gzip.NewReader(strings.NewReader(string(packed.body)))
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(r)
	if err != nil || !json.Valid(unpacked) || string(unpacked) != string(plain.body) {
		t.Errorf("%v: %s", err, unpacked)
	}
	if a := b.want(http.StatusNotFound, "GET", "/api/v1/mocks/none", "", "Accept-Encoding: gzip"); a.header.Get("Content-Encoding") != "" {
		t.Errorf("a problem of %d bytes is packed", len(a.body))
	}
}
