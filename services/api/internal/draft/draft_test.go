package draft

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/question"
	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// world has one workspace "ann" with one mock.
type world struct{}

func (world) Find(_ context.Context, _ workspace.Caller, id string) (mock.Mock, error) {
	if id != "m1" {
		return mock.Mock{}, apperr.New(apperr.NotFound, "no mock")
	}
	return mock.Mock{ID: "m1", WorkspaceID: "w1", WorkspaceSlug: "ann", Slug: "pets", Revision: 3, PublishedRevision: 2, Content: good}, nil
}

func (world) Revision(_ context.Context, _ workspace.Caller, _ string, number int) (mock.Revision, error) {
	if number > 2 {
		return mock.Revision{}, apperr.New(apperr.NotFound, "no revision")
	}
	return mock.Revision{Number: number, Content: earlier}, nil
}

func (world) Validate(content string) ([]mockspec.Diagnostic, error) {
	_, found := mockspec.Parse([]byte(content), mockspec.Options{})
	return found, nil
}

func (world) Membership(_ context.Context, _ workspace.Caller, slug string) (workspace.Membership, error) {
	if slug != "ann" {
		return workspace.Membership{}, apperr.New(apperr.NotFound, "no workspace")
	}
	return workspace.Membership{Workspace: workspace.Workspace{ID: "w1", Slug: "ann"}}, nil
}

const earlier = "- endpoint: {path: /a, response: {body: before}}\n"

const good = "- endpoint: {path: /a, response: {body: x}}\n"

func TestWhatIsAsked(t *testing.T) {
	var asked tryit.Question
	s := NewService(world{}, world{}, records{}, mock.Addresses{BaseDomain: "example.dev"}, func(_ context.Context, q tryit.Question) (tryit.Answer, error) {
		asked = q
		return tryit.Answer{Status: 204, More: []tryit.Answer{{Status: 205}}}, nil
	})
	first := Request{Method: "get", Path: "/a?x=%20", Header: http.Header{"X-A": {"1"}}, Body: []byte("b")}
	who, r := workspace.Caller{AccountID: "a"}, []Request{first, {Method: "PUT", Path: "/b"}}
	other := strings.Replace(good, "x", "y", 1)
	for name, c := range map[string]struct {
		do   func() (Try, error)
		want tryit.Question
	}{
		"a mock": {func() (Try, error) { return s.Mock(t.Context(), who, "m1", Draft{}, r) }, tryit.Question{
			WorkspaceID: "w1", WorkspaceSlug: "ann", MockID: "m1", MockSlug: "pets", Revision: 3, Host: "pets-ann.example.dev", Content: good,
		}},
		"a draft of a mock": {func() (Try, error) {
			return s.Mock(t.Context(), who, "m1", Draft{Content: &other, SkipDelays: true}, r)
		}, tryit.Question{
			WorkspaceID: "w1", WorkspaceSlug: "ann", MockID: "m1", MockSlug: "pets", Revision: 3, Host: "pets-ann.example.dev", Content: other, SkipDelays: true,
		}},
		"a revision": {func() (Try, error) { return s.Mock(t.Context(), who, "m1", Draft{Revision: 1}, r) }, tryit.Question{
			WorkspaceID: "w1", WorkspaceSlug: "ann", MockID: "m1", MockSlug: "pets", Revision: 1, Host: "pets-ann.example.dev", Content: earlier,
		}},
		"what is published": {func() (Try, error) { return s.Mock(t.Context(), who, "m1", Draft{Published: true}, r) }, tryit.Question{
			WorkspaceID: "w1", WorkspaceSlug: "ann", MockID: "m1", MockSlug: "pets", Revision: 2, Host: "pets-ann.example.dev", Content: earlier,
		}},
		"content": {func() (Try, error) { return s.Content(t.Context(), who, "", good, false, r) }, tryit.Question{
			MockSlug: "draft", Host: "draft.example.dev", Content: good,
		}},
		"content with files": {func() (Try, error) { return s.Content(t.Context(), who, "ann", good, false, r) }, tryit.Question{
			WorkspaceID: "w1", WorkspaceSlug: "ann", MockSlug: "draft", Host: "draft.example.dev", Content: good,
		}},
	} {
		got, err := c.do()
		if err != nil || len(got.Answers) != 2 || got.Answers[0].Status != 204 || got.Answers[1].Status != 205 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if asked.Method != "GET" || asked.Target != first.Path || asked.More[0].Method != "PUT" || asked.Header.Get("X-A") != "1" || string(asked.Body) != "b" {
			t.Errorf("%s: asked %+v", name, asked)
		}
		asked.Method, asked.Target, asked.Header, asked.Body = "", "", nil, nil
		if asked.WorkspaceID != c.want.WorkspaceID || asked.WorkspaceSlug != c.want.WorkspaceSlug || asked.MockID != c.want.MockID || asked.MockSlug != c.want.MockSlug ||
			asked.Revision != c.want.Revision || asked.Host != c.want.Host || asked.Content != c.want.Content || asked.SkipDelays != c.want.SkipDelays {
			t.Errorf("%s: asked %+v", name, asked)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	answer := func(a tryit.Answer, err error) *Service {
		return NewService(world{}, world{}, records{}, mock.Addresses{}, func(context.Context, tryit.Question) (tryit.Answer, error) { return a, err })
	}
	never := NewService(world{}, world{}, records{}, mock.Addresses{}, func(context.Context, tryit.Question) (tryit.Answer, error) {
		t.Error("a mock server was asked")
		return tryit.Answer{}, nil
	})
	get := Request{Method: "GET", Path: "/"}
	for name, c := range map[string]struct {
		s       *Service
		slug    string
		request Request
		want    apperr.Code
	}{
		"a foreign workspace": {never, "bob", get, apperr.NotFound},
		"no method":           {never, "", Request{Path: "/"}, apperr.Invalid},
		"two methods":         {never, "", Request{Method: "GET POST", Path: "/"}, apperr.Invalid},
		"no path":             {never, "", Request{Method: "GET"}, apperr.Invalid},
		"another server":      {never, "", Request{Method: "GET", Path: "http://x/"}, apperr.Invalid},
		"a request in a path": {never, "", Request{Method: "GET", Path: "/ HTTP/1.1\r\nX: y"}, apperr.Invalid},
		"a header in a name":  {never, "", Request{Method: "GET", Path: "/", Header: http.Header{"A: b\r\nC": {"d"}}}, apperr.Invalid},
		"a header in a value": {never, "", Request{Method: "GET", Path: "/", Header: http.Header{"A": {"b\r\nC: d"}}}, apperr.Invalid},
		"busy":                {answer(tryit.Answer{}, question.ErrBusy), "", get, apperr.RateLimited},
		"nobody":              {answer(tryit.Answer{}, question.ErrNobody), "", get, apperr.Unavailable},
		"no Redis":            {answer(tryit.Answer{}, errors.New("dial")), "", get, apperr.Unavailable},
		"a problem":           {answer(tryit.Answer{Problem: "no"}, nil), "", get, apperr.Invalid},
	} {
		if _, err := c.s.Content(t.Context(), workspace.Caller{}, c.slug, good, false, []Request{c.request}); apperr.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := never.Mock(t.Context(), workspace.Caller{}, "m2", Draft{}, []Request{get}); apperr.CodeOf(err) != apperr.NotFound {
		t.Errorf("a foreign mock: %v", err)
	}
	if got, err := never.Content(t.Context(), workspace.Caller{}, "", "- endpoint: {}\n", false, []Request{get}); err != nil || got.Answers != nil || !mockspec.HasErrors(got.Diagnostics) {
		t.Errorf("a draft with errors: %+v, %v", got, err)
	}
}

func TestAnAccountTriesSoManyAtOnce(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	s := NewService(world{}, world{}, records{}, mock.Addresses{}, func(context.Context, tryit.Question) (tryit.Answer, error) {
		entered <- struct{}{}
		<-release
		return tryit.Answer{}, nil
	})
	try := func(account string) error {
		_, err := s.Content(t.Context(), workspace.Caller{AccountID: account}, "", good, false, []Request{{Method: "GET", Path: "/"}})
		return err
	}
	done := make(chan error)
	for range atOnce {
		go func() { done <- try("ann") }()
		<-entered
	}
	if err := try("ann"); apperr.CodeOf(err) != apperr.RateLimited {
		t.Errorf("one more: %v", err)
	}
	go func() { done <- try("bob") }()
	<-entered
	close(release)
	for range atOnce + 1 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if len(s.running) != 0 {
		t.Errorf("still counted: %v", s.running)
	}
}
