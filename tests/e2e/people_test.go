package e2e_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

const password = "correct horse battery"

// person is somebody with an account, in a browser.
type person struct {
	*client.ClientWithResponses
	name string
}

// signUp makes an account.
func signUp(t *testing.T, c *cloud.Cloud, name string) person {
	t.Helper()
	made := answer(c.As(t).CreateAccountWithResponse(t.Context(), client.NewAccount{Username: name, Password: password})).is(t, http.StatusCreated)
	return person{browser(t, c, made.HTTPResponse), name}
}

// signIn signs in with another browser.
func signIn(t *testing.T, c *cloud.Cloud, name, password string) *client.ClientWithResponses {
	t.Helper()
	in := answer(c.As(t).CreateSessionWithResponse(t.Context(), client.SignIn{Username: &name, Password: &password})).is(t, http.StatusCreated)
	return browser(t, c, in.HTTPResponse)
}

// browser keeps the session that an answer gave.
func browser(t *testing.T, c *cloud.Cloud, answer *http.Response) *client.ClientWithResponses {
	t.Helper()
	if cookies := answer.Cookies(); len(cookies) != 1 || !cookies[0].HttpOnly {
		t.Fatalf("the session is %v", cookies)
	}
	return c.As(t, showing(answer))
}

// showing sends the session that an answer gave, and no token.
func showing(answer *http.Response) client.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Del("Authorization")
		for _, cookie := range answer.Cookies() {
			r.AddCookie(cookie)
		}
		return nil
	}
}

// outcome is what an operation of the generated client came to: answer(api.Operation(…)).is(t, status).
type outcome[A answered] struct {
	answer A
	err    error
}

type answered interface {
	StatusCode() int
	GetBody() []byte
}

func answer[A answered](a A, err error) outcome[A] { return outcome[A]{a, err} }

// is checks the status of the answer.
func (o outcome[A]) is(t *testing.T, status int) A {
	t.Helper()
	check(t, o.err)
	if o.answer.StatusCode() != status {
		t.Fatalf("%d, want %d: %s", o.answer.StatusCode(), status, o.answer.GetBody())
	}
	return o.answer
}

// refused checks that the answer has the status and says that.
func (o outcome[A]) refused(t *testing.T, status int, says string) {
	t.Helper()
	if body := o.is(t, status).GetBody(); !strings.Contains(string(body), says) {
		t.Errorf("refused, and without %q: %s", says, body)
	}
}
