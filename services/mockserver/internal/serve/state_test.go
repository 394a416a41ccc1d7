package serve_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/mockstate"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// lines is a mock as the unified mock has it.
func lines(t *testing.T, content string) []byte {
	t.Helper()
	parsed, problems := mockspec.Parse([]byte(content), mockspec.Options{})
	if mockspec.HasErrors(problems) {
		t.Fatal(problems)
	}
	return mockspec.EncodeLines(parsed)
}

const counting = `
- state: {hits: 0, door: open}
- endpoint: {path: /hit, response: {set: {hits: "{{state.hits|add:1}}"}, body: "{{state.hits}}"}}
- endpoint: {method: POST, path: /door, responses: [{if: {state.door: shut}, status: 409}], response: {status: 204, set: {door: shut}}}
- endpoint: {path: /plain, response: {body: ok}}
- endpoint: {path: "/jobs/:id", responses: [{times: 2, status: 202}], response: {body: done}}
`

// TestReplicas: three servers that share a Redis count every request once, and let one alone shut the door.
func TestReplicas(t *testing.T) {
	server := miniredis.RunT(t)
	var cores []*serve.Core
	for range 3 {
		client := redis.NewClient(&redis.Options{Addr: server.Addr()})
		t.Cleanup(func() { _ = client.Close() })
		core := plain(serve.Config{}, serve.Deps{State: mockstate.NewRedis(client, "x:", mockstate.DefaultLimits())})
		core.Put(&site.Site{WorkspaceID: "w", MockID: "m", MockSlug: "m", Revision: 1, Hosts: []string{"m"}, Content: lines(t, counting)})
		cores = append(cores, core)
	}
	const requests = 300
	var mu sync.Mutex
	var counts []int
	shut := 0
	var wg sync.WaitGroup
	for i := range requests {
		wg.Go(func() {
			answer := ask(cores[i%len(cores)], http.MethodGet, "m", "/hit", "")
			n, err := strconv.Atoi(answer.Body.String())
			door := ask(cores[i%len(cores)], http.MethodPost, "m", "/door", "")
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%d: %s", answer.Code, answer.Body)
			}
			counts = append(counts, n)
			if door.Code == http.StatusNoContent {
				shut++
			}
		})
	}
	wg.Wait()
	slices.Sort(counts)
	for i, n := range counts {
		if n != i+1 {
			t.Fatalf("the counts are not 1 to %d: %v", requests, counts)
		}
	}
	if shut != 1 {
		t.Errorf("%d requests shut the door", shut)
	}
	server.SetError("away") // conversation 30
	if answer := ask(cores[0], http.MethodGet, "m", "/hit", ""); answer.Code != 503 || answer.Header().Get("Retry-After") != "1" || !strings.Contains(answer.Body.String(), `"state_unavailable"`) {
		t.Errorf("without Redis: %d %s", answer.Code, answer.Body)
	}
	if answer := ask(cores[0], http.MethodGet, "m", "/plain", ""); answer.Code != 200 {
		t.Errorf("an endpoint without state: %d", answer.Code)
	}
}

// TestPublishedAgain: state stays when a mock is published again; a name starts over when its initial value was edited, a count when its
// entry was.
func TestPublishedAgain(t *testing.T) {
	core := plain(serve.Config{}, serve.Deps{})
	publish := func(content string) { core.Put(mock("m", "m", content)) }
	want := func(path, body string, status int) {
		t.Helper()
		if answer := ask(core, http.MethodGet, "m", path, ""); answer.Code != status || answer.Body.String() != body {
			t.Errorf("%s: %d %q, want %d %q", path, answer.Code, answer.Body, status, body)
		}
	}
	publish(counting)
	want("/hit", "1", 200)
	want("/jobs/1", "", 202)
	publish(strings.Replace(counting, "body: done", "body: ready", 1)) // conversation 26
	want("/hit", "2", 200)
	want("/jobs/1", "", 202)
	want("/jobs/1", "ready", 200)
	publish(strings.Replace(counting, "hits: 0", "hits: 10", 1))
	want("/hit", "11", 200)
	want("/jobs/1", "done", 200)
	publish(strings.Replace(counting, "status: 202", "status: 203", 1))
	want("/jobs/1", "", 203)
}

// TestStateQuotas: what would be too large is refused with the name that is, and changes nothing.
func TestStateQuotas(t *testing.T) {
	limits := mockstate.DefaultLimits()
	limits.Session, limits.Counters = 200, 2
	core := plain(serve.Config{}, serve.Deps{State: mockstate.NewMemory(limits)})
	core.Put(mock("m", "m", `
- state: {list: [], other: 1}
- endpoint: {method: POST, path: /add, response: {set: {list.-: "{{request.body}}", other: 2}, body: "{{state.list|count}}"}}
- endpoint: {path: /n, response: {body: "{{state.list|count}} {{state.other}}"}}
- endpoint: {path: "/jobs/:id", responses: [{times: 1, status: 202}], response: {body: done}}
`))
	if a := ask(core, http.MethodPost, "m", "/add", strings.Repeat("x", 100)); a.Code != 200 {
		t.Errorf("within: %d %s", a.Code, a.Body)
	}
	a := ask(core, http.MethodPost, "m", "/add", strings.Repeat("x", 100))
	if a.Code != http.StatusInsufficientStorage || !strings.Contains(a.Body.String(), "state_full") || !strings.Contains(a.Body.String(), "`list`") {
		t.Errorf("beyond: %d %s", a.Code, a.Body)
	}
	if a := ask(core, http.MethodGet, "m", "/n", ""); a.Body.String() != "1 2" {
		t.Errorf("after the refusal: %s", a.Body)
	}
	for i, want := range []int{202, 202, 507} {
		if a := ask(core, http.MethodGet, "m", fmt.Sprint("/jobs/", i), ""); a.Code != want {
			t.Errorf("counter %d: %d", i, a.Code)
		}
	}
}
