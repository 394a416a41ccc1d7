package api_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/api/internal/signin"
)

// join makes an account that is a viewer of a workspace, and returns the header of its session.
func (b *bench) join(slug, username string) (credentials string) {
	b.t.Helper()
	credentials = b.register(username)
	i := as[struct{ ID string }](b.t, b.want(http.StatusCreated, "POST", "/api/v1/workspaces/"+slug+"/invitations", encode(map[string]string{"role": "viewer", "username": username})))
	b.want(http.StatusOK, "POST", "/api/v1/invitations/"+i.ID+"/accept", "", nobody, credentials)
	return credentials
}

// A stream of events ends when its caller's access does, because of a notice, and not only at its next own check.
// Everybody else's goes on.
func TestStreamsEndWithTheAccess(t *testing.T) {
	t.Parallel()
	b := startNotified(t, openly)
	b.want(http.StatusCreated, "POST", "/api/v1/workspaces", `{"slug":"acme"}`)
	m := as[mockBody](t, b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"workspace_slug": "acme", "slug": "pets", "content": good})))
	moved := as[mockBody](t, b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"workspace_slug": "acme", "slug": "moved", "content": good})))
	const ofWorkspace = "/api/v1/events?workspace_slug=acme"
	ofMock := "/api/v1/mocks/" + m.ID + "/requests/events"
	stays := b.open(t.Context(), ofMock)
	for name, c := range map[string]struct {
		path string
		end  func(username, credentials string)
		as   func(credentials string) string // makes other credentials of the session's
	}{
		"removed": {end: func(username, _ string) {
			b.want(http.StatusNoContent, "DELETE", "/api/v1/workspaces/acme/members/"+username, "")
		}},
		"left": {end: func(_, credentials string) {
			b.want(http.StatusNoContent, "POST", "/api/v1/workspaces/acme/leave", "", "Authorization: ", credentials)
		}},
		"signed out": {end: func(_, credentials string) {
			b.want(http.StatusNoContent, "DELETE", "/api/v1/sessions/current", "", "Authorization: ", credentials)
		}},
		"deleted": {end: func(username, credentials string) {
			b.want(http.StatusNoContent, "DELETE", "/api/v1/account?confirm="+username, "", "Authorization: ", credentials)
		}},
		"another password": {end: func(username, credentials string) {
			in := b.want(http.StatusCreated, "POST", "/api/v1/sessions", encode(map[string]string{"username": username, "password": "correct horse battery"}), "Authorization: ")
			b.want(http.StatusNoContent, "PUT", "/api/v1/account/password", `{"current_password":"correct horse battery","new_password":"another horse battery"}`,
				"Authorization: ", "Cookie: "+strings.SplitN(in.header.Get("Set-Cookie"), ";", 2)[0])
		}},
		"revoked": {
			as: func(credentials string) string {
				made := as[createdToken](t, b.want(http.StatusCreated, "POST", "/api/v1/tokens", `{"name":"CI","scopes":["mocks:read","requests:read"]}`, "Authorization: ", credentials))
				return bearer(made.Secret)
			},
			end: func(_, credentials string) {
				b.want(http.StatusNoContent, "DELETE", "/api/v1/tokens/current", "", credentials)
			},
		},
		"moved away": {path: "/api/v1/mocks/" + moved.ID + "/requests/events", end: func(_, _ string) {
			b.want(http.StatusOK, "POST", "/api/v1/mocks/"+moved.ID+"/move", `{"workspace_slug":"dev"}`)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			paths := []string{ofWorkspace, ofMock}
			if c.path != "" {
				paths = []string{c.path}
			}
			username := "the" + strings.ReplaceAll(name, " ", "")
			credentials := b.join("acme", username)
			if c.as != nil {
				credentials = c.as(credentials)
			}
			ctx, cancel := context.WithTimeout(t.Context(), soon)
			defer cancel()
			headers := []string{credentials}
			if strings.HasPrefix(credentials, "Cookie") {
				headers = []string{"Authorization: ", credentials}
			}
			var streams []io.Reader
			for _, path := range paths {
				stream := b.open(ctx, path, headers...)
				if _, err := stream.Read(make([]byte, 1)); err != nil { // it has begun
					t.Fatal(err)
				}
				streams = append(streams, stream)
			}
			c.end(username, credentials)
			for i, stream := range streams {
				if _, err := io.Copy(io.Discard, stream); err != nil {
					t.Errorf("%s goes on: %v", paths[i], err)
				}
			}
		})
	}
	id := b.recorded(m.ID, "/still")
	for seen, buffer := "", make([]byte, 4096); !strings.Contains(seen, id); {
		n, err := stays.Read(buffer)
		if seen += string(buffer[:n]); err != nil {
			t.Fatalf("the stream of who stays ended: %v %s", err, seen)
		}
	}
}

// Who waits for a publication is answered when their access ends, and not when what they wait for is there or the time is over,
// which would be a 200.
func TestWaitsEndWithTheAccess(t *testing.T) {
	t.Parallel()
	b := startNotified(t, func(c *api.Config) { c.SignUp, c.MaxLongLived = signin.Open, 1 })
	b.want(http.StatusCreated, "POST", "/api/v1/workspaces", `{"slug":"acme"}`)
	m := as[mockBody](t, b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"workspace_slug": "acme", "slug": "pets", "content": good})))
	path := "/api/v1/mocks/" + m.ID + "/publication?revision=2&wait="
	for _, c := range []struct {
		who, ends string
		itself    bool // or the owner ends it
		status    int
	}{
		{"signsout", "DELETE /api/v1/sessions/current", true, http.StatusUnauthorized},
		{"leaves", "POST /api/v1/workspaces/acme/leave", true, http.StatusNotFound},
		{"removed", "DELETE /api/v1/workspaces/acme/members/removed", false, http.StatusNotFound},
		{"leftbehind", "POST /api/v1/mocks/" + m.ID + "/move", false, http.StatusNotFound},
	} {
		credentials := b.join("acme", c.who)
		ask := func(wait string) int {
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+path+wait, nil)
			r.Header.Set("Cookie", strings.TrimPrefix(credentials, "Cookie: "))
			res, err := b.client.Do(r)
			if err != nil {
				return 0
			}
			_ = res.Body.Close()
			return res.StatusCode
		}
		answers := make(chan int, 1)
		b.background(func(context.Context) error {
			status := http.StatusTooManyRequests
			for status == http.StatusTooManyRequests { // as it is while the test looks whether it waits
				status = ask("1m")
			}
			answers <- status
			return nil
		})
		until(t, "it does not wait", func() bool { return ask("0s") == http.StatusTooManyRequests }) // as the one that may
		method, what, _ := strings.Cut(c.ends, " ")
		headers, body := []string{nobody, credentials}, ""
		if !c.itself {
			headers = nil
		}
		if strings.HasSuffix(what, "/move") {
			body = `{"workspace_slug":"dev"}`
		}
		if a := b.do(method, what, body, headers...); a.status >= http.StatusBadRequest {
			t.Fatalf("%s: %d %s", c.ends, a.status, a.body)
		}
		if status := <-answers; status != c.status {
			t.Errorf("%s: %d", c.who, status)
		}
	}
}

// An upload is stored as it comes, not when all of it is in memory; one that is not complete when its token is revoked leaves
// nothing.
func TestUploadsEndWithTheirCredentials(t *testing.T) {
	t.Parallel()
	b := start(t)
	made := b.token("/api/v1/tokens", "CI", "files:write")
	body, rest := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, b.url+"/api/v1/workspaces/dev/files?name=pets.json", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+made.Secret)
	r.Header.Set("Content-Type", "application/json")
	status := make(chan string, 1)
	b.background(func(context.Context) error {
		defer close(status)
		res, err := b.client.Do(r)
		if err != nil {
			return err
		}
		status <- res.Status
		return res.Body.Close()
	})
	if _, err := io.WriteString(rest, `["rex"`); err != nil {
		t.Fatal(err)
	}
	until(t, "the upload is not begun to be stored", func() bool {
		select {
		case s := <-status:
			t.Fatalf("the upload ended: %s", s)
		default:
		}
		return b.count("SELECT COUNT(*) FROM file_garbage") > 0
	})
	b.want(http.StatusNoContent, "DELETE", "/api/v1/tokens/"+made.Token.ID, "")
	if _, err := io.WriteString(rest, `]`); err != nil {
		t.Fatal(err)
	}
	_ = rest.Close()
	if s := <-status; !strings.HasPrefix(s, "401 ") {
		t.Errorf("the upload: %s", s)
	}
	if list := b.want(http.StatusOK, "GET", "/api/v1/workspaces/dev/files", ""); strings.Contains(string(list.body), "pets.json") {
		t.Errorf("it is stored: %s", list.body)
	}
}

// A stream of a mock that is asked all the time ends with its caller's access as well.
func TestABusyStreamEnds(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	b.keepAlive = 250 * time.Millisecond
	b.run()
	m := b.create("pets", good)
	made := b.token("/api/v1/tokens", "CI", "requests:read")
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	events := b.open(ctx, "/api/v1/mocks/"+m.ID+"/requests/events", bearer(made.Secret))
	b.background(func(ctx context.Context) error {
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		for n := uint64(1); ; n++ {
			select {
			case <-ctx.Done():
				return nil
			case <-pace.C:
				_ = stream.Announce(ctx, b.redis, prefix, event.RequestsRecorded{Instance: "busy", Sequence: n, Records: []event.RequestRecord{requestRecord(m.ID, "/busy")}})
			}
		}
	})
	if _, err := events.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	// There is no notice, as when it is lost.
	b.sql("DELETE FROM api_tokens WHERE id = ?", made.Token.ID)
	if _, err := io.Copy(io.Discard, events); err != nil {
		t.Errorf("the stream goes on: %v", err)
	}
}

// Before signing up a visitor learns whether a username is free, where signing up is open, and what an invitation is for.
func TestBeforeSigningUp(t *testing.T) {
	t.Parallel()
	for signUp, status := range map[signin.SignUp]int{signin.Open: http.StatusOK, signin.Invited: http.StatusForbidden, signin.Closed: http.StatusForbidden} {
		b := start(t, func(c *api.Config) { c.SignUp, c.RateSignIn = signUp, 5 })
		nobody := "Authorization: "
		const path = "/api/v1/accounts/availability?username="
		a := b.want(status, "GET", path+"dev", "", nobody)
		if status != http.StatusOK {
			continue
		}
		if got := as[struct {
			Free               bool
			Reason, Suggestion string
		}](t, a); got.Free || got.Reason == "" || got.Suggestion != "dev2" {
			t.Errorf("taken: %s", a.body)
		}
		if a := b.want(http.StatusOK, "GET", path+"zoe", "", nobody); !strings.Contains(string(a.body), `"free":true`) {
			t.Errorf("free: %s", a.body)
		}
		if a := b.want(http.StatusOK, "GET", path+"admin", "", nobody); !strings.Contains(string(a.body), `"free":false`) {
			t.Errorf("reserved: %s", a.body)
		}
		for range 2 {
			b.want(http.StatusOK, "GET", path+"zoe", "", nobody)
		}
		var refused answer // five a minute; where requests take long, some more
		until(t, "one may ask as often as one likes", func() bool {
			refused = b.do("GET", path+"zoe", "", nobody)
			return refused.status == http.StatusTooManyRequests
		})
		if refused.header.Get("Retry-After") == "" {
			t.Errorf("too many: %v", refused.header)
		}
		// That is counted apart from attempts to sign in.
		b.want(http.StatusCreated, "POST", "/api/v1/accounts", `{"username":"zoe","password":"correct horse battery"}`, nobody)
	}
	b := start(t)
	b.want(http.StatusCreated, "POST", "/api/v1/workspaces", `{"slug":"acme","name":"Acme Inc."}`)
	made := as[struct{ ID, Secret string }](t, b.want(http.StatusCreated, "POST", "/api/v1/workspaces/acme/invitations", `{"role":"editor"}`))
	look := func(status int, secret string) string {
		return string(b.want(status, "POST", "/api/v1/invitations/preview", encode(map[string]string{"secret": secret}), "Authorization: ").body)
	}
	for range 2 { // looking does not use it up
		if seen := look(http.StatusOK, made.Secret); !strings.Contains(seen, "Acme Inc.") || !strings.Contains(seen, `"role":"editor"`) || !strings.Contains(seen, `"inviter":"dev"`) || strings.Contains(seen, made.Secret) {
			t.Errorf("the invitation is for %s", seen)
		}
	}
	look(http.StatusNotFound, "guess")
	b.want(http.StatusNoContent, "DELETE", "/api/v1/workspaces/acme/invitations/"+made.ID, "")
	look(http.StatusNotFound, made.Secret)
}

// The page of an invitation is the same for everybody but who is signed in: what it is for follows # in its address.
func TestInvitationPage(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) { c.SignUp = signin.Invited })
	nobody := "Authorization: "
	out := string(b.want(http.StatusOK, "GET", "/invitation", "", nobody).body)
	if !strings.Contains(out, `data-send="/api/v1/sessions"`) || !strings.Contains(out, `data-send="/api/v1/accounts"`) || strings.Contains(out, `id="account"`) {
		t.Errorf("before signing in: %s", out)
	}
	in := b.want(http.StatusCreated, "POST", "/api/v1/sessions", `{"code":"one-time"}`, nobody)
	session := "Cookie: " + strings.SplitN(in.header.Get("Set-Cookie"), ";", 2)[0]
	a := b.want(http.StatusOK, "GET", "/invitation", "", nobody, session)
	if page := string(a.body); !strings.Contains(page, `<span id="account">dev</span>`) || strings.Contains(page, "data-send") {
		t.Errorf("signed in: %s", page)
	}
	if policy := a.header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self';") || strings.Contains(string(a.body), "<script>") {
		t.Errorf("the policy %q allows no script in the page", policy)
	}
	b.want(http.StatusOK, "GET", "/assets/invitation.js", "", nobody)

	// Who was invited by a link makes an account with it, and finds the invitation there.
	b.want(http.StatusCreated, "POST", "/api/v1/workspaces", `{"slug":"acme"}`)
	made := as[struct{ Secret, URL string }](t, b.want(http.StatusCreated, "POST", "/api/v1/workspaces/acme/invitations", `{"role":"editor"}`))
	if !strings.HasSuffix(made.URL, "/invitation#"+made.Secret) {
		t.Errorf("the link is %s", made.URL)
	}
	in = b.want(http.StatusCreated, "POST", "/api/v1/accounts", encode(map[string]string{"username": "zoe", "password": "correct horse battery", "invitation": made.Secret}), nobody)
	session = "Cookie: " + strings.SplitN(in.header.Get("Set-Cookie"), ";", 2)[0]
	if a := b.want(http.StatusOK, "GET", "/api/v1/invitations", "", nobody, session); !strings.Contains(string(a.body), `"workspace_slug":"acme"`) {
		t.Errorf("the invitations of the new account: %s", a.body)
	}
}
