// Package httpapi is the presentation layer of the api: the resources of the OpenAPI contract on echo, behind generated strict
// handlers and the package gate, and the pages of the package page beside them.
package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
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
	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/idempotency"
	"github.com/mocloud/mocloud/services/api/internal/live"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/page"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/remembered"
	"github.com/mocloud/mocloud/services/api/internal/search"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/variable"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
	"github.com/mocloud/mocloud/services/api/mcpserver"
	"github.com/mocloud/mocloud/services/api/openapi"
)

// Timeouts of the server. WriteTimeout does not end a handler, so that the gate gives every request a deadline of its own below it.
const (
	ReadHeaderTimeout = 5 * time.Second
	ReadTimeout       = 30 * time.Second
	WriteTimeout      = 40 * time.Second
	IdleTimeout       = 2 * time.Minute
)

// Config says how the API is served.
type Config struct {
	Gate      gate.Config
	PublicURL string         // where browsers and programs reach it, without a trailing slash
	Addresses mock.Addresses // of mocks
	// Origins are those of other servers that the console talks to: of the mocks, and of who signs people in.
	Origins  []string
	Instance Instance // as everybody may see it
	// KeepAlive is how often a silent stream of events gets a comment, so that proxies keep it. One goes on for some five times as long
	// at the most after its caller's access has ended, where there is no notice of that, as when a token expires.
	KeepAlive time.Duration
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
	Variables    *variable.Service
	Domains      *domain.Service
	Drafts       *draft.Service
	Publications *publication.Service
	Events       *live.Events
	Records      *record.Service
	Remembered   *remembered.Service
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
	gate     *gate.Gate
	document []byte // the OpenAPI document as JSON
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
	h := &handlers{Config: cfg, Deps: deps, document: encoded}
	h.gate, err = gate.New(cfg.Gate, doc, gate.Deps{
		Log: deps.Log, Metrics: deps.Metrics, SignIns: deps.SignIns, Tokens: deps.Tokens, Idempotency: deps.Idempotency,
		Written: h.announceWrites, Stopping: []error{live.ErrStopping}, Extend: extendProblem,
	})
	if err != nil {
		return nil, err
	}
	e := echo.New()
	if err := h.gate.Install(e); err != nil {
		return nil, err
	}
	RegisterHandlers(gate.Router{Echo: e, Endless: h.gate.Endless}, NewStrictHandler(h, nil))
	agents := mcpserver.NewHandler(e, cfg.Instance.Version, cfg.Gate.MaxBody)
	e.POST("/mcp", func(c echo.Context) error {
		leave, err := h.gate.Admit(c)
		if err != nil {
			return err
		}
		defer leave()
		agents.ServeHTTP(c.Response(), c.Request())
		return nil
	})
	err = page.Register(e, page.Config{PublicURL: cfg.PublicURL, Addresses: cfg.Addresses, Console: deps.Console, Origins: cfg.Origins}, page.Deps{
		Gate: h.gate, SignIns: deps.SignIns, Mocks: deps.Mocks, Publications: deps.Publications,
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// caller is who calls, as business packages want to know it.
func caller(ctx context.Context) workspace.Caller { return gate.Caller(ctx) }
