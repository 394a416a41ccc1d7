package serve_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
)

// A mock on a host name that is not its own neither sees nor sets the cookie with which somebody is signed in at the API,
// which may have that name; on its own it gets what there is.
func TestSessionsOnASharedHost(t *testing.T) {
	t.Parallel()
	core := plain(serve.Config{PathForm: true}, serve.Deps{})
	m := mock("1", "pets-ann.example", `
- endpoint: {path: /static, response: {headers: {Set-Cookie: "mocloud_session=mine; Path=/"}, body: x}}
- endpoint: {path: /echo, response: {headers: {Set-Cookie: "{{query-params.set}}"}, body: '{{header-params}}'}}
`)
	m.WorkspaceSlug, m.MockSlug = "ann", "pets"
	core.Put(m)
	get := func(host, target, cookies string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Host, r.RequestURI = host, target
		if cookies != "" {
			r.Header.Set("Cookie", cookies)
		}
		w := httptest.NewRecorder()
		core.ServeHTTP(w, r)
		return w
	}
	for cookies, kept := range map[string]string{
		"mocloud_session=secret":                                    "",
		"a=1; mocloud_session=secret; b=2":                          "a=1; b=2",
		"__Host-mocloud_session=secret;a=1":                         "a=1",
		" mocloud_session = secret ; x_mocloud_session=kept":        "x_mocloud_session=kept",
		"mocloud_session=secret; mocloud_session=secret; a=secret2": "a=secret2",
		"a=1;b=2": "a=1;b=2",
	} {
		seen := get("localhost", "/~ann/pets/echo", cookies).Body.String()
		if strings.Contains(strings.ReplaceAll(seen, "secret2", ""), "secret") || !strings.Contains(seen, kept) {
			t.Errorf("%q: the mock saw %s", cookies, seen)
		}
	}
	if own := get("pets-ann.example", "/echo", "mocloud_session=own").Body.String(); !strings.Contains(own, "mocloud_session=own") {
		t.Errorf("on its own host: %s", own)
	}
	for target, want := range map[string][]string{
		"/~ann/pets/static": {},
		"/~ann/pets/echo?set=__Host-mocloud_session%3Dmine": {},
		"/~ann/pets/echo?set=%20mocloud_session%20%3Dmine":  {},
		"/~ann/pets/echo?set=theme%3Ddark":                  {"theme=dark"},
	} {
		for range 2 { // what is kept for all answers stays as it is
			if set := get("localhost", target, "").Header().Values("Set-Cookie"); !slices.Equal(set, want) {
				t.Errorf("%s: %q", target, set)
			}
		}
	}
	if set := get("pets-ann.example", "/static", "").Header().Get("Set-Cookie"); !strings.HasPrefix(set, "mocloud_session=mine") {
		t.Errorf("on its own host: %q", set)
	}
}

// TestPagesOnASharedHost: what a mock sends at a path reaches neither what is other mocks' nor what is the console's on that host.
func TestPagesOnASharedHost(t *testing.T) {
	t.Parallel()
	core := plain(serve.Config{PathForm: true}, serve.Deps{})
	m := mock("1", "pets-ann.example", `
- endpoint: {path: /page, response: {headers: {Content-Type: text/html, Service-Worker-Allowed: /}, body: <p>hello</p>}}
- endpoint: {path: /own, response: {headers: {Content-Type: text/html, Content-Security-Policy: "default-src 'self'"}, body: <p>hello</p>}}
- endpoint: {path: /varying, response: {headers: {Content-Type: image/svg+xml, Service-Worker-Allowed: "{{query-params.a}}"}, body: <svg/>}}
- endpoint: {path: /sw.js, response: {headers: {Content-Type: text/javascript}, body: "1"}}
`)
	m.WorkspaceSlug, m.MockSlug = "ann", "pets"
	core.Put(m)
	get := func(host, target string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Host, r.RequestURI = host, target
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		core.ServeHTTP(w, r)
		return w
	}
	for _, path := range []string{"/page", "/own", "/varying?a=/", "/sw.js", "/none"} {
		w := get("localhost", "/~ann/pets"+path)
		policies := w.Header().Values("Content-Security-Policy")
		if len(policies) == 0 || !strings.HasPrefix(policies[len(policies)-1], "sandbox ") || strings.Contains(policies[len(policies)-1], "allow-same-origin") || w.Header().Get("Service-Worker-Allowed") != "" {
			t.Errorf("%s: %v", path, w.Header())
		}
		if path == "/own" && (len(policies) != 2 || policies[0] != "default-src 'self'") {
			t.Errorf("the mock's own policy: %q", policies)
		}
		if own := get("pets-ann.example", path).Header(); path == "/page" && (own.Get("Content-Security-Policy") != "" || own.Get("Service-Worker-Allowed") != "/") {
			t.Errorf("on its own host, %s: %v", path, own)
		}
	}
	for _, header := range [][2]string{{"Service-Worker", "script"}, {"Sec-Fetch-Dest", "serviceworker"}} {
		if w := get("localhost", "/~ann/pets/sw.js", header[0], header[1]); w.Code != http.StatusForbidden || w.Body.String() == "1" {
			t.Errorf("%v: %d %s", header, w.Code, w.Body)
		}
		if w := get("pets-ann.example", "/sw.js", header[0], header[1]); w.Code != http.StatusOK {
			t.Errorf("%v on its own host: %d %s", header, w.Code, w.Body)
		}
	}
}
