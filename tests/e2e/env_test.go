package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

const withVariables = `- endpoint:
    path: /in
    auth: {bearer: "{{env.TOKEN}}"}
    response: {headers: {Content-Type: text/plain}, body: "{{env.BASE}} {{env.NONE|default:none}}"}
- endpoint: {path: /say, responses: [{if: {bearer: "{{env.TOKEN}}"}, body: never}], response: {headers: {Content-Type: text/plain}, body: "{{query-params.q}}"}}
`

// TestVariables: variables reach the mocks of their workspace and no other; the value of a secret is shown by nothing but the mock itself.
func TestVariables(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		mock := published(t, c, "variables", withVariables)
		secret, yes := "s3cret/of-the-team", true
		set := func(name, value string, secret *bool) {
			t.Helper()
			r, err := api.PutVariableWithResponse(ctx, "dev", name, client.NewVariable{Value: value, Secret: secret})
			check(t, err)
			if r.StatusCode() != http.StatusOK || secret != nil && strings.Contains(string(r.Body), value) {
				t.Fatalf("%s: %d %s", name, r.StatusCode(), r.Body)
			}
		}
		set("BASE", "https://one.example", nil)
		set("TOKEN", secret, &yes)
		ask := func(path string, header ...string) (int, string, http.Header) {
			t.Helper()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, mock.URL+path, nil)
			check(t, err)
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			res, err := c.Do(r)
			check(t, err)
			body, err := io.ReadAll(res.Body)
			check(t, err)
			check(t, res.Body.Close())
			return res.StatusCode, string(body), res.Header
		}
		says := func(want string) {
			t.Helper()
			cloud.Eventually(t, "the mock answers with "+want, func() error {
				if _, body, _ := ask("/in", "Authorization", "Bearer "+secret); body != want {
					return errorOf(body)
				}
				return nil
			})
		}
		says("https://one.example none")
		set("BASE", "https://two.example", nil)
		says("https://two.example none")
		if status, _, _ := ask("/in", "Authorization", "Bearer other"); status != http.StatusUnauthorized {
			t.Errorf("with another token %d", status)
		}
		if _, _, head := ask("/say", "Authorization", "Bearer other", "X-Mocloud-Explain", "1"); strings.Contains(head.Get("X-Mocloud-Explain"), "s3cret") || !strings.Contains(head.Get("X-Mocloud-Explain"), "redacted") {
			t.Errorf("the explanation is %s", head.Get("X-Mocloud-Explain"))
		}
		ask("/say?q="+strings.ReplaceAll(secret, "/", "%2F"), "X-Team", secret, "X-Mocloud-Session", "recorded")
		listed, err := api.ListVariablesWithResponse(ctx, "dev", nil)
		check(t, err)
		if listed.JSON200 == nil || len(listed.JSON200.Items) != 2 || listed.JSON200.Items[1].Value != nil || strings.Contains(string(listed.Body), "s3cret") {
			t.Errorf("%s", listed.Body)
		}
		cloud.Eventually(t, "the request is recorded", func() error {
			all, err := api.ListRequestsWithResponse(ctx, mock.ID, nil)
			if err != nil {
				return err
			}
			for _, listed := range all.JSON200.Items {
				if listed.Path != "/say" || listed.Query == "" {
					continue
				}
				r, err := api.GetRequestWithResponse(ctx, mock.ID, listed.ID)
				if err != nil {
					return err
				}
				if strings.Contains(string(r.Body), "s3cret") || strings.Count(string(r.Body), "[redacted]") < 3 {
					t.Errorf("the record is %s", r.Body)
				}
				return nil
			}
			return errorOf("not yet")
		})
		deleted, err := api.DeleteVariableWithResponse(ctx, "dev", "BASE")
		check(t, err)
		if deleted.StatusCode() != http.StatusNoContent {
			t.Errorf("%d", deleted.StatusCode())
		}
		says(" none")
	})
}

type errorOf string

func (e errorOf) Error() string { return string(e) }
