package up

import (
	"cmp"
	"context"
	"net"
	"os"
	"strings"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/services/mockserver"
)

// names are the addresses that people use.
type names struct {
	local      bool   // nobody but this machine can connect
	public     string // URL of the console, without a slash at the end
	baseDomain string
	mockURL    string // with {host} in it
	pathURL    string // where mocks answer by path
	tls        bool   // mocks are served over HTTPS
}

// localDomain leads to this machine in browsers and curl (RFC 6761); not so in Node, Python and Java.
const localDomain = "localhost"

// names finds out what was not said.
func (o options) names(ctx context.Context, p *ports) (names, error) {
	env, err := config.Load[mockserver.Config](append(os.Environ(), o.pathForm()...))
	if err != nil {
		return names{}, err
	}
	n := names{local: loopback(p.api) && loopback(p.mocks), tls: env.TLSCertificate != ""}
	scheme := "http://"
	if n.tls {
		scheme = "https://"
	}
	mockURL := scheme + "{host}:" + port(p.mocks)
	if p.https != nil && env.ACME.Wildcard {
		mockURL = "https://{host}:" + port(p.https)
	}
	n.baseDomain = cmp.Or(o.baseDomain, localDomain)
	n.public = strings.TrimRight(cmp.Or(o.publicURL, "http://"+net.JoinHostPort(reachable(ctx, p.api), port(p.api))), "/")
	n.mockURL = strings.TrimRight(cmp.Or(o.mockURL, mockURL), "/")
	if env.PathForm {
		n.pathURL = scheme + net.JoinHostPort(reachable(ctx, p.mocks), port(p.mocks))
		if o.baseDomain != "" {
			n.pathURL = strings.ReplaceAll(n.mockURL, "{host}", o.baseDomain)
		}
	}
	return n, nil
}

// pathForm turns the path form on where mocks may have no host names that others resolve, unless the environment says otherwise.
func (o options) pathForm() []string {
	if o.baseDomain != "" || os.Getenv("MOCKSERVER_PATH_FORM") != "" {
		return nil
	}
	return []string{"MOCKSERVER_PATH_FORM=true"}
}

// loopback reports whether only this machine can connect.
func loopback(l net.Listener) bool {
	a, ok := l.Addr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// reachable is a host name or address at which a listener is reached: by others, if it listens for them.
func reachable(ctx context.Context, l net.Listener) string {
	a, ok := l.Addr().(*net.TCPAddr)
	switch {
	case !ok || a.IP.IsLoopback():
		return "localhost"
	case !a.IP.IsUnspecified():
		return a.IP.String()
	}
	// Nothing is sent: connecting a UDP socket tells which address of this machine leads outside.
	d := net.Dialer{}
	out, err := d.DialContext(ctx, "udp", "192.0.2.1:9")
	if err != nil {
		return "localhost"
	}
	defer func() { _ = out.Close() }() // nothing was sent
	if own, ok := out.LocalAddr().(*net.UDPAddr); ok {
		return own.IP.String()
	}
	return "localhost"
}
