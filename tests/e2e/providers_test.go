package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/testkit/nametest"
	"github.com/mocloud/mocloud/pkg/testkit/providertest"
	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestHostsAtTheProviders: where each mock's host has records of its own, to publish a mock makes its DNS record and its domain of
// the app, to rename it moves them, to delete it removes them; a custom domain becomes one of the app's when its proof is
// there, and goes with it. What others made stays.
func TestHostsAtTheProviders(t *testing.T) {
	eachTarget(t, func(t *testing.T, each cloud.Target) {
		ctx := t.Context()
		names, zone, app := nametest.New(t), providertest.NewCloudflare(t), providertest.NewDigitalOcean(t)
		zone.Put(providertest.Record{Type: "A", Name: "by-hand.mocks.example.com", Content: "192.0.2.1", TTL: 60})
		c := cloud.Start(t, binaries, each, "CLOUDOPS_RESOLVER="+names.Address, "DNS_MODE=per-host", "BASE_DOMAIN=mocks.example.com",
			"PROXY_CLOUDFLARE_URL="+zone.URL, "PROXY_CLOUDFLARE_TOKEN="+zone.Token, "PROXY_CLOUDFLARE_ZONES="+zone.Zone+"=mocks.example.com",
			"PROXY_DIGITALOCEAN_URL="+app.URL, "PROXY_DIGITALOCEAN_TOKEN="+app.Token, "PROXY_DIGITALOCEAN_APPS="+app.App,
			"CLOUDOPS_CLOUDFLARE_ZONE="+zone.Zone, "CLOUDOPS_DIGITALOCEAN_APP="+app.App, "CLOUDOPS_TARGET=edge.example.net", "CLOUDOPS_POLICY=sync",
			"CLOUDOPS_QUIET=100ms", "CLOUDOPS_DELETE_AFTER=0s")
		d := &domains{Cloud: c, api: c.API(t), names: names}
		has := func(what string, hosts ...string) {
			t.Helper()
			cloud.Eventually(t, what, func() error {
				records, others := []string{}, 0
				sample := func(host string) bool { return strings.HasPrefix(host, "hello-") } // of the mock that a new installation has
				for _, r := range zone.Records() {
					switch {
					case sample(r.Name):
					case r.Type == "CNAME" && r.Content == "edge.example.net":
						records = append(records, r.Name)
					default:
						others++
					}
				}
				own := slices.DeleteFunc(slices.Clone(hosts), func(host string) bool { return host == "api.customer.co" })
				if !slices.Equal(records, own) || others != 1 {
					return fmt.Errorf("the zone holds %+v", zone.Records())
				}
				want := append([]string{"mocks.example.com", "old.example.net"}, hosts...)
				got := slices.DeleteFunc(app.Domains(), sample)
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					return fmt.Errorf("the app has %q, not %q", got, want)
				}
				return nil
			})
		}
		mock := published(t, c, "shop", cloud.Answering("at home"))
		read, err := d.api.GetMockWithResponse(ctx, mock.ID, nil)
		check(t, err)
		workspace := read.JSON200.WorkspaceSlug + ".mocks.example.com"
		has("the host is at both providers", "shop-"+workspace)
		cloud.Eventually(t, "the publication says so", func() error {
			p, err := d.api.GetPublicationWithResponse(ctx, mock.ID, nil)
			if err != nil {
				return err
			}
			if p.JSON200 == nil || p.JSON200.DNS == nil || p.JSON200.DNS.State != client.Published || p.JSON200.DNS.Host != "shop-"+workspace {
				return fmt.Errorf("%s", p.Body)
			}
			return nil
		})
		slug := "store"
		renamed, err := d.api.UpdateMockWithResponse(ctx, mock.ID, nil, client.UpdateMockJSONRequestBody{Slug: &slug})
		check(t, err)
		if renamed.StatusCode() != http.StatusOK {
			t.Fatalf("rename: %s %s", renamed.Status(), renamed.Body)
		}
		has("the new host takes the old one's place", "store-"+workspace)

		added := d.add(t, mock.ID, "api.customer.co")
		d.create(t, added, client.RecordTXT)
		d.create(t, added, client.RecordCNAME)
		has("the custom domain is one of the app's", "api.customer.co", "store-"+workspace)
		active := d.becomes(t, added.ID, "it is active with a certificate", func(s client.Domain) bool {
			return s.State == client.DomainActive && s.Certificate == client.CertificateActive
		})
		for _, r := range active.Records {
			if r.State == nil || *r.State != client.RecordOK || len(r.Seen) != 1 || r.Seen[0] != r.Value {
				t.Errorf("%+v", r)
			}
		}
		if active.CertificateExpiresAt == nil || active.NextCheckAt == nil || active.Records[0].RelativeName != "_mocloud-challenge.api" {
			t.Errorf("%+v", active)
		}
		d.names.Remove("CNAME", "api.customer.co")
		d.names.Add(t, "api.customer.co. 1 IN CNAME elsewhere.example.")
		d.becomes(t, added.ID, "its record leads elsewhere", func(s client.Domain) bool {
			return s.Routing == client.RoutingConflict && *s.Records[1].State == client.RecordDifferent && s.Records[1].Seen[0] == "elsewhere.example"
		})
		given, err := d.api.DeleteDomainWithResponse(ctx, added.ID)
		check(t, err)
		if given.StatusCode() != http.StatusNoContent {
			t.Fatalf("give it up: %s", given.Status())
		}
		has("the custom domain is gone", "store-"+workspace)
		deleted, err := d.api.DeleteMockWithResponse(ctx, mock.ID, nil)
		check(t, err)
		if deleted.StatusCode() != http.StatusNoContent {
			t.Fatalf("delete: %s", deleted.Status())
		}
		has("nothing is left")
	})
}
