package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// agent is a session of MCP, and a transcript of its calls.
type agent struct {
	*mcp.ClientSession

	transcript strings.Builder
}

// connect starts a session, which ends with the test.
func connect(t *testing.T, transport mcp.Transport) *agent {
	t.Helper()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), transport, nil)
	check(t, err)
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Errorf("end the session: %v", err)
		}
	})
	return &agent{ClientSession: session}
}

// overStdio starts `mocloud mcp`, as an agent does.
func overStdio(t *testing.T, env []string) *agent {
	t.Helper()
	command := exec.Command(filepath.Join(string(binaries), "mocloud"), "mcp")
	command.Env = append(os.Environ(), append(env, "XDG_CONFIG_HOME="+t.TempDir())...)
	return connect(t, &mcp.CommandTransport{Command: command})
}

// bearer sends a token with every request.
type bearer struct{ token string }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(r)
}

func httpTransport(api, token string) mcp.Transport {
	return &mcp.StreamableClientTransport{
		Endpoint: api + "/mcp", HTTPClient: &http.Client{Transport: bearer{token}, Timeout: time.Minute}, MaxRetries: -1, DisableStandaloneSSE: true,
	}
}

// call calls a tool, and says whether the answer is an error.
func (a *agent) call(ctx context.Context, t *testing.T, tool string, args map[string]any) (text string, failed bool) {
	t.Helper()
	result, err := a.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: args})
	check(t, err)
	for _, c := range result.Content {
		part, ok := c.(*mcp.TextContent)
		if !ok {
			t.Fatalf("%s answers with a %T", tool, c)
		}
		text += part.Text
	}
	return text, result.IsError
}

// does calls a tool, which has to work, and writes the transcript.
func (a *agent) does(t *testing.T, tool string, args map[string]any) string {
	t.Helper()
	text, failed := a.call(t.Context(), t, tool, args)
	if failed {
		t.Fatalf("%s says: %s", tool, text)
	}
	fmt.Fprintf(&a.transcript, "> %s\n", tool)
	for _, name := range []string{"mock_slug", "request_id", "unmatched", "path", "body", "content"} {
		given, ok := args[name]
		if !ok {
			continue
		}
		if s, is := given.(string); is && strings.Contains(s, "\n") {
			fmt.Fprintf(&a.transcript, "  %s:\n    %s\n", name, strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n    "))
			continue
		}
		encoded, err := json.Marshal(given)
		check(t, err)
		fmt.Fprintf(&a.transcript, "  %s: %s\n", name, encoded)
	}
	fmt.Fprintf(&a.transcript, "%s\n\n", strings.TrimSpace(text))
	return text
}

const crudMock = "- state:\n    pets: [{id: 1, name: rex}]\n- crud: {path: /pets}\n"

// TestAgent: over both doors an agent builds a CRUD mock, publishes it, calls it, and mends a call that nothing answered. Over the
// first one, the transcript is the guide's.
func TestAgent(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, _, token := c.Addresses()
		doors := map[string]*agent{"pets": overStdio(t, c.Environ()), "pets2": connect(t, httpTransport(api, token))}
		for _, slug := range []string{"pets", "pets2"} {
			a := doors[slug]
			build(t, c, a, slug)
			compareWithGuide(t, slug, a.transcript.String())
			resources(t, a, slug)
		}
	})
}

// build is the session that the guide shows.
func build(t *testing.T, c *cloud.Cloud, a *agent, slug string) {
	t.Helper()
	a.does(t, "write_mock", map[string]any{"mock_slug": slug, "content": crudMock})
	a.does(t, "try_request", map[string]any{"mock_slug": slug, "path": "/pets/1"})
	live := a.does(t, "publish_mock", map[string]any{"mock_slug": slug})
	address, err := url.Parse(regexp.MustCompile(`http://\S+`).FindString(live))
	check(t, err)
	for path, status := range map[string]int{"/pets/1": 200, "/owners/7": 404} {
		answer, err := c.Call(t.Context(), address.String()+path)
		check(t, err)
		if answer.Status != status {
			t.Errorf("%s: %d %s", path, answer.Status, answer.Body)
		}
	}
	cloud.Eventually(t, "the call is recorded", func() error {
		text, _ := a.call(t.Context(), t, "search_requests", map[string]any{"mock_slug": slug, "unmatched": true})
		if !strings.Contains(text, "/owners/7") {
			return fmt.Errorf("it says: %s", text)
		}
		return nil
	})
	missed := a.does(t, "search_requests", map[string]any{"mock_slug": slug, "unmatched": true})
	id, _, _ := strings.Cut(missed, " ")
	a.does(t, "add_endpoint", map[string]any{
		"mock_slug": slug, "request_id": id, "path": "/owners/:id", "body": `{"id": "{{path-params.id}}"}`,
	})
	a.does(t, "publish_mock", map[string]any{"mock_slug": slug})
	answer, err := c.Call(t.Context(), address.String()+"/owners/7")
	check(t, err)
	if answer.Status != 200 || answer.Body != `{"id":"7"}` && answer.Body != `{"id": "7"}` {
		t.Errorf("the new endpoint: %d %s", answer.Status, answer.Body)
	}
	a.does(t, "read_mock", map[string]any{"mock_slug": slug})
}

// compareWithGuide checks that docs/guides/mcp.md has the transcript. What differs from run to run is written alike.
func compareWithGuide(t *testing.T, slug, got string) {
	t.Helper()
	got = strings.ReplaceAll(got, slug, "pets")
	for pattern, instead := range map[string]string{
		`localhost:\d+`: "localhost:8000", ` or http://\S+/~\S+`: "", `[0-9a-f]{8}-[0-9a-f-]{27}`: "a8b4b0c4-…",
		`(no endpoint|by \S+)  \d\d:\d\d:\d\d`: "$1  12:00:00",
	} {
		got = regexp.MustCompile(pattern).ReplaceAllString(got, instead)
	}
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "guides", "mcp.md"))
	check(t, err)
	if !strings.Contains(string(guide), strings.TrimSpace(got)) {
		t.Errorf("the guide's transcript is another one; it is now:\n%s", got)
	}
}

// resources reads what an agent may attach.
func resources(t *testing.T, a *agent, slug string) {
	t.Helper()
	for uri, part := range map[string]string{
		"mocloud://schema/mock.json":                   `"$defs"`,
		"mocloud://mocks/dev/" + slug:                  "/owners/:id",
		"mocloud://mocks/dev/" + slug + "/revisions/1": "crud",
	} {
		r, err := a.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
		check(t, err)
		if text := r.Contents[0].Text; !strings.Contains(text, part) {
			t.Errorf("%s has no %q:\n%s", uri, part, text)
		}
	}
}

// TestAgentMistakes: what is wrong is said with what to do next.
func TestAgentMistakes(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, _, token := c.Addresses()
		a := connect(t, httpTransport(api, token))
		for _, m := range []struct {
			tool string
			args map[string]any
			says []string
		}{
			{"read_mock", map[string]any{"mock_slug": "nobody"}, []string{`no mock "nobody"`, "list_mocks"}},
			{"write_mock", map[string]any{"mock_slug": "x"}, []string{"content", "document"}},
			{"write_mock", map[string]any{"mock_slug": "No Slug", "content": crudMock}, []string{"slug"}},
			{"read_reference", map[string]any{"topic": "soup"}, []string{"soup", "endpoint", "template-filters"}},
			{"try_request", map[string]any{"path": "/"}, []string{"mock_slug", "content"}},
		} {
			text, failed := a.call(t.Context(), t, m.tool, m.args)
			for _, part := range m.says {
				if !failed || !strings.Contains(text, part) {
					t.Errorf("%s %v: error %v, without %q: %s", m.tool, m.args, failed, part, text)
				}
			}
		}
		invalid := map[string]any{"mock_slug": "broken", "content": "- endpoint:\n    path: 42: no\n"}
		if text, _ := a.call(t.Context(), t, "write_mock", invalid); !strings.Contains(text, "error at line") || !strings.Contains(text, "mend") {
			t.Errorf("of an invalid mock it says: %s", text)
		}
		if text, failed := a.call(t.Context(), t, "publish_mock", map[string]any{"mock_slug": "broken"}); !failed || !strings.Contains(text, "error at line") {
			t.Errorf("of publishing it: %s", text)
		}
		stale := map[string]any{"mock_slug": "broken", "content": crudMock, "revision": 7}
		if text, failed := a.call(t.Context(), t, "write_mock", stale); !failed || !strings.Contains(text, "current revision is 1") {
			t.Errorf("of a stale revision: %s", text)
		}
		lost := overStdio(t, []string{"MOCLOUD_URL=http://" + cloud.FreeAddress(t), "MOCLOUD_TOKEN=" + token})
		if text, failed := lost.call(t.Context(), t, "list_mocks", nil); !failed || !strings.Contains(text, "cannot reach") {
			t.Errorf("without a server: %s", text)
		}
		wrong := overStdio(t, []string{"MOCLOUD_URL=" + api, "MOCLOUD_TOKEN=wrong"})
		if text, failed := wrong.call(t.Context(), t, "list_mocks", nil); !failed || !strings.Contains(text, "mocloud login") {
			t.Errorf("with a wrong token: %s", text)
		}
		for name, header := range map[string]string{"none": "", "wrong": "Bearer wrong"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api+"/mcp", strings.NewReader("{}"))
			check(t, err)
			if header != "" {
				request.Header.Set("Authorization", header)
			}
			response, err := c.Do(request)
			check(t, err)
			body, err := io.ReadAll(response.Body)
			check(t, err)
			check(t, response.Body.Close())
			if response.StatusCode != http.StatusUnauthorized || response.Header.Get("WWW-Authenticate") == "" || !strings.Contains(string(body), "detail") {
				t.Errorf("token %s: %d %s", name, response.StatusCode, body)
			}
		}
	})
}
