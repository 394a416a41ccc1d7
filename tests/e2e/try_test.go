package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
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

		// Once it is published and called, a draft is held against what was asked.
		check(t, c.Publish(ctx, mock.ID))
		check(t, c.WaitFor(ctx, mock.ID, mock.Revision, cloud.Published))
		for _, path := range []string{"/hello/ann", "/bye/ann"} {
			_, err = c.Call(ctx, mock.URL+path)
			check(t, err)
			latest(t, api, mock.ID, path)
		}
		next := strings.Replace(hello, `"hello"`, `"good day"`, 1) + "    webhook: {url: '" + hook.URL + "', method: PUT, body: thanks}\n"
		held := answer(api.CheckTrafficWithResponse(ctx, mock.ID, client.CheckTrafficJSONRequestBody{Content: &next})).is(t, http.StatusOK)
		if h := held.JSON200; h.Recorded != 2 || h.AgainstRevision != mock.Revision || h.Counts != (client.TrafficCounts{Different: 1, Same: 1}) || len(h.Items) != 2 {
			t.Fatalf("the last two requests: %s", held.Body)
		}
		if i := held.JSON200.Items[1]; i.Path != "/hello/ann" || !slices.Equal(i.Changed, []client.TrafficItemChanged{client.TrafficItemChangedBody}) ||
			!strings.Contains(*i.Before.Response.Body, `"hello"`) || !strings.Contains(*i.After.Response.Body, `"good day"`) {
			t.Errorf("the request whose answer changes: %s", held.Body)
		}
		counted(t, api, mock.ID, 2) // the draft's answers are not
		if called.Load() {
			t.Error("the webhook was sent")
		}
	})
}
