package domain

import (
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
)

func TestClean(t *testing.T) {
	for host, want := range map[string]string{
		"api.customer.dev": "api.customer.dev", "API.Customer.DEV.": "api.customer.dev", "bücher.de": "xn--bcher-kva.de", " a.b.co ": "a.b.co",
		"xn--bcher-kva.de": "xn--bcher-kva.de", "mocks.example.dev.customer.com": "mocks.example.dev.customer.com",
	} {
		if got, err := Clean(host, "mocks.example.dev"); got != want || err != nil {
			t.Errorf("%q: %q, %v", host, got, err)
		}
	}
	for _, host := range []string{
		"", ".", "localhost", "com", "127.0.0.1", "[::1]", "::1", "2130706433", "a.b.1", "a..b.co", "-a.co", "a_b.co", "*.a.co", "a b.co", "a.co:80",
		"http://a.co", "a.co/x", "mocks.example.dev", "pets-ann.mocks.example.dev", "x.EDGE.mocks.example.dev.", "a.test", "a.local", "a.internal", "x.onion",
		strings.Repeat("a", 64) + ".co", strings.Repeat("a.", 130) + "co", "a\x00.co", "xn--a.co", "a.co\n",
	} {
		if got, err := Clean(host, "mocks.example.dev"); got != "" && host != "a.co\n" || host != "a.co\n" && apperr.CodeOf(err) != apperr.Invalid {
			t.Errorf("%q: %q, %v", host, got, err)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("Bücher.de.")
	f.Fuzz(func(t *testing.T, host string) {
		name, err := Clean(host, "mocks.example.dev")
		if err != nil {
			return
		}
		if again, err := Clean(name, "mocks.example.dev"); err != nil || again != name || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
			t.Errorf("%q became %q and then %q, %v", host, name, again, err)
		}
	})
}

var week = Times{Grace: 7 * 24 * time.Hour, Keep: 30 * 24 * time.Hour}

// What is seen of a domain's records, look after look, and what follows.
func TestSeen(t *testing.T) {
	start := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	d := Domain{ID: "d", Host: "a.co", Ownership: Pending, Routing: Missing}
	for i, c := range []struct {
		after              time.Duration
		ownership, routing string
		want               Ownership
		routed             Routing
		state              State
	}{
		{0, event.OwnershipMissing, "missing", Pending, Missing, PendingDNS},
		{1 * time.Hour, event.OwnershipUnknown, "unknown", Pending, Missing, PendingDNS},
		{2 * time.Hour, event.OwnershipProven, "missing", Verified, Missing, PendingDNS},
		{3 * time.Hour, event.OwnershipProven, "ok", Verified, OK, Active},
		{4 * time.Hour, event.OwnershipUnknown, "unknown", Verified, OK, Active},
		{5 * time.Hour, event.OwnershipMissing, "conflict", InGrace, Conflict, Degraded},
		{6 * time.Hour, event.OwnershipProven, "ok", Verified, OK, Active},
		{7 * time.Hour, event.OwnershipMissing, "ok", InGrace, OK, Degraded},
		{6*24*time.Hour + 7*time.Hour, event.OwnershipMissing, "ok", InGrace, OK, Degraded},
		{8*24*time.Hour + 7*time.Hour, event.OwnershipUnknown, "unknown", InGrace, OK, Degraded},
		{8*24*time.Hour + 8*time.Hour, event.OwnershipMissing, "ok", Lost, OK, Suspended},
		{9 * 24 * time.Hour, event.OwnershipMissing, "ok", Lost, OK, Suspended},
		{10 * 24 * time.Hour, event.OwnershipProven, "ok", Verified, OK, Active},
		{11 * 24 * time.Hour, "nonsense", "nonsense", Verified, OK, Active},
	} {
		d = d.seen(event.DomainObserved{Ownership: c.ownership, Routing: c.routing, Reason: "r"}, start.Add(c.after), week)
		if d.Ownership != c.want || d.Routing != c.routed || d.State() != c.state || (d.Ownership == InGrace) == d.LostAt.IsZero() && d.Ownership != Lost {
			t.Errorf("look %d: %+v, state %s", i, d, d.State())
		}
		if d.SuspendedAt.IsZero() != (d.Ownership != Lost) {
			t.Errorf("look %d: suspended at %s", i, d.SuspendedAt)
		}
		if d.Serves() != (d.State() == Active || d.State() == Degraded || d.Ownership == Verified) {
			t.Errorf("look %d: serves %t", i, d.Serves())
		}
	}
	again := d.seen(event.DomainObserved{Ownership: event.OwnershipProven, Routing: "ok", Reason: "r"}, start.Add(11*24*time.Hour+time.Minute), week)
	if again != d {
		t.Errorf("the same again is a change: %+v", again)
	}
}

// A host that another mock has is not given to a second one, and the reason follows the other's claim without a look.
func TestTaken(t *testing.T) {
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	proven := event.DomainObserved{Ownership: event.OwnershipProven, Routing: "ok", Reason: "The proof was found."}
	d := Domain{Ownership: Pending, Routing: Missing, Taken: true}.seen(proven, now, week)
	if d.Ownership != Pending || d.Routing != OK || d.State() != PendingDNS || !strings.HasPrefix(d.Why(), "The host is verified for another mock") {
		t.Errorf("%+v: %s", d, d.Why())
	}
	if d.Taken = false; d.Why() != "The proof was found." {
		t.Errorf("free again: %s", d.Why())
	}
	if d = d.seen(proven, now, week); d.Ownership != Verified {
		t.Errorf("%+v", d)
	}
	lost := Domain{Ownership: Lost, LostAt: now.Add(-time.Hour), SuspendedAt: now, Taken: true}.seen(proven, now, week)
	if lost.Ownership != Lost || !lost.SuspendedAt.Equal(now) {
		t.Errorf("%+v", lost)
	}
}
