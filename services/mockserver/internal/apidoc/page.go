package apidoc

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
)

//go:embed page.html
var pageHTML []byte

// Page is the documentation page that every mock shares: one self-contained file that reads swagger.json beside it.
// It is safe for concurrent use.
type Page struct{ policy string }

// NewPage prepares the page.
func NewPage() *Page {
	// The page's own script and style are named by their hashes, so that nothing else may run: what it shows comes from
	// whoever wrote the mock. It talks to its own host only.
	return &Page{policy: "default-src 'none'; script-src " + hashOf("script") + "; style-src " + hashOf("style") +
		"; connect-src 'self' ws: wss:; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"}
}

// ServeHTTP answers a request for the page.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", p.policy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	serve(w, r, pageHTML)
}

// hashOf is the source expression for the page's one element of a kind.
func hashOf(element string) string {
	_, rest, _ := bytes.Cut(pageHTML, []byte("<"+element+">"))
	content, _, _ := strings.Cut(string(rest), "</"+element+">")
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
