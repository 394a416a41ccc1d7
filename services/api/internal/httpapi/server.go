// Package httpapi is the presentation layer of the api: the OpenAPI contract on echo behind generated strict handlers,
// authentication, problems, live events, and the plain page. Only the api's root package imports it; it sees business
// packages and never the store.
package httpapi

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/availability"
	"github.com/mocloud/mocloud/services/api/internal/domain"
	"github.com/mocloud/mocloud/services/api/internal/draft"
	"github.com/mocloud/mocloud/services/api/internal/export"
	"github.com/mocloud/mocloud/services/api/internal/file"
	"github.com/mocloud/mocloud/services/api/internal/idempotency"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/search"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/spa"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
	"github.com/mocloud/mocloud/services/api/openapi"
)

// Timeouts of the server. WriteTimeout does not end a handler, so that every request has a deadline of its own below it.
const (
	ReadHeaderTimeout = 5 * time.Second
	ReadTimeout       = 30 * time.Second
	WriteTimeout      = 40 * time.Second
	IdleTimeout       = 2 * time.Minute
	requestTimeout    = 30 * time.Second
	maxWait           = time.Minute // of GET …/publication
)

// Config says how the API is served.
type Config struct {
	PublicURL string         // where browsers and programs reach it, without a trailing slash
	Secure    bool           // PublicURL is https
	Addresses mock.Addresses // of mocks
	MaxBody   int64          // bytes of a request body
	// Origins are those of other servers that the console talks to: of the mocks, and of who signs people in.
	Origins  []string
	Instance Instance // as everybody may see it
	// MaxLasting is how many requests of one account may wait, follow events or transfer files at a time, and MaxCrowding how
	// many from one address; 0: any number.
	MaxLasting, MaxCrowding int
	// KeepAlive is how often a silent stream of events gets a comment, so that proxies keep it, and how long one may go on at
	// the most after its caller's access has ended: where nobody says so, as when a token expires.
	KeepAlive time.Duration
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Requests a second of one address and of one account, and attempts to sign in a minute of one address; 0: any number.
	RateAddress, RateAccount, RateSignIn float64
}

// Deps are the business services behind the API.
type Deps struct {
	Log          *slog.Logger
	Metrics      prometheus.Registerer
	Console      fs.FS // the console's files; nil: the plain page
	Accounts     *account.Service
	SignIns      *signin.Service
	Tokens       *token.Service
	Workspaces   *workspace.Service
	Mocks        *mock.Service
	Files        *file.Service
	Domains      *domain.Service
	Drafts       *draft.Service
	Publications *publication.Service
	Records      *record.Service
	Idempotency  *idempotency.Service
	Audit        *audit.Service
	Quotas       *quota.Service
	Profiles     *account.Profiles
	Available    *availability.Service
	Export       *export.Service
	Search       *search.Service
}

// handlers implements the generated StrictServerInterface.
type handlers struct {
	Config
	Deps
	document []byte // the OpenAPI document as JSON
	limits   limits
	console  *spa.App // nil: the plain page
	policy   string   // the console's Content-Security-Policy, with %s for the nonce
}

var _ StrictServerInterface = (*handlers)(nil)

// New makes the handler of everything that the api serves.
func New(cfg Config, deps Deps) (http.Handler, error) {
	doc, err := openapi.Document()
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	h := &handlers{Config: cfg, Deps: deps, document: encoded, limits: newLimits(cfg)}
	contract, err := newContract(doc, h)
	if err != nil {
		return nil, err
	}
	observer, err := newObserver(deps.Log, deps.Metrics)
	if err != nil {
		return nil, err
	}
	compress, err := compressed(contract.endless)
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.HTTPErrorHandler = h.problem
	e.IPExtractor = addresses(cfg.TrustedProxies)
	e.Use(compress, observer.middleware, h.secure, bounded, h.arrive, contract.middleware)
	RegisterHandlers(heads{e, contract.endless}, NewStrictHandler(h, nil))
	if err := h.registerPage(e); err != nil {
		return nil, err
	}
	return e, nil
}

// secure sets the headers that every answer has, and refuses writes that a browser sends on behalf of another site.
func (h *handlers) secure(next echo.HandlerFunc) echo.HandlerFunc {
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
		if h.Secure {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if err := crossOrigin.Check(c.Request()); err != nil {
			return errCrossOrigin.WithCause(err)
		}
		return next(c)
	}
}
