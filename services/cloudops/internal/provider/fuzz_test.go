package provider

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/secret"
)

const fuzzedApp = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"

// FuzzDigitalOcean lets App Platform answer anything: nothing panics, and what is written keeps every part of the spec but the domains,
// and every domain that was not to go.
func FuzzDigitalOcean(f *testing.F) {
	for _, seed := range []string{
		`{"app":{"id":"` + fuzzedApp + `","spec":{"name":"m","services":[{"name":"s"}],"domains":[{"domain":"A.example.com.","type":"ALIAS","zone":"z"},{"domain":"gone.example.com"}]},"domains":[{"spec":{"domain":"a.example.com"},"phase":"ERROR","progress":{"steps":[{"steps":[{"reason":{"message":"m"}}]}]},"certificate_expires_at":"0001-01-01T00:00:00"}]}}`,
		`{"app":{"id":"` + fuzzedApp + `","spec":{"name":"m","workers":[1],"domains":null,"x":1e400}}}`,
		`{"app":{"id":"` + fuzzedApp + `","spec":{"name":"m","jobs":{},"domains":{}}}}`,
		`{"app":null}`, `[]`, ``, `{"app":{"spec":{"domains":[{}]}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		var written string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				raw, _ := io.ReadAll(r.Body)
				written = string(raw)
			}
			_, _ = io.WriteString(w, answer)
		}))
		defer server.Close()
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		do, err := NewDigitalOcean(server.URL, secret.New("t"), fuzzedApp, client)
		if err != nil {
			t.Fatal(err)
		}
		_, readErr := do.Domains(t.Context())
		_ = do.Apply(t.Context(), []string{"new.example.com"}, []string{"gone.example.com"})
		if written == "" {
			return
		}
		if readErr != nil {
			t.Fatalf("it wrote though it could not read: %v\n%s", readErr, written)
		}
		var was struct {
			App struct{ Spec map[string]json.RawMessage }
		}
		var is struct{ Spec map[string]json.RawMessage }
		if json.Unmarshal([]byte(answer), &was) != nil || json.Unmarshal([]byte(written), &is) != nil {
			t.Fatalf("it wrote %s", written)
		}
		for key, value := range was.App.Spec {
			var a, b any
			if key == "domains" || json.Unmarshal(value, &a) != nil {
				continue
			}
			if json.Unmarshal(is.Spec[key], &b) != nil || len(is.Spec[key]) == 0 {
				t.Fatalf("%q is lost", key)
			}
		}
		var before, after []struct{ Domain, Type string }
		_ = json.Unmarshal(was.App.Spec["domains"], &before) // null and absent are no domains
		if err := json.Unmarshal(is.Spec["domains"], &after); err != nil {
			t.Fatalf("the domains: %v", err)
		}
		for _, d := range before {
			if strings.EqualFold(strings.TrimSuffix(d.Domain, "."), "gone.example.com") {
				continue
			}
			if !slices.Contains(after, d) {
				t.Fatalf("the domain %+v is lost", d)
			}
		}
	})
}
