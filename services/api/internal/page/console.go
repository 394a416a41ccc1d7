package page

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/page/spa"
)

// registerConsole serves the console: its files, and its page at every address that is nothing else's.
func (p *pages) registerConsole(e *echo.Echo) error {
	app, err := spa.New(p.Console)
	if err != nil {
		return err
	}
	p.console = app
	p.policy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%s'; img-src 'self' data: blob:; font-src 'self'; " +
		"connect-src " + strings.Join(append([]string{"'self'"}, p.Origins...), " ") + "; worker-src 'self'; manifest-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	serve := func(c echo.Context) error {
		address := c.Request().URL.Path
		switch {
		case gate.MethodOf(c.Request()) != http.MethodGet || strings.HasPrefix(address, "/api/"):
			return echo.ErrNotFound
		case app.Has(address):
			app.ServeFile(c.Response(), c.Request())
			return nil
		case strings.HasPrefix(address, "/assets/"): // of the pages that need no console
			return p.asset(c)
		case !spa.Addressed(address):
			return echo.ErrNotFound
		}
		return app.ServePage(c.Response(), p.policy)
	}
	e.RouteNotFound("/*", serve)
	pages := gate.Router{Echo: e, Endless: func(string) bool { return false }}
	pages.GET("/", serve)
	pages.GET("/signup", serve) // to which a form may be sent, too
	return nil
}
