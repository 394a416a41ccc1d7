package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type searched struct {
	Mocks []struct {
		MockSlug string `json:"mock_slug"`
	}
	Endpoints []struct {
		MockSlug     string `json:"mock_slug"`
		Method, Path string
		Line         int
	}
	Files []struct{ Name string }
}

// String lists what was found, in its order.
func (s searched) String() string {
	var words []string
	for _, m := range s.Mocks {
		words = append(words, m.MockSlug)
	}
	for _, e := range s.Endpoints {
		words = append(words, e.MockSlug+":"+e.Method+e.Path)
	}
	for _, f := range s.Files {
		words = append(words, f.Name)
	}
	return strings.Join(words, " ")
}

func TestSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.acme
	for slug, content := range map[string]string{
		"shop":     "- endpoint:\n    method: POST\n    path: /orders\n    response: {body: a}\n- endpoint:\n    path: /ORDERS/:id\n    response: {body: a}\n- websocket:\n    path: /orders/feed\n    on-connect: {response: hi}\n",
		"my-order": "# orders are elsewhere\n- endpoint:\n    path: /hello\n    response: {body: a}\n",
		"list":     "- crud:\n    path: /things\n",
		"odd":      "- endpoint:\n    path: /half_sure\n    response: {body: a}\n",
	} {
		o.as("POST", "/api/v1/mocks", map[string]any{"workspace_slug": o.slug, "slug": slug, "content": content})
	}
	for query, want := range map[string]string{
		"order":          "my-order shop:POST/orders shop:GET/ORDERS/:id shop:/orders/feed",
		"post /orders":   "shop:POST/orders",
		"  GET  /orders": "shop:GET/ORDERS/:id",
		"ws /orders":     "shop:/orders/feed",
		"patch /things/": "list:PATCH/things/:id",
		"/things/:id":    "list:GET/things/:id list:PUT/things/:id list:PATCH/things/:id list:DELETE/things/:id",
		"half_":          "odd:GET/half_sure",
		"ha_f":           "",
		"half%":          "",
		"nothing here":   "",
		" ":              "",
	} {
		got := as[searched](t, w.want(http.StatusOK, "GET", "/api/v1/search?workspace_slug="+o.slug+"&q="+url.QueryEscape(query), "", bearer(o.user(workspace.Viewer)+"-token")))
		if got.String() != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	// Who is not in a workspace finds nothing of it.
	stranger := bearer(w.rival.user(workspace.Owner) + "-token")
	if got := as[searched](t, w.want(http.StatusOK, "GET", "/api/v1/search?q=order", "", stranger)); got.String() != "" {
		t.Errorf("a stranger finds %s", got)
	}
	w.want(http.StatusNotFound, "GET", "/api/v1/search?q=order&workspace_slug="+o.slug, "", stranger)
}
