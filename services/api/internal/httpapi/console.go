package httpapi

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/services/api/internal/spa"
)

// registerConsole serves the console: its files, and its page at every address that is nothing else's.
func (h *handlers) registerConsole(e *echo.Echo, assets echo.HandlerFunc) error {
	app, err := spa.New(h.Console)
	if err != nil {
		return err
	}
	h.console = app
	h.policy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%s'; img-src 'self' data: blob:; font-src 'self'; " +
		"connect-src " + strings.Join(append([]string{"'self'"}, h.Origins...), " ") + "; worker-src 'self'; manifest-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	serve := func(c echo.Context) error {
		path := c.Request().URL.Path
		switch {
		case reads(c.Request().Method) != http.MethodGet || strings.HasPrefix(path, "/api/"):
			return echo.ErrNotFound
		case app.Has(path):
			app.ServeFile(c.Response(), c.Request())
			return nil
		case strings.HasPrefix(path, "/assets/"): // of the pages that need no console
			return assets(c)
		case !spa.Addressed(path):
			return echo.ErrNotFound
		}
		return app.ServePage(c.Response(), h.policy)
	}
	e.RouteNotFound("/*", serve)
	pages := heads{e, func(string) bool { return false }}
	pages.GET("/", serve)
	pages.GET("/signup", serve) // to which a form may be sent, too
	return nil
}
