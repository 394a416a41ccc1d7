package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/services/proxy/internal/audit"
	"github.com/mocloud/mocloud/services/proxy/internal/caller"
)

// maxBody bounds a caller's body, in bytes.
const maxBody = 1 << 20

// Handler serves /{upstream}/… for its callers.
type Handler struct {
	upstreams map[string]*Upstream
	callers   *caller.Set
	trail     *audit.Trail
	log       *slog.Logger
	calls     *prometheus.CounterVec
}

// NewHandler makes the handler; a nil registerer means no metrics.
func NewHandler(callers *caller.Set, trail *audit.Trail, log *slog.Logger, metrics prometheus.Registerer, upstreams ...*Upstream) (*Handler, error) {
	h := &Handler{
		upstreams: map[string]*Upstream{}, callers: callers, trail: trail, log: log.With("component", "reverse"),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "mocloud", Subsystem: "proxy", Name: "provider_calls_total",
			Help: "Calls to providers, by outcome.",
		}, []string{"upstream", "outcome"}),
	}
	for _, u := range upstreams {
		h.upstreams[u.Name] = u
	}
	if metrics != nil {
		if err := metrics.Register(h.calls); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	entry := audit.Entry{Time: start.UTC(), ID: newID(), Mode: "reverse", Method: method(r.Method)}
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	u, known := h.upstreams[name]
	if !known {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "no such upstream at this proxy"})
		return
	}
	entry.Upstream = u.Name
	res := h.serve(r, u, "/"+rest, &entry)
	if res.err != nil {
		h.fail(w, u, &res)
		entry.Reason = res.err.Error()
	} else {
		answer(w, res)
	}
	entry.Status, entry.Outcome, entry.Attempts = res.status, res.outcome, res.attempts
	entry.Millis, entry.BytesIn, entry.Budget = time.Since(start).Milliseconds(), int64(len(res.body)), u.budget.Left()
	entry.RequestID = res.header.Get(u.RequestID)
	h.calls.WithLabelValues(u.Name, entry.Outcome).Inc()
	h.trail.Write(r.Context(), entry)
}

// serve takes a request through all steps. The entry gets what they find out.
func (h *Handler) serve(r *http.Request, u *Upstream, path string, entry *audit.Entry) result {
	denied := func(status int, err error) result { return result{status: status, outcome: notSent, err: err} }
	token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	who, err := h.callers.ByToken(token)
	if !isBearer || err != nil {
		return denied(http.StatusUnauthorized, caller.ErrUnknown)
	}
	entry.Caller = who
	m, err := u.Table.Match(r.Method, path, r.URL.RawQuery)
	if err != nil {
		return denied(http.StatusForbidden, err)
	}
	entry.Route, entry.IDs = m.Route.Template, m.Params
	if u.credential.Token(r.Context()).Empty() {
		return denied(http.StatusServiceUnavailable, fmt.Errorf("%w: %s", errNoToken, u.Hint))
	}
	body, err := readBody(r)
	if err != nil {
		return denied(statusOf(err), err)
	}
	req := request{caller: who, method: m.Route.Method, path: m.Path, body: body}
	if m.Query != "" {
		req.path += "?" + m.Query
	}
	if guard := u.GuardOf(m); guard != nil {
		req.body, entry.Change, err = guard(r.Context(), m, body, u.fetch(who))
		if err != nil {
			return denied(statusOf(err), err)
		}
	}
	entry.BytesOut = int64(len(req.body))
	return u.call(r.Context(), req)
}

// fetch reads for a guard, within the caller's budget.
func (u *Upstream) fetch(who string) cloudprovider.Fetch {
	return func(ctx context.Context, path string) (map[string]any, error) {
		res := u.call(ctx, request{caller: who, method: http.MethodGet, path: path})
		switch {
		case errors.Is(res.err, errLimited):
			return nil, &cloudprovider.Refusal{Status: http.StatusTooManyRequests, Message: res.err.Error()}
		case res.err != nil:
			return nil, &cloudprovider.Refusal{Status: http.StatusBadGateway, Message: "the proxy could not read the object to change: " + describe(res.err)}
		case res.status == http.StatusNotFound:
			return nil, &cloudprovider.Refusal{Status: http.StatusNotFound, Message: "the object to change does not exist"}
		case res.status != http.StatusOK:
			return nil, &cloudprovider.Refusal{Status: http.StatusBadGateway, Message: fmt.Sprintf("the proxy could not read the object to change: status %d", res.status)}
		}
		object, err := cloudprovider.DecodeObject(res.body)
		if err != nil {
			return nil, &cloudprovider.Refusal{Status: http.StatusBadGateway, Message: "the proxy could not read the object to change: not a JSON object"}
		}
		return object, nil
	}
}

// readBody returns the body, nil if there is none. Only JSON is accepted, and none at all with GET and DELETE.
func readBody(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, &cloudprovider.Refusal{Status: http.StatusBadRequest, Message: "the body could not be read"}
	case len(raw) > maxBody:
		return nil, &cloudprovider.Refusal{Status: http.StatusRequestEntityTooLarge, Message: fmt.Sprintf("the body is larger than %d bytes", maxBody)}
	case len(raw) == 0:
		return nil, nil
	case r.Method == http.MethodGet || r.Method == http.MethodDelete:
		return nil, &cloudprovider.Refusal{Status: http.StatusBadRequest, Message: "denied by the proxy: a " + r.Method + " has no body"}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &cloudprovider.Refusal{Status: http.StatusUnsupportedMediaType, Message: "denied by the proxy: the body must be application/json"}
	}
	return raw, nil
}

func statusOf(err error) int {
	if refusal, ok := errors.AsType[*cloudprovider.Refusal](err); ok {
		return refusal.Status
	}
	return http.StatusBadRequest
}

// passed is the answer's headers that the caller gets.
func passed() []string {
	return []string{
		"Content-Type", "Retry-After", "Ratelimit", "Ratelimit-Policy", "Ratelimit-Limit", "Ratelimit-Remaining",
		"Ratelimit-Reset", "X-Request-Id", "Cf-Ray",
	}
}

// answer writes the upstream's answer.
func answer(w http.ResponseWriter, res result) {
	for _, key := range passed() {
		if v := res.header.Get(key); v != "" {
			w.Header().Set(key, v)
		}
	}
	w.Header().Set(egress.OutcomeHeader, res.outcome)
	w.Header().Set("X-Should-Retry", "false")
	w.WriteHeader(res.status)
	_, _ = w.Write(res.body)
}

// fail writes an answer of our own in the upstream's shape, and notes its status.
func (h *Handler) fail(w http.ResponseWriter, u *Upstream, res *result) {
	message := describe(res.err)
	switch {
	case res.status != 0:
	case errors.Is(res.err, errLimited):
		res.status = http.StatusTooManyRequests
	case errors.Is(res.err, errBroken):
		res.status = http.StatusServiceUnavailable
	case errors.Is(res.err, context.DeadlineExceeded):
		res.status = http.StatusGatewayTimeout
	default:
		res.status = http.StatusBadGateway
	}
	if res.wait > 0 {
		w.Header().Set("Retry-After", seconds(res.wait))
	}
	w.Header().Set(egress.OutcomeHeader, res.outcome)
	w.Header().Set("X-Should-Retry", "false") // retries are made here, in one layer
	writeJSON(w, res.status, u.ErrorBody(res.status, message))
}

// describe is the sentence for the caller: our own errors as they are, the network's in general.
func describe(err error) string {
	refusal, isRefusal := errors.AsType[*cloudprovider.Refusal](err)
	switch {
	case isRefusal:
		return refusal.Message
	case errors.Is(err, cloudprovider.ErrDenied), errors.Is(err, caller.ErrUnknown), errors.Is(err, errLimited), errors.Is(err, errBroken),
		errors.Is(err, errNoToken):
		return err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "the upstream did not answer in time"
	}
	return "the upstream could not be reached"
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// method bounds what is logged of a foreign method.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return m
	}
	return "other"
}

func newID() string {
	id, err := uuid.NewV7()
	if err != nil {
		return ""
	}
	return id.String()
}
