package page

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// shownMocks is how many mocks the plain page shows; the API lists the rest.
const shownMocks = 200

// view is what a plain page shows.
type view struct {
	PublicURL string
	Account   string // "" before signing in
	Methods   signin.Methods
	Problem   string // why signing in did not work
	Username  string // that was tried
	SigningUp bool   // it was an account that was to be made
	Code      string // of a sign-in link that waits for a click
	Mocks     []shownMock
	More      bool
}

// shownMock is a mock as the plain page shows it.
type shownMock struct {
	Slug, WorkspaceSlug, URL, PathURL string
	State                             publication.State
	Reason                            string
	Revision, PublishedRevision       int
}

func (p *pages) render(c echo.Context, status int, v view) error {
	return p.execute(c, "index.html", status, v)
}

func (p *pages) execute(c echo.Context, name string, status int, v view) error {
	v.PublicURL, v.Methods = p.PublicURL, p.SignIns.Methods()
	c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
	c.Response().WriteHeader(status)
	return p.templates.ExecuteTemplate(c.Response(), name, v)
}

// visitorsAccount is the account that a browser is signed in as, zero if it is in none.
func (p *pages) visitorsAccount(c echo.Context) (account.Account, error) {
	ctx := c.Request().Context()
	session := gate.VisitorOf(ctx).Session
	if session.Empty() {
		return account.Account{}, nil
	}
	a, _, err := p.SignIns.BySession(ctx, session)
	if apperr.CodeOf(err) == apperr.Unauthorized {
		return account.Account{}, nil
	}
	return a, err
}

func (p *pages) home(c echo.Context) error {
	a, err := p.visitorsAccount(c)
	if err != nil {
		return err
	}
	if a.ID == "" {
		return p.render(c, http.StatusOK, view{})
	}
	mocks, err := p.Mocks.List(c.Request().Context(), workspace.Caller{AccountID: a.ID}, mock.Filter{}, "", shownMocks)
	if err != nil {
		return err
	}
	v := view{Account: a.Username, More: mocks.Next != ""}
	for _, m := range mocks.Items {
		v.Mocks = append(v.Mocks, p.shown(m))
	}
	return p.render(c, http.StatusOK, v)
}

func (p *pages) shown(m mock.Mock) shownMock {
	state := p.Publications.Derive(m)
	return shownMock{
		Slug: m.Slug, WorkspaceSlug: m.WorkspaceSlug, URL: p.Addresses.Of(m), PathURL: p.Addresses.ByPath(m), State: state.State, Reason: state.Reason,
		Revision: m.Revision, PublishedRevision: m.PublishedRevision,
	}
}

func (p *pages) invitation(c echo.Context) error {
	a, err := p.visitorsAccount(c)
	if err != nil {
		return err
	}
	return p.execute(c, "invitation.html", http.StatusOK, view{Account: a.Username})
}
