package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api"
)

// What an installation is, everybody may know, and nothing else.
func TestInstance(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) {
		c.InstanceName, c.BaseDomain, c.MockURL, c.KeepDeletedFor = "Acme mocks", "mocks.example.com", "https://{host}/", 7*24*time.Hour
	})
	i := as[struct {
		Name, Version     string
		BaseDomain        string `json:"base_domain"`
		MockURL           string `json:"mock_url"`
		WebsocketURL      string `json:"websocket_url"`
		RestorableSeconds int    `json:"restorable_seconds"`
		Limits            map[string]int
		Features          []string
	}](t, b.want(http.StatusOK, "GET", "/api/v1/instance", "", "Authorization: "))
	if i.Name != "Acme mocks" || i.Version != "dev" || i.BaseDomain != "mocks.example.com" || i.RestorableSeconds != 604800 {
		t.Errorf("%+v", i)
	}
	if i.MockURL != "https://{mock_slug}-{workspace_slug}.mocks.example.com" || i.WebsocketURL != "wss://{mock_slug}-{workspace_slug}.mocks.example.com" {
		t.Errorf("mocks are at %s and %s", i.MockURL, i.WebsocketURL)
	}
	m := b.create("pets", good)
	if filled := strings.NewReplacer("{mock_slug}", "pets", "{workspace_slug}", "dev").Replace(i.MockURL); strings.TrimRight(m.URL, "/") != filled {
		t.Errorf("the mock is at %s, and not at %s", m.URL, filled)
	}
	if i.Limits["content_bytes"] != b.cfg.MaxContent || i.Limits["endpoints"] != 100 || i.Limits["document_bytes"] != 4<<20 || i.Limits["pinned_revisions"] != 2 {
		t.Errorf("the limits are %v", i.Limits)
	}
	if slices.Contains(i.Features, "console") || !slices.Contains(i.Features, "webhooks") {
		t.Errorf("the features are %v", i.Features)
	}
}

func TestOperator(t *testing.T) {
	t.Parallel()
	b := start(t)
	own := as[struct{ Secret string }](t, b.want(http.StatusCreated, "POST", "/api/v1/tokens", `{"name":"own","scopes":["*"]}`)).Secret
	for _, test := range []struct {
		token    string
		operator bool
	}{{token, true}, {own, false}} {
		a := as[struct{ Operator bool }](t, b.want(http.StatusOK, "GET", "/api/v1/account", "", "Authorization: Bearer "+test.token))
		if a.Operator != test.operator {
			t.Errorf("operator: %t", a.Operator)
		}
	}
}

func TestMockBySlug(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	a := b.want(http.StatusOK, "GET", "/api/v1/workspaces/dev/mocks/pets", "")
	if found := as[mockBody](t, a); found.ID != m.ID || found.Content != good {
		t.Errorf("%+v", found)
	}
	byID := b.want(http.StatusOK, "GET", "/api/v1/mocks/"+m.ID, "")
	if a.header.Get("ETag") != byID.header.Get("ETag") || string(a.body) != string(byID.body) {
		t.Errorf("by slug: %s %s\nby id: %s %s", a.header.Get("ETag"), a.body, byID.header.Get("ETag"), byID.body)
	}
	b.want(http.StatusNotModified, "GET", "/api/v1/workspaces/dev/mocks/pets", "", "If-None-Match: "+a.header.Get("ETag"))
	for _, path := range []string{"dev/mocks/pet", "dev/mocks/PETS", "none/mocks/pets", "dev/mocks/" + m.ID, "dev/mocks/%25"} {
		b.want(http.StatusNotFound, "GET", "/api/v1/workspaces/"+path, "")
	}
	b.want(http.StatusOK, "PATCH", "/api/v1/mocks/"+m.ID, `{"slug":"animals"}`)
	b.want(http.StatusNotFound, "GET", "/api/v1/workspaces/dev/mocks/pets", "")
	b.want(http.StatusOK, "GET", "/api/v1/workspaces/dev/mocks/animals", "")
	b.want(http.StatusNoContent, "DELETE", "/api/v1/mocks/"+m.ID, "")
	b.want(http.StatusNotFound, "GET", "/api/v1/workspaces/dev/mocks/animals", "")
}
