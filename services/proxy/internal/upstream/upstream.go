package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/services/proxy/internal/budget"
)

// Provider is a contract and where it is fulfilled.
type Provider struct {
	cloudprovider.Contract
	Base *url.URL
	// Transport speaks to the provider; nil means HTTP.
	Transport http.RoundTripper
}

// Upstream is one provider at work. It is safe for concurrent use.
type Upstream struct {
	Provider
	log        *slog.Logger
	credential *Credential
	transport  http.RoundTripper
	budget     *budget.Budget
	breaker    *gobreaker.TwoStepCircuitBreaker[any]
}

// breakAfter is how many failures in a row open the breaker; then one call is tried every breakFor.
const (
	breakAfter = 5
	breakFor   = 15 * time.Second
)

// New makes an upstream that calls p.Base over transport.
func New(p Provider, credential *Credential, transport http.RoundTripper, log *slog.Logger, metrics prometheus.Registerer) (*Upstream, error) {
	if route, ok := p.Unguarded(); ok {
		return nil, fmt.Errorf("%s %s has no guard", route.Method, route.Template)
	}
	if p.Transport != nil {
		transport = p.Transport
	}
	u := &Upstream{
		Provider: p, log: log.With("component", "upstream", "upstream", p.Name),
		credential: credential, transport: transport, budget: budget.New(p.Contract),
	}
	u.breaker = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Name: p.Name, MaxRequests: 1, Timeout: breakFor,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakAfter },
		IsSuccessful: func(err error) bool { return err == nil },
		IsExcluded:   func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			u.log.Warn("breaker changed", "from", from.String(), "to", to.String())
		},
	})
	if metrics != nil {
		gauges := []prometheus.Collector{
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Namespace: "mocloud", Subsystem: "proxy", Name: "breaker_open",
				Help: "1 while calls are paused because the upstream fails.", ConstLabels: prometheus.Labels{"upstream": p.Name},
			}, func() float64 {
				if u.breaker.State() == gobreaker.StateOpen {
					return 1
				}
				return 0
			}),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Namespace: "mocloud", Subsystem: "proxy", Name: "budget_left",
				Help: "Calls that could be made to the upstream at this moment.", ConstLabels: prometheus.Labels{"upstream": p.Name},
			}, u.budget.Left),
		}
		for _, g := range gauges {
			if err := metrics.Register(g); err != nil {
				return nil, fmt.Errorf("register metrics of %s: %w", p.Name, err)
			}
		}
	}
	return u, nil
}
