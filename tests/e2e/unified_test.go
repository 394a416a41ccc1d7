package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// odd has what a careless writer of YAML trips over: quotes, colons, hashes, line ends, other scripts, things that look
// like numbers, dates and booleans.
const odd = `- endpoint:
    path: /odd
    response:
      headers:
        X-Text: 'yes: no # "not a comment"'
      body:
        text: "a: b # c\n\td 'e' \"f\" \\ \u2028 \x7f é 日本 😀"
        number: "1e3"
        date: "2026-11-22"
        "yes": "no"
        "": [null, true, 1.50, "", " ", "-", "? x", "{{path-params.none|default:\"q\"}}"]
- websocket:
    path: /ws
    on-message:
      - pattern: '{"a": [1, 2]}'
        response: 'ok: {{message}}'
`

// TestUnifiedMockRunsAnywhere takes the unified mock out of the object store: a strict YAML 1.2 parser reads in it what
// its lines say as JSON, and mocloud run serves it as the cloud does.
func TestUnifiedMockRunsAnywhere(t *testing.T) {
	t.Parallel()
	c := cloud.Start(t, binaries, cloud.Apart)
	mocks := []cloud.Mock{published(t, c, "odd", odd), published(t, c, "greet", hello)}
	var file []byte
	cloud.Eventually(t, "the unified mock has both", func() (err error) {
		if file, err = unifiedMock(t, c); err == nil && bytes.Count(file, []byte("\n# mock ")) < 2 {
			err = fmt.Errorf("it is\n%s", file)
		}
		return err
	})

	var asYAML, asJSON []any
	check(t, yaml.NewDecoder(bytes.NewReader(file), yaml.Strict()).Decode(&asYAML))
	for line := range strings.Lines(string(file)) {
		item, ok := strings.CutPrefix(line, "- ")
		if !ok {
			continue
		}
		var v any
		check(t, json.Unmarshal([]byte(item), &v))
		asJSON = append(asJSON, v)
	}
	if diff := cmp.Diff(normal(t, asJSON), normal(t, asYAML)); diff != "" {
		t.Errorf("as JSON (-) and as YAML (+):\n%s", diff)
	}

	path := filepath.Join(t.TempDir(), "moclojer.yml")
	check(t, os.WriteFile(path, file, 0o600))
	_, port, err := net.SplitHostPort(cloud.FreeAddress(t))
	check(t, err)
	p := cloud.NewProcess(t, binaries, "mocloud", nil, "run", path, "--port", port)
	p.Start()
	client := &http.Client{Timeout: time.Minute}
	t.Cleanup(client.CloseIdleConnections)
	for i, at := range []string{"/odd", "/hello/world"} {
		want, err := c.Call(t.Context(), mocks[i].URL+at)
		check(t, err)
		host := strings.TrimPrefix(mocks[i].URL, "http://")
		cloud.Eventually(t, "mocloud run answers "+host+at, func() error {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+at, nil)
			if err != nil {
				return err
			}
			req.Host = host
			res, err := client.Do(req)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
			if err == nil && (res.StatusCode != want.Status || string(body) != want.Body) {
				err = fmt.Errorf("%d %q, the cloud answers %d %q", res.StatusCode, body, want.Status, want.Body)
			}
			return err
		})
	}
}

// unifiedMock reads the file as it is now.
func unifiedMock(t *testing.T, c *cloud.Cloud) ([]byte, error) {
	t.Helper()
	store, err := storeurl.Open(t.Context(), c.ObjectStoreURL)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	object, err := store.Get(t.Context(), "moclojer.yml")
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	return io.ReadAll(object.Body)
}

// normal makes numbers of both decoders the same.
func normal(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	check(t, err)
	var out any
	check(t, json.Unmarshal(text, &out))
	return out
}
