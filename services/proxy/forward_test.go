package proxy_test

import (
	"bufio"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/secret"
)

// onLoopback lets tenants' calls reach the servers of a test.
const onLoopback = "PROXY_FORWARD_ALLOW=127.0.0.0/8,::1"

func port(t *testing.T, rawURL string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// client leaves through the proxy as the mock server does. It trusts the certificates of the test servers.
func client(t *testing.T, r *running, trusted ...*httptest.Server) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	for _, server := range trusted {
		pool.AddCert(server.Certificate())
	}
	c, err := egress.New(egress.Config{
		ProxyURL: r.forward, Service: "mockserver", Token: secret.New(mockserverToken), Timeout: time.Minute, RootCAs: pool,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func get(t *testing.T, c *http.Client, url string) (string, *http.Response, error) {
	t.Helper()
	return send(t, c, http.MethodGet, url, "")
}

func send(t *testing.T, c *http.Client, method, url, body string) (string, *http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(egress.WithTenant(t.Context(), "w-1"), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", "192.0.2.7")
	res, err := c.Do(req)
	if err != nil {
		return "", nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return string(answer), res, err
}

func echo(t *testing.T, start func(http.Handler) *httptest.Server) *httptest.Server {
	t.Helper()
	server := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set(egress.OutcomeHeader, "denied") // a destination cannot speak for the proxy
		w.WriteHeader(http.StatusTeapot)
		_, _ = fmt.Fprintf(w, "%s %s %s %s|%s|%s", r.Method, r.Host, r.URL, body, r.Header.Get("X-Forwarded-For"), r.Header.Get("Proxy-Authorization"))
	}))
	t.Cleanup(server.Close)
	return server
}

func TestForwardCalls(t *testing.T) {
	plain, secure := echo(t, httptest.NewServer), echo(t, httptest.NewTLSServer)
	r := run(t, onLoopback, "PROXY_FORWARD_PORTS="+port(t, plain.URL)+","+port(t, secure.URL))
	c := client(t, r, secure)

	host := "localhost:" + port(t, plain.URL)
	got, res, err := send(t, c, "POST", "http://"+host+"/a%2Fb?x=%zz;y", "hello")
	if err != nil || res.StatusCode != http.StatusTeapot || got != "POST "+host+" /a%2Fb?x=%zz;y hello|192.0.2.7|" {
		t.Errorf("http: %q, %v, %v", got, res, err)
	}
	got, res, err = get(t, c, secure.URL+"/tls")
	if err != nil || res.StatusCode != http.StatusTeapot || !strings.HasPrefix(got, "GET 127.0.0.1:"+port(t, secure.URL)+" /tls ") {
		t.Errorf("https: %q, %v, %v", got, res, err)
	}
	c.CloseIdleConnections()
	r.stop()
	log := r.log.String()
	for _, want := range []string{`"caller":"mockserver","tenant":"w-1","method":"CONNECT"`, `"target":"` + host + `"`, `"status":418`} {
		if !strings.Contains(log, want) {
			t.Errorf("the audit trail lacks %s:\n%s", want, log)
		}
	}
	if strings.Contains(log, mockserverToken) || strings.Contains(log, "hello") || strings.Contains(log, "a%2Fb") {
		t.Error("the trail has the token, a body or a path")
	}
}

// Every way to name an address that tenants must not reach, over both kinds of calls.
func TestForwardDenials(t *testing.T) {
	internal := echo(t, httptest.NewServer)
	p := port(t, internal.URL)
	r := run(t, "PROXY_FORWARD_PORTS=0")
	for _, host := range []string{
		"127.0.0.1", "localhost", "LOCALHOST", "localhost.", "169.254.169.254", "10.0.0.5", "172.16.0.1", "192.168.0.1", "100.64.0.1",
		"0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "168.63.129.16",
		"[::1]", "[::]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]", "[64:ff9b::7f00:1]",
		"[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]",
		"0x7f.1", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "127.0.0.1.", "[::1%25lo]", "[::1%lo]", "①②⑦.0.0.1", "127。0。0。1",
	} {
		for _, kind := range []string{"CONNECT", "GET"} {
			t.Run(kind+" "+host, func(t *testing.T) {
				target := host + ":" + p
				if kind == "GET" {
					target = "http://" + target + "/"
				}
				status, outcome, body := raw(t, r, kind+" "+target+" HTTP/1.1\r\nHost: x\r\n"+basic("mockserver+w-1:"+mockserverToken)+"\r\n")
				switch {
				case status == 400 && outcome == "": // the server could not read it as a target at all
				case (status == 403 || status == 400) && outcome == "denied":
				case status == 502 && outcome == "unreachable" && strings.HasSuffix(host, "0.0.5"): // no route, on a machine without networks
				default:
					t.Errorf("status %d, outcome %q: %s", status, outcome, body)
				}
				for _, leak := range []string{"loopback", "prohibited", "IPv6 Global", "denied by"} {
					if strings.Contains(body, leak) {
						t.Errorf("the tenant is told why: %s", body)
					}
				}
			})
		}
	}
	t.Run("port", func(t *testing.T) {
		r := run(t, onLoopback)
		if _, _, err := get(t, client(t, r), internal.URL); !errors.Is(err, egress.ErrDenied) {
			t.Errorf("%v, want ErrDenied", err)
		}
	})
	t.Run("redirect to an internal address", func(t *testing.T) {
		// The redirecting server is on an allowed address, its target on another.
		redirect := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		}))
		t.Cleanup(redirect.Close)
		r := run(t, onLoopback, "PROXY_FORWARD_PORTS=0")
		if _, _, err := get(t, client(t, r), redirect.URL); !errors.Is(err, egress.ErrDenied) {
			t.Errorf("%v, want ErrDenied", err)
		}
	})
	t.Run("denied prefix", func(t *testing.T) {
		r := run(t, "PROXY_FORWARD_DENY=198.41.0.0/16")
		if _, _, err := get(t, client(t, r), "http://198.41.0.4/"); !errors.Is(err, egress.ErrDenied) {
			t.Errorf("%v, want ErrDenied", err)
		}
	})
}

func basic(userinfo string) string {
	return "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(userinfo)) + "\r\n"
}

// raw sends bytes to the proxy and returns the answer's status, outcome header and body.
func raw(t *testing.T, r *running, request string) (status int, outcome, body string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.forward, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	content, _ := io.ReadAll(res.Body)
	return res.StatusCode, res.Header.Get(egress.OutcomeHeader), string(content)
}

func TestForwardAuthenticationAndForm(t *testing.T) {
	r := run(t, onLoopback, "PROXY_FORWARD_PORTS=0")
	good := basic("mockserver+w-1:" + mockserverToken)
	tests := map[string]struct {
		request string
		status  int
	}{
		"no credentials":    {"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n", 407},
		"wrong token":       {"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n" + basic("mockserver:wrong-token-of-the-test") + "\r\n", 407},
		"other's token":     {"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n" + basic("cloudops:"+mockserverToken) + "\r\n", 407},
		"reverse caller":    {"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n" + basic("cloudops:"+cloudopsToken) + "\r\n", 407},
		"not base64":        {"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic %%%\r\n\r\n", 407},
		"line in tenant":    {"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n" + basic("mockserver+a\nb:"+mockserverToken) + "\r\n", 407},
		"not a proxy call":  {"GET /path HTTP/1.1\r\nHost: x\r\n" + good + "\r\n", 400},
		"https in the open": {"GET https://example.com/ HTTP/1.1\r\nHost: x\r\n" + good + "\r\n", 400},
		"ftp":               {"GET ftp://example.com/ HTTP/1.1\r\nHost: x\r\n" + good + "\r\n", 400},
		"user in the URL":   {"GET http://a:b@example.com/ HTTP/1.1\r\nHost: x\r\n" + good + "\r\n", 400},
		"no port":           {"CONNECT example.com HTTP/1.1\r\nHost: x\r\n" + good + "\r\n", 400},
		"port 0":            {"CONNECT example.com:0 HTTP/1.1\r\nHost: x\r\n" + good + "\r\n", 400},
		"port too large":    {"CONNECT example.com:65616 HTTP/1.1\r\nHost: x\r\n" + good + "\r\n", 400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if status, _, body := raw(t, r, tt.request); status != tt.status {
				t.Errorf("status %d, want %d: %s", status, tt.status, body)
			}
		})
	}
}

// The Host header must not choose where the proxy connects.
func TestForwardConnectsToTheURLNotTheHostHeader(t *testing.T) {
	allowed := echo(t, httptest.NewServer)
	r := run(t, onLoopback, "PROXY_FORWARD_PORTS=0")
	status, _, body := raw(t, r, "GET "+allowed.URL+"/x HTTP/1.1\r\nHost: 169.254.169.254\r\n"+basic("mockserver+w-1:"+mockserverToken)+"\r\n")
	if status != http.StatusTeapot || !strings.Contains(body, "GET "+strings.TrimPrefix(allowed.URL, "http://")) {
		t.Errorf("%d %s", status, body)
	}
}

func TestForwardLimits(t *testing.T) {
	t.Run("bytes", func(t *testing.T) {
		big := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if r.Method == http.MethodGet {
				_, _ = w.Write(make([]byte, 100_000))
			}
		})
		plain, secure := httptest.NewServer(big), httptest.NewTLSServer(big)
		t.Cleanup(plain.Close)
		t.Cleanup(secure.Close)
		r := run(t, onLoopback, "PROXY_FORWARD_PORTS=0", "PROXY_FORWARD_MAX_BYTES=50000")
		c := client(t, r, secure)
		for _, server := range []*httptest.Server{plain, secure} {
			if got, _, err := get(t, c, server.URL); err == nil {
				t.Errorf("%s: %d bytes came", server.URL, len(got))
			}
			if _, _, err := send(t, c, "POST", server.URL, strings.Repeat("x", 100_000)); err == nil {
				t.Errorf("%s: a body over the limit went", server.URL)
			}
		}
	})
	t.Run("open calls of a tenant", func(t *testing.T) {
		entered, leave := make(chan struct{}), make(chan struct{})
		slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			entered <- struct{}{}
			<-leave
		}))
		t.Cleanup(slow.Close)
		r := run(t, onLoopback, "PROXY_FORWARD_PORTS=0", "PROXY_FORWARD_MAX_OPEN_PER_TENANT=1")
		c := client(t, r)
		first := make(chan error, 1)
		go func() {
			_, _, err := get(t, c, slow.URL)
			first <- err
		}()
		<-entered
		if _, _, err := get(t, c, slow.URL); !errors.Is(err, egress.ErrLimited) {
			t.Errorf("second call: %v, want ErrLimited", err)
		}
		close(leave)
		if err := <-first; err != nil {
			t.Errorf("first call: %v", err)
		}
		go func() { <-entered }()
		// The caller may know that the first has ended before the proxy has counted it out.
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(time.Minute); ; <-tick.C {
			_, _, err := get(t, c, slow.URL)
			if errors.Is(err, egress.ErrLimited) && time.Now().Before(end) {
				continue
			}
			if err != nil {
				t.Errorf("third call: %v", err)
			}
			break
		}
	})
	t.Run("calls a minute", func(t *testing.T) {
		server := echo(t, httptest.NewServer)
		r := run(t, onLoopback, "PROXY_FORWARD_PORTS=0", "PROXY_FORWARD_PER_MINUTE=2")
		c := client(t, r)
		for range 2 {
			if _, _, err := get(t, c, server.URL); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := get(t, c, server.URL); !errors.Is(err, egress.ErrLimited) {
			t.Errorf("%v, want ErrLimited", err)
		}
	})
	const soon = 700 * time.Millisecond
	for name, setting := range map[string]string{"idle": "PROXY_FORWARD_IDLE_TIMEOUT=", "total": "PROXY_FORWARD_TOTAL_TIMEOUT="} {
		t.Run(name, func(t *testing.T) {
			r := run(t, onLoopback, "PROXY_FORWARD_PORTS=0", setting+soon.String())
			var tunnel net.Conn
			for end := time.Now().Add(time.Minute); tunnel == nil; {
				began := time.Now()
				conn, err := tryTunnel(t, r)
				tunnel = conn
				// On a machine that stands still for a while, the time may be over before the tunnel is open.
				if now := time.Now(); err != nil && (now.Sub(began) < soon || now.After(end)) {
					t.Fatal(err)
				}
			}
			if _, err := tunnel.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !isReset(err) {
				t.Errorf("the silent tunnel was not closed: %v", err)
			}
		})
	}
	t.Run("stop", func(t *testing.T) {
		r := run(t, onLoopback, "PROXY_FORWARD_PORTS=0")
		tunnels := make([]net.Conn, 30)
		for i := range tunnels {
			tunnels[i] = openTunnel(t, r)
		}
		r.stop()
		for _, tunnel := range tunnels {
			if _, err := tunnel.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !isReset(err) {
				t.Errorf("the tunnel outlives the proxy: %v", err)
			}
		}
		if told := strings.Count(r.log.String(), `"method":"CONNECT"`); told != len(tunnels) {
			t.Errorf("the audit trail knows %d of %d tunnels", told, len(tunnels))
		}
	})
}

func isReset(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && !op.Timeout()
}

// openTunnel returns a tunnel to a server that says nothing, which has just echoed a byte.
func openTunnel(t *testing.T, r *running) net.Conn {
	t.Helper()
	conn, err := tryTunnel(t, r)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// tryTunnel does the same where the proxy may have no patience.
func tryTunnel(t *testing.T, r *running) (net.Conn, error) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.Copy(conn, conn) // until the tunnel ends
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-served
	})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.forward, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	// A byte comes with the request: the server's buffer has it when the connection is taken over.
	_, err = io.WriteString(conn, "CONNECT "+listener.Addr().String()+" HTTP/1.1\r\nHost: x\r\n"+basic("mockserver+w-1:"+mockserverToken)+"\r\n!")
	if err != nil {
		return nil, err
	}
	const established = "HTTP/1.1 200 Connection Established\r\n\r\n!"
	got := make([]byte, len(established))
	if n, err := io.ReadFull(conn, got); err != nil {
		return nil, fmt.Errorf("after %q: %w", got[:n], err)
	}
	if string(got) != established {
		return nil, fmt.Errorf("the proxy says %q", got)
	}
	return conn, nil
}
