package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestTry: what a draft would answer is known before anybody publishes it, and nothing comes of it.
func TestTry(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		var called atomic.Bool
		hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Store(true) }))
		t.Cleanup(hook.Close)
		mock, err := c.Create(ctx, "tried", hello)
		check(t, err)

		// The current revision, which is offline.
		r, err := api.TryMockWithResponse(ctx, mock.ID, client.TryMockJSONRequestBody{Request: &client.TryRequest{Method: "GET", Path: "/hello/ann"}})
		check(t, err)
		if r.JSON200 == nil || r.JSON200.Response == nil || r.JSON200.Response.Status != http.StatusOK || *r.JSON200.Response.Body != `{"hello":"ann!"}` ||
			*r.JSON200.Explanation.Endpoint != "GET /hello/:username" || *r.JSON200.Explanation.Line != 1 {
			t.Fatalf("%s %s", r.Status(), r.Body)
		}

		// A draft of the next one, with a file of the workspace and a webhook.
		_, err = api.PutFileWithBodyWithResponse(ctx, "dev", &client.PutFileParams{Name: "order.json"}, "application/json", strings.NewReader(`{"taken": true}`))
		check(t, err)
		draft := "- endpoint:\n    method: POST\n    path: /orders\n    response:\n      external-body: {provider: json, path: order.json}\n" +
			"    webhook: {url: '" + hook.URL + "/{{json-params.id}}', method: PUT, body: thanks}\n"
		body := `{"id": 7}`
		r, err = api.TryMockWithResponse(ctx, mock.ID, client.TryMockJSONRequestBody{Content: &draft, Request: &client.TryRequest{
			Method: "POST", Path: "/orders", Body: &body, Headers: &[]client.TryHeader{{Name: "Content-Type", Value: "application/json"}},
		}})
		check(t, err)
		if r.JSON200 == nil || r.JSON200.Response == nil || *r.JSON200.Response.Body != `{"taken":true}` {
			t.Fatalf("%s %s", r.Status(), r.Body)
		}
		if w := r.JSON200.Webhook; w == nil || w.URL == nil || *w.URL != hook.URL+"/7" || *w.Method != "PUT" || *w.Body != "thanks" {
			t.Errorf("the webhook: %s", r.Body)
		}

		// Content without a mock: no files, and what is wrong instead of an answer.
		free, err := api.TryContentWithResponse(ctx, client.TryContentJSONRequestBody{Content: hello, Request: &client.TryRequest{Method: "GET", Path: "/helo/ann"}})
		check(t, err)
		if free.JSON200 == nil || free.JSON200.Response.Status != http.StatusNotFound || !strings.Contains(string(free.Body), "expected `hello`, got `helo`") {
			t.Errorf("%s %s", free.Status(), free.Body)
		}
		broken, err := api.TryContentWithResponse(ctx, client.TryContentJSONRequestBody{Content: "- endpoint: {}\n", Request: &client.TryRequest{Method: "GET", Path: "/"}})
		check(t, err)
		if broken.JSON200 == nil || broken.JSON200.Response != nil || len(broken.JSON200.Diagnostics) == 0 {
			t.Errorf("%s %s", broken.Status(), broken.Body)
		}

		gone(t, c, mock, "/hello/ann") // nothing was published
		if called.Load() {
			t.Error("the webhook was sent")
		}
	})
}
