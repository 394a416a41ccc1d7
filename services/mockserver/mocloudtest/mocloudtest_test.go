package mocloudtest_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/services/mockserver/mocloudtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const pets = `
- state:
    pets: [{id: 1, name: rex}]
- crud:
    path: /pets
`

// call sends a request as the code under test would.
func call(t *testing.T, method, url, body string, header ...string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := (&http.Client{Timeout: time.Minute}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", answer.StatusCode, text)
}

// An example: the code under test gets the mock's URL; the test then checks what it asked.
func TestExample(t *testing.T) {
	mock := mocloudtest.Run(t, `
- endpoint:
    method: POST
    path: /orders
    response: {status: 201, body: {id: 7}}
`)
	if got := call(t, "POST", mock.URL+"/orders", `{"pet":"rex"}`, "X-Try", "1"); got != `201 {"id":7}` {
		t.Errorf("the order: %s", got)
	}
	mock.Verify("{request.method: POST, request.path: /orders, json-params.pet: rex}", 1)
	mock.Verify("{answer.status: {gte: 400}}", 0)

	first := mock.Await(1)[0]
	if first.Method != "POST" || first.Path != "/orders" || first.Endpoint != "POST /orders" || first.Status != 201 ||
		string(first.Body) != `{"pet":"rex"}` || first.Header.Get("X-Try") != "1" {
		t.Errorf("the request: %+v", first)
	}
}

// Reset puts back what the mock remembers, in every session, and forgets the requests.
func TestReset(t *testing.T) {
	mock := mocloudtest.Run(t, pets)
	for _, session := range []string{"", "ci-7"} {
		call(t, "DELETE", mock.URL+"/pets/1", "", "X-Mocloud-Session", session)
		if got := call(t, "GET", mock.URL+"/pets/1", "", "X-Mocloud-Session", session); !strings.HasPrefix(got, "404") {
			t.Errorf("session %q, after it was deleted: %s", session, got)
		}
	}
	mock.Await(4)
	mock.Reset()
	if n := len(mock.Requests()); n != 0 {
		t.Errorf("%d requests are left", n)
	}
	for _, session := range []string{"", "ci-7"} {
		if got := call(t, "GET", mock.URL+"/pets/1", "", "X-Mocloud-Session", session); !strings.HasPrefix(got, "200") {
			t.Errorf("session %q, after the reset: %s", session, got)
		}
	}
	mock.Verify("{request.method: DELETE}", 0)
	mock.Verify("{request.method: GET}", 2)
}

// Mocks of parallel tests do not know of each other.
func TestParallel(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			mock := mocloudtest.Run(t, fmt.Sprintf("- endpoint: {path: /n, response: {body: %d}}", i))
			if got := call(t, "GET", mock.URL+"/n", ""); got != fmt.Sprintf("200 %d", i) {
				t.Error(got)
			}
			mock.Verify("{request.path: /n}", 1)
		})
	}
}

// recorder is a test that fails without failing this one.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Errorf(format string, args ...any) { r.said += fmt.Sprintf(format, args...) }
func (r *recorder) Fatal(args ...any)                 { r.said += fmt.Sprint(args...); runtime.Goexit() }

func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }

// failing returns how a test fails.
func failing(t *testing.T, test func(*recorder)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	return r.said
}

// A test that fails says what is wrong, and where.
func TestWhatFails(t *testing.T) {
	for _, c := range []struct {
		name, says string
		test       func(*recorder)
	}{
		{"an invalid mock", "mock.yml:1:14", func(r *recorder) { mocloudtest.Run(r, "- endpoint: {pth: /a}") }},
		{"no YAML", "mock.yml:1", func(r *recorder) { mocloudtest.Run(r, "- endpoint: [") }},
		{"too many", "expected no request, but 1 came", func(r *recorder) {
			mock := mocloudtest.Run(r, pets)
			call(t, "GET", mock.URL+"/pets", "")
			mock.Await(1)
			mock.Verify("{request.path: /pets}", 0)
		}},
		{"a condition that cannot be used", "`reqest` names nothing of a request", func(r *recorder) {
			mocloudtest.Run(r, pets).Verify("{reqest.path: /pets}", 1)
		}},
		{"a condition that is no YAML", "is no YAML", func(r *recorder) { mocloudtest.Run(r, pets).Verify("{", 1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := failing(t, c.test); !strings.Contains(got, c.says) {
				t.Errorf("it says %q, without %q", got, c.says)
			}
		})
	}
}
