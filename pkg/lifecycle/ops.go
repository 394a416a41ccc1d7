package lifecycle

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Ops is the member that answers /livez, /readyz, /metrics and /debug/pprof on its own listener, which is not meant for
// the public; profiles only this machine gets. /readyz names the parts that do not work and never their errors.
func Ops(listener net.Listener, health *Health, metrics prometheus.Gatherer) Member {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		writeHealth(w, nil)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		writeHealth(w, health.Broken())
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", onlyHere(pprof.Index))
	mux.HandleFunc("GET /debug/pprof/profile", onlyHere(pprof.Profile))
	mux.HandleFunc("GET /debug/pprof/trace", onlyHere(pprof.Trace))
	mux.HandleFunc("GET /debug/pprof/symbol", onlyHere(pprof.Symbol))
	server := &http.Server{
		Handler:           notFromPages(mux),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      2 * time.Minute, // a CPU profile takes 30 s by default
		IdleTimeout:       time.Minute,
	}
	return Member{Name: "ops", Run: func(ctx context.Context) error {
		return Serve(ctx, server, listener)
	}}
}

// onlyHere answers this machine alone, by a name that is its own: profiles show what is in memory, and a page of another site may lead a
// browser here under a name of its own.
func onlyHere(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !from.Addr().Unmap().IsLoopback() || !isThisMachine(r.Host) {
			http.Error(w, "profiles are for this machine: ask http://localhost from it", http.StatusForbidden)
			return
		}
		next(w, r)
	}
}

// notFromPages refuses what a browser on this machine asks under the name of a stranger's page.
func notFromPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		if (err != nil || from.Addr().Unmap().IsLoopback()) && !isOwnName(hostname(r.Host)) {
			http.Error(w, "from this machine ask http://localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isThisMachine reports whether a Host header names this machine as it calls itself.
func isThisMachine(host string) bool {
	name := hostname(host)
	ip, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && ip.IsLoopback()
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
