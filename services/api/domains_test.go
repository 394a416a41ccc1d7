package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api"
)

type domainBody struct {
	ID, Host, State, Reason, Ownership, Routing string
	Records                                     []struct{ Type, Name, Value string }
}

// A claimed host is announced to cloudops; the mock answers on it once its proof is found, until it is given up.
func TestDomains(t *testing.T) {
	t.Parallel()
	b := start(t)
	g := b.generator()
	m := b.create("pets", good)
	b.want(http.StatusOK, "POST", "/api/v1/mocks/"+m.ID+"/publish", "")
	a := b.want(http.StatusCreated, "POST", "/api/v1/mocks/"+m.ID+"/domains", `{"host": "API.Bücher.dev."}`)
	d := as[domainBody](t, a)
	path := "/api/v1/domains/" + d.ID
	if d.Host != "api.xn--bcher-kva.dev" || d.State != "pending_dns" || d.Ownership != "pending" || a.header.Get("Location") != path || len(d.Records) != 2 ||
		d.Records[0].Name != "_mocloud-challenge."+d.Host || !strings.HasPrefix(d.Records[0].Value, "mocloud-domain-verification=") ||
		d.Records[1].Name != d.Host || !strings.HasSuffix(d.Records[1].Value, ".edge.localhost") {
		t.Fatalf("%s", a.body)
	}
	b.want(http.StatusAccepted, "POST", path+"/verify", "")
	for _, host := range []string{"127.0.0.1", "x.localhost", "a.test"} {
		b.want(http.StatusUnprocessableEntity, "POST", "/api/v1/mocks/"+m.ID+"/domains", encode(map[string]string{"host": host}))
	}

	// The log still says that the domain was made, after it was asked to be verified.
	batch, err := b.store().Log(event.Domains).After(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var types []event.Type
	for _, c := range batch.Changes {
		types = append(types, c.Type)
	}
	if !slices.Equal(types, []event.Type{event.TypeDomainCreated, event.TypeDomainVerificationDispatched}) {
		t.Errorf("the log of domains has %v", types)
	}

	saw := func(ownership, routing string) {
		t.Helper()
		until(t, "nobody listens to what is seen of domains", func() bool {
			err := stream.Announce(t.Context(), b.redis, prefix, event.DomainObserved{
				DomainID: d.ID, Host: d.Host, Reason: "Seen.", Ownership: ownership, Routing: routing,
			})
			if err != nil {
				t.Fatal(err)
			}
			return as[domainBody](t, b.want(http.StatusOK, "GET", path, "")).Reason == "Seen."
		})
	}
	hosts := func(number uint64) []string {
		t.Helper()
		_, changes := g.reach(t, number)
		u, err := event.Decode[event.MockUpdated](changes[len(changes)-1])
		if err != nil {
			t.Fatal(err)
		}
		return u.Hosts
	}
	saw("proven", "ok")
	if got := as[domainBody](t, b.want(http.StatusOK, "GET", path, "")); got.State != "active" || got.Ownership != "verified" {
		t.Errorf("%+v", got)
	}
	if got, want := hosts(2), []string{"pets-dev.localhost", d.Host}; !slices.Equal(got, want) {
		t.Errorf("the mock is told to answer on %v", got)
	}
	// An edit keeps the host.
	b.want(http.StatusOK, "PUT", "/api/v1/mocks/"+m.ID, encode(map[string]string{"content": good + "# more\n"}))
	if got := hosts(3); len(got) != 2 {
		t.Errorf("after an edit on %v", got)
	}
	for _, list := range []string{"/api/v1/domains", "/api/v1/domains?workspace_slug=dev", "/api/v1/mocks/" + m.ID + "/domains"} {
		if a := b.want(http.StatusOK, "GET", list, ""); !strings.Contains(string(a.body), d.ID) {
			t.Errorf("%s: %s", list, a.body)
		}
	}
	b.want(http.StatusNoContent, "DELETE", path, "")
	if got := hosts(4); !slices.Equal(got, []string{"pets-dev.localhost"}) {
		t.Errorf("after it was given up on %v", got)
	}
	b.want(http.StatusNotFound, "GET", path, "")
}

// Followers of a workspace learn which domain is new, different or gone, and whose it is.
func TestEventsOfDomains(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	next := b.follow()
	about := func(wanted string) (data string) {
		t.Helper()
		for name := ""; name != wanted; {
			name, _, data = next()
		}
		return data
	}
	d := as[domainBody](t, b.want(http.StatusCreated, "POST", "/api/v1/mocks/"+m.ID+"/domains", `{"host": "api.customer.dev"}`))
	want := `{"domain_id":"` + d.ID + `","host":"api.customer.dev","mock_id":"` + m.ID + `","workspace_id":"` + m.WorkspaceID + `"}`
	if got := about("domain"); got != want {
		t.Errorf("created: %s", got)
	}
	b.want(http.StatusAccepted, "POST", "/api/v1/domains/"+d.ID+"/verify", "")
	if got := about("domain"); got != want {
		t.Errorf("to be verified: %s", got)
	}
	b.want(http.StatusNoContent, "DELETE", "/api/v1/domains/"+d.ID, "")
	if got := about("domain_deleted"); got != want {
		t.Errorf("deleted: %s", got)
	}
}

// Where each mock's host has records of its own, every relevant write announces it to cloudops, and the report of cloudops is shown.
func TestOwnHosts(t *testing.T) {
	t.Parallel()
	b := start(t, func(cfg *api.Config) { cfg.DNSMode = api.PerHost })
	m := b.create("pets", good)
	path := "/api/v1/mocks/" + m.ID
	var seen uint64
	told := func() (all []string) {
		t.Helper()
		batch, err := b.store().Log(event.Domains).After(t.Context(), seen, 10)
		if err != nil {
			t.Fatal(err)
		}
		seen = batch.To
		for _, c := range batch.Changes {
			if created, err := event.Decode[event.DomainCreated](c); c.Type == event.TypeDomainCreated && err == nil {
				all = append(all, "+"+created.Host)
			}
			if deleted, err := event.Decode[event.DomainDeleted](c); c.Type == event.TypeDomainDeleted && err == nil {
				all = append(all, "-"+deleted.Host)
			}
		}
		return all
	}
	for _, step := range []struct {
		status             int
		method, path, body string
		told               []string
	}{
		{http.StatusOK, "PUT", path, encode(map[string]string{"content": good + "# more\n"}), nil},
		{http.StatusOK, "POST", path + "/publish", "", []string{"+pets-dev.localhost"}},
		{http.StatusOK, "PUT", path, encode(map[string]string{"content": good + "# yet more\n"}), nil},
		{http.StatusOK, "PATCH", path, `{"slug": "cats"}`, []string{"+cats-dev.localhost"}},
		{http.StatusOK, "POST", path + "/unpublish", "", []string{"-cats-dev.localhost"}},
		{http.StatusOK, "POST", path + "/publish", "", []string{"+cats-dev.localhost"}},
	} {
		b.want(step.status, step.method, step.path, step.body)
		if got := told(); !slices.Equal(got, step.told) {
			t.Errorf("%s %s: told %q, want %q", step.method, step.path, got, step.told)
		}
	}

	type shown struct {
		DNS *struct{ Host, State, Reason string }
	}
	if got := as[shown](t, b.want(http.StatusOK, "GET", path+"/publication", "")); got.DNS != nil {
		t.Errorf("before anything is known: %+v", got.DNS)
	}
	until(t, "nobody listens to what the providers have", func() bool {
		err := stream.Announce(t.Context(), b.redis, prefix, event.DomainApplied{
			DomainID: m.ID, Host: "cats-dev.localhost", State: "publishing", Reason: "The DNS record is being created.",
		})
		if err != nil {
			t.Fatal(err)
		}
		got := as[shown](t, b.want(http.StatusOK, "GET", path+"/publication", ""))
		return got.DNS != nil && got.DNS.Host == "cats-dev.localhost" && got.DNS.State == "publishing" && got.DNS.Reason != ""
	})
	b.want(http.StatusNoContent, "DELETE", path, "")
	if got := told(); !slices.Equal(got, []string{"-cats-dev.localhost"}) {
		t.Errorf("deleted: told %q", got)
	}
}
