package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

const shop = `- state: {orders: [{id: 1}], paid: {}, chaos: false}
- crud: {path: /orders}
- mocloud: {defaults: {responses: [{if: {state.chaos: true}, status: 503}]}}
- endpoint: {path: /now, response: {headers: {Content-Type: text/plain}, body: "{{now}}"}}
`

// inSession is what a mock answers in a session.
func inSession(t *testing.T, c *cloud.Cloud, url, session string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	check(t, err)
	r.Header.Set("X-Mocloud-Session", session)
	res, err := c.Do(r)
	check(t, err)
	body, err := io.ReadAll(res.Body)
	check(t, err)
	check(t, res.Body.Close())
	return res.StatusCode, string(body)
}

// TestState: what a mock remembers is read, set and reset over the API, in each session for itself, whichever mock server answers.
func TestState(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		mock := published(t, c, "shop", shop)
		session := "ci-7"
		in := &client.PutStateValueParams{SessionName: &session}
		set := func(path, value string, status int) {
			t.Helper()
			r, err := api.PutStateValueWithResponse(ctx, mock.ID, path, in, client.NewStateValue{Value: json.RawMessage(value)})
			check(t, err)
			if r.StatusCode() != status {
				t.Errorf("%s = %s: %s", path, value, r.Body)
			}
		}
		set("orders.-", `{"id":2}`, http.StatusOK)
		set("paid.1", "true", http.StatusOK)
		set("nope", "true", http.StatusNotFound)
		set("orders", "true", http.StatusUnprocessableEntity)
		if _, body := inSession(t, c, mock.URL+"/orders", session); body != `[{"id":1},{"id":2}]` {
			t.Errorf("the session has %s", body)
		}
		if _, body := inSession(t, c, mock.URL+"/orders", "other"); body != `[{"id":1}]` {
			t.Errorf("another one has %s", body)
		}
		set("chaos", "true", http.StatusOK)
		if status, _ := inSession(t, c, mock.URL+"/orders", session); status != http.StatusServiceUnavailable {
			t.Errorf("in chaos %d", status)
		}
		value, err := api.GetStateValueWithResponse(ctx, mock.ID, "paid", &client.GetStateValueParams{SessionName: &session})
		check(t, err)
		if value.JSON200 == nil || string(value.JSON200.Value) != `{"1":true}` {
			t.Errorf("paid: %s", value.Body)
		}
		state, err := api.GetStateWithResponse(ctx, mock.ID, &client.GetStateParams{SessionName: &session})
		check(t, err)
		if s := state.JSON200; s == nil || len(s.Values) != 3 || s.Values[0].Initial || s.UsedAt == nil || s.Values[0].Paths == nil {
			t.Errorf("state: %s", state.Body)
		}
		list, err := api.ListMockSessionsWithResponse(ctx, mock.ID)
		check(t, err)
		if list.JSON200 == nil || len(list.JSON200.Items) != 1 || list.JSON200.Items[0].Name != session {
			t.Errorf("sessions: %s", list.Body)
		}

		stopped, noon, on := true, time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC), "2h"
		_, err = api.PutClockWithResponse(ctx, mock.ID, &client.PutClockParams{SessionName: &session}, client.ClockUpdate{At: &noon, Stopped: &stopped})
		check(t, err)
		clock, err := api.PutClockWithResponse(ctx, mock.ID, &client.PutClockParams{SessionName: &session}, client.ClockUpdate{Advance: &on})
		check(t, err)
		if clock.JSON200 == nil || !clock.JSON200.Now.Equal(noon.Add(2*time.Hour)) {
			t.Errorf("clock: %s", clock.Body)
		}
		set("chaos", "false", http.StatusOK)
		if _, body := inSession(t, c, mock.URL+"/now", session); body != "2030-01-01T14:00:00Z" {
			t.Errorf("it is %s", body)
		}
		_, err = api.DeleteClockWithResponse(ctx, mock.ID, &client.DeleteClockParams{SessionName: &session})
		check(t, err)
		if _, body := inSession(t, c, mock.URL+"/now", session); strings.HasPrefix(body, "2030") {
			t.Errorf("the clock is free, and it is %s", body)
		}

		name := "paid"
		_, err = api.DeleteStateWithResponse(ctx, mock.ID, &client.DeleteStateParams{SessionName: &session, Name: &name})
		check(t, err)
		_, err = api.DeleteMockSessionWithResponse(ctx, mock.ID, session)
		check(t, err)
		if _, body := inSession(t, c, mock.URL+"/orders", session); body != `[{"id":1}]` {
			t.Errorf("the session was forgotten and has %s", body)
		}
		audit, err := api.ListAuditWithResponse(ctx, mock.WorkspaceSlug, &client.ListAuditParams{})
		check(t, err)
		if !strings.Contains(string(audit.Body), "deleteMockSession") || !strings.Contains(string(audit.Body), "putStateValue") {
			t.Errorf("audit: %s", audit.Body)
		}
	})
}

// TestVerify: right after they were answered, requests are verified with whatever mock server answered them, each session's for itself.
func TestVerify(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		mock := published(t, c, "verified", shop)
		const requests = 30
		for i := range requests {
			status, _ := inSession(t, c, fmt.Sprintf("%s/orders?i=%d", mock.URL, i), "ci-8")
			if status != http.StatusOK {
				t.Fatal(status)
			}
		}
		session, wait, times, none := "ci-8", "20s", requests, 0
		r, err := api.VerifyMockWithResponse(ctx, mock.ID, client.NewVerification{SessionName: &session, Wait: &wait, Expect: []client.Expectation{
			{If: json.RawMessage(`{"request.path":"/orders"}`), Times: &times},
			{If: json.RawMessage(`{"query-params.i":"7"}`)},
			{If: json.RawMessage(`{"answer.status":{"gte":400}}`), Times: &none},
		}})
		check(t, err)
		if v := r.JSON200; v == nil || !v.Ok || !v.Settled || v.Looked != requests {
			t.Errorf("%s", r.Body)
		}
		other := "ci-9"
		r, err = api.VerifyMockWithResponse(ctx, mock.ID, client.NewVerification{SessionName: &other, Wait: &wait, Expect: []client.Expectation{{If: json.RawMessage(`{"request.path":"/orders"}`)}}})
		check(t, err)
		if v := r.JSON200; v == nil || v.Ok || v.Expect[0].Reason == nil || *v.Expect[0].Reason != "expected at least 1 request, but none came" {
			t.Errorf("another session: %s", r.Body)
		}
	})
}

// TestRunControl: `mocloud run --control` answers the commands for testers without any cloud, on this machine alone.
func TestRunControl(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "shop.yml")
	check(t, os.WriteFile(file, []byte(shop), 0o600))
	address := cloud.FreeAddress(t)
	_, port, err := net.SplitHostPort(cloud.FreeAddress(t))
	check(t, err)
	p := cloud.NewProcess(t, binaries, "mocloud", nil, "run", file, "--port", port, "--control", address)
	p.Start()
	client := &http.Client{Timeout: time.Minute}
	t.Cleanup(client.CloseIdleConnections)
	cloud.Eventually(t, "it answers", func() error {
		_, err := cloud.Get(t.Context(), client, "http://127.0.0.1:"+port+"/orders")
		return err
	})
	mocloud := func(want string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), filepath.Join(string(binaries), "mocloud"), append(args, "--control", address)...)
		out, err := cmd.CombinedOutput()
		if !strings.Contains(string(out), want) {
			t.Errorf("%v: %s, %v; want %s", args, out, err, want)
		}
	}
	mocloud("(initial)", "state")
	mocloud(`[{"id":1},{"id":9}]`, "state", "orders.-", `{"id":9}`)
	answer, err := cloud.Get(t.Context(), client, "http://127.0.0.1:"+port+"/orders")
	check(t, err)
	if answer.Body != `[{"id":1},{"id":9}]` {
		t.Errorf("%s", answer.Body)
	}
	mocloud("initial values again", "state", "--reset")
	mocloud("2030-01-02", "clock", "--session", "s", "--at", "2030-01-01T12:00:00Z", "--advance", "1d", "--stop")
	mocloud("s ", "sessions")
	mocloud("Deleted the session s", "sessions", "--forget", "s")
	mocloud(`no state "nope"`, "state", "nope")
	mocloud("expected 5 requests, but 2 came", "verify", "--if", "{request.path: /orders}", "--times", "5")
	mocloud("ok: ", "verify", "--if", "{request.path: /orders}", "--at-most", "9")
	for _, open := range []string{"0.0.0.0:0", "192.0.2.1:8001", "example.com:80", "8001"} {
		out, err := exec.CommandContext(t.Context(), filepath.Join(string(binaries), "mocloud"), "run", file, "--port", "0", "--control", open).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "127.0.0.1:8001") {
			t.Errorf("--control %s: %s", open, fmt.Sprint(string(out), err))
		}
	}
}
