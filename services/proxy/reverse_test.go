package proxy_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/testkit/providertest"
)

type reply struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

// code is Cloudflare's error code of an answer.
func (r reply) code() float64 {
	errs, _ := r.body["errors"].([]any)
	if len(errs) == 0 {
		return 0
	}
	first, _ := errs[0].(map[string]any)
	code, _ := first["code"].(float64)
	return code
}

func call(t *testing.T, method, url, body string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+cloudopsToken)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{status: res.StatusCode, header: res.Header, raw: string(raw)}
	if err := json.Unmarshal(raw, &r.body); err != nil {
		t.Fatalf("%s %s: the answer is not JSON: %s", method, url, raw)
	}
	return r
}

const record = `{"type":"CNAME","name":"pets-ann.mocks.example.com","content":"edge.example.net","ttl":1,"proxied":true,"comment":"mocloud:v1 owner=test ref=d1"}`

func cloudflareProxy(t *testing.T, environ ...string) (*providertest.Cloudflare, *running, string) {
	t.Helper()
	fake := providertest.NewCloudflare(t)
	r := run(t, append([]string{
		"PROXY_OWNER=test", "PROXY_CLOUDFLARE_URL=" + fake.URL, "PROXY_CLOUDFLARE_TOKEN=" + fake.Token,
		"PROXY_CLOUDFLARE_ZONES=" + fake.Zone + "=mocks.example.com",
	}, environ...)...)
	return fake, r, r.reverse + "/cloudflare/zones/" + fake.Zone + "/dns_records"
}

func TestCloudflareCallsWithInjectedCredentials(t *testing.T) {
	auditFile := filepath.Join(t.TempDir(), "audit.jsonl")
	fake, r, records := cloudflareProxy(t, "PROXY_AUDIT_FILE="+auditFile)

	made := call(t, "POST", records, record)
	if made.status != 200 || made.header.Get(egress.OutcomeHeader) != "answered" || made.header.Get("X-Should-Retry") != "false" {
		t.Fatalf("create: %+v", made)
	}
	id := fake.Records()[0].ID
	if list := call(t, "GET", records+"?per_page=100&page=1&name.endswith=.mocks.example.com", ""); list.status != 200 || !strings.Contains(list.raw, id) {
		t.Errorf("list: %+v", list)
	}
	if patched := call(t, "PATCH", records+"/"+id, strings.Replace(record, "edge.", "edge2.", 1)); patched.status != 200 {
		t.Errorf("patch: %+v", patched)
	}
	if got := fake.Records()[0].Content; got != "edge2.example.net" {
		t.Errorf("the record points at %s", got)
	}
	if gone := call(t, "DELETE", records+"/"+id, ""); gone.status != 200 || len(fake.Records()) != 0 {
		t.Errorf("delete: %+v", gone)
	}
	r.stop()

	raw, err := os.ReadFile(auditFile)
	if err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	for line := range bytes.Lines(raw) {
		var entry map[string]any
		if err := json.Unmarshal(line, &entry); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		lines = append(lines, entry)
	}
	if len(lines) != 4 {
		t.Fatalf("%d audit lines, want 4:\n%s", len(lines), raw)
	}
	first := lines[0]
	change, _ := first["change"].(map[string]any)
	if first["caller"] != "cloudops" || first["upstream"] != "cloudflare" || first["route"] != "/zones/{zone}/dns_records" ||
		first["outcome"] != "answered" || first["status"] != 200.0 || first["upstream_id"] != "8f0000000000abcd-SIM" ||
		change["action"] != "create" || change["name"] != "pets-ann.mocks.example.com" {
		t.Errorf("audit line: %v", first)
	}
	for _, text := range []string{string(raw), r.log.String()} {
		for _, secret := range []string{fake.Token, cloudopsToken, "Bearer"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in the trail or the log", secret)
			}
		}
	}
	if strings.Count(r.log.String(), `"component":"audit"`) != 4 {
		t.Errorf("the log has other audit lines than 4:\n%s", r.log)
	}
}

// The one wildcard record of the domain is mocloud's to make, as long as it carries our mark.
func TestCloudflareWildcard(t *testing.T) {
	fake, _, records := cloudflareProxy(t)
	wildcard := `{"type":"CNAME","name":"*.mocks.example.com","content":"edge.example.net","ttl":1,"proxied":true,"comment":"mocloud:v1 owner=test ref=wildcard"}`
	if got := call(t, "POST", records, wildcard); got.status != 200 || len(fake.Records()) != 1 {
		t.Errorf("%+v", got)
	}
	for _, other := range []string{"*.example.com", "*.a.mocks.example.com", "a.*.mocks.example.com", "**.mocks.example.com", "*.evilmocks.example.com"} {
		if got := call(t, "POST", records, strings.Replace(wildcard, "*.mocks.example.com", other, 1)); got.status != 403 {
			t.Errorf("%s: %+v", other, got)
		}
	}
}

func TestCloudflareDenials(t *testing.T) {
	fake, r, records := cloudflareProxy(t)
	foreign := fake.Put(providertest.Record{Type: "CNAME", Name: "shop.mocks.example.com", Content: "x.example.net", TTL: 1})
	otherOwner := fake.Put(providertest.Record{Type: "CNAME", Name: "a.mocks.example.com", Content: "x.example.net", TTL: 1, Comment: "mocloud:v1 owner=test2 ref=d"})
	outside := fake.Put(providertest.Record{Type: "CNAME", Name: "a.example.com", Content: "x.example.net", TTL: 1, Comment: "mocloud:v1 owner=test ref=d"})
	ours := fake.Put(providertest.Record{Type: "CNAME", Name: "ours.mocks.example.com", Content: "x.example.net", TTL: 1, Comment: "mocloud:v1 owner=test ref=d"})
	before := fake.Records()
	edit := func(from, to string) string { return strings.Replace(record, from, to, 1) }

	tests := map[string]struct {
		method, url, body string
		status            int
	}{
		"another zone":            {"GET", r.reverse + "/cloudflare/zones/ffffffffffffffffffffffffffffffff/dns_records", "", 403},
		"all zones":               {"GET", r.reverse + "/cloudflare/zones", "", 403},
		"batch":                   {"POST", records + "/batch", `{"deletes":[]}`, 403},
		"put":                     {"PUT", records + "/" + ours.ID, record, 403},
		"odd record id":           {"DELETE", records + "/abc", "", 403},
		"escaped path":            {"GET", r.reverse + "/cloudflare/zones/" + fake.Zone + "/%64ns_records", "", 403},
		"dot dot":                 {"GET", records + "/../../../user/tokens", "", 403},
		"escaped dot dot":         {"GET", records + "/%2e%2e/dns_records", "", 403},
		"escaped slash":           {"GET", records + "%2f..%2f..", "", 403},
		"double slash":            {"GET", r.reverse + "/cloudflare//zones/" + fake.Zone + "/dns_records", "", 403},
		"unknown query":           {"GET", records + "?export=1", "", 403},
		"type":                    {"POST", records, edit("CNAME", "NS"), 403},
		"name outside":            {"POST", records, edit("pets-ann.mocks.example.com", "pets-ann.example.com"), 403},
		"name of similar domain":  {"POST", records, edit("pets-ann.mocks", "pets.evilmocks"), 403},
		"apex":                    {"POST", records, edit("pets-ann.mocks", "mocks"), 403},
		"wildcard":                {"POST", records, edit("pets-ann", "*.shop"), 403},
		"reserved name":           {"POST", records, edit("pets-ann", "www"), 403},
		"under a reserved name":   {"POST", records, edit("pets-ann", "x._acme-challenge"), 403},
		"name in capitals":        {"POST", records, edit("pets-ann", "Pets"), 403},
		"no mark":                 {"POST", records, edit("mocloud:v1 owner=test ref=d1", "hello"), 403},
		"mark of another owner":   {"POST", records, edit("owner=test ref", "owner=test2 ref"), 403},
		"line break in comment":   {"POST", records, edit("ref=d1", `ref=d1\nx`), 403},
		"long comment":            {"POST", records, edit("ref=d1", strings.Repeat("x", 100)), 403},
		"content is no host":      {"POST", records, edit("edge.example.net", "10.0.0.1/x"), 403},
		"address for CNAME":       {"POST", records, edit("edge.example.net", "http://x"), 403},
		"unknown key":             {"POST", records, edit(`"ttl":1`, `"ttl":1,"tags":["a"]`), 403},
		"key in other case":       {"POST", records, edit(`"ttl":1`, `"ttl":1,"Name":"evil.example.com"`), 403},
		"not JSON":                {"POST", records, `x`, 400},
		"two objects":             {"POST", records, record + record, 400},
		"list":                    {"POST", records, `[]`, 400},
		"null":                    {"POST", records, `null`, 400},
		"no body":                 {"POST", records, ``, 400},
		"body with delete":        {"DELETE", records + "/" + ours.ID, `{}`, 400},
		"body too large":          {"POST", records, `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
		"delete foreign":          {"DELETE", records + "/" + foreign.ID, "", 403},
		"delete other owner's":    {"DELETE", records + "/" + otherOwner.ID, "", 403},
		"delete outside":          {"DELETE", records + "/" + outside.ID, "", 403},
		"delete missing":          {"DELETE", records + "/" + strings.Repeat("0", 32), "", 404},
		"patch foreign":           {"PATCH", records + "/" + foreign.ID, record, 403},
		"patch renames":           {"PATCH", records + "/" + ours.ID, `{"name":"www2.mocks.example.com"}`, 403},
		"patch changes type":      {"PATCH", records + "/" + ours.ID, `{"type":"TXT"}`, 403},
		"patch type to an object": {"PATCH", records + "/" + ours.ID, `{"type":{"a":1}}`, 403},
		"patch drops the mark":    {"PATCH", records + "/" + ours.ID, `{"comment":"x"}`, 403},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := call(t, tt.method, tt.url, tt.body)
			if got.status != tt.status || got.code() != float64(90000+tt.status) || got.body["success"] != false {
				t.Errorf("status %d, code %v, want %d in Cloudflare's shape: %s", got.status, got.code(), tt.status, got.raw)
			}
			if outcome := got.header.Get(egress.OutcomeHeader); outcome != "not-sent" {
				t.Errorf("outcome %q", outcome)
			}
		})
	}
	for _, c := range fake.Calls() {
		if !strings.HasPrefix(c, "GET ") {
			t.Errorf("the proxy let through: %s", c)
		}
	}
	if !slices.Equal(before, fake.Records()) {
		t.Error("the records changed")
	}
	t.Run("content type", func(t *testing.T) {
		if got := call(t, "POST", records, record, "Content-Type", "text/plain"); got.status != 415 {
			t.Errorf("%+v", got)
		}
	})
	for name, auth := range map[string]string{
		"no token": "", "wrong token": "Bearer wrong-token-of-the-test", "forward caller": "Bearer " + mockserverToken, "basic": "Basic " + cloudopsToken,
		"no scheme": cloudopsToken,
	} {
		t.Run(name, func(t *testing.T) {
			if got := call(t, "GET", records, "", "Authorization", auth); got.status != 401 || got.code() != 90401 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A duplicate key must not mean one thing to the proxy and another to the provider.
func TestBodiesAreWrittenAnew(t *testing.T) {
	fake, _, records := cloudflareProxy(t)
	double := strings.Replace(record, `"type"`, `"name":"evil.example.com","type"`, 1)
	if got := call(t, "POST", records, double); got.status != 200 {
		t.Fatalf("%+v", got)
	}
	if got := fake.Records()[0].Name; got != "pets-ann.mocks.example.com" {
		t.Errorf("the record is at %s", got)
	}
}

func TestNoCredentials(t *testing.T) {
	r := run(t, "PROXY_CLOUDFLARE_ZONES=023e105f4ecef8ad9ca31a8372d0c353=mocks.example.com", "PROXY_DIGITALOCEAN_APPS=4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf")
	got := call(t, "GET", r.reverse+"/cloudflare/zones/023e105f4ecef8ad9ca31a8372d0c353/dns_records", "")
	if got.status != 503 || got.code() != 90503 || !strings.Contains(got.raw, "PROXY_CLOUDFLARE_TOKEN") {
		t.Errorf("cloudflare: %+v", got)
	}
	got = call(t, "GET", r.reverse+"/digitalocean/v2/apps/4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf", "")
	if got.status != 503 || got.body["id"] != "service_unavailable" || !strings.Contains(got.raw, "PROXY_DIGITALOCEAN_TOKEN") {
		t.Errorf("digitalocean: %+v", got)
	}
	if got := call(t, "GET", r.reverse+"/aws/x", ""); got.status != 404 {
		t.Errorf("unknown upstream: %+v", got)
	}
}

func TestTokenFileIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	write := func(token string) {
		if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("an-old-token")
	fake := providertest.NewCloudflare(t)
	r := run(t, "PROXY_CLOUDFLARE_URL="+fake.URL, "PROXY_CLOUDFLARE_TOKEN_FILE="+path, "PROXY_CLOUDFLARE_ZONES="+fake.Zone+"=mocks.example.com")
	url := r.reverse + "/cloudflare/zones/" + fake.Zone + "/dns_records"
	if got := call(t, "GET", url, ""); got.status != 403 {
		t.Errorf("old token: %+v", got)
	}
	write(fake.Token)
	if got := call(t, "GET", url, ""); got.status != 200 {
		t.Errorf("new token: %+v", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := call(t, "GET", url, ""); got.status != 200 {
		t.Errorf("without the file: %+v", got)
	}
	if strings.Contains(r.log.String(), fake.Token) {
		t.Error("the token is in the log")
	}
}

func TestRetriesAndOutcomes(t *testing.T) {
	tests := map[string]struct {
		method  string
		status  int  // of the failing calls
		times   int  // how many fail
		after   bool // it happened all the same
		want    int
		outcome string
		calls   int // to the record or list itself
	}{
		"read, overloaded twice":    {"GET", 503, 2, false, 200, "answered", 3},
		"read, overloaded for ever": {"GET", 503, 9, false, 503, "answered", 3},
		"read, cut twice":           {"GET", -1, 2, false, 200, "answered", 3},
		"read, cut for ever":        {"GET", -1, 9, false, 502, "sent-unknown", 3},
		"read, own fault":           {"GET", 400, 9, false, 400, "answered", 1},
		"write, overloaded":         {"POST", 503, 1, false, 503, "answered", 1},
		"write, cut after":          {"POST", -1, 1, true, 502, "sent-unknown", 1},
		"delete, cut after":         {"DELETE", -1, 1, true, 404, "answered", 2},
		"delete, overloaded":        {"DELETE", 502, 1, false, 200, "answered", 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fake, _, records := cloudflareProxy(t)
			url, body := records, ""
			switch tt.method {
			case "POST":
				body = record
			case "DELETE":
				url += "/" + fake.Put(providertest.Record{
					Type: "CNAME", Name: "a.mocks.example.com", Content: "x.example.net", TTL: 1, Comment: "mocloud:v1 owner=test",
				}).ID
			}
			left := tt.times
			fake.Fail(func(method, _ string) (int, http.Header, bool) {
				if method != tt.method || left == 0 {
					return 0, nil, false
				}
				left--
				return tt.status, nil, tt.after
			})
			got := call(t, tt.method, url, body)
			if got.status != tt.want || got.header.Get(egress.OutcomeHeader) != tt.outcome {
				t.Errorf("%d %s, want %d %s: %s", got.status, got.header.Get(egress.OutcomeHeader), tt.want, tt.outcome, got.raw)
			}
			calls := 0
			for _, c := range fake.Calls() {
				if strings.HasPrefix(c, tt.method+" ") {
					calls++
				}
			}
			if calls != tt.calls {
				t.Errorf("%d calls, want %d", calls, tt.calls)
			}
		})
	}
}

func TestUnreachableUpstreamOpensTheBreaker(t *testing.T) {
	r := run(t, "PROXY_CLOUDFLARE_URL=http://127.0.0.1:1", // nobody listens there
		"PROXY_CLOUDFLARE_TOKEN=x", "PROXY_OWNER=test", "PROXY_CLOUDFLARE_ZONES=023e105f4ecef8ad9ca31a8372d0c353=mocks.example.com")
	url := r.reverse + "/cloudflare/zones/023e105f4ecef8ad9ca31a8372d0c353/dns_records"
	for range 3 {
		got := call(t, "POST", url, record)
		if got.header.Get(egress.OutcomeHeader) != "not-sent" || got.status != 502 {
			t.Errorf("%+v", got)
		}
	}
	got := call(t, "POST", url, record)
	if got.status != 503 || got.header.Get("Retry-After") == "" || got.header.Get(egress.OutcomeHeader) != "not-sent" {
		t.Errorf("the breaker is not open: %+v", got)
	}
}

func TestRateLimitClosesTheUpstream(t *testing.T) {
	fake, _, records := cloudflareProxy(t)
	fake.Fail(func(string, string) (int, http.Header, bool) { return 429, http.Header{"Retry-After": {"77"}}, false })
	if got := call(t, "GET", records, ""); got.status != 429 || got.header.Get("Retry-After") != "77" || got.code() != 10429 {
		t.Errorf("the provider's own answer: %+v", got)
	}
	fake.Fail(nil)
	got := call(t, "GET", records, "")
	if got.status != 429 || got.code() != 90429 || got.header.Get("Retry-After") == "" {
		t.Errorf("after it: %+v", got)
	}
	if n := len(fake.Calls()); n != 1 {
		t.Errorf("%d calls reached the provider, want 1", n)
	}
}

func TestHeadersAreNotPassedOn(t *testing.T) {
	var seen http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Location", "http://elsewhere")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusFound)
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	zone := "023e105f4ecef8ad9ca31a8372d0c353"
	r := run(t, "PROXY_CLOUDFLARE_URL="+server.URL, "PROXY_CLOUDFLARE_TOKEN=provider-secret", "PROXY_CLOUDFLARE_ZONES="+zone+"=mocks.example.com")
	got := call(t, "GET", r.reverse+"/cloudflare/zones/"+zone, "", "Cookie", "c=d", "X-Forwarded-For", "1.2.3.4", "X-Auth-Key", "k", "Proxy-Authorization", "p")
	if got.status != 302 || got.header.Get("Set-Cookie") != "" || got.header.Get("Location") != "" {
		t.Errorf("answer: %+v", got)
	}
	if seen.Get("Authorization") != "Bearer provider-secret" {
		t.Errorf("authorization: %q", seen.Get("Authorization"))
	}
	for _, key := range []string{"Cookie", "X-Forwarded-For", "X-Auth-Key", "Proxy-Authorization"} {
		if seen.Get(key) != "" {
			t.Errorf("%s was passed on", key)
		}
	}
}
