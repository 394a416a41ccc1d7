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
