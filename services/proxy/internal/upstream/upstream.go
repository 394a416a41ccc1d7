package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"

	"github.com/mocloud/mocloud/services/proxy/internal/acl"
	"github.com/mocloud/mocloud/services/proxy/internal/budget"
)

// Provider is what differs between upstreams.
type Provider struct {
	Name   string // first segment of the path at the proxy
	Hint   string // what an operator does if there is no token
	Base   *url.URL
	Table  *acl.Table
	Budget budget.Config
	// Guards judge the bodies of writes, by "METHOD template". A route with a body and no guard is a mistake that New
	// reports.
	Guards map[string]Guard
	// ErrorBody is a refusal in the provider's own shape, so that its SDKs can read it.
	ErrorBody func(status int, message string) any
	// RequestID names the header that holds the provider's name for a call.
	RequestID string
}

// Guard judges a write. It returns the body to be sent, nil if there is none, and what it changes, for the audit trail.
// fetch reads a path of the same upstream as the proxy, for comparison.
type Guard func(ctx context.Context, m acl.Match, body []byte, fetch Fetch) (send []byte, change map[string]any, err error)

// Fetch reads a JSON object.
type Fetch func(ctx context.Context, path string) (map[string]any, error)

// Refusal is an error with the status and sentence that the caller gets.
type Refusal struct {
	Status  int
	Message string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// refuse is a Refusal with 403.
func refuse(format string, args ...any) error {
	return &Refusal{http.StatusForbidden, "denied by the proxy: " + fmt.Sprintf(format, args...)}
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
	for _, route := range p.Table.Routes {
		if _, guarded := p.Guards[route.Method+" "+route.Template]; route.Method != http.MethodGet && !guarded {
			return nil, fmt.Errorf("%s %s has no guard", route.Method, route.Template)
		}
	}
	u := &Upstream{
		Provider: p, log: log.With("component", "upstream", "upstream", p.Name),
		credential: credential, transport: transport, budget: budget.New(p.Budget),
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
				Help: "1 while no calls are made because the upstream fails.", ConstLabels: prometheus.Labels{"upstream": p.Name},
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

// encode marshals a JSON value that was decoded from JSON, without changing its strings.
func encode(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	return raw, nil
}
