// Package page serves what browsers show: the console, the plain page where there is no console, and signing in without a
// script. The package httpapi puts it beside the API.
package page

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/page/spa"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/signin"
)

//go:embed files
var files embed.FS

// Config says what is served.
type Config struct {
	PublicURL string         // where browsers reach it, without a trailing slash
	Addresses mock.Addresses // of mocks
	Console   fs.FS          // the console's files; nil: the plain page
	// Origins are those of other servers that the console talks to: of the mocks, and of who signs people in.
	Origins []string
}

// Deps are what the pages show and do.
type Deps struct {
	Gate         *gate.Gate
	SignIns      *signin.Service
	Mocks        *mock.Service
	Publications *publication.Service
}

type pages struct {
	Config
	Deps
	assets    fs.FS // of the pages that need no console
	templates *template.Template
	console   *spa.App // nil: the plain page
	policy    string   // the console's Content-Security-Policy, with %s for the nonce
}

// Docs is the page that shows the OpenAPI document.
func Docs() ([]byte, error) { return files.ReadFile("files/docs.html") }

// Register serves the pages.
func Register(e *echo.Echo, cfg Config, deps Deps) error {
	p := &pages{Config: cfg, Deps: deps}
	var err error
	if p.assets, err = fs.Sub(files, "files/assets"); err != nil {
		return fmt.Errorf("read the page's files: %w", err)
	}
	if p.templates, err = template.ParseFS(files, "files/index.html", "files/invitation.html"); err != nil {
		return fmt.Errorf("read the pages: %w", err)
	}
	e.GET(signInPath, p.openLink)
	e.POST(signInPath, p.postSignIn)
	e.POST("/signup", p.postSignUp)
	if cfg.Console != nil {
		return p.registerConsole(e)
	}
	e.GET("/", p.home)
	e.HEAD("/", p.home)
	e.GET("/invitation", p.invitation)
	e.GET("/assets/*", p.asset)
	return nil
}

// asset serves a file of the pages that need no console.
func (p *pages) asset(c echo.Context) error {
	name := strings.TrimPrefix(c.Request().URL.Path, "/assets/")
	if info, err := fs.Stat(p.assets, name); err != nil || info.IsDir() {
		return echo.ErrNotFound
	}
	http.ServeFileFS(c.Response(), c.Request(), p.assets, name)
	return nil
}
