package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/pkg/mockstate"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
)

const controlled = `
- state: {users: [{id: 1, name: Ann}], hits: 0, begun: "{{now}}", paid: {}}
- crud: {path: /users}
- endpoint: {path: /hit, response: {set: {hits: "{{state.hits|add:1}}"}, body: "{{state.hits}}"}}
- endpoint: {path: "/jobs/:id", responses: [{times: 2, status: 202}], response: {body: done}}
- endpoint: {path: /now, response: {body: "{{now}}", headers: {Content-Type: text/plain}}}
- endpoint: {path: /sale, responses: [{if: {now: {gte: "2030-01-01T00:00:00Z"}}, body: open}], response: {body: shut}}
`

// stores are both kinds of store.
func stores(t *testing.T, test func(t *testing.T, core *serve.Core)) {
	t.Helper()
	limits := mockstate.DefaultLimits()
	limits.Session = 2000
	run := func(name string, store mockstate.Store) {
		t.Run(name, func(t *testing.T) {
			core := plain(serve.Config{}, serve.Deps{State: store})
			core.Put(mock("m", "m", controlled))
			test(t, core)
		})
	}
	run("memory", mockstate.NewMemory(limits))
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = client.Close() })
	run("redis", mockstate.NewRedis(client, "x:", limits))
}

func inSession(core *serve.Core, path, session string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "m"
	if session != "" {
		r.Header.Set("X-Mocloud-Session", session)
	}
	w := httptest.NewRecorder()
	core.ServeHTTP(w, r)
	return w
}

// TestControl: what a mock remembers is read, set and reset as if requests had done it.
func TestControl(t *testing.T) {
	stores(t, func(t *testing.T, core *serve.Core) {
		do := func(q control.Question) control.Answer {
			t.Helper()
			q.MockID = "m"
			return core.Control(t.Context(), q)
		}
		say := func(a control.Answer) string {
			switch {
			case a.Problem != nil:
				return string(a.Problem.Code) + ": " + a.Problem.Message
			case a.Value != nil:
				return fmt.Sprintf("%s %s %t", a.Value.Name, a.Value.Value, a.Value.Initial)
			}
			return ""
		}
		want := func(q control.Question, said string) {
			t.Helper()
			if got := say(do(q)); got != said {
				t.Errorf("%+v: %s\nwant %s", q, got, said)
			}
		}
		answers := func(path, session, body string) {
			t.Helper()
			if got := inSession(core, path, session); got.Body.String() != body {
				t.Errorf("%s in %q: %d %s, want %s", path, session, got.Code, got.Body, body)
			}
		}
		read := func(session, path string) control.Question {
			return control.Question{Act: control.Read, Session: session, Path: path}
		}
		set := func(session, path, value string) control.Question {
			return control.Question{Act: control.Set, Session: session, Path: path, Value: json.RawMessage(value)}
		}

		if a := do(control.Question{Act: control.Sessions}); len(a.Sessions) != 0 {
			t.Errorf("before anything: %+v", a.Sessions)
		}
		if s := do(read("s", "")).State; s == nil || len(s.Values) != 4 || !s.Values[0].Initial || s.UsedAt != nil || s.Values[0].Paths[0] != "/users" {
			t.Errorf("before anything: %+v", s)
		}
		want(read("s", "hits"), "hits 0 true")
		answers("/hit", "s", "1")
		answers("/hit", "", "1")
		want(read("s", "hits"), "hits 1 false")
		want(set("s", "hits", "41"), "hits 41 false")
		answers("/hit", "s", "42")
		answers("/hit", "", "2")
		want(set("s", "users.-", `{"id":2,"name":"Bob"}`), `users [{"id":1,"name":"Ann"},{"id":2,"name":"Bob"}] false`)
		answers("/users/2", "s", `{"id":2,"name":"Bob"}`)
		want(read("s", "users.1.name"), `users.1.name "Bob" false`)
		want(set("s", "users.0", "null"), `users [{"id":2,"name":"Bob"}] false`)
		want(set("s", "paid.a..b", "true"), `paid {"a.b":true} false`)
		want(set("s", "users", "7"), `invalid: The state "users" keeps the items of /users, so that it has to be a list.`)
		want(set("s", "users.9.name", "7"), "invalid: The path \"users.9.name\" leads nowhere: the list has no element `9`: it has 1.")
		want(set("s", "user", "7"), `not_found: The mock declares no state "user"; it has users, hits, begun, paid.`)
		want(set("s", "paid..", "7"), `not_found: The mock declares no state "paid."; it has users, hits, begun, paid.`)
		want(set("s", "paid.", "7"), `invalid: The path "paid." has an empty part.`)
		want(read("s", "paid.x"), `not_found: There is nothing at "paid.x".`)
		want(set("s", "paid", `"`+strings.Repeat("x", 3000)+`"`), "too_large: The state of the session would have more than 2000 bytes.")
		want(set("s", "paid", `nonsense`), say(do(set("s", "paid", "nonsense"))))
		want(read("s\x01", ""), "invalid: The name of a session is up to 200 printable ASCII characters.")
		want(read("s", "paid"), `paid {"a.b":true} false`) // as before all that was refused

		answers("/jobs/7", "s", "")
		s := do(read("s", "")).State
		if len(s.Counters) != 1 || s.Counters[0] != (control.Counter{Endpoint: "GET /jobs/:id", Entry: 1, Path: "/jobs/7", Count: 1, Times: 2}) || s.Bytes == 0 {
			t.Errorf("%+v", s)
		}
		begun := string(do(read("s", "begun")).Value.Value)
		if again := do(read("s", "")).State; string(again.Values[2].Value) != begun || again.Values[2].Initial {
			t.Errorf("a template is made once: %s, then %s", begun, again.Values[2].Value)
		}
		want(control.Question{Act: control.Reset, Session: "s", Path: "hits"}, "")
		want(read("s", "hits"), "hits 0 true")
		want(read("s", "paid"), `paid {"a.b":true} false`)
		if a := do(control.Question{Act: control.Sessions}); len(a.Sessions) != 2 || a.Sessions[0].Name != "s" || a.Sessions[1].Name != "" {
			t.Errorf("%+v", a.Sessions)
		}
		want(control.Question{Act: control.Reset, Session: "s"}, "")
		want(read("s", "paid"), "paid {} true")
		answers("/hit", "", "3")
		if a := core.Control(t.Context(), control.Question{MockID: "other", Act: control.Read}); a.Problem == nil || a.Problem.Code != apperr.Conflict {
			t.Errorf("a mock that is not live: %+v", a)
		}
		if a := core.Control(t.Context(), control.Question{MockID: "m", Act: "dance"}); a.Problem == nil {
			t.Errorf("an unknown act: %+v", a)
		}
	})
}

// TestClock: a named session has a time of its own, which templates and conditions follow, and nobody else does.
func TestClock(t *testing.T) {
	stores(t, func(t *testing.T, core *serve.Core) {
		change := func(session string, c control.ClockChange) *control.Clock {
			t.Helper()
			a := core.Control(t.Context(), control.Question{MockID: "m", Act: control.SetClock, Session: session, Clock: c})
			if a.Problem != nil {
				t.Fatal(a.Problem.Message)
			}
			return a.Clock
		}
		now := func(session string) time.Time {
			t.Helper()
			text := inSession(core, "/now", session).Body.String()
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		yes, no := true, false
		noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
		if c := change("s", control.ClockChange{At: noon, Stopped: &yes}); !c.Now.Equal(noon) || !c.Stopped || !c.Own {
			t.Errorf("%+v", c)
		}
		if at := now("s"); !at.Equal(noon) {
			t.Errorf("stopped at %s", at)
		}
		change("s", control.ClockChange{Advance: 2 * time.Hour})
		if at := now("s"); !at.Equal(noon.Add(2 * time.Hour)) {
			t.Errorf("advanced to %s", at)
		}
		for session, body := range map[string]string{"s": "open", "t": "shut", "": "shut"} {
			if got := inSession(core, "/sale", session).Body.String(); got != body {
				t.Errorf("in %q it is %s", session, got)
			}
		}
		change("t", control.ClockChange{Advance: -48 * time.Hour}) // goes on from there
		if ago := time.Since(now("t")); ago < 47*time.Hour || ago > 49*time.Hour {
			t.Errorf("set back by %s", ago)
		}
		change("s", control.ClockChange{Stopped: &no})
		if at := now("s"); at.Before(noon.Add(2*time.Hour)) || at.After(noon.Add(3*time.Hour)) {
			t.Errorf("goes on from %s", at)
		}
		if ago := time.Since(now("")); ago > time.Minute {
			t.Errorf("the common session is %s behind", ago)
		}
		if a := core.Control(t.Context(), control.Question{MockID: "m", Act: control.FreeClock, Session: "s"}); a.Problem != nil || a.Clock.Own {
			t.Errorf("%+v", a)
		}
		if ago := time.Since(now("s")); ago > time.Minute {
			t.Errorf("set free it is %s behind", ago)
		}
		for _, q := range []control.Question{
			{Act: control.SetClock, Clock: control.ClockChange{Advance: time.Hour}},
			{Act: control.FreeClock},
			{Act: control.SetClock, Session: "s", Clock: control.ClockChange{At: noon.AddDate(900, 0, 0)}},
			{Act: control.SetClock, Session: "s", Clock: control.ClockChange{At: noon.AddDate(9000, 0, 0), Stopped: &yes}},
		} {
			q.MockID = "m"
			if a := core.Control(t.Context(), q); a.Problem == nil || a.Problem.Code != apperr.Invalid {
				t.Errorf("%+v: %+v", q, a)
			}
		}
	})
}
