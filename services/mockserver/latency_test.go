package mockserver

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestLatencyBeyondTheTimeout: the time that a mock simulates is not the caller's, so that the timeout does not cut it off.
func TestLatencyBeyondTheTimeout(t *testing.T) {
	const mock = `
- endpoint: {path: /slow, response: {body: done}, latency: {min-ms: 600}}
- endpoint: {path: /gateway, response: {body: done}, latency: {timeout-rate: 1, timeout-ms: 600}}
- endpoint: {method: POST, path: /slow, response: {body: "{{request.body}}"}, latency: {min-ms: 600}}
`
	for name, start := range map[string]func(*testing.T, Config) (*Service, string){"simple": start, "net/http": startNetHTTP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, address := serveMock(t, start, mock, func(c *Config) { c.WriteTimeout = 500 * time.Millisecond })
			var http2 http.Protocols
			http2.SetUnencryptedHTTP2(true)
			clients := map[string]*http.Transport{"HTTP/1.1": {}, "HTTP/2": {Protocols: &http2}}
			if name == "net/http" {
				delete(clients, "HTTP/2") // that server has none without TLS
			}
			for protocol, transport := range clients {
				defer transport.CloseIdleConnections()
				client := http.Client{Transport: transport}
				for range 2 { // on one connection
					for target, want := range map[string]string{"GET /slow": "200 done", "GET /gateway": "504", "POST /slow": `200 "text"`} {
						if got := ask(t, &client, "http://"+address, target); got != want && got[:3] != want {
							t.Errorf("%s %s: %s, want %s", protocol, target, got, want)
						}
					}
				}
			}
		})
	}
}

// ask sends a request such as "GET /path" with the text "text" and returns status and body.
func ask(t *testing.T, client *http.Client, server, target string) string {
	t.Helper()
	method, path, _ := strings.Cut(target, " ")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var body io.Reader
	if method != http.MethodGet {
		body = strings.NewReader("text")
	}
	r, err := http.NewRequestWithContext(ctx, method, server+path, body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		return "000 " + err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return "000 " + err.Error()
	}
	return strconv.Itoa(answer.StatusCode) + " " + string(text)
}
