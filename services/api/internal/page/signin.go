package page

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/signin"
)

// signInPath is where sign-in links lead.
const signInPath = "/signin"

// openLink is where a one-time link leads. Signing in takes a click unless the browser says that a person opened the link, or a
// page of ours: a page of another site may have sent it here with a link of its own account. Browsers do not say where from over plain
// HTTP, and programs that fetch a preview never do; neither may use a link up.
func (p *pages) openLink(c echo.Context) error {
	code := c.QueryParam("code")
	if code == "" && p.console != nil {
		return p.console.ServePage(c.Response(), p.policy)
	}
	if code == "" {
		return p.render(c, http.StatusOK, view{})
	}
	if !opened(c.Request()) {
		return p.render(c, http.StatusOK, view{Code: code})
	}
	return p.enterPage(c, view{}, func(ctx context.Context, v signin.Visitor) (signin.Fresh, error) {
		return p.SignIns.ByCode(ctx, v, secret.New(code))
	})
}

// opened reports whether a browser says that a person or a page of ours opened an address to look at it.
func opened(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Method == http.MethodGet && (site == "none" || site == "same-origin") && r.Header.Get("Sec-Purpose") == ""
}

// postSignIn takes the page's forms: a username and a password, or the code of a link.
func (p *pages) postSignIn(c echo.Context) error {
	form, err := form(c)
	if err != nil {
		return err
	}
	username, code := form.Get("username"), form.Get("code")
	return p.enterPage(c, view{Username: username}, func(ctx context.Context, v signin.Visitor) (signin.Fresh, error) {
		if code != "" {
			return p.SignIns.ByCode(ctx, v, secret.New(code))
		}
		return p.SignIns.ByPassword(ctx, v, username, secret.New(form.Get("password")))
	})
}

// postSignUp takes the page's form for a new account.
func (p *pages) postSignUp(c echo.Context) error {
	form, err := form(c)
	if err != nil {
		return err
	}
	r := signin.Registration{Username: form.Get("username"), Password: secret.New(form.Get("password")), Invitation: secret.New(form.Get("invitation"))}
	return p.enterPage(c, view{Username: r.Username, SigningUp: true}, func(ctx context.Context, v signin.Visitor) (signin.Fresh, error) {
		return p.SignIns.Register(ctx, v, r)
	})
}

// maxForm bounds a form, in bytes.
const maxForm = 16 << 10

// form reads a form of short lines of text.
func form(c echo.Context) (url.Values, error) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, err
		}
		return nil, gate.BadRequest("", "The form cannot be read.")
	}
	for name, values := range r.PostForm {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) || len(v) > 1024 {
				return nil, gate.BadRequest("", "The form's field %.20q is not a line of text.", name)
			}
		}
	}
	return r.PostForm, nil
}

// enterPage signs a browser in and shows the page: of the account, or again with what was wrong.
func (p *pages) enterPage(c echo.Context, again view, signIn func(context.Context, signin.Visitor) (signin.Fresh, error)) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), gate.RequestTimeout)
	defer cancel()
	err := p.Gate.AllowSignIn(ctx)
	var fresh signin.Fresh
	if err == nil {
		fresh, err = signIn(ctx, gate.VisitorOf(ctx).Visitor)
	}
	if e, ok := errors.AsType[*apperr.Error](err); ok && e.Code != apperr.Internal {
		if e.Code == apperr.RateLimited {
			c.Response().Header().Set("Retry-After", gate.RetryAfter(err))
		}
		again.Problem = e.Message
		return p.render(c, gate.StatusOf(e.Code), again)
	}
	if err != nil {
		return err
	}
	if err := p.Gate.EndPrevious(ctx); err != nil {
		return err
	}
	c.SetCookie(p.Gate.Cookie(fresh.Secret, fresh.ExpiresAt.Truncate(time.Second)))
	return c.Redirect(http.StatusSeeOther, "/")
}
