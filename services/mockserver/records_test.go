package mockserver

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// serveMock serves a mock until the test ends.
func serveMock(t *testing.T, start func(*testing.T, Config) (*Service, string), mock string, set func(*Config)) (*Service, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mock.yml")
	if err := os.WriteFile(file, []byte(mock), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(&FileConfig{Files: []string{file}})
	if set != nil {
		set(&cfg)
	}
	s, address := start(t, cfg)
	if err := s.fileSource().Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, address
}

// TestRecordsShowWhatWasSent compares the headers of answers with those in their records.
func TestRecordsShowWhatWasSent(t *testing.T) {
	const mock = `
- endpoint: {path: /plain, response: {headers: {X-A: [1, 2]}, body: hello}}
- endpoint: {path: "/made/:x", response: {headers: {Set-Cookie: ["a={{path-params.x}}", b=2], X-B: b}, body: "{{path-params.x}}"}}
- endpoint: {path: /nothing, response: {status: 204}}
- endpoint: {path: /same, response: {status: 304, headers: {ETag: '"a"'}}}
- endpoint: {path: /limited, response: {body: ok}, rate-limit: {max-requests: 0}}
- endpoint: {path: /slow, response: {body: ok}, latency: {min-ms: 1}}
- endpoint: {path: /broken, response: {body: "{{query-params.a|divide:0}}"}}
`
	for name, start := range map[string]func(*testing.T, Config) (*Service, string){"simple": start, "net/http": startNetHTTP} {
		t.Run(name, func(t *testing.T) {
			s, address := serveMock(t, start, mock, func(c *Config) { c.RecordPerSecond, c.RecordBody, c.RecordBytes = 1000, 1000, 1<<20 })
			for _, asked := range []string{
				"/plain", "/made/x", "/nothing", "/same", "/limited", "/slow", "/broken?a=1", "/none", "/", "/docs", "/swagger.json",
			} {
				conn := dial(t, address)
				if _, err := io.WriteString(conn, "GET "+asked+" HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(answer.Body)
				if err != nil {
					t.Fatal(err)
				}
				answer.Header.Del("Date")
				var sent []string
				for name, values := range answer.Header {
					for _, value := range values {
						sent = append(sent, name+": "+value)
					}
				}
				c := <-s.recorder.Records()
				recorded := strings.Split(strings.TrimSuffix(string(c.AnswerHeader()), "\r\n"), "\r\n")
				for i := range recorded { // the client has other names for some
					name, value, _ := strings.Cut(recorded[i], ": ")
					recorded[i] = http.CanonicalHeaderKey(name) + ": " + value
				}
				slices.Sort(sent)
				slices.Sort(recorded)
				if diff := cmp.Diff(sent, recorded); diff != "" {
					t.Errorf("%s: -sent +recorded\n%s", asked, diff)
				}
				if kept := string(body[:min(len(body), 1000)]); kept != string(c.Answer()) {
					t.Errorf("%s: %q was sent, %q is recorded", asked, kept, c.Answer())
				}
				s.recorder.Release(c)
			}
		})
	}
}
