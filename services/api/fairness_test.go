package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/mocloud/mocloud/pkg/tryit"
)

// A remembered answer is nobody's any more whose access has ended, or where what was created is gone.
func TestRepliesEndWithAccess(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.account("eve")
	eve := "Authorization: Bearer eve-token"
	b.want(http.StatusCreated, "POST", "/api/v1/workspaces", `{"slug":"acme","name":"Acme"}`)
	invitation := as[struct{ ID string }](t, b.want(http.StatusCreated, "POST", "/api/v1/workspaces/acme/invitations", `{"role":"editor","username":"eve"}`))
	b.want(http.StatusOK, "POST", "/api/v1/invitations/"+invitation.ID+"/accept", "", eve)
	create := encode(map[string]string{"slug": "pets", "workspace_slug": "acme", "content": good})
	b.want(http.StatusCreated, "POST", "/api/v1/mocks", create, key, eve)
	b.want(http.StatusCreated, "POST", "/api/v1/mocks", create, key, eve)
	b.want(http.StatusNoContent, "DELETE", "/api/v1/workspaces/acme/members/eve", "")
	if a := b.want(http.StatusNotFound, "POST", "/api/v1/mocks", create, key, eve); strings.Contains(string(a.body), "endpoint") {
		t.Errorf("the answer shows the content: %s", a.body)
	}
	other := "Idempotency-Key: 7b5ff31e-2c55-4e2b-9c64-6f1f0b8d5a11"
	mine := encode(map[string]string{"slug": "mine", "content": good})
	m := as[struct{ ID string }](t, b.want(http.StatusCreated, "POST", "/api/v1/mocks", mine, other))
	b.want(http.StatusNoContent, "DELETE", "/api/v1/mocks/"+m.ID, "")
	b.want(http.StatusNotFound, "POST", "/api/v1/mocks", mine, other)
}

// A token that may not read files does not read them through a try, wherever the content names them.
func TestTriesReadNoFiles(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.background(func(ctx context.Context) error { // a mock server that shows whatever it is asked
		return tryit.Place(b.redis, prefix).Serve(ctx, slog.New(slog.DiscardHandler), func(context.Context, tryit.Question) tryit.Answer {
			return tryit.Answer{Status: http.StatusOK}
		})
	})
	reader := "Authorization: Bearer " + as[struct{ Secret string }](t, b.want(http.StatusCreated, "POST", "/api/v1/tokens", `{"name":"r","scopes":["mocks:read","requests:read"]}`)).Secret
	both := "Authorization: Bearer " + as[struct{ Secret string }](t, b.want(http.StatusCreated, "POST", "/api/v1/tokens", `{"name":"f","scopes":["mocks:read","files:read"]}`)).Secret
	m := b.create("pets", good)
	body := func(content string) string {
		return encode(map[string]any{"content": content, "request": map[string]string{"method": "GET", "path": "/x"}})
	}
	for name, content := range map[string]string{
		"a file":            "- endpoint: {path: /x, response: {external-body: {provider: json, path: secret.txt}}}\n",
		"a URL":             "- endpoint: {path: /x, response: {external-body: {provider: json, path: 'https://example.com/'}}}\n",
		"one of several":    "- endpoint: {path: /x, responses: [{if: {query-params.a: 1}, external-body: {provider: csv, path: a.csv}}], response: {body: ok}}\n",
		"rows of a state":   "- state: {prices: {external-body: {provider: csv, path: a.csv}}}\n- endpoint: {path: /x, response: {body: '{{state.prices|count}}'}}\n",
		"a template's path": "- endpoint: {path: /x, response: {external-body: {provider: json, path: '{{query-params.f}}'}}}\n",
	} {
		for _, path := range []string{"/api/v1/try", "/api/v1/mocks/" + m.ID + "/try"} {
			if a := b.do("POST", path, body(content), reader); a.status != http.StatusForbidden || !strings.Contains(string(a.body), "insufficient_scope") {
				t.Errorf("%s, %s: %d %s", name, path, a.status, a.body)
			}
			if a := b.do("POST", path, body(content), both); a.status == http.StatusForbidden {
				t.Errorf("%s with files:read, %s: %d %s", name, path, a.status, a.body)
			}
		}
		if a := b.do("POST", "/api/v1/mocks/"+m.ID+"/traffic-check", encode(map[string]any{"content": content}), reader); a.status == http.StatusOK {
			t.Errorf("%s, traffic: %d %s", name, a.status, a.body)
		}
	}
	if a := b.do("POST", "/api/v1/try", body(good), reader); a.status == http.StatusForbidden {
		t.Errorf("without files: %d %s", a.status, a.body)
	}
}

// Large requests of one account wait for each other, and for no longer than there is room to wait; those of others do not.
func TestLargeRequestsAreShared(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.account("eve")
	large := encode(map[string]string{"content": good + strings.Repeat("# a comment\n", 4_000)})
	var wg sync.WaitGroup
	var mu sync.Mutex
	counts := map[int]int{}
	for range 60 {
		wg.Go(func() {
			a := b.do("POST", "/api/v1/format", large)
			mu.Lock()
			defer mu.Unlock()
			counts[a.status]++
		})
	}
	if a := b.do("POST", "/api/v1/format", large, "Authorization: Bearer eve-token"); a.status != http.StatusOK {
		t.Errorf("another account: %d %.200s", a.status, a.body)
	}
	wg.Wait()
	if counts[http.StatusOK] == 0 || counts[http.StatusOK]+counts[http.StatusTooManyRequests] != 60 {
		t.Errorf("%v", counts)
	}
	b.want(http.StatusOK, "POST", "/api/v1/format", large)
}
