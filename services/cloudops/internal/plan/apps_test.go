package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
	"github.com/mocloud/mocloud/services/cloudops/internal/plan"
	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
)

func apps() plan.AppConfig {
	return plan.AppConfig{BaseDomain: "mocks.example.com", PerHost: true, Policy: plan.Sync, Max: 50}
}

func TestApps(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	own := desired.Domain{ID: "m1", Host: "pets-ann.mocks.example.com"}
	custom := desired.Domain{ID: "d1", Host: "api.customer.dev", Custom: true, Serves: true}
	unproven := desired.Domain{ID: "d2", Host: "api.other.dev", Custom: true}
	at := func(d provider.AppDomain) provider.AppState {
		return provider.AppState{Domains: []provider.AppDomain{d}}
	}
	wildcard, observe, full, upsert := apps(), apps(), apps(), apps()
	wildcard.PerHost, observe.Policy, full.Max, upsert.Policy = false, plan.Observe, 1, plan.UpsertOnly
	for name, tt := range map[string]struct {
		config      plan.AppConfig
		domain      desired.Domain
		app         provider.AppState
		ledger      map[string]string
		add, remove []string
		forget      []string
		state       string // "" = it is none of the app's
		certificate string
	}{
		"a host of a mock":              {config: apps(), domain: own, add: []string{own.Host}, state: plan.Publishing, certificate: "issuing"},
		"under a wildcard":              {config: wildcard, domain: own},
		"a custom one":                  {config: wildcard, domain: custom, add: []string{custom.Host}, state: plan.Publishing, certificate: "issuing"},
		"a custom one without proof":    {config: apps(), domain: unproven},
		"not permitted":                 {config: observe, domain: custom, state: plan.Publishing},
		"no room":                       {config: full, domain: custom, app: at(provider.AppDomain{Host: "x.example.net"}), state: plan.OfflineInvalid},
		"a name that it takes not":      {config: apps(), domain: desired.Domain{ID: "d3", Host: "a--b.customer.dev", Custom: true, Serves: true}, state: plan.OfflineInvalid},
		"somebody else's":               {config: apps(), domain: custom, app: at(provider.AppDomain{Host: custom.Host, Phase: provider.Working}), state: plan.OfflineInvalid},
		"the primary one":               {config: apps(), domain: custom, app: at(provider.AppDomain{Host: custom.Host, Fixed: true}), ledger: map[string]string{custom.Host: "d1"}, state: plan.OfflineInvalid},
		"waiting":                       {config: apps(), domain: custom, app: at(provider.AppDomain{Host: custom.Host, Phase: provider.Waiting}), ledger: map[string]string{custom.Host: "d1"}, state: plan.Publishing, certificate: "issuing"},
		"working":                       {config: apps(), domain: custom, app: at(provider.AppDomain{Host: custom.Host, Phase: provider.Working, CertificateExpiresAt: now.Add(60 * 24 * time.Hour)}), ledger: map[string]string{custom.Host: "d1"}, state: plan.Published, certificate: "active"},
		"not renewed":                   {config: apps(), domain: custom, app: at(provider.AppDomain{Host: custom.Host, Phase: provider.Working, CertificateExpiresAt: now.Add(24 * time.Hour)}), ledger: map[string]string{custom.Host: "d1"}, state: plan.Published, certificate: "expiring"},
		"broken":                        {config: apps(), domain: custom, app: at(provider.AppDomain{Host: custom.Host, Phase: provider.Broken, Reason: "CAA forbids it"}), ledger: map[string]string{custom.Host: "d1"}, state: plan.Publishing, certificate: "failed"},
		"proof lost":                    {config: apps(), domain: unproven, app: at(provider.AppDomain{Host: unproven.Host}), ledger: map[string]string{unproven.Host: "d2"}, remove: []string{unproven.Host}},
		"proof lost, not permitted":     {config: upsert, domain: unproven, app: at(provider.AppDomain{Host: unproven.Host}), ledger: map[string]string{unproven.Host: "d2"}},
		"entered, and a crash followed": {config: apps(), domain: unproven, ledger: map[string]string{unproven.Host: "d2"}, forget: []string{unproven.Host}},
	} {
		t.Run(name, func(t *testing.T) {
			in := plan.AppInput{App: tt.app, Ledger: tt.ledger, Now: now, Desired: desired.Snapshot{Complete: true, Domains: map[string]desired.Domain{tt.domain.ID: tt.domain}}}
			p := plan.Apps(tt.config, in)
			if got := slices.Sorted(maps.Keys(p.Add)); !slices.Equal(got, tt.add) || !slices.Equal(p.Remove, tt.remove) || !slices.Equal(p.Forget, tt.forget) {
				t.Errorf("add %q, remove %q, forget %q", got, p.Remove, p.Forget)
			}
			status := p.Statuses[tt.domain.ID]
			if status.State != tt.state || status.Certificate != tt.certificate || (status.Reason == "") != (tt.state == "" || tt.state == plan.Published) {
				t.Errorf("%+v", status)
			}
			in.Desired.Complete = false
			if p := plan.Apps(tt.config, in); len(p.Remove) > 0 {
				t.Error("something is removed though not all domains are known yet")
			}
		})
	}
}

// TestALostLedger: what is wanted and there is ours again, and nothing else.
func TestALostLedger(t *testing.T) {
	custom := desired.Domain{ID: "d1", Host: "api.customer.dev", Custom: true, Serves: true}
	primary := desired.Domain{ID: "d2", Host: "www.customer.dev", Custom: true, Serves: true}
	in := plan.AppInput{
		Ledger: map[string]string{}, Desired: desired.Snapshot{Complete: true, Domains: map[string]desired.Domain{"d1": custom, "d2": primary}},
		App: provider.AppState{Domains: []provider.AppDomain{
			{Host: custom.Host, Phase: provider.Working}, {Host: primary.Host, Fixed: true}, {Host: "old.customer.dev", Phase: provider.Working},
		}},
	}
	cfg := apps()
	cfg.Adopt = true
	p := plan.Apps(cfg, in)
	if !maps.Equal(p.Adopt, map[string]string{custom.Host: "d1"}) || !p.Empty() || p.Statuses["d1"].State != plan.Published || p.Statuses["d2"].State != plan.OfflineInvalid {
		t.Errorf("%+v", p)
	}
}

// Whatever is wanted and there: what the plan asks for leaves nothing to ask for, and nobody else's domain is ever touched.
func TestAppsConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("h%d.%s", rapid.IntRange(0, 15).Draw(t, "n"), rapid.SampledFrom([]string{"customer.dev", "mocks.example.com"}).Draw(t, "zone"))
		})
		in := plan.AppInput{Ledger: map[string]string{}, Desired: desired.Snapshot{Complete: true, Domains: map[string]desired.Domain{}}}
		for i, h := range rapid.SliceOfDistinct(host, rapid.ID).Draw(t, "wanted") {
			id := fmt.Sprintf("d%d", i)
			in.Desired.Domains[id] = desired.Domain{ID: id, Host: h, Custom: rapid.Bool().Draw(t, "custom"), Serves: rapid.Bool().Draw(t, "serves")}
		}
		foreign := map[string]bool{}
		for _, h := range rapid.SliceOfDistinct(host, rapid.ID).Draw(t, "there") {
			d := provider.AppDomain{Host: h, Fixed: rapid.IntRange(0, 4).Draw(t, "fixed") == 0, Phase: provider.Working}
			if in.App.Domains = append(in.App.Domains, d); !d.Fixed && rapid.Bool().Draw(t, "ours") {
				in.Ledger[h] = "d"
			} else {
				foreign[h] = true
			}
		}
		cfg := apps()
		cfg.Max = rapid.IntRange(1, 40).Draw(t, "max")
		for range 20 { // the guard against large removals is lifted as little by little others go
			p := plan.Apps(cfg, in)
			if p.Empty() {
				break
			}
			for _, h := range p.Remove {
				if foreign[h] {
					t.Fatalf("%s is removed, which is somebody else's", h)
				}
				in.App.Domains = slices.DeleteFunc(in.App.Domains, func(d provider.AppDomain) bool { return d.Host == h })
				delete(in.Ledger, h)
			}
			for h, id := range p.Add {
				in.App.Domains = append(in.App.Domains, provider.AppDomain{Host: h, Phase: provider.Waiting})
				in.Ledger[h] = id
			}
			if len(p.Add) > 0 && len(in.App.Domains) > max(cfg.Max, len(foreign)+len(in.Ledger)) {
				t.Fatalf("the app has %d domains, at most %d are possible", len(in.App.Domains), cfg.Max)
			}
		}
		if p := plan.Apps(cfg, in); !p.Empty() {
			t.Fatalf("never done: %+v", p)
		}
	})
}
