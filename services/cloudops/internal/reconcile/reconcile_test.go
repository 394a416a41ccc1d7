package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
	"github.com/mocloud/mocloud/services/cloudops/internal/plan"
	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
	"github.com/mocloud/mocloud/services/cloudops/internal/reconcile"
)

// zone is a DNS provider in memory.
type zone struct {
	mu      sync.Mutex
	records map[string]provider.Record
	next    int
	lists   []time.Time
	writes  []string
	fail    func(action, name string) (err error, after bool) // after: it is done all the same
}

func (z *zone) Records(context.Context, string) ([]provider.Record, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.lists = append(z.lists, time.Now())
	if z.fail != nil {
		if err, _ := z.fail("list", ""); err != nil {
			return nil, err
		}
	}
	var all []provider.Record
	for _, r := range z.records {
		all = append(all, r)
	}
	return all, nil
}

func (z *zone) write(action, name string, do func()) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.writes = append(z.writes, action+" "+name)
	if z.fail != nil {
		if err, after := z.fail(action, name); err != nil {
			if after {
				do()
			}
			return err
		}
	}
	do()
	return nil
}

func (z *zone) Create(_ context.Context, r provider.Record) error {
	return z.write("create", r.Name, func() {
		z.next++
		r.ID = fmt.Sprint("r", z.next)
		z.records[r.ID] = r
	})
}

func (z *zone) Update(_ context.Context, r provider.Record) error {
	return z.write("update", r.Name, func() { z.records[r.ID] = r })
}

func (z *zone) Delete(_ context.Context, id string) error {
	return z.write("delete", id, func() { delete(z.records, id) })
}

// all, written and looks tell what happened so far.
func (z *zone) all() map[string]provider.Record {
	z.mu.Lock()
	defer z.mu.Unlock()
	return maps.Clone(z.records)
}

func (z *zone) written() []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return slices.Clone(z.writes)
}

func (z *zone) looks() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return len(z.lists)
}

// failing lets calls fail from now on.
func (z *zone) failing(fail func(action, name string) (err error, after bool)) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.fail = fail
}

// bench is a reconciler at work in a bubble of fake time.
type bench struct {
	*reconcile.Reconciler
	zone *zone

	mu       sync.Mutex
	desired  desired.Snapshot
	said     []event.DomainApplied
	announce error
}

func (b *bench) want(domains ...desired.Domain) {
	b.mu.Lock()
	b.desired = desired.Snapshot{Complete: true, Domains: map[string]desired.Domain{}}
	for _, d := range domains {
		b.desired.Domains[d.ID] = d
	}
	b.mu.Unlock()
	b.Wake()
}

// status returns what was said last of a domain.
func (b *bench) status(id string) event.DomainApplied {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := event.DomainApplied{}
	for _, e := range b.said {
		if e.DomainID == id {
			last = e
		}
	}
	return last
}

// saidTimes is how often something was announced.
func (b *bench) saidTimes() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.said)
}

func start(t *testing.T, change func(*reconcile.Config), test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{zone: &zone{records: map[string]provider.Record{}}}
		cfg := reconcile.Config{
			Plan: plan.Config{
				BaseDomain: "mocks.example.com", Domain: "mocks.example.com", PerHost: true, Provider: true, Target: "edge.example.net",
				Mark: cloudprovider.Mark{Owner: "prod"}, Policy: plan.Sync, DeleteAfter: time.Minute,
			},
			Quiet: 2 * time.Second, Interval: 10 * time.Minute, Report: time.Hour,
		}
		change(&cfg)
		var dns provider.DNS = b.zone
		if !cfg.Plan.Provider {
			dns = nil
		}
		var err error
		b.Reconciler, err = reconcile.New(cfg, dns, nil, func() desired.Snapshot {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.desired
		}, func(_ context.Context, p event.Payload) error {
			e := p.(event.DomainApplied)
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.announce != nil {
				return b.announce
			}
			b.said = append(b.said, e)
			return nil
		}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		test(b)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func asIs(*reconcile.Config) {}

func domain(id string) desired.Domain { return desired.Domain{ID: id, Host: id + ".mocks.example.com"} }

// pass lets fake time go by, and waits until everybody has done what was due.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the bubble's clock
	synctest.Wait()
}

func TestCreatesReadsBackAndReports(t *testing.T) {
	start(t, asIs, func(b *bench) {
		b.want(domain("a"))
		pass(time.Second)
		b.want(domain("a"), domain("b")) // within the quiet time: one round for both
		pass(2500 * time.Millisecond)
		if len(b.zone.all()) != 2 || b.zone.looks() != 2 {
			t.Errorf("%d records after %d looks, want 2 and 2", len(b.zone.all()), b.zone.looks())
		}
		for _, id := range []string{"a", "b"} {
			if got := b.status(id); got.State != plan.Published || got.Host != id+".mocks.example.com" {
				t.Errorf("%+v", got)
			}
		}
		pass(12 * time.Minute)
		if len(b.zone.written()) != 2 {
			t.Errorf("writes: %q", b.zone.written())
		}
		if b.saidTimes() != 2 {
			t.Errorf("said %d times, want once each", b.saidTimes())
		}
	})
}

func TestBusyChangesDoNotHoldARoundUp(t *testing.T) {
	start(t, asIs, func(b *bench) {
		for range 20 {
			b.want(domain("a"))
			pass(time.Second)
		}
		if len(b.zone.all()) != 1 {
			t.Error("nothing happened in 20 s of changes")
		}
	})
}

func TestDriftIsRepaired(t *testing.T) {
	start(t, asIs, func(b *bench) {
		b.want(domain("a"))
		pass(3 * time.Second)
		b.zone.mu.Lock()
		for id, r := range b.zone.records {
			r.Content = "elsewhere.example.net"
			b.zone.records[id] = r
		}
		b.zone.mu.Unlock()
		pass(12 * time.Minute)
		for _, r := range b.zone.all() {
			if r.Content != "edge.example.net" {
				t.Errorf("%+v", r)
			}
		}
	})
}

func TestRemovalTakesItsTime(t *testing.T) {
	start(t, asIs, func(b *bench) {
		b.want(domain("a"), domain("b"))
		pass(3 * time.Second)
		b.want(domain("b"))
		pass(30 * time.Second)
		if len(b.zone.all()) != 2 {
			t.Error("the record was deleted at once")
		}
		if got := b.status("a"); got.State != plan.Offline {
			t.Errorf("%+v", got)
		}
		pass(time.Minute)
		if len(b.zone.all()) != 1 {
			t.Errorf("%d records a minute later, want 1", len(b.zone.all()))
		}
		// Back within the time: nothing is deleted.
		b.want()
		pass(30 * time.Second)
		b.want(domain("b"))
		pass(10 * time.Minute)
		if len(b.zone.all()) != 1 {
			t.Error("the record of a domain that came back was deleted")
		}
	})
}

func TestOneDomainsFaultIsItsOwn(t *testing.T) {
	start(t, asIs, func(b *bench) {
		b.zone.failing(func(_, name string) (error, bool) {
			if name == "a.mocks.example.com" {
				return &provider.Error{Status: 400, Code: 1004, Message: "DNS Validation Error"}, false
			}
			return nil, false
		})
		b.want(domain("a"), domain("b"))
		pass(3 * time.Second)
		if got := b.status("a"); got.State != plan.OfflineInvalid || !strings.Contains(got.Reason, "DNS Validation Error") {
			t.Errorf("%+v", got)
		}
		if got := b.status("b"); got.State != plan.Published {
			t.Errorf("%+v", got)
		}
	})
}

// A name that the proxy refuses stops nobody else, a token that nobody takes stops the round.
func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		err    *provider.Error
		writes int
		states [2]string
	}{
		"one record":  {&provider.Error{Status: 403, Code: 90403, Denied: true, Message: "reserved"}, 2, [2]string{plan.OfflineInvalid, plan.Published}},
		"credentials": {&provider.Error{Status: 403, Code: 10000}, 1, [2]string{plan.Publishing, plan.Publishing}},
	} {
		t.Run(name, func(t *testing.T) {
			start(t, asIs, func(b *bench) {
				b.zone.failing(func(action, name string) (error, bool) {
					if action == "create" && strings.HasPrefix(name, "a.") {
						return tt.err, false
					}
					return nil, false
				})
				b.want(domain("a"), domain("b"))
				pass(2 * time.Second)
				if len(b.zone.written()) != tt.writes {
					t.Errorf("writes: %q, want %d", b.zone.written(), tt.writes)
				}
				for i, id := range []string{"a", "b"} {
					if got := b.status(id); got.State != tt.states[i] || (got.State != plan.Published && got.Reason == "") {
						t.Errorf("%+v, want %s", got, tt.states[i])
					}
				}
			})
		})
	}
}

// What calls seem to do does not count; what is there does.
func TestUnknownOutcomesAreLookedAt(t *testing.T) {
	start(t, asIs, func(b *bench) {
		b.zone.failing(func(action, _ string) (error, bool) {
			if action == "create" {
				return &provider.Error{Status: 502, Message: "sent-unknown"}, true
			}
			return nil, false
		})
		b.want(domain("a"))
		pass(10 * time.Second)
		if got := b.status("a"); got.State != plan.Published {
			t.Errorf("%+v", got)
		}
		if len(b.zone.written()) != 1 {
			t.Errorf("writes: %q", b.zone.written())
		}
	})
}

func TestProviderDown(t *testing.T) {
	start(t, asIs, func(b *bench) {
		b.want(domain("a"))
		pass(3 * time.Second)
		b.zone.failing(func(string, string) (error, bool) { return errors.New("down"), false })
		before := b.zone.looks()
		b.want(domain("a"), domain("b"))
		pass(time.Hour)
		if got := b.status("a"); got.State != plan.Published {
			t.Errorf("what was known is forgotten: %+v", got)
		}
		if got := b.status("b"); got.State != plan.Publishing || got.Reason == "" {
			t.Errorf("%+v", got)
		}
		if n := b.zone.looks() - before; n < 8 || n > 60 {
			t.Errorf("%d looks in an hour of failure: no backoff", n)
		}
		b.zone.failing(nil)
		pass(11 * time.Minute)
		if got := b.status("b"); got.State != plan.Published {
			t.Errorf("not healed: %+v", got)
		}
	})
}

func TestRateLimitStopsTheRound(t *testing.T) {
	start(t, asIs, func(b *bench) {
		b.zone.failing(func(action, _ string) (error, bool) {
			if action == "create" {
				return &provider.Error{Status: 429, RetryAfter: 5 * time.Minute}, false
			}
			return nil, false
		})
		b.want(domain("a"), domain("b"), domain("c"))
		pass(4 * time.Minute)
		if len(b.zone.written()) != 1 {
			t.Errorf("writes: %q, want one", b.zone.written())
		}
		b.zone.failing(nil)
		pass(2 * time.Minute)
		if len(b.zone.all()) != 3 {
			t.Errorf("%d records after the pause", len(b.zone.all()))
		}
	})
}

func TestManyChangesGoOnAtOnce(t *testing.T) {
	start(t, asIs, func(b *bench) {
		var domains []desired.Domain
		for i := range 250 {
			domains = append(domains, domain(fmt.Sprint("d", i)))
		}
		b.want(domains...)
		pass(3 * time.Second)
		if len(b.zone.all()) != 250 {
			t.Errorf("%d records", len(b.zone.all()))
		}
	})
}

func TestWithoutProvider(t *testing.T) {
	start(t, func(c *reconcile.Config) { c.Plan.Provider, c.Plan.PerHost, c.Plan.Domain = false, false, "" }, func(b *bench) {
		b.want(domain("a"))
		synctest.Wait() // at once: there is nobody to ask
		if got := b.status("a"); got.State != plan.Published || !strings.Contains(got.Reason, "*.mocks.example.com") {
			t.Errorf("%+v", got)
		}
	})
}

func TestReportsAreRepeated(t *testing.T) {
	start(t, func(c *reconcile.Config) { c.Report = time.Minute }, func(b *bench) {
		b.mu.Lock()
		b.announce = errors.New("Redis is gone")
		b.mu.Unlock()
		b.want(domain("a"))
		pass(30 * time.Second)
		b.mu.Lock()
		b.announce = nil
		b.mu.Unlock()
		pass(31 * time.Second)
		if b.saidTimes() != 1 {
			t.Errorf("said %d times after Redis came back", b.saidTimes())
		}
		pass(2 * time.Minute)
		if b.saidTimes() != 3 {
			t.Errorf("said %d times, want once a minute", b.saidTimes())
		}
		b.want()
		pass(20 * time.Minute)
		if got := b.status("a"); got.State != plan.Offline {
			t.Errorf("%+v", got)
		}
	})
}
