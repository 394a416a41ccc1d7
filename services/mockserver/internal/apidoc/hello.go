package apidoc

import (
	"html"
	"net/http"
	"strings"
)

// ServeHello answers `/` of a mock that does not define it: a page for browsers, JSON for everybody else. Base is
// the path below which the mock answers, "" for a host of its own.
func (d *Document) ServeHello(w http.ResponseWriter, r *http.Request, base string) {
	w.Header().Set("Vary", "Accept")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "application/json")
		mock := d.mock()
		body := asJSON(struct {
			Mock      string `json:"mock"`
			Revision  string `json:"revision"`
			Endpoints int    `json:"endpoints"`
			Docs      string `json:"docs"`
			OpenAPI   string `json:"openapi"`
		}{d.info.Title, d.info.Version, len(mock.Endpoints) + len(mock.WebSockets), base + "/docs", base + "/swagger.json"})
		serve(w, r, append(body, '\n'))
		return
	}
	title := html.EscapeString(d.info.Title)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'")
	page := `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
		`<meta name="color-scheme" content="light dark"><title>` + title + `</title>` +
		`<h1>` + title + `</h1><p>This mock answers here. <a href="` + html.EscapeString(base) + `/docs">See what it answers</a>.</p></html>` + "\n"
	serve(w, r, []byte(page))
}
