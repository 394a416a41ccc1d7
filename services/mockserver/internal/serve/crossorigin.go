package serve

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/route"
)

// crossOrigin is what a mock allows pages of other origins (https://fetch.spec.whatwg.org/#http-cors-protocol).
type crossOrigin struct{ mockspec.CORS }

func crossOriginOf(written *mockspec.CORS) crossOrigin {
	if written == nil {
		return crossOrigin{mockspec.CORS{MaxAge: mockspec.DefaultMaxAge}}
	}
	return crossOrigin{*written}
}

// anybody reports whether answers may be read by pages of all origins.
func (c *crossOrigin) anybody() bool { return !c.Off && c.Origins == nil }

const (
	allowCredentials = "Access-Control-Allow-Credentials"
	exposeHeaders    = "Access-Control-Expose-Headers"
	allowPrefix      = "Access-Control-"
)

// crossOrigin adds what a page of another origin needs to read the answer. What the endpoint sets itself stays as it is.
func (x *exchange) crossOrigin() {
	if x.world == nil || x.world.cors.Off {
		return
	}
	c := &x.world.cors
	if c.Origins != nil {
		x.answer.vary("Origin")
	}
	origins := x.header.Values("Origin")
	if len(origins) == 0 || x.answer.sets(allowOrigin) && !x.answer.anybody() {
		return
	}
	origin, credentials := c.allow(origins[0], x.scope.Request.Host, x.shared)
	if origin == "" {
		return
	}
	if origin != "*" {
		x.answer.vary("Origin")
		x.answer.add(allowOrigin, oneLine(origin))
	}
	if credentials {
		x.answer.add(allowCredentials, "true")
	}
	if x.answer.sets(exposeHeaders) || x.endpoint == nil && x.answer.status == http.StatusNoContent {
		return
	}
	if names := x.exposed(c, credentials); names != "" {
		x.answer.add(exposeHeaders, names)
	}
}

// allow returns what Access-Control-Allow-Origin says to a page of that origin, "" if nothing, and whether it may send
// credentials. Without a list of origins, credentials are for pages and mocks on one's own machine only: there is nobody
// else there, and front ends in development log in.
func (c *crossOrigin) allow(origin, host string, shared bool) (allowed string, credentials bool) {
	local := isLocal(host)
	if c.Origins == nil {
		if local && (c.Credentials || isLocalOrigin(origin)) {
			return origin, true
		}
		return "*", false
	}
	if !slices.ContainsFunc(c.Origins, func(pattern string) bool { return matchOrigin(pattern, origin) }) {
		return "", false
	}
	// Below a path, mocks of strangers share one origin, and with it cookies.
	return origin, c.Credentials && (!shared || local)
}

// matchOrigin compares an origin with one that the mock names, in which `*.` stands for any host in front of the rest.
func matchOrigin(pattern, origin string) bool {
	if strings.EqualFold(pattern, origin) {
		return true
	}
	scheme, rest, ok := strings.Cut(pattern, "://*.")
	if !ok {
		return false
	}
	prefix := scheme + "://"
	return len(origin) > len(prefix)+len(rest)+1 && strings.EqualFold(origin[:len(prefix)], prefix) &&
		strings.EqualFold(origin[len(origin)-len(rest)-1:], "."+rest)
}

// isLocal reports whether a Host is this very machine: localhost, a name below it, or a loopback address.
func isLocal(host string) bool {
	name := route.Host(host)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || net.ParseIP(strings.Trim(name, "[]")).IsLoopback()
}

func isLocalOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && isLocal(u.Host)
}

// exposed names the headers that a page may read. `*` means all, unless there are credentials.
func (x *exchange) exposed(c *crossOrigin, credentials bool) string {
	switch {
	case c.Expose != nil:
		return strings.Join(c.Expose, ", ")
	case !credentials:
		return "*"
	}
	var names []string
	note := func(list []header) {
		for i := range list {
			if name := list[i].name; name != "Set-Cookie" && !strings.HasPrefix(name, allowPrefix) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if x.answer.always != nil {
		note(x.answer.always.list)
	}
	note(x.answer.more)
	return strings.Join(names, ", ")
}

func preflight(x *exchange) bool {
	return len(x.header.Values("Origin")) > 0 && len(x.header.Values("Access-Control-Request-Method")) > 0
}

// options answers OPTIONS for a path, and the question of a browser whether it may ask at all. That is answered for
// every path, so that a page can read the explanation of a 404. What the endpoint sets itself is what counts for it.
func (c *Core) options(x *exchange, w *world, methods []string) {
	allow := strings.Join(complete(methods, true), ", ")
	x.answer.status = http.StatusNoContent
	x.answer.always = x.program.own
	x.answer.add("Allow", allow)
	if w.cors.Off {
		return
	}
	asked := ""
	if values := x.header.Values("Access-Control-Request-Method"); len(values) > 0 {
		asked = oneLine(values[0])
	}
	switch {
	case w.cors.Methods != nil:
		allow = strings.Join(w.cors.Methods, ", ")
	case len(methods) == 0:
		allow = asked
	}
	x.answer.add("Access-Control-Allow-Methods", allow)
	wanted := x.header.Values("Access-Control-Request-Headers")
	switch {
	case w.cors.Headers != nil:
		x.answer.add("Access-Control-Allow-Headers", strings.Join(w.cors.Headers, ", "))
	case len(wanted) > 0:
		x.answer.add("Access-Control-Allow-Headers", oneLine(strings.Join(wanted, ", ")))
	default:
		x.answer.add("Access-Control-Allow-Headers", "*")
	}
	if len(x.header.Values("Access-Control-Request-Private-Network")) > 0 {
		x.answer.add("Access-Control-Allow-Private-Network", "true")
	}
	x.answer.add("Access-Control-Max-Age", strconv.Itoa(w.cors.MaxAge))
	for _, name := range []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} {
		x.answer.vary(name)
	}
	c.preflighted(x, w, asked)
}

// preflighted takes over what the endpoint that will be asked says about other origins.
func (c *Core) preflighted(x *exchange, w *world, method string) {
	p, captures := w.tree.Find(method, x.scope.Request.Path, x.captures)
	if p == nil {
		return
	}
	e := p.ready()
	x.captures = captures
	take := func(h header) {
		if strings.HasPrefix(h.name, allowPrefix) && h.name != exposeHeaders {
			x.answer.more = append(x.answer.more, h)
		}
	}
	if e.headers != nil {
		for _, h := range e.headers.list {
			if h.name != allowOrigin || h.values[0] != "*" {
				take(h)
			}
		}
	}
	if len(e.varying) == 0 {
		return
	}
	sc := x.scope
	sc.Reset(x.scope.Request, &e.params, captures)
	for i := range e.varying {
		v := &e.varying[i]
		if !strings.HasPrefix(v.name, allowPrefix) || v.loops() {
			continue
		}
		values := make([]string, 0, len(v.values))
		for _, value := range v.values {
			text, err := value.template.Append(nil, &sc)
			if err != nil {
				return // the request itself will say so
			}
			values = append(values, oneLine(string(text)))
		}
		take(header{v.name, values})
	}
}
