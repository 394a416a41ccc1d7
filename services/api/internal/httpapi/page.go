package httpapi

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/signin"
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
	Methods   signin.Methods
	Problem   string // why signing in did not work
	Username  string // that was tried
	SigningUp bool   // it was an account that was to be made
	Code      string // of a sign-in link that waits for a click
	Mocks     []Mock
	More      bool
}

// signInPath is where sign-in links lead.
const signInPath = "/signin"

type renderer func(c echo.Context, status int, v view) error

// registerPage serves the plain page, its files, and signing in without a script.
func (h *handlers) registerPage(e *echo.Echo) error {
	files, err := fs.Sub(pageFiles, "page/assets")
	if err != nil {
		return fmt.Errorf("read the page's files: %w", err)
	}
	pages, err := template.ParseFS(pageFiles, "page/index.html", "page/invitation.html")
	if err != nil {
		return fmt.Errorf("read the pages: %w", err)
	}
	renders := func(name string) renderer {
		return func(c echo.Context, status int, v view) error {
			v.PublicURL, v.Methods = h.PublicURL, h.SignIns.Methods()
			c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
			c.Response().WriteHeader(status)
			return pages.ExecuteTemplate(c.Response(), name, v)
		}
	}
	render, invitation := renders("index.html"), renders("invitation.html")
	e.GET(signInPath, func(c echo.Context) error { return h.openLink(c, render) })
	e.POST(signInPath, func(c echo.Context) error { return h.postSignIn(c, render) })
	e.POST("/signup", func(c echo.Context) error { return h.postSignUp(c, render) })
	assets := func(c echo.Context) error {
		name := strings.TrimPrefix(c.Request().URL.Path, "/assets/")
		if info, err := fs.Stat(files, name); err != nil || info.IsDir() {
			return echo.ErrNotFound
		}
		http.ServeFileFS(c.Response(), c.Request(), files, name)
		return nil
	}
	if h.Console != nil {
		return h.registerConsole(e, assets)
	}
	home := func(c echo.Context) error { return h.home(c, render) }
	e.GET("/", home)
	e.HEAD("/", home)
	e.GET("/invitation", func(c echo.Context) error {
		a, err := h.visitorsAccount(c)
		if err != nil {
			return err
		}
		return invitation(c, http.StatusOK, view{Account: a.Username})
	})
	e.GET("/assets/*", assets)
	return nil
}

// visitorsAccount is the account that a browser is signed in as, zero if it is in none.
func (h *handlers) visitorsAccount(c echo.Context) (account.Account, error) {
	session := h.session(c.Request())
	if session.Empty() {
		return account.Account{}, nil
	}
	a, _, err := h.SignIns.BySession(c.Request().Context(), session)
	if apperr.CodeOf(err) == apperr.Unauthorized {
		return account.Account{}, nil
	}
	return a, err
}

func (h *handlers) home(c echo.Context, render renderer) error {
	ctx := c.Request().Context()
	a, err := h.visitorsAccount(c)
	if err != nil {
		return err
	}
	if a.ID == "" {
		return render(c, http.StatusOK, view{})
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

// openLink is where a one-time link leads. Signing in takes a click unless the browser says that a person opened the link, or a
// page of ours: a page of another site may have sent it here with a link of its own account. Browsers do not say where from over plain
// HTTP, and programs that fetch a preview never do; neither may use a link up.
func (h *handlers) openLink(c echo.Context, render renderer) error {
	code := c.QueryParam("code")
	if code == "" && h.console != nil {
		return h.console.ServePage(c.Response(), h.policy)
	}
	if code == "" {
		return render(c, http.StatusOK, view{})
	}
	if !opened(c.Request()) {
		return render(c, http.StatusOK, view{Code: code})
	}
	return h.enterPage(c, render, view{}, func(ctx context.Context, v signin.Visitor) (signin.Fresh, error) {
		return h.SignIns.ByCode(ctx, v, secret.New(code))
	})
}

// opened reports whether a browser says that a person or a page of ours opened an address to look at it.
func opened(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Method == http.MethodGet && (site == "none" || site == "same-origin") && r.Header.Get("Sec-Purpose") == ""
}

// postSignIn takes the page's forms: a username and a password, or the code of a link.
func (h *handlers) postSignIn(c echo.Context, render renderer) error {
	form, err := h.form(c)
	if err != nil {
		return err
	}
	username, code := form.Get("username"), form.Get("code")
	return h.enterPage(c, render, view{Username: username}, func(ctx context.Context, v signin.Visitor) (signin.Fresh, error) {
		if code != "" {
			return h.SignIns.ByCode(ctx, v, secret.New(code))
		}
		return h.SignIns.ByPassword(ctx, v, username, secret.New(form.Get("password")))
	})
}

// postSignUp takes the page's form for a new account.
func (h *handlers) postSignUp(c echo.Context, render renderer) error {
	form, err := h.form(c)
	if err != nil {
		return err
	}
	r := signin.Registration{Username: form.Get("username"), Password: secret.New(form.Get("password")), Invitation: secret.New(form.Get("invitation"))}
	return h.enterPage(c, render, view{Username: r.Username, SigningUp: true}, func(ctx context.Context, v signin.Visitor) (signin.Fresh, error) {
		return h.SignIns.Register(ctx, v, r)
	})
}

// maxForm bounds a form, in bytes.
const maxForm = 16 << 10

// form reads a form of short lines of text.
func (h *handlers) form(c echo.Context) (url.Values, error) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, err
		}
		return nil, badRequest("", "The form cannot be read.")
	}
	for name, values := range r.PostForm {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) || len(v) > 1024 {
				return nil, badRequest("", "The form's field %.20q is not a line of text.", name)
			}
		}
	}
	return r.PostForm, nil
}

// enterPage signs a browser in and shows the page: of the account, or again with what was wrong.
func (h *handlers) enterPage(c echo.Context, render renderer, again view, signIn func(context.Context, signin.Visitor) (signin.Fresh, error)) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), requestTimeout)
	defer cancel()
	err := h.enter(ctx)
	var fresh signin.Fresh
	if err == nil {
		fresh, err = signIn(ctx, visitorOf(ctx).Visitor)
	}
	if e, ok := errors.AsType[*apperr.Error](err); ok && e.Code != apperr.Internal {
		if e.Code == apperr.RateLimited {
			c.Response().Header().Set("Retry-After", retryAfter(err))
		}
		again.Problem = e.Message
		return render(c, statusOf(e.Code), again)
	}
	if err != nil {
		return err
	}
	if err := h.endOld(ctx); err != nil {
		return err
	}
	c.SetCookie(h.cookie(fresh.Secret, fresh.ExpiresAt.Truncate(time.Second)))
	return c.Redirect(http.StatusSeeOther, "/")
}
