package lifecycle

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Ops is the member that answers /livez, /readyz, /metrics and /debug/pprof on its own listener, which is not meant for
// the public. /readyz names the parts that do not work and never their errors.
func Ops(listener net.Listener, health *Health, metrics prometheus.Gatherer) Member {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		writeHealth(w, nil)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		writeHealth(w, health.Broken())
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      2 * time.Minute, // a CPU profile takes 30 s by default
		IdleTimeout:       time.Minute,
	}
	return Member{Name: "ops", Run: func(ctx context.Context) error {
		return Serve(ctx, server, listener)
	}}
}

// Serve runs server on listener, with a bounded number of connections, until ctx ends. Then it lets requests finish as
// long as Stopping allows.
func Serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(&bounded{Listener: listener, places: NewPlaces(MostConnections())}) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stopCtx, cancel := Stopping(ctx)
	defer cancel()
	err := server.Shutdown(stopCtx)
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	<-failed
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // requests that would not end were cut off: that is what the deadline is for
	}
	return err
}

func writeHealth(w http.ResponseWriter, broken []string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if len(broken) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": len(broken) == 0, "broken": broken})
}
