// Package e2e_test tests mocloud from outside, as its users meet it: HTTP, the command line, signals. The same tests run on `mocloud
// up` and on the five services apart.
package e2e_test

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

var (
	binaries cloud.Binaries
	target   = flag.String("target", "", "embedded or apart; both if empty")
)

func TestMain(m *testing.M) { cloud.Main(m, &binaries) }

// onTargets runs a test on each way to run mocloud, each with a cloud of its own.
func onTargets(t *testing.T, test func(t *testing.T, c *cloud.Cloud)) {
	t.Helper()
	eachTarget(t, func(t *testing.T, each cloud.Target) { test(t, cloud.Start(t, binaries, each)) })
}

// eachTarget is onTargets for a test that starts its cloud itself.
func eachTarget(t *testing.T, test func(t *testing.T, each cloud.Target)) {
	t.Helper()
	t.Parallel()
	for _, each := range []cloud.Target{cloud.Embedded, cloud.Apart} {
		if *target != "" && *target != string(each) {
			continue
		}
		t.Run(string(each), func(t *testing.T) {
			t.Parallel()
			test(t, each)
		})
	}
}

// hello is the example of moclojer's README.
const hello = `- endpoint:
    method: GET
    path: /hello/:username
    response:
      status: 200
      headers:
        Content-Type: application/json
      body: >
        {
          "hello": "{{path-params.username}}!"
        }
`

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// published makes a mock and waits until it is live.
func published(t *testing.T, c *cloud.Cloud, slug, content string) cloud.Mock {
	t.Helper()
	mock, err := c.Create(t.Context(), slug, content)
	check(t, err)
	check(t, c.Publish(t.Context(), mock.ID))
	check(t, c.WaitFor(t.Context(), mock.ID, mock.Revision, cloud.Published))
	return mock
}

// edited writes a new revision and waits until it is live.
func edited(t *testing.T, c *cloud.Cloud, mock cloud.Mock, content string) cloud.Mock {
	t.Helper()
	mock, err := c.Update(t.Context(), mock.ID, content)
	check(t, err)
	check(t, c.WaitFor(t.Context(), mock.ID, mock.Revision, cloud.Published))
	return mock
}

// answers checks what a mock answers, now: what the API calls published is live.
func answers(t *testing.T, c *cloud.Cloud, url, want string) {
	t.Helper()
	answer, err := c.Call(t.Context(), url)
	check(t, err)
	if answer.Status != http.StatusOK || answer.Body != want {
		t.Fatalf("%s answers %d %q, want %q", url, answer.Status, answer.Body, want)
	}
}

// gone checks that a mock answers nothing and says why, now.
func gone(t *testing.T, c *cloud.Cloud, mock cloud.Mock, path string) {
	t.Helper()
	answer, err := c.Call(t.Context(), mock.URL+path)
	check(t, err)
	host := strings.TrimPrefix(mock.URL, "http://")
	host, _, _ = strings.Cut(host, ":")
	if answer.Status != http.StatusNotFound || !strings.Contains(answer.Body, host) {
		t.Fatalf("%s%s answers %d %q, want a 404 that names the host", mock.URL, path, answer.Status, answer.Body)
	}
}

func TestMainJob(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		mock, err := c.Create(t.Context(), "main-job", hello)
		check(t, err)
		if mock.ID == "" || mock.Slug != "main-job" || mock.WorkspaceSlug == "" || mock.Revision != 1 ||
			!strings.HasPrefix(mock.URL, "http://main-job-"+mock.WorkspaceSlug+".localhost:") {
			t.Fatalf("created %+v", mock)
		}
		instance := answer(c.As(t).GetInstanceWithResponse(t.Context())).is(t, http.StatusOK).JSON200
		where := strings.NewReplacer("{mock_slug}", mock.Slug, "{workspace_slug}", mock.WorkspaceSlug).Replace(instance.MockURL)
		if where != mock.URL || instance.BaseDomain != "localhost" || instance.Limits.ContentBytes <= 0 || !slices.Contains(instance.Features, client.FeatureWebhooks) {
			t.Errorf("the installation says that it is %+v, and has the mock at %s", instance, mock.URL)
		}
		gone(t, c, mock, "/hello/world")

		check(t, c.Publish(t.Context(), mock.ID))
		check(t, c.WaitFor(t.Context(), mock.ID, 1, cloud.Published))
		answer, err := c.Call(t.Context(), mock.URL+"/hello/world")
		check(t, err)
		if compact := strings.Join(strings.Fields(answer.Body), ""); answer.Status != http.StatusOK || compact != `{"hello":"world!"}` {
			t.Fatalf("answers %d %q", answer.Status, answer.Body)
		}
		if contentType := answer.Header.Get("Content-Type"); !strings.HasPrefix(contentType, "application/json") {
			t.Errorf("content type %q", contentType)
		}

		mock, err = c.Update(t.Context(), mock.ID, cloud.Answering("edited"))
		check(t, err)
		if mock.Revision != 2 {
			t.Errorf("the edit is revision %d", mock.Revision)
		}
		check(t, c.WaitFor(t.Context(), mock.ID, 2, cloud.Published))
		answers(t, c, mock.URL+"/answer", "edited")
		gone(t, c, mock, "/hello/world")

		read, err := c.Get(t.Context(), mock.ID)
		check(t, err)
		if read.Content != cloud.Answering("edited") || read.State != cloud.Published || read.Revision != 2 {
			t.Errorf("read %+v", read)
		}
		all, err := c.List(t.Context())
		check(t, err)
		if !strings.Contains(fmt.Sprint(all), mock.ID) {
			t.Errorf("the list %+v lacks %s", all, mock.ID)
		}

		check(t, c.Unpublish(t.Context(), mock.ID))
		check(t, c.WaitFor(t.Context(), mock.ID, 2, cloud.Offline))
		gone(t, c, mock, "/answer")

		check(t, c.Publish(t.Context(), mock.ID))
		check(t, c.WaitFor(t.Context(), mock.ID, 2, cloud.Published))
		answers(t, c, mock.URL+"/answer", "edited")

		check(t, c.Delete(t.Context(), mock.ID))
		cloud.Eventually(t, "the deleted mock is gone", func() error {
			answer, err := c.Call(t.Context(), mock.URL+"/answer")
			if err == nil && answer.Status != http.StatusNotFound {
				err = fmt.Errorf("answers %d", answer.Status)
			}
			return err
		})
		gone(t, c, mock, "/answer")
	})
}

// TestInvalidEdit: an edit with errors is kept and explained, and the last good revision keeps answering.
func TestInvalidEdit(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		mock := published(t, c, "fragile", cloud.Answering("good"))
		mock, err := c.Update(t.Context(), mock.ID, "- endpoint:\n    path: /answer\n    response: [\n")
		check(t, err)
		check(t, c.WaitFor(t.Context(), mock.ID, mock.Revision, cloud.OfflineInvalid))
		answers(t, c, mock.URL+"/answer", "good")
		read, err := c.Get(t.Context(), mock.ID)
		check(t, err)
		if read.Reason == "" {
			t.Error("nothing says why the edit is not live")
		}
		mock = edited(t, c, mock, cloud.Answering("mended"))
		answers(t, c, mock.URL+"/answer", "mended")
	})
}

// TestOthersAreNotTouched: mocks with the same path live on hosts of their own.
func TestOthersAreNotTouched(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		one, two := published(t, c, "one", cloud.Answering("one")), published(t, c, "two", cloud.Answering("two"))
		answers(t, c, one.URL+"/answer", "one")
		answers(t, c, two.URL+"/answer", "two")
		check(t, c.Delete(t.Context(), one.ID))
		two = edited(t, c, two, cloud.Answering("two again"))
		gone(t, c, one, "/answer")
		answers(t, c, two.URL+"/answer", "two again")
	})
}
