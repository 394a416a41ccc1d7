package providers_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mocloud/mocloud/pkg/cloudprovider/simulator"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/testkit/providertest"
)

// startWithApp is start with an app before the mock servers.
func startWithApp(t *testing.T, environ ...string) *bench {
	t.Helper()
	return start(t, append([]string{"CLOUDOPS_DIGITALOCEAN_APP=4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"}, environ...)...)
}

func serving(id, host string) event.DomainCreated {
	return event.DomainCreated{WorkspaceID: "w", MockID: "m", DomainID: id, Host: host, Custom: true, Serves: true, Token: "t", Target: "x.edge.example.net"}
}

// foreign are the domains of the app that somebody else made.
func foreign() []string { return []string{"mocks.example.com", "old.example.net"} }

func (b *bench) has(t *testing.T, domains ...string) {
	t.Helper()
	want := append(foreign(), domains...)
	eventually(t, func() bool {
		got := b.app.Domains()
		slices.Sort(got)
		slices.Sort(want)
		return slices.Equal(got, want)
	})
}

// untouched fails unless the spec is what it was, but for its domains.
func (b *bench) untouched(t *testing.T) {
	t.Helper()
	var was, is map[string]any
	spec, _ := b.app.Spec()
	check(t, json.Unmarshal([]byte(providertest.Spec), &was))
	check(t, json.Unmarshal([]byte(spec), &is))
	delete(was, "domains")
	delete(is, "domains")
	if !reflect.DeepEqual(was, is) {
		t.Errorf("the spec changed:\n%v\n%v", was, is)
	}
}

// A mock's host gets a record and a domain of the app, a custom domain a domain of the app once its proof is there; both go again.
func TestDomainsOfAnApp(t *testing.T) {
	b := startWithApp(t)
	b.publish(t, created("m1", "pets-ann.mocks.example.com"))
	b.await(t, "m1", "published")
	b.has(t, "pets-ann.mocks.example.com")
	if got := b.cloudflare.Records(); len(got) != 1 || got[0].Name != "pets-ann.mocks.example.com" {
		t.Errorf("the zone holds %+v", got)
	}
	claimed := serving("d1", "api.customer.dev")
	claimed.Serves = false
	b.publish(t, claimed)
	b.await(t, "d1", "published") // nothing is to be done for it
	b.has(t, "pets-ann.mocks.example.com")
	b.publish(t, serving("d1", "api.customer.dev"))
	b.has(t, "pets-ann.mocks.example.com", "api.customer.dev")
	b.publish(t, serving("d2", "old.example.net"))
	if reason := b.await(t, "d2", "offline_invalid"); !strings.Contains(reason, "mocloud did not add it") {
		t.Errorf("of somebody else's domain: %s", reason)
	}
	b.publish(t, event.DomainDeleted{DomainID: "d2", Host: "old.example.net"})
	b.publish(t, event.DomainDeleted{DomainID: "m1", Host: "pets-ann.mocks.example.com"})
	b.publish(t, claimed) // its proof is lost
	b.has(t)
	eventually(t, func() bool { return len(b.cloudflare.Records()) == 0 })
	b.untouched(t)
}

// The provider is overloaded, cuts the connection after it acted, refuses one of several domains, is full: what can be is as it
// should be in the end, and each reason is the domain's own.
func TestAFailingApp(t *testing.T) {
	b := startWithApp(t, "CLOUDOPS_QUIET=200ms")
	var mu sync.Mutex
	puts := 0
	b.app.Fail(func(method, _ string) (simulator.Fault, bool) {
		mu.Lock()
		defer mu.Unlock()
		if method != http.MethodPut {
			return simulator.Fault{}, false
		}
		switch puts++; puts {
		case 1:
			return simulator.Fault{Status: -1, Acts: true}, true
		case 2:
			return simulator.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}}, true
		case 3:
			return simulator.Fault{Status: http.StatusBadGateway}, true
		}
		return simulator.Fault{}, false
	})
	b.publish(t, serving("d1", "a.customer.dev"))
	b.has(t, "a.customer.dev")
	b.publish(t, serving("d2", "b.customer.dev"))
	b.publish(t, serving("d3", "c.customer.dev"))
	b.has(t, "a.customer.dev", "b.customer.dev", "c.customer.dev")
	b.app.Fail(nil)
	b.untouched(t)
}

func TestAFullApp(t *testing.T) {
	b := startWithApp(t, "CLOUDOPS_APP_DOMAINS=3")
	b.publish(t, serving("d1", "a.customer.dev"))
	b.has(t, "a.customer.dev")
	b.publish(t, serving("d2", "b.customer.dev"))
	if reason := b.await(t, "d2", "offline_invalid"); !strings.Contains(reason, "reached its limit of 3 domains") {
		t.Errorf("the reason: %s", reason)
	}
	b.publish(t, event.DomainDeleted{DomainID: "d1", Host: "a.customer.dev"})
	b.has(t, "b.customer.dev")
}

// Somebody changes the app's domains and its spec between our reading and our writing: nothing of theirs is lost.
func TestLostUpdatesOfAnApp(t *testing.T) {
	b := startWithApp(t)
	var once sync.Once
	theirs := strings.Replace(providertest.Spec, `{"domain":"old.example.net","type":"ALIAS"}`, `{"domain":"old.example.net","type":"ALIAS"},{"domain":"theirs.example.net","type":"ALIAS"}`, 1)
	b.app.Fail(func(method, path string) (simulator.Fault, bool) {
		if method == http.MethodPost && strings.HasSuffix(path, "/propose") {
			once.Do(func() { b.app.SetSpec(theirs) }) // we have read, and are about to write
		}
		return simulator.Fault{}, false
	})
	b.publish(t, serving("d1", "a.customer.dev"))
	b.has(t, "theirs.example.net", "a.customer.dev")
	b.untouched(t)
	b.publish(t, event.DomainDeleted{DomainID: "d1", Host: "a.customer.dev"})
	b.has(t, "theirs.example.net")
}

// What the platform says of a domain is what is reported, its certificate included.
func TestPhasesOfAnApp(t *testing.T) {
	b := startWithApp(t)
	b.app.FailDomain("a.customer.dev", "CAA forbids it")
	b.publish(t, serving("d1", "a.customer.dev"))
	if s := b.awaitStatus(t, func(s event.DomainApplied) bool { return s.DomainID == "d1" && s.Certificate == "failed" }); s.State != "publishing" || s.CertificateReason != "CAA forbids it" || !s.Custom {
		t.Errorf("%+v", s)
	}
	b.publish(t, serving("d2", "b.customer.dev"))
	if s := b.awaitStatus(t, func(s event.DomainApplied) bool { return s.DomainID == "d2" && s.Certificate == "active" }); s.State != "published" || s.CertificateExpiresAt.IsZero() {
		t.Errorf("%+v", s)
	}
}
