package spa

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func files(t *testing.T, content map[string]string) *App {
	t.Helper()
	disk := fstest.MapFS{}
	for name, text := range content {
		disk[name] = &fstest.MapFile{Data: []byte(text)}
	}
	a, err := New(disk)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestFiles(t *testing.T) {
	a := files(t, map[string]string{
		"index.html": "<p>", "index.html.br": "packed", "icon.svg": "<svg/>", "manifest.webmanifest": "{}",
		"assets/app-1a2b.js": "plain", "assets/app-1a2b.js.br": "brotli", "assets/app-1a2b.js.gz": "gzipped", "assets/f-9.woff2": "font",
		"assets/lost-1.js.gz": "of no file",
	})
	for _, test := range []struct {
		path, accept, body, coding, contentType, cache string
	}{
		{"/assets/app-1a2b.js", "", "plain", "", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/assets/app-1a2b.js", "gzip, deflate, br, zstd", "brotli", "br", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/assets/app-1a2b.js", "GZIP;q=0.5", "gzipped", "gzip", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/assets/app-1a2b.js", "br;q=0, *", "gzipped", "gzip", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/assets/app-1a2b.js", "br;q=no, identity", "plain", "", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/assets/f-9.woff2", "br", "font", "", "font/woff2", "public, max-age=31536000, immutable"},
		{"/icon.svg", "", "<svg/>", "", "image/svg+xml", "no-cache"},
		{"/manifest.webmanifest", "br", "{}", "", "application/manifest+json", "no-cache"},
	} {
		if !a.Has(test.path) {
			t.Errorf("%s is not there", test.path)
			continue
		}
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, test.path, nil)
		r.Header.Set("Accept-Encoding", test.accept)
		a.ServeFile(w, r)
		h := w.Header()
		if w.Code != http.StatusOK || w.Body.String() != test.body || h.Get("Content-Encoding") != test.coding || h.Get("Content-Type") != test.contentType || h.Get("Cache-Control") != test.cache {
			t.Errorf("%s for %q: %d %q %v", test.path, test.accept, w.Code, w.Body, h)
		}
		again := httptest.NewRecorder()
		r.Header.Set("If-None-Match", h.Get("ETag"))
		if a.ServeFile(again, r); again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", test.path, again.Code)
		}
	}
	for _, path := range []string{"/", "/index.html", "/index.html.br", "/assets/", "/assets", "/assets/app-1a2b.js.br", "/assets/lost-1.js", "/../spa.go"} {
		if a.Has(path) {
			t.Errorf("%s is a file", path)
		}
	}
}

func TestPage(t *testing.T) {
	a := files(t, map[string]string{"index.html": `<meta name="csp-nonce" content="__CSP_NONCE__"><style nonce="__CSP_NONCE__">`})
	var nonces []string
	for range 2 {
		w := httptest.NewRecorder()
		if err := a.ServePage(w, "style-src 'nonce-%s'"); err != nil {
			t.Fatal(err)
		}
		nonce, ok := strings.CutPrefix(strings.TrimSuffix(w.Header().Get("Content-Security-Policy"), "'"), "style-src 'nonce-")
		if want := `<meta name="csp-nonce" content="` + nonce + `"><style nonce="` + nonce + `">`; !ok || len(nonce) < 22 || w.Body.String() != want {
			t.Errorf("%s with %v", w.Body, w.Header())
		}
		nonces = append(nonces, nonce)
	}
	if nonces[0] == nonces[1] {
		t.Errorf("the nonce %s is used twice", nonces[0])
	}
	if _, err := New(fstest.MapFS{"icon.svg": {Data: bytes.Repeat([]byte("x"), 3)}}); err == nil {
		t.Error("an application without a page is possible")
	}
}

func TestAddressed(t *testing.T) {
	for address, want := range map[string]bool{
		"/": true, "/w/acme/mocks/pets": true, "/w/acme/mocks/pets/requests/01": true, "/w/a.b/mocks": true, "/new/": true,
		"/favicon.ico": false, "/w/acme/app.js": false, "/.well-known/x.json": false,
	} {
		if Addressed(address) != want {
			t.Errorf("%s: %t", address, !want)
		}
	}
}
