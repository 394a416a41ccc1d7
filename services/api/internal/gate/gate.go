// Package gate is what a request of the HTTP API passes before a resource answers it: limits, identity, deadlines, validation and
// idempotency. The x- attributes of the OpenAPI document say what each operation needs, so that nothing here names one. What goes
// wrong anywhere becomes a problem (RFC 9457) here. It knows none of the resources.
package gate

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/fair"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/idempotency"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/token"
)

// Config says what the gate lets through.
type Config struct {
	Secure  bool  // browsers reach the API over https
	MaxBody int64 // bytes of a request body
	// MaxConcurrentAccount is how many requests of one account may wait, follow events or transfer files at a time, and
	// MaxConcurrentAddress how many from one address; 0: any number.
	MaxConcurrentAccount, MaxConcurrentAddress int
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Requests a second of one address and of one account, and attempts to sign in a minute of one address; 0: any number.
	RateAddress, RateAccount, RateSignIn float64
}

// Deps are what the gate needs.
type Deps struct {
	Log         *slog.Logger
	Metrics     prometheus.Registerer
	SignIns     *signin.Service
	Tokens      *token.Service
	Idempotency *idempotency.Service
	// Written is called with the audit entries of an operation that has succeeded.
	Written func(ctx context.Context, op *Operation, entries []audit.Entry)
	// Stopping are the errors with which what goes on for long ends when the server stops.
	Stopping []error
	// Extend adds what it knows of an error to its problem.
	Extend func(err error, p *Problem)
}

// Gate is safe for concurrent use.
type Gate struct {
	cfg        Config
	deps       Deps
	operations map[string]*Operation // by method and echo path
	limits     limits
	large      *fair.Slots // of requests with large bodies
	accounts   *concurrent
	addresses  *concurrent
}

// New makes the gate of the operations of an OpenAPI document. An operation that lacks an attribute, or has one that nobody
// knows, is an error.
func New(cfg Config, doc *openapi3.T, deps Deps) (*Gate, error) {
	operations, err := operationsOf(doc)
	if err != nil {
		return nil, err
	}
	return &Gate{
		cfg: cfg, deps: deps, operations: operations, limits: newLimits(cfg), large: newLarge(),
		accounts: newConcurrent("This account", cfg.MaxConcurrentAccount), addresses: newConcurrent("Your address", cfg.MaxConcurrentAddress),
	}, nil
}

// Install puts the gate before everything that e serves.
func (g *Gate) Install(e *echo.Echo) error {
	observer, err := newObserver(g.deps.Log, g.deps.Metrics)
	if err != nil {
		return err
	}
	compress, err := compressed(g.Endless)
	if err != nil {
		return err
	}
	e.HTTPErrorHandler = g.writeProblem
	e.IPExtractor = addresses(g.cfg.TrustedProxies)
	e.Use(compress, observer.middleware, g.secure, bounded, g.arrive, g.middleware)
	return nil
}

// Endless reports whether the response to a GET goes on until the caller leaves.
func (g *Gate) Endless(path string) bool {
	op, ok := g.operations[http.MethodGet+" "+path]
	return ok && op.duration == stream
}

// middleware lets a request through to its operation. Pages are none of the document's operations and pass.
func (g *Gate) middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		op, ok := g.operations[MethodOf(c.Request())+" "+c.Path()]
		if !ok {
			return next(c) // a page, or nothing
		}
		end, err := op.setDeadlines(c)
		if err != nil {
			return err
		}
		defer end()
		if err := g.limits.of(op.limit).allow(signin.Network(VisitorOf(c.Request().Context()).Address)); err != nil {
			return err
		}
		if !op.public {
			leave, err := g.identify(c, op)
			if err != nil {
				return err
			}
			defer leave()
		}
		body, err := g.read(c, op)
		if err != nil {
			return err
		}
		leave, err := g.place(c.Request().Context(), op, len(body))
		if err != nil {
			return err
		}
		defer leave()
		if err := g.validate(c, op, body); err != nil {
			return err
		}
		if op.writes {
			do := next
			next = func(c echo.Context) error { return g.writing(c, op, do) }
		}
		switch key := c.Request().Header.Get(idempotencyKey); {
		case op.idempotent && key != "":
			return g.once(c, key, body, next)
		case op.conditional:
			return conditional(c, next)
		}
		return next(c)
	}
}

// identify finds out who calls an operation that is not public, and whether they may. leave is for when it has ended.
func (g *Gate) identify(c echo.Context, op *Operation) (leave func(), err error) {
	who, err := g.authenticate(c.Request())
	if err != nil {
		return nil, err
	}
	who.operation, who.request = op.ID, requestID(c)
	if client := c.Request().Header.Get(clientHeader); callersID.MatchString(client) {
		who.client = client
	}
	if err := g.limits.account.allow(who.Account.ID); err != nil {
		return nil, err
	}
	if err := op.permit(who); err != nil {
		return nil, err
	}
	who.again = func(ctx context.Context) error {
		now, err := g.authenticate(c.Request().WithContext(ctx))
		if err != nil {
			return err
		}
		return op.permit(now)
	}
	c.SetRequest(c.Request().WithContext(withIdentity(c.Request().Context(), who)))
	if op.duration == brief {
		return func() {}, nil
	}
	return g.stay(who.Account.ID, signin.Network(c.RealIP()))
}

// stay counts a request that goes on for long in, for its account and its address.
func (g *Gate) stay(account, address string) (leave func(), err error) {
	ofAccount, err := g.accounts.enter(account)
	if err != nil {
		return nil, err
	}
	fromAddress, err := g.addresses.enter(address)
	if err != nil {
		ofAccount()
		return nil, err
	}
	return func() { ofAccount(); fromAddress() }, nil
}

// writing runs an operation that writes and, if it worked, says what it wrote.
func (g *Gate) writing(c echo.Context, op *Operation, next echo.HandlerFunc) error {
	ctx, written := audit.Collect(c.Request().Context())
	c.SetRequest(c.Request().WithContext(ctx))
	err := next(c)
	if err == nil && c.Response().Status < http.StatusMultipleChoices {
		g.deps.Written(ctx, op, written.Entries())
	}
	return err
}

// secure sets the headers that every response has, and refuses writes that a browser sends on behalf of another site.
func (g *Gate) secure(next echo.HandlerFunc) echo.HandlerFunc {
	crossOrigin := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "+
			"img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		header.Set("Cache-Control", "no-store")
		if g.cfg.Secure {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if err := crossOrigin.Check(c.Request()); err != nil {
			return errCrossOrigin.WithCause(err)
		}
		return next(c)
	}
}

// MethodOf is the method whose operation answers a request: HEAD is GET without the body.
func MethodOf(r *http.Request) string {
	if r.Method == http.MethodHead {
		return http.MethodGet
	}
	return r.Method
}

// arrive finds out where a request comes from, and sends it away if too many come from there.
func (g *Gate) arrive(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		address := c.RealIP()
		if err := g.limits.address.allow(signin.Network(address)); err != nil {
			return err
		}
		r := c.Request()
		v := Visitor{Visitor: signin.Visitor{Address: address, UserAgent: r.UserAgent()}, Session: g.session(r)}
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)))
		return next(c)
	}
}

// AllowSignIn counts an attempt to sign in without an operation, as with a form.
func (g *Gate) AllowSignIn(ctx context.Context) error {
	return g.limits.of(signInLimit).allow(signin.Network(VisitorOf(ctx).Address))
}

// RequestTimeout bounds a request that is not expected to take long. The server's WriteTimeout is above it.
const RequestTimeout = 30 * time.Second
