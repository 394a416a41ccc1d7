// Package draft tries mocks before they are published: what a draft would answer to a request, and why. A mock server
// answers; nothing is stored, recorded or sent.
package draft

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/question"
	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// atOnce is how many tries of one account may run at a time.
const atOnce = 4

// Request is what a draft is asked.
type Request struct {
	Method string
	Path   string // with the query, beginning with a slash
	Header http.Header
	Body   []byte
}

// Draft is what of a mock is tried: one of the first three, or its current revision.
type Draft struct {
	Content   *string
	Revision  int  // a stored one; 0 for none
	Published bool // the published revision

	SkipDelays bool // without simulated latency, failures and rate limits
}

// Try is a draft that was tried.
type Try struct {
	Diagnostics []mockspec.Diagnostic
	Answers     []tryit.Answer // one for each request, in order; none if the draft has errors
}

// Mocks is what is needed of the service for mocks.
type Mocks interface {
	Find(ctx context.Context, who workspace.Caller, id string) (mock.Mock, error)
	Revision(ctx context.Context, who workspace.Caller, id string, number int) (mock.Revision, error)
	Validate(content string) ([]mockspec.Diagnostic, error)
}

// Memberships finds the caller's membership in the workspace with that slug; apperr.NotFound if there is none.
type Memberships interface {
	Membership(ctx context.Context, who workspace.Caller, slug string) (workspace.Membership, error)
}

// Ask asks a mock server; see tryit.Place.
type Ask func(ctx context.Context, q tryit.Question) (tryit.Answer, error)

// Service tries drafts. It is safe for concurrent use.
type Service struct {
	mocks       Mocks
	memberships Memberships
	records     Records
	addresses   mock.Addresses
	ask         Ask

	mu      sync.Mutex
	running map[string]int // by account
}

// NewService makes a Service.
func NewService(mocks Mocks, memberships Memberships, records Records, addresses mock.Addresses, ask Ask) *Service {
	return &Service{mocks: mocks, memberships: memberships, records: records, addresses: addresses, ask: ask, running: map[string]int{}}
}

// Content tries content that belongs to no mock. With a workspace's slug it may name the files of that workspace.
func (s *Service) Content(ctx context.Context, who workspace.Caller, slug, content string, skipDelays bool, requests []Request) (Try, error) {
	q := tryit.Question{MockSlug: "draft", Host: "draft." + s.addresses.BaseDomain, Content: content, SkipDelays: skipDelays}
	if slug != "" {
		in, err := s.memberships.Membership(ctx, who, slug)
		if err != nil {
			return Try{}, err
		}
		q.WorkspaceID, q.WorkspaceSlug = in.ID, in.Slug
	}
	return s.try(ctx, who, q, requests)
}

// Mock tries a mock: its current revision, another one, or other content.
func (s *Service) Mock(ctx context.Context, who workspace.Caller, id string, d Draft, requests []Request) (Try, error) {
	m, err := s.mocks.Find(ctx, who, id)
	if err != nil {
		return Try{}, err
	}
	q, err := s.question(ctx, who, m, d)
	if err != nil {
		return Try{}, err
	}
	return s.try(ctx, who, q, requests)
}

// question is the one about a draft of a mock, without requests.
func (s *Service) question(ctx context.Context, who workspace.Caller, m mock.Mock, d Draft) (tryit.Question, error) {
	q := tryit.Question{
		WorkspaceID: m.WorkspaceID, WorkspaceSlug: m.WorkspaceSlug, MockID: m.ID, MockSlug: m.Slug, Revision: m.Revision, Host: s.addresses.Host(m),
		Content: m.Content, SkipDelays: d.SkipDelays,
	}
	switch {
	case d.Content != nil && (d.Revision > 0 || d.Published), d.Revision > 0 && d.Published:
		return q, apperr.New(apperr.Invalid, "Only one of content, revision and published can be tried at a time.").WithField("revision")
	case d.Content != nil:
		q.Content = *d.Content
		return q, nil
	case d.Published && m.PublishedRevision == 0:
		return q, apperr.New(apperr.Conflict, "The mock is not published, so there is no published revision to try.").WithField("published")
	case d.Published:
		d.Revision = m.PublishedRevision
	}
	if d.Revision > 0 && d.Revision != m.Revision {
		r, err := s.mocks.Revision(ctx, who, m.ID, d.Revision)
		if err != nil {
			return q, err
		}
		q.Revision, q.Content = d.Revision, r.Content
	}
	return q, nil
}

func (s *Service) try(ctx context.Context, who workspace.Caller, q tryit.Question, requests []Request) (Try, error) {
	if len(requests) == 0 || len(requests) > tryit.MaxRequests {
		return Try{}, apperr.New(apperr.Invalid, "There are %d requests; send 1 to %d at once.", len(requests), tryit.MaxRequests).WithField("requests")
	}
	asked := make([]tryit.Request, len(requests))
	for i, r := range requests {
		var err error
		if asked[i], err = r.asked(); err != nil {
			return Try{}, err
		}
	}
	q.Request, q.More = asked[0], asked[1:]
	leave, err := s.enter(who.AccountID)
	if err != nil {
		return Try{}, err
	}
	defer leave()
	diagnostics, err := s.mocks.Validate(q.Content)
	if err != nil {
		return Try{}, err
	}
	t := Try{Diagnostics: diagnostics}
	if mockspec.HasErrors(diagnostics) {
		return t, nil
	}
	a, err := s.ask(ctx, q)
	switch {
	case errors.Is(err, question.ErrBusy):
		return t, apperr.New(apperr.RateLimited, "Too many drafts are being tried right now; try again in a moment.")
	case err != nil:
		return t, apperr.New(apperr.Unavailable, "No mock server is answering right now; try again in a moment.").WithCause(err)
	case a.Problem != "" && len(a.More) == 0: // not the first of several
		return t, apperr.New(apperr.Invalid, "The draft could not be tried: %s", a.Problem)
	}
	t.Answers = append([]tryit.Answer{a}, a.More...)
	if t.Answers[0].More = nil; len(t.Answers) != len(requests) {
		return t, apperr.New(apperr.Unavailable, "The mock servers cannot try several requests at once yet; try again when they have been updated.")
	}
	return t, nil
}

// asked is the request as a mock server gets it, or says what is wrong with it.
func (r Request) asked() (tryit.Request, error) {
	q := tryit.Request{Method: strings.ToUpper(r.Method), Target: r.Path, Header: r.Header, Body: r.Body}
	if !httpguts.ValidHeaderFieldName(q.Method) { // a method is a token, like a header's name
		return q, apperr.New(apperr.Invalid, "The request's method %q is not valid; use GET, POST or another HTTP method.", r.Method).WithField("request.method")
	}
	if _, err := url.ParseRequestURI(r.Path); err != nil || !strings.HasPrefix(r.Path, "/") || !utf8.ValidString(r.Path) || strings.ContainsAny(r.Path, " #\t\r\n") {
		return q, apperr.New(apperr.Invalid, "The request's path %q is not valid: begin it with a slash, and percent-encode what a URL cannot contain.", r.Path).WithField("request.path")
	}
	for name, values := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return q, apperr.New(apperr.Invalid, "%q is not a header name.", name).WithField("request.headers")
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return q, apperr.New(apperr.Invalid, "The header %s has a value with control characters.", name).WithField("request.headers")
			}
		}
	}
	return q, nil
}

// enter counts a try of the account in; leave counts it out.
func (s *Service) enter(accountID string) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[accountID] >= atOnce {
		return nil, apperr.New(apperr.RateLimited, "This account is already trying %d drafts; wait for one of them to finish.", atOnce)
	}
	s.running[accountID]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.running[accountID]--; s.running[accountID] == 0 {
			delete(s.running, accountID)
		}
	}, nil
}
