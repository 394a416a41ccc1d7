package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

const login = `- endpoint:
    method: POST
    path: /login/:user
    response:
      status: 201
      headers: {Content-Type: application/json}
      body: '{"user": "{{path-params.user}}", "session_token": "t0p"}'
- endpoint:
    path: /answer
    response: {body: "ok"}
`

// post sends a request full of secrets.
func post(t *testing.T, c *cloud.Cloud, url string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"name":"ann","password":"hunter2","iban":"DE1"}`))
	check(t, err)
	r.Header.Set("Authorization", "Bearer hunter3")
	r.Header.Set("Content-Type", "application/json")
	res, err := c.Do(r)
	check(t, err)
	check(t, res.Body.Close())
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %d", url, res.StatusCode)
	}
}

// latest waits until the latest recorded request of a mock is one with that path, and reads it.
func latest(t *testing.T, api *client.ClientWithResponses, mock, path string) *client.RecordedRequest {
	t.Helper()
	var found *client.RecordedRequest
	cloud.Eventually(t, path+" is recorded", func() error {
		list, err := api.ListRequestsWithResponse(t.Context(), mock, &client.ListRequestsParams{})
		if err != nil {
			return err
		}
		if list.JSON200 == nil {
			return fmt.Errorf("list: %s", list.Body)
		}
		if len(list.JSON200.Items) == 0 || list.JSON200.Items[0].Path != path {
			return fmt.Errorf("%d requests, none of them", len(list.JSON200.Items))
		}
		one, err := api.GetRequestWithResponse(t.Context(), mock, list.JSON200.Items[0].ID)
		if err == nil {
			found = one.JSON200
		}
		return err
	})
	return found
}

// recorded is everything that a record says, as one text.
func recorded(r *client.RecordedRequest) string {
	return fmt.Sprint(r.Query, r.Request.Headers, r.Request.Body, r.Response.Body)
}

// number is what a field says, or 0 where it is left out.
func number(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// TestWhyNobodyAnswered: a record names the revision, and for a request that no endpoint answered, those that came near; unless
// bodies are not recorded.
func TestWhyNobodyAnswered(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		mock := published(t, c, "unanswered", login)
		ask := func(path string) *client.RecordedRequest {
			t.Helper()
			_, err := c.Call(ctx, mock.URL+path)
			check(t, err)
			return latest(t, api, mock.ID, path)
		}
		if r := ask("/answer"); number(r.Revision) != mock.Revision || r.Nearest != nil {
			t.Errorf("answered: revision %d, nearest %v", number(r.Revision), r.Nearest)
		}
		r := ask("/answer/more")
		if number(r.Revision) != mock.Revision || r.Nearest == nil || len(*r.Nearest) == 0 {
			t.Fatalf("unanswered: %+v", r)
		}
		if n := (*r.Nearest)[0]; n.Endpoint != "GET /answer" || !strings.Contains(n.Why, "more") {
			t.Errorf("nearest: %+v", n)
		}
		metadata := client.Metadata
		answer(api.UpdateRecordingWithResponse(ctx, mock.ID, &client.UpdateRecordingParams{}, client.RecordingUpdate{Mode: &metadata})).is(t, http.StatusOK)
		check(t, c.WaitFor(ctx, mock.ID, mock.Revision, cloud.Published))
		if r := ask("/answer/bare"); r.Nearest != nil || number(r.Revision) != mock.Revision {
			t.Errorf("metadata: %+v", r)
		}
	})
}

// TestRequests: a request shows in the list and live within a second, with as much of it as the mock's settings allow.
func TestRequests(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		mock := published(t, c, "recorded", login)
		live := follow(t, api, mock.ID)

		began := time.Now()
		post(t, c, mock.URL+"/login/ann?token=hunter4&q=1")
		if event := <-live; !strings.Contains(event, `"path":"/login/ann"`) || strings.Contains(event, "hunter") {
			t.Errorf("live: %s", event)
		}
		t.Logf("live after %s", time.Since(began))
		r := latest(t, api, mock.ID, "/login/ann")
		t.Logf("stored after %s", time.Since(began))
		if r.Status != 201 || r.Method != "POST" || r.Endpoint != "POST /login/:user" || r.RecordingMode != client.Redacted || r.DurationUs <= 0 {
			t.Errorf("%+v", r)
		}
		all := recorded(r)
		for _, secret := range []string{"hunter", "t0p"} {
			if strings.Contains(all, secret) {
				t.Errorf("redacted, and it says %s: %s", secret, all)
			}
		}
		for _, told := range []string{"q=1", `"name":"ann"`, `"iban":"DE1"`, "application/json"} {
			if !strings.Contains(all, told) {
				t.Errorf("redacted, and it lacks %s: %s", told, all)
			}
		}

		set := func(edit client.RecordingUpdate) {
			t.Helper()
			s, err := api.UpdateRecordingWithResponse(ctx, mock.ID, &client.UpdateRecordingParams{}, edit)
			check(t, err)
			if s.JSON200 == nil {
				t.Fatalf("settings: %s", s.Body)
			}
			check(t, c.WaitFor(ctx, mock.ID, mock.Revision, cloud.Published))
		}
		mode := func(m client.RecordingMode) *client.RecordingMode { return &m }
		set(client.RecordingUpdate{Redact: &[]string{"IBAN"}})
		if s := answer(api.GetRecordingWithResponse(ctx, mock.ID)).is(t, http.StatusOK).JSON200; s.Mode != client.Redacted || !slices.Equal(s.Redact, []string{"IBAN"}) {
			t.Errorf("the settings: %+v", s)
		}
		post(t, c, mock.URL+"/login/more")
		if all := recorded(latest(t, api, mock.ID, "/login/more")); strings.Contains(all, "DE1") {
			t.Errorf("what the mock's owner named is told: %s", all)
		}
		set(client.RecordingUpdate{Mode: mode(client.Metadata)})
		post(t, c, mock.URL+"/login/bare?q=1")
		if r := latest(t, api, mock.ID, "/login/bare"); recorded(r) != "[]" || r.Request.Size == 0 || r.Response.Size == 0 {
			t.Errorf("metadata, and it says %s", recorded(r))
		}
		set(client.RecordingUpdate{Mode: mode(client.Off)})
		post(t, c, mock.URL+"/login/off")
		set(client.RecordingUpdate{Mode: mode(client.Full)})
		post(t, c, mock.URL+"/login/full?token=hunter4")
		if all := recorded(latest(t, api, mock.ID, "/login/full")); !strings.Contains(all, "hunter2") || !strings.Contains(all, "hunter3") || !strings.Contains(all, "hunter4") || !strings.Contains(all, "t0p") {
			t.Errorf("full, and it says %s", all)
		}
		list, err := api.ListRequestsWithResponse(ctx, mock.ID, &client.ListRequestsParams{})
		check(t, err)
		if n := len(list.JSON200.Items); n != 4 {
			t.Errorf("%d requests; the one while recording was off is not to be there", n)
		}
		counted(t, api, mock.ID, 5)
		quiet := published(t, c, "quiet", cloud.Answering("nobody asks"))
		counts := answer(api.ListEndpointCountsWithResponse(ctx, mock.ID, nil)).is(t, http.StatusOK).JSON200
		if counts.Total == 0 || counts.Recorded == 0 || len(counts.Items) == 0 {
			t.Errorf("how often each endpoint was called: %+v", counts)
		}
		found := answer(api.SearchWorkspacesWithResponse(ctx, &client.SearchWorkspacesParams{Q: mock.Slug})).is(t, http.StatusOK).JSON200
		if len(found.Mocks) == 0 || found.Mocks[0].MockID != mock.ID {
			t.Errorf("searching for %s: %+v", mock.Slug, found)
		}
		active := answer(api.ListActivityWithResponse(ctx, &client.ListActivityParams{WorkspaceSlug: mock.WorkspaceSlug})).is(t, http.StatusOK).JSON200
		if len(active.Items) != 1 || !active5(active.Items[0], mock) {
			t.Errorf("the activity of the workspace: %+v", active)
		}
		named := &client.ListActivityParams{WorkspaceSlug: mock.WorkspaceSlug, MockID: &[]string{quiet.ID, mock.ID, "nowhere"}}
		active = answer(api.ListActivityWithResponse(ctx, named)).is(t, http.StatusOK).JSON200
		if len(active.Items) != 2 || !active5(active.Items[0], mock) || active.Items[1].MockID != quiet.ID || active.Items[1].Requests != 0 || active.Items[1].LastRequestAt != nil {
			t.Errorf("the activity of three mocks, one of which is not there: %+v", active)
		}

		cleared, err := api.DeleteRequestsWithResponse(ctx, mock.ID)
		check(t, err)
		if cleared.StatusCode() != http.StatusNoContent {
			t.Errorf("clear: %s", cleared.Body)
		}
		list, err = api.ListRequestsWithResponse(ctx, mock.ID, &client.ListRequestsParams{})
		check(t, err)
		if n := len(list.JSON200.Items); n != 0 {
			t.Errorf("%d requests are left", n)
		}
	})
}

// active5 tells whether the activity is that of a mock that was called five times just now, with no errors.
func active5(a client.Activity, mock cloud.Mock) bool {
	inHours := int64(0)
	for _, n := range a.Hours {
		inHours += n
	}
	return a.MockID == mock.ID && a.MockSlug == mock.Slug && a.Requests == 5 && inHours == 5 && a.ClientError+a.ServerError == 0 && a.LastRequestAt != nil
}

// follow gives the data of the requests of a mock as they come.
func follow(t *testing.T, api *client.ClientWithResponses, mock string) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	res, err := api.StreamRequests(ctx, mock, &client.StreamRequestsParams{})
	check(t, err)
	events := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(events)
		lines := bufio.NewScanner(res.Body)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				events <- data
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		_ = res.Body.Close()
		<-done
	})
	return events
}

// counted waits until the usage of a mock is what it has to be, and stays it.
func counted(t *testing.T, api *client.ClientWithResponses, mock string, want int64) {
	t.Helper()
	read := func() (int64, error) {
		u, err := api.GetMockUsageWithResponse(t.Context(), mock, &client.GetMockUsageParams{})
		if err != nil {
			return 0, err
		}
		if u.JSON200 == nil {
			return 0, fmt.Errorf("usage: %s", u.Body)
		}
		return u.JSON200.Total.Requests, nil
	}
	cloud.Eventually(t, fmt.Sprintf("%d requests are counted", want), func() error {
		n, err := read()
		if err == nil && n != want {
			err = fmt.Errorf("%d are", n)
		}
		if n > want {
			t.Fatalf("%d requests are counted, and there were %d", n, want)
		}
		return err
	})
}

// load calls a URL from several callers at once and returns how often it was answered with 200.
func load(t *testing.T, c *cloud.Cloud, url string, requests int) int64 {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	answered := int64(0)
	for range 4 {
		wg.Go(func() {
			for range requests / 4 {
				a, err := c.Call(t.Context(), url)
				if err == nil && a.Status == http.StatusOK {
					mu.Lock()
					answered++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return answered
}

// TestCountsAreTheTruth: of more requests than are recorded every one is counted.
func TestCountsAreTheTruth(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api := c.API(t)
		mock := published(t, c, "counted", login)
		n := load(t, c, mock.URL+"/answer", 2000)
		counted(t, api, mock.ID, n)
		u, err := api.GetMockUsageWithResponse(t.Context(), mock.ID, &client.GetMockUsageParams{})
		check(t, err)
		total := u.JSON200.Total
		var histogram int64
		for _, b := range total.Latency {
			histogram += b.Requests
		}
		if total.Success != n || histogram != n || total.P50Us == 0 || total.P99Us < total.P50Us {
			t.Errorf("%+v", total)
		}
		all, err := api.GetWorkspaceUsageWithResponse(t.Context(), mock.WorkspaceSlug, &client.GetWorkspaceUsageParams{})
		check(t, err)
		if all.JSON200.Total.Requests != n {
			t.Errorf("the workspace has %d requests, its only mock %d", all.JSON200.Total.Requests, n)
		}
		// What is recorded and what is not make up the whole.
		limit := 200
		kept := int64(0)
		for cursor := (*string)(nil); ; {
			page, err := api.ListRequestsWithResponse(t.Context(), mock.ID, &client.ListRequestsParams{Limit: &limit, Cursor: cursor})
			check(t, err)
			kept += int64(len(page.JSON200.Items))
			if cursor = page.JSON200.NextCursor; cursor == nil {
				break
			}
		}
		if kept == 0 || kept+total.NotKept != n {
			t.Errorf("%d of %d are recorded, %d are said not to be", kept, n, total.NotKept)
		}
	})
}

// TestCountsSurvive: two mock servers; Redis is restarted and the api killed meanwhile. Nothing is lost or counted twice.
// With a mock server that is killed only what it had not reported is.
func TestCountsSurvive(t *testing.T) {
	if *target == string(cloud.Embedded) {
		t.Skip("of the services apart")
	}
	t.Parallel()
	redis := testkit.RedisServer(t)
	c := cloud.StartApart(t, binaries, cloud.Servers{RedisURL: redis.URL()})
	second, address := c.AddMockServer()
	api := c.API(t)
	mock := published(t, c, "counted", login)
	first := mock.URL + "/answer"
	other := first[:strings.LastIndexByte(first, ':')] + address[strings.LastIndexByte(address, ':'):] + "/answer"
	n := load(t, c, first, 400) + load(t, c, other, 400)
	redis.Kill()
	n += load(t, c, first, 40) + load(t, c, other, 40)
	redis.Start()
	n += load(t, c, first, 400) + load(t, c, other, 400)
	c.Process("api").Kill()
	n += load(t, c, first, 400) + load(t, c, other, 400)
	c.Process("api").Start()
	c.WaitReady("api")
	counted(t, api, mock.ID, n)

	// A mock server that is asked to stop has the last word; one that is killed loses what it did not say.
	n += load(t, c, other, 100)
	if code := c.Process(second).Stop(); code != 0 {
		t.Errorf("the mock server ended with %d", code)
	}
	counted(t, api, mock.ID, n)
	c.Process(second).Start()
	c.WaitReady(second)
	load(t, c, other, 100)
	c.Process(second).Kill()
	n += load(t, c, first, 10)
	cloud.Eventually(t, "the rest is counted", func() error {
		u, err := api.GetMockUsageWithResponse(t.Context(), mock.ID, &client.GetMockUsageParams{})
		if err != nil {
			return err
		}
		if got := u.JSON200.Total.Requests; got < n || got > n+100 {
			return fmt.Errorf("%d are", got)
		}
		return nil
	})
}

// TestWebhookHistory: a webhook that is refused shows with the reason.
func TestWebhookHistory(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api := c.API(t)
		mock := published(t, c, "hooked", `- endpoint:
    path: /fire
    response: {body: fired}
    webhook: {url: "http://user:pw@10.0.0.1/x?token=hunter2&q=1", method: POST, body: hello}
`)
		answers(t, c, mock.URL+"/fire", "fired")
		cloud.Eventually(t, "the webhook is told", func() error {
			list, err := api.ListWebhooksWithResponse(t.Context(), mock.ID, &client.ListWebhooksParams{})
			if err != nil {
				return err
			}
			if list.JSON200 == nil || len(list.JSON200.Items) != 1 || list.JSON200.Items[0].State != client.Failed {
				return fmt.Errorf("%s", list.Body)
			}
			if w := list.JSON200.Items[0]; w.URL != "http://[redacted]@10.0.0.1/x?token=[redacted]&q=1" || w.Reason == nil || w.Attempts != 1 || w.Endpoint != "GET /fire" {
				t.Errorf("%+v", w)
			}
			return nil
		})
	})
}
