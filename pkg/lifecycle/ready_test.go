package lifecycle_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/lifecycle"
)

func TestCheckReady(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	health := &lifecycle.Health{}
	health.Set("redis", false)
	ctx, cancel := context.WithCancel(t.Context())
	ops := lifecycle.Ops(listener, health, prometheus.NewRegistry())
	done := make(chan error, 1)
	go func() { done <- ops.Run(ctx) }()

	addr := listener.Addr().String()
	if err := lifecycle.CheckReady(t.Context(), addr); err == nil || !strings.Contains(err.Error(), "redis") {
		t.Errorf("a broken part: %v", err)
	}
	health.Set("redis", true)
	if err := lifecycle.CheckReady(t.Context(), addr); err != nil {
		t.Errorf("ready: %v", err)
	}
	_, port, _ := net.SplitHostPort(addr)
	for _, listened := range []string{":" + port, "0.0.0.0:" + port} {
		if err := lifecycle.CheckReady(t.Context(), listened); err != nil {
			t.Errorf("an address as it is given to a listener, %s: %v", listened, err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("the ops port ended with %v", err)
	}
	if err := lifecycle.CheckReady(t.Context(), addr); err == nil {
		t.Error("nobody listens, and it is ready")
	}
	if err := lifecycle.CheckReady(t.Context(), "nonsense"); err == nil {
		t.Error("no address, and it is ready")
	}
}
