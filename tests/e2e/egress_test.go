package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestEgressIsDenied: a mock's webhook to a private address never arrives, and the audit trail says who tried what.
func TestEgressIsDenied(t *testing.T) {
	eachTarget(t, func(t *testing.T, each cloud.Target) {
		settings := []string{"PROXY_FORWARD_PORTS=0"} // it is the address that is refused
		if each == cloud.Embedded {
			// For itself it would permit this machine, which is the only one that can connect.
			settings = append(settings, "PROXY_FORWARD_ALLOW=192.0.2.0/24")
		}
		c := cloud.Start(t, binaries, each, settings...)
		inside, arrived := receiver(t)
		for i, target := range append(private(), inside) {
			fires(t, c, fmt.Sprintf("hostile-%d", i), target)
			denied(t, c, target)
		}
		if arrived.Load() {
			t.Error("the call arrived")
		}
	})
}

// TestEgressToThisMachine: while nobody else can connect, webhooks may call programs on this machine, and no other private address.
func TestEgressToThisMachine(t *testing.T) {
	t.Parallel()
	if *target == string(cloud.Apart) {
		t.Skip("only `mocloud up` knows who can connect")
	}
	c := cloud.Start(t, binaries, cloud.Embedded)
	inside, arrived := receiver(t)
	fires(t, c, "friendly", inside)
	cloud.Eventually(t, "the webhook arrives", func() error {
		if !arrived.Load() {
			return errors.New("it did not")
		}
		return nil
	})
	if call := audited(t, c, inside); call.Outcome != "answered" {
		t.Errorf("the audit trail says %+v", call)
	}
	for i, target := range private() {
		fires(t, c, fmt.Sprintf("hostile-%d", i), target)
		denied(t, c, target)
	}
}

// private are addresses of other machines that are in no public network.
func private() []string {
	return []string{"10.0.0.1:80", "172.16.0.1:80", "192.168.0.1:8080", "169.254.169.254:80", "0.0.0.0:80", "[fd00::1]:80", "[::ffff:10.0.0.2]:80"}
}

// receiver listens on this machine and tells whether anything arrived.
func receiver(t *testing.T) (address string, arrived *atomic.Bool) {
	t.Helper()
	arrived = &atomic.Bool{}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Store(true) }))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), arrived
}

// fires has a new mock call the address.
func fires(t *testing.T, c *cloud.Cloud, slug, address string) {
	t.Helper()
	mock := published(t, c, slug, fmt.Sprintf(`- endpoint:
    path: /fire
    response:
      body: fired
    webhook:
      url: http://%s/secret
      method: POST
      body: leak
`, address))
	answers(t, c, mock.URL+"/fire", "fired")
}

// audit is what the proxy writes of a call.
type audit struct{ Mode, Caller, Tenant, Target, Outcome, Reason string }

// denied waits until the audit trail says that a mock server's call to the address was refused, and why.
func denied(t *testing.T, c *cloud.Cloud, address string) {
	t.Helper()
	if a := audited(t, c, address); a.Mode != "forward" || a.Caller != "mockserver" || a.Outcome != "denied" || a.Reason == "" || a.Tenant == "" {
		t.Errorf("the audit trail says %+v", a)
	}
}

// audited waits for the call to the address in the audit trail.
func audited(t *testing.T, c *cloud.Cloud, address string) audit {
	t.Helper()
	to := netip.MustParseAddrPort(address)
	address = netip.AddrPortFrom(to.Addr().Unmap(), to.Port()).String() // as the proxy names it
	var call audit
	cloud.Eventually(t, "the call to "+address+" is in the audit trail", func() error {
		content, err := os.ReadFile(c.AuditFile)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(content)) {
			if !strings.HasSuffix(line, "\n") {
				break // it is being written
			}
			call = audit{}
			if err := json.Unmarshal([]byte(line), &call); err != nil {
				t.Fatalf("the audit line %q is no JSON", line)
			}
			if call.Target == address {
				return nil
			}
		}
		return fmt.Errorf("it says:\n%s", content)
	})
	return call
}

// TestEverybodyReports: each consumer of a stream tells how far it is, cloudops included.
func TestEverybodyReports(t *testing.T) {
	t.Parallel()
	if *target == string(cloud.Embedded) {
		t.Skip("what the services say to one another is not reachable from outside there")
	}
	c := cloud.Start(t, binaries, cloud.Apart)
	options, err := redis.ParseURL(c.RedisURL)
	check(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	subscription := client.Subscribe(t.Context(), c.RedisPrefix+"applied")
	t.Cleanup(func() { _ = subscription.Close() })

	published(t, c, "first", cloud.Answering("something to report"))
	missing := map[string]bool{"yamlgen": true, "mockserver": true, "cloudops": true}
	for deadline := time.After(2 * time.Minute); len(missing) > 0; {
		select {
		case message := <-subscription.Channel():
			var envelope struct {
				Payload struct{ Service, Instance string }
			}
			check(t, json.Unmarshal([]byte(message.Payload), &envelope))
			if envelope.Payload.Instance == "" {
				t.Errorf("a report without an instance: %s", message.Payload)
			}
			delete(missing, envelope.Payload.Service)
		case <-deadline:
			t.Fatalf("nothing heard of %v", missing)
		}
	}
}
