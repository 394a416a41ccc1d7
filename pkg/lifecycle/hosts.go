package lifecycle

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// OnKnownHosts refuses requests to an installation for one's own machine that name another host. A page of a stranger can have its own
// name lead to this machine (DNS rebinding), and a browser then takes what answers there for a part of that page; but it cannot choose
// the name in Host. Where the public URL is no local one everything passes: who runs it knows the names that lead there.
func OnKnownHosts(publicURL string, next http.Handler) http.Handler {
	u, err := url.Parse(publicURL)
	if err != nil || !isOwnName(u.Hostname()) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isOwnName(hostname(r.Host)) {
			http.Error(w, "This server answers at "+publicURL+" only. To reach it under another name, set that as the public URL.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isOwnName reports whether a name cannot be one that a stranger has in the DNS: localhost and what is below it, an address, a name without
// a dot, as containers have.
func isOwnName(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	_, err := netip.ParseAddr(name)
	return err == nil || !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost")
}

// hostname is a Host without its port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
