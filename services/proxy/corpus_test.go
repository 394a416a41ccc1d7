package proxy_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/testkit/ssrftest"
)

// Every target of the corpus is refused by the proxy, as a tunnel and as a request, though something listens on this machine.
func TestCorpusIsRefusedByTheProxy(t *testing.T) {
	r := run(t, "PROXY_FORWARD_PORTS=0", "PROXY_FORWARD_CONNECT_TIMEOUT=2s")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	var connected atomic.Int32
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connected.Add(1)
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = listener.Close(); wg.Wait() })
	port := listener.Addr().(*net.TCPAddr).Port
	hosts := ssrftest.Hosts()
	if len(hosts) < 200 {
		t.Fatalf("the corpus has %d targets", len(hosts))
	}
	targets := make(chan string)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for host := range targets {
				target := net.JoinHostPort(host, fmt.Sprint(port))
				for _, line := range []string{"CONNECT " + target, "GET http://" + target + "/"} {
					if status, err := ask(r.forward, line, target); err != nil || status < 400 || status == http.StatusProxyAuthRequired || status == http.StatusTooManyRequests {
						t.Errorf("%s: status %d, %v", line, status, err)
					}
				}
			}
		})
	}
	for _, host := range hosts {
		// Other names are for the dialer's own test, which has a name server of its own.
		if strings.ContainsAny(host[:1], ":0123456789f") || strings.Contains(strings.ToLower(host), "localhost") {
			targets <- host
		}
	}
	close(targets)
	workers.Wait()
	if n := connected.Load(); n != 0 {
		t.Errorf("%d targets were connected to", n)
	}
}

// ask sends a request line to the proxy as it is, and returns the status of the answer. An error means that there was none.
func ask(proxyURL, line, host string) (int, error) {
	conn, err := net.DialTimeout("tcp", proxyURL[len("http://"):], 5*time.Second)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return 0, err
	}
	credentials := base64.StdEncoding.EncodeToString([]byte("mockserver" + egress.UserSeparator + "w-1:" + mockserverToken))
	if _, err := fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: Basic %s\r\nConnection: close\r\n\r\n", line, host, credentials); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	return res.StatusCode, nil
}
