package serve

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/cookie"
)

// withoutSessions takes the cookies of the API out of a request. A mock that answers at a path shares its host name with other
// mocks, and it may be the API's: there a browser shows the session of who is signed in to every mock that a page leads to.
func withoutSessions(h http.Header) {
	values := h["Cookie"]
	if !slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, cookie.Session) }) {
		return
	}
	var kept []string
	for _, value := range values {
		for pair := range strings.SplitSeq(value, ";") {
			pair = strings.TrimSpace(pair)
			if name, _, _ := strings.Cut(pair, "="); pair != "" && !cookie.IsSession(strings.TrimSpace(name)) {
				kept = append(kept, pair)
			}
		}
	}
	if delete(h, "Cookie"); len(kept) > 0 {
		h["Cookie"] = []string{strings.Join(kept, "; ")}
	}
}

// sandbox puts a page into an origin of its own: it can reach neither the cookies and the storage of the pages of other mocks on
// its host, nor those of the console.
const sandbox = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox allow-scripts"

//nolint:gochecknoglobals // immutable
var onlySandbox = []string{sandbox}

// confine keeps an answer that shares its host with other mocks from reaching what is theirs.
func (a *answer) confine() {
	a.sent = slices.DeleteFunc(a.sent, func(h header) bool { return h.name == "Service-Worker-Allowed" })
	policy := onlySandbox
	for i := range a.sent {
		switch a.sent[i].name {
		case "Set-Cookie":
			a.sent[i].values = settable(a.sent[i].values)
		case "Content-Security-Policy":
			policy = append(slices.Clone(a.sent[i].values), sandbox) // every policy holds
		}
	}
	a.sent = slices.DeleteFunc(a.sent, func(h header) bool { return h.name == "Content-Security-Policy" })
	a.sent = append(a.sent, header{"Content-Security-Policy", policy})
}

// asksForWorker reports whether a browser wants a script that would answer for a whole host from then on.
func asksForWorker(h http.Header) bool {
	return h.Get("Service-Worker") != "" || h.Get("Sec-Fetch-Dest") == "serviceworker"
}

func (x *exchange) noWorker() {
	x.refuse(http.StatusForbidden, refusal{
		Error: "no_service_worker", Path: x.scope.Request.Path,
		Message: "a mock that is called by a path shares its host with others, and cannot have a service worker: call it on its own host",
	})
}

// settable are the Set-Cookie headers of an answer but those that would give a browser another session.
func settable(values []string) []string {
	session := func(value string) bool {
		name, _, _ := strings.Cut(value, "=")
		return cookie.IsSession(strings.TrimSpace(name))
	}
	if !slices.ContainsFunc(values, session) {
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), session) // values are those of other answers too
}
