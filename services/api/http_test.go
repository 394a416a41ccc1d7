package api_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
	"github.com/mocloud/mocloud/services/api/openapi"
)

// Everything that goes wrong is a problem with a stable code, a sentence, and where it can the input it is about.
func TestProblems(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	path := "/api/v1/mocks/" + m.ID
	newMock := func(slug, content string) string { return encode(map[string]string{"slug": slug, "content": content}) }
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		code, field        string
		says               string
	}{
		"no token":               {"GET", "/api/v1/mocks", "", []string{"Authorization: "}, 401, "unauthorized", "", "Authentication required"},
		"a wrong token":          {"GET", "/api/v1/mocks", "", []string{"Authorization: Bearer nope"}, 401, "unauthorized", "", "API token is unknown"},
		"another scheme":         {"GET", "/api/v1/mocks", "", []string{"Authorization: Digest x"}, 401, "unauthorized", "", "Bearer TOKEN"},
		"a wrong session":        {"GET", "/api/v1/mocks", "", []string{"Authorization: ", "Cookie: mocloud_session=x"}, 401, "unauthorized", "", "sign in again"},
		"401 comes before 400":   {"POST", "/api/v1/mocks", "{", []string{"Authorization: "}, 401, "unauthorized", "", ""},
		"an unknown path":        {"GET", "/api/v1/nothing", "", nil, 404, "not_found", "", "/api/v1/openapi.json"},
		"an unknown page":        {"GET", "/nothing", "", nil, 404, "not_found", "", ""},
		"an unknown method":      {"POST", path, "", nil, 405, "method_not_allowed", "", "Allow"},
		"an unknown mock":        {"GET", "/api/v1/mocks/nope", "", nil, 404, "not_found", "", "no mock with this id"},
		"a quoted id":            {"GET", "/api/v1/mocks/x'%20OR%201=1", "", nil, 404, "not_found", "", ""},
		"an endless id":          {"GET", "/api/v1/mocks/" + strings.Repeat("x", 100), "", nil, 400, "invalid", "mock_id", "length is 64"},
		"not JSON":               {"POST", "/api/v1/mocks", "{", nil, 400, "invalid", "", "not JSON"},
		"no body":                {"POST", "/api/v1/mocks", "", nil, 400, "invalid", "", ""},
		"another content type":   {"POST", "/api/v1/mocks", newMock("x", good), []string{"Content-Type: text/plain"}, 415, "unsupported_media_type", "", "application/json"},
		"no slug":                {"POST", "/api/v1/mocks", `{"content":""}`, nil, 400, "invalid", "slug", "slug"},
		"a number for content":   {"POST", "/api/v1/mocks", `{"slug":"x","content":1}`, nil, 400, "invalid", "content", "string"},
		"a field that is not":    {"POST", "/api/v1/mocks", `{"slug":"x","content":"","revision":7}`, nil, 400, "invalid", "revision", "revision"},
		"a field twice":          {"POST", "/api/v1/mocks", `{"slug":"x","content":"","slug":"y"}`, nil, 400, "invalid", "slug", "twice"},
		"a field twice, within":  {"POST", path + "/try", `{"request":{"method":"GET","path":"/","pat\u0068":"/x"}}`, nil, 400, "invalid", "request.path", "twice"},
		"a smuggled object":      {"POST", path + "/try", `{"request":{"method":"<b>","path":"/"},"request":{"method":"GET","path":"/"}}`, nil, 400, "invalid", "request", "twice"},
		"more behind the body":   {"POST", "/api/v1/validate", `{"content":""} {"content":"x"}`, nil, 400, "invalid", "", "line 1, column 16"},
		"a mistake on line 2":    {"POST", "/api/v1/validate", "{\n  \"content\": \"ä\",}", nil, 400, "invalid", "", "line 2, column 18"},
		"half a body":            {"POST", "/api/v1/validate", `{"content": "x`, nil, 400, "invalid", "", "line 1, column 14"},
		"an endless depth":       {"POST", "/api/v1/validate", `{"content":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}", nil, 400, "invalid", "", "deep"},
		"a packed body":          {"POST", "/api/v1/validate", "\x1f\x8b\x08", []string{"Content-Encoding: gzip"}, 415, "unsupported_media_type", "Content-Encoding", "gzip"},
		"another encoding":       {"POST", "/api/v1/validate", `{"content":""}`, []string{"Content-Type: application/json; charset=utf-16"}, 415, "unsupported_media_type", "Content-Type", "UTF-8"},
		"an unknown parameter":   {"GET", "/api/v1/mocks?lmit=1", "", nil, 400, "invalid", "lmit", "no query parameter"},
		"a parameter twice":      {"GET", "/api/v1/mocks?limit=1&limit=2", "", nil, 400, "invalid", "limit", "twice"},
		"an endless path":        {"GET", "/api/v1/" + strings.Repeat("x", 9000), "", nil, 414, "uri_too_long", "", "the limit is 8192"},
		"endless headers":        {"GET", "/api/v1/mocks", "", []string{"X-Long: " + strings.Repeat("x", 40_000)}, 431, "headers_too_large", "", "the limit is 32768"},
		"an impossible slug":     {"POST", "/api/v1/mocks", newMock("Pets", good), nil, 422, "invalid", "slug", "a-z, 0-9"},
		"a slug that is taken":   {"POST", "/api/v1/mocks", newMock("pets", good), nil, 409, "conflict", "slug", "already has"},
		"an unknown workspace":   {"POST", "/api/v1/mocks", `{"slug":"x","content":"","workspace_slug":"acme"}`, nil, 404, "not_found", "workspace_slug", "not a member"},
		"content too large":      {"POST", "/api/v1/mocks", newMock("x", strings.Repeat("#", 1<<16+1)), nil, 413, "too_large", "content", "larger than 64 KiB, the limit of a mock. Split it into several mocks."},
		"a body too large":       {"POST", "/api/v1/mocks", newMock("x", strings.Repeat("#", 1<<20)), nil, 413, "too_large", "", "larger than"},
		"content not UTF-8":      {"POST", "/api/v1/mocks", "{\"slug\":\"x\",\"content\":\"\xff\"}", nil, 422, "invalid", "content", "UTF-8"},
		"content with zero":      {"POST", "/api/v1/mocks", newMock("x", "\x00"), nil, 422, "invalid", "content", "NUL"},
		"a limit of none":        {"GET", "/api/v1/mocks?limit=0", "", nil, 400, "invalid", "limit", "at least 1"},
		"a limit of too many":    {"GET", "/api/v1/mocks?limit=1000", "", nil, 400, "invalid", "limit", "200"},
		"a limit of words":       {"GET", "/api/v1/mocks?limit=ten", "", nil, 400, "invalid", "limit", "limit"},
		"a foreign cursor":       {"GET", "/api/v1/mocks?cursor=abc", "", nil, 400, "invalid", "cursor", "without a cursor"},
		"a cursor of workspaces": {"GET", "/api/v1/workspaces?cursor=%25", "", nil, 400, "invalid", "cursor", "without a cursor"},
		"an impossible wait":     {"GET", path + "/publication?wait=soon", "", nil, 400, "invalid", "wait", "write it like 10s"},
		"an endless wait":        {"GET", path + "/publication?wait=10m", "", nil, 400, "invalid", "wait", "the limit is 1m"},
		"an impossible ETag":     {"PUT", path, `{"content":""}`, []string{`If-Match: "abc"`}, 400, "invalid", "If-Match", "ETag"},
		"half an ETag":           {"PUT", path, `{"content":""}`, []string{`If-Match: "1`}, 400, "invalid", "If-Match", "ETag"},
		"an ETag without quotes": {"PUT", path, `{"content":""}`, []string{`If-Match: 1`}, 400, "invalid", "If-Match", "ETag"},
		"a list of words":        {"PUT", path, `{"content":""}`, []string{`If-Match: "1", x`}, 400, "invalid", "If-Match", "ETag"},
		"no pin's ETag":          {"PATCH", path + "/revisions/1", `{"pinned":true}`, []string{`If-Match: "1.true.xyz"`}, 400, "invalid", "If-Match", "ETag"},
		"another pin's ETag":     {"PATCH", path + "/revisions/1", `{"pinned":true}`, []string{`If-Match: "1.true.64656d6f"`}, 412, "lost_update", "", "pin of revision 1"},
		"an empty If-Match":      {"PUT", path, `{"content":""}`, []string{`If-Match: ,`}, 400, "invalid", "If-Match", "ETag"},
		"a lost update":          {"PUT", path, `{"content":""}`, []string{`If-Match: "7"`}, 412, "lost_update", "", "revision is 1, not 7"},
		"none of a list":         {"PUT", path, `{"content":""}`, []string{`If-Match: "7", W/"8.1.x"`}, 412, "lost_update", "", "revision is 1, not 8"},
		"another site":           {"POST", path + "/publish", "", []string{"Sec-Fetch-Site: cross-site"}, 403, "forbidden", "", "another site"},
		"another origin":         {"POST", path + "/publish", "", []string{"Origin: http://evil.localhost"}, 403, "forbidden", "", "another site"},
		"a wrong code":           {"POST", "/api/v1/sessions", `{"code":"guess"}`, []string{"Authorization: "}, 401, "unauthorized", "code", "already used or has expired"},
	} {
		t.Run(name, func(t *testing.T) {
			a := b.do(c.method, c.path, c.body, c.headers...)
			p := as[struct {
				Type, Title, Code, Detail, Field string
				Status                           int
				RequestID                        string `json:"request_id"`
			}](t, a)
			if a.status != c.status || p.Status != c.status || p.Code != c.code || p.Field != c.field || !strings.Contains(p.Detail, c.says) {
				t.Errorf("%d %s", a.status, a.body)
			}
			if a.header.Get("Content-Type") != "application/problem+json" || p.Type != "about:blank" || p.Title == "" || p.Detail == "" ||
				p.RequestID == "" || p.RequestID != a.header.Get("X-Request-Id") {
				t.Errorf("the shape of the problem: %v %s", a.header, a.body)
			}
			if c.status == 401 && a.header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
			if c.status == 405 && a.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
}

// Every operation on an id refuses another workspace's, as if it did not exist. The operations come from the document, so
// that none can be forgotten.
func TestAnotherWorkspacesIDsOpenNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tried := 0
	for _, op := range operations(t) {
		c := op.fixture(w.acme, workspace.Owner)
		if len(c.path) == 0 || c.as != "" {
			continue
		}
		if a := w.send(op, c, w.rival.user(workspace.Owner)); a.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", op.OperationID, a.status, a.body)
		}
		tried++
	}
	if tried < 15 {
		t.Errorf("only %d operations are on an id", tried)
	}
	if a := w.want(http.StatusOK, "GET", "/api/v1/mocks", "", "Authorization: Bearer "+w.rival.user(workspace.Owner)+"-token"); strings.Contains(string(a.body), "acme") {
		t.Errorf("the rival lists %s", a.body)
	}
}

// Every operation that is not public wants to know who calls.
func TestOperationsWantAToken(t *testing.T) {
	t.Parallel()
	b := start(t)
	doc, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	public := map[string]bool{"createSession": true, "createAccount": true, "getUsernameAvailability": true, "previewInvitation": true, "getSignInMethods": true, "getInstance": true, "getTemplateReference": true, "getOpenAPI": true, "getMockSchema": true, "getDocs": true}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			a := b.do(method, strings.NewReplacer("{", "", "}", "").Replace(path), "", "Authorization: ")
			if (a.status == http.StatusUnauthorized) == public[op.OperationID] {
				t.Errorf("%s %s without a token: %d", method, path, a.status)
			}
		}
	}
}

func TestAViewerMayOnlyLook(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	vic := b.account("vic")
	b.sql("INSERT INTO members (account_id, workspace_id, role, created_at) SELECT ?, id, 'viewer', created_at FROM workspaces WHERE slug = 'dev'", vic.ID)
	path := "/api/v1/mocks/" + m.ID
	as := "Authorization: Bearer vic-token"
	b.want(http.StatusOK, "GET", path, "", as)
	b.want(http.StatusOK, "GET", path+"/publication", "", as)
	b.want(http.StatusForbidden, "PUT", path, `{"content":""}`, as)
	b.want(http.StatusForbidden, "DELETE", path, "", as)
	b.want(http.StatusForbidden, "POST", path+"/publish", "", as)
	b.want(http.StatusForbidden, "POST", path+"/unpublish", "", as)
	b.want(http.StatusForbidden, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "x", "content": good, "workspace_slug": "dev"}), as)
	b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "x", "content": good}), as) // in its own
}

// The one-time link makes a session that the page and the API take, and that ends.
func TestSignIn(t *testing.T) {
	t.Parallel()
	b := start(t)
	anonymous := "Authorization: "
	b.create("<script>"[1:7], good)
	if page := b.want(http.StatusOK, "GET", "/", "", anonymous); !strings.Contains(string(page.body), "sign-in link") || strings.Contains(string(page.body), "page.js") {
		t.Error("the page does not say how to sign in")
	}
	b.want(http.StatusUnauthorized, "GET", "/signin?code=guess", "", anonymous, "Sec-Fetch-Site: none")
	b.want(http.StatusMethodNotAllowed, "HEAD", "/signin?code=one-time", "", anonymous) // a preview does not use it up
	b.want(http.StatusOK, "GET", "/signin?code=one-time", "", anonymous)                // nor does a program that says nothing of itself
	a := b.want(http.StatusSeeOther, "GET", "/signin?code=one-time", "", anonymous, "Sec-Fetch-Site: none")
	cookie := a.header.Get("Set-Cookie")
	if a.header.Get("Location") != "/" || !strings.HasPrefix(cookie, "mocloud_session=") ||
		!strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") || strings.Contains(cookie, "Secure") || strings.Contains(cookie, "Domain") {
		t.Errorf("signed in: %v", a.header)
	}
	again := b.want(http.StatusUnauthorized, "GET", "/signin?code=one-time", "", anonymous, "Sec-Fetch-Site: none")
	if !strings.Contains(string(again.body), "already used") {
		t.Errorf("the second time: %s", again.body)
	}
	session := "Cookie: " + strings.SplitN(cookie, ";", 2)[0]
	page := b.want(http.StatusOK, "GET", "/", "", anonymous, session)
	if !strings.Contains(string(page.body), "http://script-dev.localhost:8000") {
		t.Errorf("the page: %s", page.body)
	}
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "", anonymous, session)
	b.want(http.StatusForbidden, "POST", "/api/v1/validate", `{"content":""}`, anonymous, session, "Origin: http://pets-dev.localhost:8000")
	b.want(http.StatusOK, "POST", "/api/v1/validate", `{"content":""}`, anonymous, session, "Origin: "+b.url)
	b.want(http.StatusNoContent, "DELETE", "/api/v1/sessions/current", "", anonymous, session)
	b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", anonymous, session)
}

func TestSecureCookies(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) { c.PublicURL = "https://mocks.example.com/" })
	a := b.want(http.StatusCreated, "POST", "/api/v1/sessions", `{"code":"one-time"}`, "Authorization: ")
	if cookie := a.header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Host-mocloud_session=") || !strings.Contains(cookie, "Secure") || !strings.Contains(cookie, "Path=/") {
		t.Errorf("the cookie: %s", cookie)
	}
	if a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
}

func TestDocumentsAndFiles(t *testing.T) {
	t.Parallel()
	b := start(t)
	anonymous := "Authorization: "
	for path, contentType := range map[string]string{
		"/api/v1/openapi.json":          "application/json",
		"/api/v1/schema/mock.json":      "application/schema+json",
		"/api/v1/schema/templates.json": "application/json",
		"/api/v1/docs":                  "text/html; charset=utf-8",
		"/assets/docs.css":              "text/css; charset=utf-8",
		"/assets/docs.js":               "text/javascript; charset=utf-8",
		"/assets/page.css":              "text/css; charset=utf-8",
		"/assets/page.js":               "text/javascript; charset=utf-8",
		"/assets/icon.svg":              "image/svg+xml",
	} {
		a := b.want(http.StatusOK, "GET", path, "", anonymous)
		if a.header.Get("Content-Type") != contentType || len(a.body) == 0 {
			t.Errorf("%s: %s, %d bytes", path, a.header.Get("Content-Type"), len(a.body))
		}
		for _, header := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
			if a.header.Get(header) == "" {
				t.Errorf("%s: no %s", path, header)
			}
		}
		if a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may be read from other sites", path)
		}
	}
	for _, path := range []string{"/assets/../index.html", "/assets/%2e%2e/index.html", "/assets/"} {
		if a := b.do("GET", path, "", anonymous); a.status == http.StatusOK && strings.Contains(string(a.body), "{{") {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	v := as[struct {
		Valid       bool
		Diagnostics []struct{ Line int }
	}](t, b.want(http.StatusOK, "POST", "/api/v1/validate", encode(map[string]string{"content": bad})))
	if v.Valid || len(v.Diagnostics) == 0 {
		t.Errorf("validated: %+v", v)
	}
	if a := b.do("GET", "/api/v1/mocks", "", "X-Request-Id: from-the-caller"); a.header.Get("X-Request-Id") != "from-the-caller" {
		t.Error("the caller's request id is lost")
	}
	if a := b.do("GET", "/api/v1/mocks", "", "X-Request-Id: "+url.QueryEscape("a b\n")); strings.Contains(a.header.Get("X-Request-Id"), "%") {
		t.Error("an odd request id is repeated")
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.account("eve")
	next := b.follow()
	m := b.create("pets", good)
	if name, _, data := next(); name != "mock" || !strings.Contains(data, `"action":"created"`) {
		t.Errorf("%s %s", name, data)
	}
	name, first, data := next()
	if name != "publication" || !strings.Contains(data, m.ID) || !strings.Contains(data, `"state":"offline"`) {
		t.Errorf("%s %s %s", name, first, data)
	}
	b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "secret", "content": good}), "Authorization: Bearer eve-token")
	b.want(http.StatusNoContent, "DELETE", "/api/v1/mocks/"+m.ID, "")
	if name, _, data := next(); name != "mock_deleted" || !strings.Contains(data, m.ID) {
		t.Errorf("%s %s: eve's mock must not show, the deletion must", name, data)
	}
	if name, _, _ := b.follow("Last-Event-ID: " + first)(); name != "mock_deleted" {
		t.Errorf("resumed with %s", name)
	}
	if name, _, _ := b.eventsAndResets("/api/v1/events", "Last-Event-ID: another-7")(); name != "reset" {
		t.Errorf("resumed after another life with %s", name)
	}
	b.stop() // ends while streams are open
}

// One account cannot take all the connections there are by waiting and following; another one is not held up.
func TestAnAccountFollowsAndWaitsOnlySoOften(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) { c.MaxLongLived = 2 })
	b.account("eve")
	m := b.create("pets", good)
	follow, end := context.WithCancel(t.Context())
	defer end()
	for range 2 {
		b.open(follow, "/api/v1/events")
	}
	a := b.want(http.StatusTooManyRequests, "GET", "/api/v1/mocks/"+m.ID+"/publication?wait=1s", "")
	if p := as[struct{ Code, Detail string }](t, a); p.Code != "rate_limited" || !strings.Contains(p.Detail, "2 long-lived requests") {
		t.Errorf("%+v", p)
	}
	b.want(http.StatusTooManyRequests, "GET", "/api/v1/events", "")
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "")
	b.want(http.StatusNotFound, "GET", "/api/v1/mocks/"+m.ID+"/publication?wait=1s", "", "Authorization: Bearer eve-token")
	end()
	until(t, "places are not given back", func() bool { // the server notices when the followers have gone
		return b.do("GET", "/api/v1/mocks/"+m.ID+"/publication?wait=0s", "").status == http.StatusOK
	})
}

// Nor can many accounts from one address.
func TestAnAddressFollowsOnlySoOften(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) {
		c.MaxLongLivedAddress, c.TrustedProxies = 2, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	b.account("eve")
	eve := bearer("eve-token")
	for _, who := range []string{bearer(token), eve} {
		b.open(t.Context(), "/api/v1/events", who, "X-Forwarded-For: 192.0.2.1")
	}
	a := b.want(http.StatusTooManyRequests, "GET", "/api/v1/events", "", eve, "X-Forwarded-For: 192.0.2.1")
	if a.header.Get("Retry-After") == "" || !strings.Contains(string(a.body), "Your address") {
		t.Errorf("%v %s", a.header, a.body)
	}
	b.open(t.Context(), "/api/v1/events", eve, "X-Forwarded-For: 192.0.2.2")
}

// A caller that goes away while it waits is no error of the server's.
func TestACallerThatGoesIsNoError(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) { c.MaxLongLived = 1 })
	m := b.create("pets", good)
	path := "/api/v1/mocks/" + m.ID + "/publication"
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	gone := make(chan string, 1) // the id of its request
	go func() {
		for try := 0; ; try++ {
			id := fmt.Sprint("caller-", try)
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+path+"?revision=9&wait=1m", nil)
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("X-Request-Id", id)
			res, err := b.client.Do(r)
			if err != nil {
				gone <- id
				return
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusTooManyRequests { // while somebody asks whether it waits
				t.Errorf("it answered %d", res.StatusCode)
			}
		}
	}()
	until(t, "the request does not wait", func() bool { return b.do("GET", path+"?wait=0s", "").status == http.StatusTooManyRequests })
	cancel()
	id := <-gone
	until(t, "the request does not end", func() bool { return strings.Contains(b.log.String(), "request_id="+id+" ") })
	if log := b.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("logged:\n%s", log)
	}
}

// Nothing that opens a door is in the database's files as it was shown to its owner.
func TestSecretsAreHashedAtRest(t *testing.T) {
	t.Parallel()
	b := start(t)
	a := b.want(http.StatusCreated, "POST", "/api/v1/sessions", `{"code":"one-time"}`, "Authorization: ")
	session, _, _ := strings.Cut(strings.TrimPrefix(a.header.Get("Set-Cookie"), "mocloud_session="), ";")
	files, err := filepath.Glob(b.database + "*")
	if err != nil || len(files) == 0 || len(session) < 40 {
		t.Fatalf("files %v, session %q, %v", files, session, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{token, "one-time", session} {
			if bytes.Contains(content, []byte(s)) {
				t.Errorf("%s holds the secret %q", filepath.Base(file), s)
			}
		}
	}
}
