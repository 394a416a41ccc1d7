package remote

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/services/api/client"
)

// Whatever a server answers, the user learns what was wrong and what to do, and CI gets a fitting exit status.
func TestWhatServersAnswer(t *testing.T) {
	problem := func(status int, code, detail string) string {
		return fmt.Sprintf(`{"status":%d,"code":%q,"detail":%q,"request_id":"r1","title":"t","type":"about:blank"}`, status, code, detail)
	}
	for _, c := range []struct {
		name    string
		status  int
		headers map[string]string
		body    string
		exit    int
		says    string // SERVER is its URL
	}{
		{"signed out", 401, nil, problem(401, "unauthorized", "The token has expired."), exit.SignedOut, "The token has expired. Run `mocloud login SERVER`, or set MOCLOUD_TOKEN to a valid token."},
		{"not allowed", 403, nil, problem(403, "forbidden", "An editor can."), exit.SignedOut, "An editor can."},
		{"full", 403, nil, problem(403, "quota_exceeded", "20 mocks are allowed."), exit.Failed, "20 mocks are allowed."},
		{"nothing there", 404, nil, problem(404, "not_found", "There is no such mock."), exit.Failed, "There is no such mock."},
		{"another server", 404, nil, "<h1>Not found</h1>", exit.Failed, "SERVER answered 404 Not Found; is it mocloud?"},
		{"conflict", 409, nil, problem(409, "conflict", "The slug is taken."), exit.Failed, "The slug is taken."},
		{"lost update", 412, nil, problem(412, "lost_update", "Somebody edited it; pull it."), exit.Failed, "Somebody edited it; pull it."},
		{"too often", 429, map[string]string{"Retry-After": "900"}, problem(429, "rate_limited", "Too many requests."), exit.Failed, "Too many requests. Try again in 15m0s."},
		{"unavailable", 503, nil, problem(503, "unavailable", "The database does not answer."), exit.Failed, "The database does not answer. (request r1) Try again."},
		{"no api behind it", 502, map[string]string{"Retry-After": "3"}, "Bad gateway", exit.Failed, "SERVER answered 502 Bad Gateway; the proxy in front of mocloud cannot reach it: try again in 3s"},
		{"fault", 500, nil, problem(500, "internal", "Something is wrong here."), exit.Failed, "Something is wrong here. (request r1)"},
		{"moved", 308, map[string]string{"Location": "https://other.example/"}, "", exit.Failed, `SERVER redirects to "https://other.example/"; use the final address`},
		{"a page", 200, map[string]string{"Content-Type": "text/html"}, "<h1>Hello</h1>", exit.Failed, errNonsense.Error()},
		{"cut JSON", 200, nil, `{"items":[`, exit.Failed, errNonsense.Error()},
		{"other JSON", 200, nil, `{"items":7}`, exit.Failed, errNonsense.Error()},
		{"ends too early", 200, map[string]string{"Content-Length": "100"}, `{"items":[]`, exit.Failed, errNonsense.Error()},
		{"all well", 200, nil, `{"items":[]}`, 0, "[]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(tokenVariable, "a-token")
			t.Setenv("XDG_CONFIG_HOME", t.TempDir())
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer a-token" {
					t.Errorf("the token is missing in %v", r.Header)
				}
				w.Header().Set("Content-Type", "application/json")
				for name, value := range c.headers {
					w.Header().Set(name, value)
				}
				w.WriteHeader(c.status)
				_, _ = fmt.Fprint(w, c.body)
			}))
			defer server.Close()
			got, err := listed(t.Context(), "--json", "--server", server.URL)
			if err != nil {
				got = err.Error()
			}
			if want := strings.ReplaceAll(c.says, "SERVER", server.URL); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if exit.Status(err) != c.exit {
				t.Errorf("status %d instead of %d", exit.Status(err), c.exit)
			}
		})
	}
}

// listed runs a command that lists mocks and returns what it printed.
func listed(ctx context.Context, args ...string) (string, error) {
	cmd := Command(&cobra.Command{Use: "list", SilenceErrors: true, SilenceUsage: true}, func(ctx context.Context, s *Session, _ []string) error {
		mocks, err := s.Mocks(ctx, client.ListMocksParams{})
		if err != nil {
			return err
		}
		return s.Show(mocks, nil)
	})
	var out strings.Builder
	cmd.SetOut(&out)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	return out.String(), err
}

func TestNobodyIsSignedIn(t *testing.T) {
	t.Setenv(tokenVariable, "")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	_, err := listed(t.Context(), "--server", "http://mocloud.example")
	if want := "not signed in to http://mocloud.example; run `mocloud login http://mocloud.example`, or set MOCLOUD_TOKEN"; err == nil || !strings.HasSuffix(err.Error(), want) || exit.Status(err) != exit.SignedOut {
		t.Error(err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Setenv(tokenVariable, "a-token")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	server := httptest.NewServer(nil)
	server.Close()
	_, err := listed(t.Context(), "--server", server.URL)
	if err == nil || !strings.HasPrefix(err.Error(), "cannot reach "+server.URL+" (connection refused)") || !strings.Contains(err.Error(), "is `mocloud up` running?") {
		t.Error(err)
	}
}
