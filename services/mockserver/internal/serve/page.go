package serve

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"strings"

	"github.com/mocloud/mocloud/services/mockserver/internal/route"
)

// A person who opens an address in a browser gets a page instead of a line of JSON.

const pageStyle = "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}" +
	"code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}h1{font-size:1.4rem}li{margin:.4rem 0}footer{opacity:.7;font-size:.9rem}"

// pagePolicy allows the page its style and nothing else: parts of it come from whoever asks, and from whoever wrote the mock.
//
//nolint:gochecknoglobals // immutable
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()

// wantsPage reports whether a browser asks for a page to show.
func (x *exchange) wantsPage() bool {
	if m := x.scope.Request.Method; m != http.MethodGet && m != http.MethodHead {
		return false
	}
	accept := x.header.Values("Accept")
	return len(accept) > 0 && strings.Contains(accept[0], "text/html")
}

// page makes the answer a page; body is HTML.
func (x *exchange) page(status int, title, body string) {
	a := &x.answer
	title = html.EscapeString(title)
	a.status = status
	a.body = []byte(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
		`<meta name="color-scheme" content="light dark"><title>` + title + `</title><style>` + pageStyle + `</style><h1>` + title + `</h1>` + body + "</html>\n")
	a.add("Content-Type", htmlType)
	a.add("Content-Security-Policy", pagePolicy)
	a.add("X-Content-Type-Options", "nosniff")
	a.add("Cache-Control", "no-store")
	a.vary("Accept")
}

// refusalPage shows a refusal to a person.
func (x *exchange) refusalPage(status int, r *refusal) {
	var body strings.Builder
	body.WriteString("<p>" + html.EscapeString(sentence(r.Message)) + "</p>")
	if len(r.Nearest) > 0 {
		body.WriteString("<p>The closest endpoints:</p><ul>")
		for _, n := range r.Nearest {
			body.WriteString("<li><code>" + html.EscapeString(n.Endpoint) + "</code>: " + html.EscapeString(n.Why) + "</li>")
		}
		body.WriteString("</ul>")
	}
	if x.program != nil && x.program.docs != nil {
		body.WriteString(`<p><a href="` + html.EscapeString(x.prefix) + `/docs">See what this mock answers</a></p>`)
	}
	if r.Mock != "" {
		body.WriteString("<footer>" + html.EscapeString(r.Mock) + "</footer>")
	}
	x.page(status, http.StatusText(status), body.String())
}

// sentence begins a message with a capital and ends it with a full stop.
func sentence(message string) string {
	if message == "" {
		return ""
	}
	if c := message[0]; 'a' <= c && c <= 'z' {
		message = string(c-'a'+'A') + message[1:]
	}
	return strings.TrimSuffix(message, ".") + "."
}

// welcome explains, at the server's own address, where mocks answer.
func (x *exchange) welcome() {
	host := x.scope.Request.Host
	name, port := route.Host(host), ""
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		port = host[i:]
	}
	below := name
	if isLocal(host) {
		below = "localhost"
	}
	x.page(http.StatusOK, "This is a mock server", "<p>Each mock has an address of its own:</p><ul>"+
		"<li><code>MOCK-WORKSPACE."+html.EscapeString(below+port)+"/…</code></li>"+
		"<li><code>"+html.EscapeString(host)+"/~WORKSPACE/MOCK/…</code> works everywhere, "+
		"even where names under <code>"+html.EscapeString(below)+"</code> do not resolve.</li></ul>"+
		"<p>The console, and <code>mocloud list</code>, show the addresses of your mocks.</p>")
}
