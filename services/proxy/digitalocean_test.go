package proxy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/testkit/providertest"
)

func TestDigitalOcean(t *testing.T) {
	fake := providertest.NewDigitalOcean(t)
	app, spec := fake.App, providertest.Spec
	r := run(t, "PROXY_DIGITALOCEAN_URL="+fake.URL, "PROXY_DIGITALOCEAN_TOKEN="+fake.Token, "PROXY_DIGITALOCEAN_APPS="+app)
	base := r.reverse + "/digitalocean/v2/apps"
	put := func(s string) string { return `{"spec":` + s + `}` }
	edit := func(from, to string) string {
		if !strings.Contains(spec, from) {
			t.Fatalf("the spec has no %s", from)
		}
		return put(strings.Replace(spec, from, to, 1))
	}
	added := edit(`{"domain":"old.example.net","type":"ALIAS"}`, `{"domain":"old.example.net","type":"ALIAS"},{"domain":"new.example.net","type":"ALIAS"}`)

	denied := map[string]struct{ method, url, body string }{
		"another app":         {"GET", base + "/4f6c71e2-1e90-4762-9fee-6cc4a0a9f2c0", ""},
		"all apps":            {"GET", base, ""},
		"delete":              {"DELETE", base + "/" + app, ""},
		"create":              {"POST", base, put(spec)},
		"region":              {"PUT", base + "/" + app, edit(`"nyc"`, `"ams"`)},
		"secret":              {"PUT", base + "/" + app, edit("EV[1:abc]", "hello")},
		"field dropped":       {"PUT", base + "/" + app, edit(`"features":["x"],`, "")},
		"field added":         {"PUT", base + "/" + app, edit(`"features"`, `"ingress":{},"features"`)},
		"number changed":      {"PUT", base + "/" + app, edit("8000", "8001")},
		"primary changed":     {"PUT", base + "/" + app, edit(`"wildcard":true`, `"wildcard":false`)},
		"primary dropped":     {"PUT", base + "/" + app, edit(`{"domain":"mocks.example.com","type":"PRIMARY","wildcard":true},`, "")},
		"alias made primary":  {"PUT", base + "/" + app, edit(`"ALIAS"`, `"PRIMARY"`)},
		"alias changed":       {"PUT", base + "/" + app, edit(`"type":"ALIAS"`, `"type":"ALIAS","zone":"example.net"`)},
		"domain twice":        {"PUT", base + "/" + app, edit(`[{"domain":"mocks`, `[{"domain":"old.example.net"},{"domain":"mocks`)},
		"domains no list":     {"PUT", base + "/" + app, put(`{"name":"mocks","domains":{}}`)},
		"only domains":        {"PUT", base + "/" + app, put(`{"domains":[]}`)},
		"no spec":             {"PUT", base + "/" + app, `{}`},
		"rebuild":             {"PUT", base + "/" + app, strings.Replace(added, `{"spec"`, `{"update_all_source_versions":true,"spec"`, 1)},
		"unknown key":         {"PUT", base + "/" + app, strings.Replace(added, `{"spec"`, `{"x":1,"spec"`, 1)},
		"proposal, other app": {"POST", base + "/propose", strings.Replace(added, `{"spec"`, `{"app_id":"4f6c71e2-1e90-4762-9fee-6cc4a0a9f2c0","spec"`, 1)},
		"proposal, new app":   {"POST", base + "/propose", added},
		"proposal, region":    {"POST", base + "/propose", strings.Replace(edit(`"nyc"`, `"ams"`), `{"spec"`, `{"app_id":"`+app+`","spec"`, 1)},
	}
	for name, tt := range denied {
		t.Run(name, func(t *testing.T) {
			if got := call(t, tt.method, tt.url, tt.body); got.status != 403 || got.body["id"] != "forbidden" || got.body["message"] == "" {
				t.Errorf("%+v", got)
			}
		})
	}
	if _, updates := fake.Spec(); updates != 0 {
		t.Fatalf("%d updates were let through", updates)
	}
	if got := call(t, "POST", base+"/propose", strings.Replace(added, `{"spec"`, `{"app_id":"`+app+`","spec"`, 1)); got.status != 200 {
		t.Errorf("proposal: %+v", got)
	}
	if got := call(t, "PUT", base+"/"+app, added); got.status != 200 {
		t.Fatalf("update: %+v", got)
	}
	var was, is map[string]any
	if err := json.Unmarshal([]byte(added), &was); err != nil {
		t.Fatal(err)
	}
	stored, _ := fake.Spec()
	if err := json.Unmarshal([]byte(`{"spec":`+stored+`}`), &is); err != nil {
		t.Fatal(err)
	}
	wasText, _ := json.Marshal(was)
	isText, _ := json.Marshal(is)
	if string(wasText) != string(isText) {
		t.Errorf("the spec changed on its way:\n%s\n%s", wasText, isText)
	}
	r.stop()
	log := r.log.String()
	if !strings.Contains(log, `"domains_added":["new.example.net"]`) || !strings.Contains(log, "sim-request-1") {
		t.Error("the audit trail does not tell what was added")
	}
	for _, secret := range []string{fake.Token, "EV[1:abc]", "hello"} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}
