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
		body := appendJSON(nil, object{
			{"mock", d.info.Title},
			{"revision", d.info.Version},
			{"endpoints", len(d.mock.Endpoints) + len(d.mock.WebSockets)},
			{"docs", base + "/docs"},
			{"openapi", base + "/swagger.json"},
		})
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
