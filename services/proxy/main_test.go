package proxy_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/services/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	cloudopsToken   = "cloudops-token-of-the-test"
	mockserverToken = "mockserver-token-of-the-test"
)

// logBuffer is a log that can be searched.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// running is a proxy on loopback.
type running struct {
	reverse, forward string // base URLs
	log              *logBuffer
	metrics          *prometheus.Registry
	stop             func()
}

// run starts a proxy with the environment; it stops with the test. Everything, debug included, is logged.
func run(t *testing.T, environ ...string) *running {
	t.Helper()
	environ = append([]string{
		"PROXY_REVERSE_CALLERS=cloudops:" + cloudopsToken, "PROXY_FORWARD_CALLERS=mockserver:" + mockserverToken,
	}, environ...)
	cfg, err := config.Load[proxy.Config](environ)
	if err != nil {
		t.Fatal(err)
	}
	listen := func() net.Listener {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return listener
	}
	reverse, forward := listen(), listen()
	r := &running{
		reverse: "http://" + reverse.Addr().String(), forward: "http://" + forward.Addr().String(),
		log: &logBuffer{}, metrics: prometheus.NewRegistry(),
	}
	health := &lifecycle.Health{}
	service, err := proxy.New(cfg, proxy.Deps{
		Log:     slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Metrics: r.metrics, Health: health, ReverseListener: reverse, ForwardListener: forward,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	t.Cleanup(r.stop)
	return r
}
