package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/tryit"
)

// Several requests are tried at once, of any revision; and the last requests are held against a draft.
func TestTryMany(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.background(func(ctx context.Context) error { // a mock server whose answers say what was asked
		return tryit.Place(b.redis, prefix).Serve(ctx, slog.New(slog.DiscardHandler), func(_ context.Context, q tryit.Question) tryit.Answer {
			one := func(r tryit.Request) tryit.Answer {
				return tryit.Answer{
					Status: http.StatusOK, Body: []byte(encode([]any{r.Target, q.Revision, strings.Contains(q.Content, "more"), q.SkipDelays})),
					Explain: json.RawMessage(`{"endpoint":"GET /hello/:name"}`),
				}
			}
			a := one(q.Request)
			for _, r := range q.More {
				a.More = append(a.More, one(r))
			}
			return a
		})
	})
	m := b.create("pets", good)
	path := "/api/v1/mocks/" + m.ID
	b.want(http.StatusOK, "POST", path+"/publish", "")
	type tries struct {
		Response *struct{ Body string }
		Answers  []struct {
			Response    struct{ Body string }
			Explanation struct{ Endpoint string }
		}
	}
	for body, want := range map[string]string{
		`{"requests":[{"method":"GET","path":"/a"},{"method":"GET","path":"/b"}],"skip_delays":true}`: `["/a",1,false,true] ["/b",1,false,true]`,
		`{"requests":[{"method":"GET","path":"/a"}],"content":` + encode(good+"# more\n") + `}`:       `["/a",1,true,false]`,
		`{"requests":[{"method":"GET","path":"/a"}],"revision":1}`:                                    `["/a",1,false,false]`,
		`{"requests":[{"method":"GET","path":"/a"}],"published":true}`:                                `["/a",1,false,false]`,
	} {
		got := as[tries](t, b.want(http.StatusOK, "POST", path+"/try", body))
		var said []string
		for _, a := range got.Answers {
			said = append(said, a.Response.Body)
		}
		if strings.Join(said, " ") != want || got.Response != nil || got.Answers[0].Explanation.Endpoint == "" {
			t.Errorf("%s: %+v", body, got)
		}
	}
	if one := as[tries](t, b.want(http.StatusOK, "POST", "/api/v1/try", `{"content":`+encode(good)+`,"request":{"method":"GET","path":"/a"}}`)); one.Response == nil || one.Answers != nil {
		t.Errorf("one request: %+v", one)
	}
	b.want(http.StatusBadRequest, "POST", path+"/try", `{}`)
	b.want(http.StatusBadRequest, "POST", path+"/try", `{"requests":[]}`)
	b.want(http.StatusBadRequest, "POST", path+"/try", `{"request":{"method":"GET","path":"/a"},"requests":[{"method":"GET","path":"/a"}]}`)
	b.want(http.StatusUnprocessableEntity, "POST", path+"/try", `{"request":{"method":"GET","path":"/a"},"revision":1,"published":true}`)
	b.want(http.StatusNotFound, "POST", path+"/try", `{"request":{"method":"GET","path":"/a"},"revision":7}`)

	id := b.recorded(m.ID, "/a")
	type check struct {
		Recorded int
		Against  int `json:"against_revision"`
		Counts   map[string]int
		Items    []struct {
			RequestID     string `json:"request_id"`
			Path, Outcome string
			Changed       []string
			Before, After *struct{ Response struct{ Body string } }
		}
	}
	c := as[check](t, b.want(http.StatusOK, "POST", path+"/traffic-check", `{"content":`+encode(good+"# more\n")+`}`))
	if c.Recorded != 1 || c.Against != 1 || c.Counts["different"] != 1 || c.Items[0].RequestID != id || c.Items[0].Path != "/a?q=1" || c.Items[0].Changed[0] != "body" || c.Items[0].After.Response.Body != `["/a?q=1",1,true,true]` {
		t.Errorf("%+v", c)
	}
	if c := as[check](t, b.want(http.StatusOK, "POST", path+"/traffic-check", `{}`)); c.Counts["same"] != 1 || c.Items[0].Before != nil {
		t.Errorf("of what is published: %+v", c)
	}
	b.want(http.StatusBadRequest, "POST", path+"/traffic-check", `{"limit":51}`)
}
