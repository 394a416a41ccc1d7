package e2e_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/pkg/testkit/nametest"
	"github.com/mocloud/mocloud/pkg/testkit/providertest"
	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestCertificates: mocks answer over HTTPS on hosts of their own, by one certificate that is proven through a record at the DNS provider, and
// on a custom domain as soon as its instructions were followed; a domain that leads elsewhere says so, and one that is given up
// answers no more.
func TestCertificates(t *testing.T) {
	eachTarget(t, func(t *testing.T, each cloud.Target) {
		names, zone := nametest.New(t), providertest.NewCloudflare(t)
		// What the world sees of the zone is what the provider has.
		names.Also(func(name string, kind uint16) (found []dns.RR) {
			for _, r := range zone.Records() {
				content := r.Content
				if r.Type == "CNAME" {
					content += "."
				}
				if r.Name != name || dns.StringToType[r.Type] != kind {
					continue
				}
				if rr, err := dns.NewRR(fmt.Sprintf("%s. 1 IN %s %s", r.Name, r.Type, content)); err == nil {
					found = append(found, rr)
				}
			}
			return found
		})
		secure := cloud.FreeAddress(t)
		_, portText, err := net.SplitHostPort(secure)
		check(t, err)
		port, err := strconv.Atoi(portText)
		check(t, err)
		authority := testkit.NewAuthority(t, names.Address, port, port)
		c := cloud.Start(t, binaries, each, "CLOUDOPS_RESOLVER="+names.Address, "DNS_MODE=per-host", "BASE_DOMAIN=mocks.example.com",
			"PROXY_CLOUDFLARE_URL="+zone.URL, "PROXY_CLOUDFLARE_TOKEN="+zone.Token, "PROXY_CLOUDFLARE_ZONES="+zone.Zone+"=mocks.example.com",
			"CLOUDOPS_CLOUDFLARE_ZONE="+zone.Zone, "CLOUDOPS_TARGET=edge.example.net", "CLOUDOPS_POLICY=sync", "CLOUDOPS_QUIET=100ms", "CLOUDOPS_DELETE_AFTER=0s",
			"PROXY_FORWARD_ALLOW=127.0.0.0/8", "PROXY_FORWARD_PORTS=0", "MOCKSERVER_HTTPS_ADDR="+secure, "MOCKSERVER_ACME_DIRECTORY="+authority.Directory(),
			"MOCKSERVER_ACME_EMAIL=ops@example.com", "MOCKSERVER_ACME_KEY="+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))),
			"MOCKSERVER_ACME_ROOTS="+authority.Roots, "MOCKSERVER_ACME_WILDCARD=true")
		d := &domains{Cloud: c, api: c.API(t), names: names}
		transport := &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: authority.Issues(t), MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", secure)
			},
		}
		call := func(host string) (status int, body string, err error) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/answer", nil)
			if err != nil {
				return 0, "", err
			}
			answer, err := (&http.Client{Transport: transport}).Do(request)
			if err != nil {
				return 0, "", err
			}
			defer answer.Body.Close() // it was only read
			raw, err := io.ReadAll(answer.Body)
			return answer.StatusCode, string(raw), err
		}
		answers := func(host string) {
			t.Helper()
			cloud.Eventually(t, host+" answers over HTTPS", func() error {
				status, body, err := call(host)
				if err == nil && (status != http.StatusOK || body != "at home") {
					err = fmt.Errorf("%d %s", status, body)
				}
				return err
			})
		}
		mock := published(t, c, "shop", cloud.Answering("at home"))
		read, err := d.api.GetMockWithResponse(t.Context(), mock.ID, nil)
		check(t, err)
		answers("shop-" + read.JSON200.WorkspaceSlug + ".mocks.example.com")
		cloud.Eventually(t, "the record of the proof is removed", func() error {
			for _, r := range zone.Records() {
				if r.Type == "TXT" {
					return fmt.Errorf("%+v is left", r)
				}
			}
			return nil
		})

		const host = "api.customer.co"
		added := d.add(t, mock.ID, host)
		for _, r := range added.Records {
			value := strconv.Quote(r.Value)
			if r.Type == client.RecordCNAME {
				value = r.Value + "."
				names.Add(t, value+" 1 IN A 127.0.0.1")
			}
			names.Add(t, fmt.Sprintf("%s. 1 IN %s %s", r.Name, r.Type, value))
		}
		active := d.becomes(t, added.ID, "it is active with a certificate", func(s client.Domain) bool {
			return s.State == client.DomainActive && s.Certificate == client.CertificateActive
		})
		if active.CertificateExpiresAt == nil || time.Until(*active.CertificateExpiresAt) < 24*time.Hour {
			t.Errorf("%+v", active)
		}
		answers(host)

		names.Replace(t, host+". 1 IN CNAME elsewhere.example.")
		d.becomes(t, added.ID, "its record leads elsewhere", func(s client.Domain) bool {
			return s.Routing == client.RoutingConflict && strings.Contains(s.Reason, "points to elsewhere.example") && s.Records[1].Seen[0] == "elsewhere.example"
		})
		given, err := d.api.DeleteDomainWithResponse(t.Context(), added.ID)
		check(t, err)
		if given.StatusCode() != http.StatusNoContent {
			t.Fatalf("give it up: %s", given.Status())
		}
		cloud.Eventually(t, "there is no certificate for it", func() error {
			if status, body, err := call(host); err == nil && status != http.StatusNotFound {
				return fmt.Errorf("%d %s", status, body)
			}
			return nil
		})
		if _, _, err := call("nobody.customer.co"); err == nil {
			t.Error("a host that is nobody's has a certificate")
		}
	})
}
