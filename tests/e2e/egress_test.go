package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		var arrived atomic.Bool
		inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Store(true) }))
		t.Cleanup(inside.Close)
		address := strings.TrimPrefix(inside.URL, "http://")

		mock := published(t, c, "hostile", fmt.Sprintf(`- endpoint:
    path: /fire
    response:
      body: fired
    webhook:
      url: %s/secret
      method: POST
      body: leak
`, inside.URL))
		answers(t, c, mock.URL+"/fire", "fired")

		var denied struct{ Mode, Caller, Tenant, Target, Outcome, Reason string }
		cloud.Eventually(t, "the refusal is in the audit trail", func() error {
			content, err := os.ReadFile(c.AuditFile)
			if err != nil {
				return err
			}
			for line := range strings.Lines(string(content)) {
				if !strings.HasSuffix(line, "\n") {
					break // it is being written
				}
				if err := json.Unmarshal([]byte(line), &denied); err != nil {
					t.Fatalf("the audit line %q is no JSON", line)
				}
				if denied.Target == address {
					return nil
				}
			}
			return fmt.Errorf("it says:\n%s", content)
		})
		if denied.Mode != "forward" || denied.Caller != "mockserver" || denied.Outcome != "denied" || denied.Reason == "" || denied.Tenant == "" {
			t.Errorf("the audit trail says %+v", denied)
		}
		if arrived.Load() {
			t.Error("the call arrived")
		}
	})
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
