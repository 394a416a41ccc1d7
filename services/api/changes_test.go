package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// A published mock can be saved without going live: what is published keeps answering, and the state says how far it is behind.
func TestSaveWithoutGoingLive(t *testing.T) {
	t.Parallel()
	b := start(t)
	g := b.generator()
	m := b.create("pets", good)
	path := "/api/v1/mocks/" + m.ID
	b.want(http.StatusOK, "POST", path+"/publish", "")
	position, _ := g.reach(t, 1)
	b.applied("a", position, false)
	b.wait(m.ID, "revision=1&wait=10s")
	type body struct {
		Revision, Ahead   int
		PublishedRevision int `json:"published_revision"`
		State             string
		Settled           bool
		LiveMs            float64 `json:"live_ms"`
	}
	put := func(content string, publish bool) body {
		t.Helper()
		return as[body](t, b.want(http.StatusOK, "PUT", path, encode(map[string]any{"content": content, "publish": publish})))
	}
	if held := put(good+"# held\n", false); held.State != "published" || held.Revision != 2 || held.PublishedRevision != 1 || held.Ahead != 1 {
		t.Errorf("held back: %+v", held)
	}
	if p := as[body](t, b.want(http.StatusOK, "GET", path+"/publication?wait=5s&revision=2", "")); !p.Settled || p.Ahead != 1 || p.State != "published" || p.LiveMs <= 0 {
		t.Errorf("its publication: %+v", p)
	}
	for state, want := range map[string]int{"published": 1, "offline_invalid": 0, "publishing": 0, "offline": 0} {
		if list := as[struct{ Items []body }](t, b.want(http.StatusOK, "GET", "/api/v1/mocks?state="+state, "")); len(list.Items) != want {
			t.Errorf("%s: %+v", state, list)
		}
	}
	if wrong := put(bad, false); wrong.State != "offline_invalid" || wrong.PublishedRevision != 1 {
		t.Errorf("with errors: %+v", wrong)
	}
	put(good+"# more\n", false)
	// A change of the mock's settings tells of what is published, and not of what is held back.
	b.want(http.StatusOK, "PATCH", path, `{"slug":"animals"}`)
	_, changes := g.reach(t, 2)
	if u, err := event.Decode[event.MockUpdated](changes[1]); err != nil || u.Revision != 1 || u.Content != good {
		t.Errorf("%+v, %v", u, err)
	}
	b.want(http.StatusOK, "POST", path+"/publish", "")
	_, changes = g.reach(t, 3)
	if u, err := event.Decode[event.MockUpdated](changes[2]); err != nil || u.Revision != 4 || !strings.Contains(u.Content, "# more") {
		t.Errorf("%+v, %v", u, err)
	}
	revisions := as[struct {
		Items []struct {
			Revision    int
			PublishedAt time.Time `json:"published_at"`
		}
	}](t, b.want(http.StatusOK, "GET", path+"/revisions", ""))
	for _, r := range revisions.Items {
		if live := r.Revision == 1 || r.Revision == 4; live == r.PublishedAt.IsZero() {
			t.Errorf("revision %d went live at %s", r.Revision, r.PublishedAt)
		}
	}
	put(good+"# live\n", true)
	first := as[struct {
		PublishedAt time.Time `json:"published_at"`
	}](t, b.want(http.StatusOK, "GET", path+"/revisions/5", ""))
	if first.PublishedAt.IsZero() {
		t.Error("an edit that went live is not known to have been live")
	}
}

type changeBody struct {
	Kind, Action, Username, Client string
	TargetID                       string `json:"target_id"`
	WorkspaceID                    string `json:"workspace_id"`
}

// Followers get every kind of change, with its author and client, and what concerns the account alone.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	b := start(t, openly)
	b.want(http.StatusCreated, "POST", "/api/v1/workspaces", `{"slug":"acme"}`)
	ann := b.join("acme", "ann")
	own, acme := b.follow(), b.follow(nobody, ann)
	next := func(follow func() (string, string, string), want string) (c changeBody) {
		t.Helper()
		for {
			name, _, data := follow()
			c = changeBody{}
			if err := json.Unmarshal([]byte(data), &c); err != nil {
				t.Fatal(err)
			}
			if name == want {
				return c
			}
		}
	}
	client := "X-Mocloud-Client: tab-1"
	m := as[mockBody](t, b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "pets", "content": good, "workspace_slug": "acme"}), client))
	if c := next(acme, "mock"); c.Client != "tab-1" || c.Username != "dev" {
		t.Errorf("a mock: %+v", c)
	}
	for _, c := range []struct {
		method, path, body string
		want               changeBody
	}{
		{"PATCH", "/api/v1/workspaces/acme", `{"name":"Acme"}`, changeBody{Kind: "workspace", Action: "updateWorkspace"}},
		{"POST", "/api/v1/workspaces/acme/tokens", `{"name":"ci","scopes":["mocks:read"]}`, changeBody{Kind: "token", Action: "createWorkspaceToken"}},
		{"POST", "/api/v1/workspaces/acme/invitations", `{"role":"editor"}`, changeBody{Kind: "invitation", Action: "createInvitation"}},
		{"PATCH", "/api/v1/mocks/" + m.ID + "/recording", `{"mode":"off"}`, changeBody{Kind: "mock", Action: "updateRecording"}},
		{"DELETE", "/api/v1/mocks/" + m.ID + "/requests", "", changeBody{Kind: "mock", Action: "deleteRequests"}},
		{"PATCH", "/api/v1/workspaces/acme/members/ann", `{"role":"editor"}`, changeBody{Kind: "member", Action: "updateMember"}},
	} {
		if a := b.do(c.method, c.path, c.body, client); a.status >= 300 {
			t.Fatalf("%s %s: %d %s", c.method, c.path, a.status, a.body)
		}
		got := next(acme, "change")
		if got.Kind != c.want.Kind || got.Action != c.want.Action || got.Username != "dev" || got.Client != "tab-1" || got.WorkspaceID != m.WorkspaceID {
			t.Errorf("%s %s: %+v", c.method, c.path, got)
		}
	}
	// Failed operations send no event, and an invalid client name is left out.
	b.want(http.StatusNotFound, "PATCH", "/api/v1/workspaces/acme/members/nobody", `{"role":"editor"}`)
	b.want(http.StatusNoContent, "DELETE", "/api/v1/mocks/"+m.ID, "", "X-Mocloud-Client: <tab>")
	if c := next(acme, "mock_deleted"); c.Username != "dev" || c.Client != "" {
		t.Errorf("a deleted mock: %+v", c)
	}

	// An invitation reaches who is no member yet; a token of one's own nobody else.
	bob := b.register("bob")
	invited := b.follow(nobody, bob)
	b.want(http.StatusCreated, "POST", "/api/v1/tokens", `{"name":"own","scopes":["mocks:read"]}`, client)
	for c := next(own, "change"); c.Kind != "token" || c.WorkspaceID != ""; { // it comes after those of the workspace
		c = next(own, "change")
	}
	b.want(http.StatusCreated, "POST", "/api/v1/workspaces/acme/invitations", `{"role":"viewer","username":"bob"}`)
	if c := next(invited, "change"); c.Kind != "invitation" || c.Action != "createInvitation" || c.WorkspaceID != m.WorkspaceID {
		t.Errorf("bob hears %+v", c)
	}
	if c := next(acme, "change"); c.Kind != "invitation" { // and not of the token
		t.Errorf("ann hears %+v", c)
	}
}

// One stream carries what happens to mocks and the requests of some of them.
func TestRequestsAmongEvents(t *testing.T) {
	t.Parallel()
	b := start(t)
	pets, shop, quiet := b.create("pets", good), b.create("shop", good), b.create("quiet", good)
	next := b.events("/api/v1/events?request_mock_id=" + pets.ID + "&request_mock_id=" + shop.ID)
	b.recorded(quiet.ID, "/unheard")
	for _, m := range []mockBody{pets, shop} {
		id := b.recorded(m.ID, "/x")
		name, _, data := next()
		for name != "request" {
			name, _, data = next()
		}
		var r requestBody
		if err := json.Unmarshal([]byte(data), &r); err != nil || r.ID != id || r.MockID != m.ID || r.Path != "/x" {
			t.Errorf("%s %v", data, err)
		}
	}
	b.want(http.StatusOK, "PATCH", "/api/v1/mocks/"+quiet.ID, `{"name":"Quiet"}`)
	for name, id, _ := next(); name != "mock"; name, id, _ = next() {
		if name == "request" && id != "" && strings.Contains(id, "-") {
			t.Errorf("a request has the id %s", id)
		}
	}
	b.want(http.StatusNotFound, "GET", "/api/v1/events?request_mock_id=none", "")
	six := strings.Repeat("&request_mock_id="+pets.ID, 6)
	b.want(http.StatusBadRequest, "GET", "/api/v1/events?"+six[1:], "")
	mocks := b.token("/api/v1/tokens", "narrow", "mocks:read")
	b.want(http.StatusForbidden, "GET", "/api/v1/events?request_mock_id="+pets.ID, "", bearer(mocks.Secret))
}
