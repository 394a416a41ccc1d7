package httpapi

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

//go:embed page
var pageFiles embed.FS

// pageMocks is how many mocks the page shows; the API lists the rest.
const pageMocks = 200

// view is what the page shows.
type view struct {
	PublicURL string
	Account   string // "" before signing in
	Problem   string // why signing in did not work
	Mocks     []Mock
	More      bool
}

// registerPage serves the plain page, its files and the sign-in link.
func (h *handlers) registerPage(e *echo.Echo) error {
	files, err := fs.Sub(pageFiles, "page/assets")
	if err != nil {
		return fmt.Errorf("read the page's files: %w", err)
	}
	page, err := template.ParseFS(pageFiles, "page/index.html")
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	render := func(c echo.Context, status int, v view) error {
		v.PublicURL = h.PublicURL
		c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
		c.Response().WriteHeader(status)
		return page.Execute(c.Response(), v)
	}
	e.GET("/", func(c echo.Context) error { return h.home(c, render) })
	e.GET("/signin", func(c echo.Context) error { return h.signIn(c, render) })
	e.GET("/assets/*", echo.WrapHandler(http.StripPrefix("/assets/", http.FileServerFS(files))))
	return nil
}

func (h *handlers) home(c echo.Context, render func(echo.Context, int, view) error) error {
	ctx := c.Request().Context()
	session := h.session(c.Request())
	if session.Empty() {
		return render(c, http.StatusOK, view{})
	}
	a, err := h.Accounts.BySession(ctx, session)
	if apperr.CodeOf(err) == apperr.Unauthorized {
		return render(c, http.StatusOK, view{})
	}
	if err != nil {
		return err
	}
	mocks, next, err := h.Mocks.List(ctx, workspace.Caller{AccountID: a.ID}, mock.Filter{}, "", pageMocks)
	if err != nil {
		return err
	}
	v := view{Account: a.Username, More: next != ""}
	for _, m := range mocks {
		v.Mocks = append(v.Mocks, h.mock(m))
	}
	return render(c, http.StatusOK, v)
}

// signIn is where the one-time link leads.
func (h *handlers) signIn(c echo.Context, render func(echo.Context, int, view) error) error {
	s, err := h.Accounts.SignIn(c.Request().Context(), secret.New(c.QueryParam("code")))
	if e, ok := errors.AsType[*apperr.Error](err); ok && e.Code == apperr.Unauthorized {
		return render(c, http.StatusUnauthorized, view{Problem: e.Message})
	}
	if err != nil {
		return err
	}
	if old := h.session(c.Request()); !old.Empty() {
		// A browser has one session; the old one would live on unseen.
		if err := h.Accounts.SignOut(c.Request().Context(), old); err != nil {
			return err
		}
	}
	c.SetCookie(h.cookie(s.Secret, s.Expires.Truncate(time.Second)))
	return c.Redirect(http.StatusSeeOther, "/")
}
