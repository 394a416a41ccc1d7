package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/testkit/nametest"
	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// withDomains runs a test with a name server that cloudops asks. The times of domains are longer than any test.
func withDomains(t *testing.T, test func(t *testing.T, d *domains)) {
	t.Helper()
	eachTarget(t, func(t *testing.T, each cloud.Target) {
		names := nametest.New(t)
		c := cloud.Start(t, binaries, each, "CLOUDOPS_RESOLVER="+names.Address, "API_QUOTA_DOMAINS=3")
		test(t, &domains{Cloud: c, api: c.API(t), names: names})
	})
}

// domains is a cloud whose customers' DNS is at hand.
type domains struct {
	*cloud.Cloud

	api   *client.ClientWithResponses
	names *nametest.Server
}

// add claims a host for a mock, as somebody.
func (d *domains) add(t *testing.T, mockID, host string, as ...client.RequestEditorFn) client.Domain {
	t.Helper()
	r, err := d.api.CreateDomainWithResponse(t.Context(), mockID, nil, client.NewDomain{Host: host}, as...)
	check(t, err)
	if r.JSON201 == nil {
		t.Fatalf("add %s: %s %s", host, r.Status(), r.Body)
	}
	return *r.JSON201
}

// create makes the customer's DNS what a domain's records say, those of a type.
func (d *domains) create(t *testing.T, of client.Domain, kind client.DomainRecordType) {
	t.Helper()
	for _, r := range of.Records {
		if value := r.Value + "."; r.Type == kind {
			if kind == client.RecordTXT {
				value = strconv.Quote(r.Value)
			}
			d.names.Add(t, fmt.Sprintf("%s. 1 IN %s %s", r.Name, kind, value))
		}
	}
}

// becomes has a domain looked at until it is as it should be, and returns it.
func (d *domains) becomes(t *testing.T, id, what string, is func(client.Domain) bool, as ...client.RequestEditorFn) (got client.Domain) {
	t.Helper()
	var asked time.Time
	cloud.Eventually(t, what, func() error {
		read, err := d.api.GetDomainWithResponse(t.Context(), id, as...)
		if err != nil {
			return err
		}
		if read.JSON200 == nil {
			return fmt.Errorf("read it: %s", read.Body)
		}
		if got = *read.JSON200; is(got) {
			return nil
		}
		if time.Since(asked) > time.Second {
			if _, err := d.api.VerifyDomainWithResponse(t.Context(), id, as...); err != nil {
				return err
			}
			asked = time.Now()
		}
		return fmt.Errorf("it is %s (%s, %s): %s", got.State, got.Ownership, got.Routing, got.Reason)
	})
	return got
}

// at calls the mocks with the name of a host that is in no DNS but the test's.
func (d *domains) at(t *testing.T, host string) (cloud.Answer, error) {
	t.Helper()
	return d.CallHost(t.Context(), host, "/answer")
}

func (d *domains) answers(t *testing.T, host, want string) {
	t.Helper()
	cloud.Eventually(t, host+" answers "+want, func() error {
		a, err := d.at(t, host)
		if err != nil || a.Status != http.StatusOK || a.Body != want {
			return fmt.Errorf("%d %s %w", a.Status, a.Body, err)
		}
		return nil
	})
}

func (d *domains) silent(t *testing.T, host string) {
	t.Helper()
	cloud.Eventually(t, host+" answers nothing", func() error {
		a, err := d.at(t, host)
		if err != nil || a.Status != http.StatusNotFound || !strings.Contains(a.Body, host) {
			return fmt.Errorf("%d %s %w", a.Status, a.Body, err)
		}
		return nil
	})
}

// TestDomainOfACustomer: a host is claimed, proven, routed, answered on; its proof goes, its time goes by, and it is removed.
func TestDomainOfACustomer(t *testing.T) {
	withDomains(t, func(t *testing.T, d *domains) {
		ctx := t.Context()
		mock := published(t, d.Cloud, "shop", cloud.Answering("at home"))
		const host = "api.customer.co"
		added := d.add(t, mock.ID, "API.customer.co.")
		if added.Host != host || added.State != client.DomainPendingDNS || added.Ownership != client.OwnershipPending || added.Routing != client.RoutingMissing || len(added.Records) != 2 ||
			added.Records[0].Type != client.RecordTXT || added.Records[0].Name != "_mocloud-challenge."+host || added.Records[1].Type != client.RecordCNAME || added.Records[1].Name != host {
			t.Fatalf("added %+v", added)
		}
		d.becomes(t, added.ID, "the missing proof is named", func(s client.Domain) bool {
			return s.State == client.DomainPendingDNS && strings.Contains(s.Reason, "no TXT record at _mocloud-challenge."+host) && s.CheckedAt != nil
		})
		d.silent(t, host)

		// Each record by itself, and another value on the way.
		d.names.Add(t, host+". 1 IN CNAME elsewhere.example.")
		d.becomes(t, added.ID, "it leads elsewhere", func(s client.Domain) bool {
			return s.Routing == client.RoutingConflict && strings.Contains(s.Reason, "points to elsewhere.example, not to "+added.Records[1].Value)
		})
		d.create(t, added, client.RecordTXT)
		d.becomes(t, added.ID, "it is proven", func(s client.Domain) bool {
			return s.Ownership == client.OwnershipVerified && s.Routing == client.RoutingConflict && s.State == client.DomainPendingDNS
		})
		d.answers(t, host, "at home")
		d.names.Remove("CNAME", host)
		d.create(t, added, client.RecordCNAME)
		active := d.becomes(t, added.ID, "it is active", func(s client.Domain) bool { return s.State == client.DomainActive })
		if active.Ownership != client.OwnershipVerified || active.Routing != client.RoutingOK || active.Certificate != client.CertificateNone || active.LostAt != nil {
			t.Errorf("%+v", active)
		}
		edited(t, d.Cloud, mock, cloud.Answering("at home, again"))
		d.answers(t, host, "at home, again")
		if read, err := d.api.GetMockWithResponse(ctx, mock.ID, nil); err != nil || !slices.Contains(read.JSON200.Hosts, host) || read.JSON200.Hosts[0] == host {
			t.Errorf("the mock's hosts: %v %s", err, read.Body)
		}

		// The proof goes: the mock answers on for a while, and then no more; then the domain is removed. Each time is over when the
		// test has seen what there is to see before.
		d.names.Remove("TXT", "_mocloud-challenge."+host)
		grace := d.becomes(t, added.ID, "it is in its grace", func(s client.Domain) bool { return s.State == client.DomainDegraded })
		if grace.Ownership != client.OwnershipGrace || grace.LostAt == nil || !strings.Contains(grace.Reason, "unless it comes back") {
			t.Errorf("%+v", grace)
		}
		d.answers(t, host, "at home, again")
		d.SetAPI("API_DOMAIN_GRACE=1s")
		lost := d.becomes(t, added.ID, "it is suspended", func(s client.Domain) bool { return s.State == client.DomainSuspended })
		if lost.Ownership != client.OwnershipLost || lost.SuspendedAt == nil || !strings.Contains(lost.Reason, "no longer answers on this host") {
			t.Errorf("%+v", lost)
		}
		d.silent(t, host)
		answers(t, d.Cloud, mock.URL+"/answer", "at home, again")
		d.SetAPI("API_KEEP_LOST_DOMAINS=1s")
		cloud.Eventually(t, "it is removed", func() error {
			read, err := d.api.GetDomainWithResponse(ctx, added.ID)
			if err == nil && read.StatusCode() != http.StatusNotFound {
				err = errors.New(read.Status())
			}
			return err
		})
	})
}

// TestDomainOfTwo: two workspaces claim a host; the first to prove it has it; the other sees that, and gets it when it is given up.
// Neither sees anything of the other.
func TestDomainOfTwo(t *testing.T) {
	withDomains(t, func(t *testing.T, d *domains) {
		ctx := t.Context()
		account, err := d.api.CreateAccountWithResponse(ctx, client.NewAccount{Username: "zoe", Password: "correct horse battery"})
		check(t, err)
		zoe := showing(account.HTTPResponse)
		theirs, err := d.api.CreateMockWithResponse(ctx, nil, client.NewMock{Slug: "shop", Content: cloud.Answering("zoe's")}, zoe)
		check(t, err)
		if theirs.JSON201 == nil {
			t.Fatalf("zoe makes a mock: %s %s", theirs.Status(), theirs.Body)
		}
		_, err = d.api.PublishMockWithResponse(ctx, theirs.JSON201.ID, zoe)
		check(t, err)
		ours := published(t, d.Cloud, "shop", cloud.Answering("ours"))
		const host = "shared.customer.co"
		first, second := d.add(t, ours.ID, host), d.add(t, theirs.JSON201.ID, host, zoe)

		// Foreign ids are ids that do not exist.
		for what, call := range map[string]func() (int, []byte, error){
			"read": func() (int, []byte, error) {
				r, err := d.api.GetDomainWithResponse(ctx, second.ID)
				return r.StatusCode(), r.Body, err
			},
			"verify": func() (int, []byte, error) {
				r, err := d.api.VerifyDomainWithResponse(ctx, second.ID)
				return r.StatusCode(), r.Body, err
			},
			"delete": func() (int, []byte, error) {
				r, err := d.api.DeleteDomainWithResponse(ctx, second.ID)
				return r.StatusCode(), r.Body, err
			},
			"add": func() (int, []byte, error) {
				r, err := d.api.CreateDomainWithResponse(ctx, theirs.JSON201.ID, nil, client.NewDomain{Host: "mine.customer.co"})
				return r.StatusCode(), r.Body, err
			},
			"list": func() (int, []byte, error) {
				r, err := d.api.ListMockDomainsWithResponse(ctx, theirs.JSON201.ID, nil)
				return r.StatusCode(), r.Body, err
			},
		} {
			if status, body, err := call(); err != nil || status != http.StatusNotFound || strings.Contains(string(body), host) {
				t.Errorf("%s of what is another workspace's: %d %s %v", what, status, body, err)
			}
		}
		all, err := d.api.ListDomainsWithResponse(ctx, nil)
		check(t, err)
		if all.JSON200 == nil || len(all.JSON200.Items) != 1 || all.JSON200.Items[0].ID != first.ID {
			t.Errorf("the list: %s", all.Body)
		}

		d.create(t, second, client.RecordTXT)
		d.create(t, second, client.RecordCNAME)
		d.becomes(t, second.ID, "zoe has it", func(s client.Domain) bool { return s.State == client.DomainActive }, zoe)
		d.answers(t, host, "zoe's")
		d.create(t, first, client.RecordTXT)
		waiting := d.becomes(t, first.ID, "the other is told", func(s client.Domain) bool {
			return strings.HasPrefix(s.Reason, "The host is verified for another mock") && strings.Contains(s.Reason, "The proof was found")
		})
		if waiting.State != client.DomainPendingDNS || waiting.Ownership != client.OwnershipPending || waiting.Routing != client.RoutingConflict {
			t.Errorf("%+v", waiting)
		}
		d.answers(t, host, "zoe's")
		third := published(t, d.Cloud, "third", cloud.Answering("third"))
		if late, err := d.api.CreateDomainWithResponse(ctx, third.ID, nil, client.NewDomain{Host: host}); err != nil || late.StatusCode() != http.StatusConflict || !strings.Contains(string(late.Body), "verified by another workspace") {
			t.Errorf("a claim of what another workspace has: %s %s", late.Status(), late.Body)
		}

		given, err := d.api.DeleteDomainWithResponse(ctx, second.ID, zoe)
		check(t, err)
		read, err := d.api.GetDomainWithResponse(ctx, first.ID)
		check(t, err)
		if given.StatusCode() != http.StatusNoContent || read.JSON200 == nil || strings.Contains(read.JSON200.Reason, "another") {
			t.Errorf("given up: %s, then the other reads %s", given.Status(), read.Body)
		}
		d.names.Remove("CNAME", host)
		d.create(t, first, client.RecordCNAME)
		d.becomes(t, first.ID, "the other has it", func(s client.Domain) bool { return s.State == client.DomainActive })
		d.answers(t, host, "ours")
	})
}

// TestLimitsOfDomains: what is not possible is said, with what to do.
func TestLimitsOfDomains(t *testing.T) {
	withDomains(t, func(t *testing.T, d *domains) {
		ctx := t.Context()
		mock := published(t, d.Cloud, "shop", cloud.Answering("at home"))
		refused := func(host string, status int, why string) {
			t.Helper()
			r, err := d.api.CreateDomainWithResponse(ctx, mock.ID, nil, client.NewDomain{Host: host})
			check(t, err)
			if r.StatusCode() != status || !strings.Contains(string(r.Body), why) {
				t.Errorf("add %q: %s %s", host, r.Status(), r.Body)
			}
		}
		refused("192.0.2.1", http.StatusUnprocessableEntity, "it is an IP address; use a name")
		refused("shop.localhost", http.StatusUnprocessableEntity, "do not exist in public DNS")
		refused("a.internal", http.StatusUnprocessableEntity, "do not exist in public DNS")
		for n := range 3 {
			d.add(t, mock.ID, fmt.Sprintf("api%d.customer.co", n))
		}
		refused("api0.customer.co", http.StatusConflict, "already has the host \\\"api0.customer.co\\\"")
		refused("api3.customer.co", http.StatusForbidden, "would hold 4 domains; the limit is 3")
		size := 2
		page, err := d.api.ListMockDomainsWithResponse(ctx, mock.ID, &client.ListMockDomainsParams{Limit: &size})
		check(t, err)
		if page.JSON200 == nil || len(page.JSON200.Items) != 2 || page.JSON200.NextCursor == nil {
			t.Fatalf("a page of two: %s", page.Body)
		}
		rest, err := d.api.ListMockDomainsWithResponse(ctx, mock.ID, &client.ListMockDomainsParams{Limit: &size, Cursor: page.JSON200.NextCursor})
		check(t, err)
		if rest.JSON200 == nil || len(rest.JSON200.Items) != 1 || rest.JSON200.NextCursor != nil || rest.JSON200.Items[0].Host != "api2.customer.co" {
			t.Errorf("the page after it: %s", rest.Body)
		}
		deleted, err := d.api.DeleteDomainWithResponse(ctx, rest.JSON200.Items[0].ID)
		check(t, err)
		if deleted.StatusCode() != http.StatusNoContent {
			t.Errorf("give one up: %s", deleted.Status())
		}
		d.add(t, mock.ID, "api3.customer.co")
	})
}
