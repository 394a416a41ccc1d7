package webhook

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// headers adapts a header map to what a scope asks.
type headers http.Header

func (h headers) Values(name string) []string { return http.Header(h).Values(name) }

func (h headers) Len() int { return len(h) }

func (h headers) Each(yield func(name, value string) bool) {
	for name, values := range h {
		for _, v := range values {
			if !yield(name, v) {
				return
			}
		}
	}
}

// request is the scope of POST /orders/7?ref=a with a JSON body.
func request(body string, header http.Header) *scope.Scope {
	if header == nil {
		header = http.Header{}
	}
	s := &scope.Scope{}
	s.Reset(scope.Request{Method: "POST", Host: "h", Path: "/orders/7", Query: "ref=a%20b", Header: headers(header), Body: []byte(body)},
		&scope.Params{Path: []scope.PathParam{{Name: "id", Type: mockspec.TypeInt, Declared: true}}}, []string{"7"})
	return s
}

func text(s string) mockspec.Text { return mockspec.Text{Raw: s} }

func textBody(s string) mockspec.Body { return mockspec.Body{Kind: mockspec.BodyText, Template: s} }

func jsonBody(s string) mockspec.Body {
	return mockspec.Body{Kind: mockspec.BodyJSON, Template: s, JSON: s}
}

func TestFire(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		hook   mockspec.Webhook
		body   string
		header http.Header
		want   *Call  // nil: nothing is sent
		drop   string // the reason in the history
	}{
		"everything rendered": {
			hook: mockspec.Webhook{
				URL: text("https://x.example/{{path-params.id}}?ref={{query-params.ref|urlescape}}"), Method: "put", SleepMS: 1500,
				Headers: []mockspec.Header{{Name: "X-User", Value: text("{{json-params.user}}")}, {Name: "content-length", Value: text("3")}},
				Body:    jsonBody(`{"user":"{{json-params.user}}","n":{{path-params.id}}}`), If: condition(`json-params.user = "a <b>"`),
			},
			body: `{"user":"a <b>"}`,
			want: &Call{
				Endpoint: "POST /orders/:id", URL: "https://x.example/7?ref=a+b", Method: "PUT", Delay: 1500 * time.Millisecond,
				Header: http.Header{"X-User": {"a <b>"}, "Content-Type": {"application/json"}}, Body: []byte(`{"user":"a <b>","n":7}`),
			},
		},
		"condition says no": {hook: mockspec.Webhook{URL: text("https://x.example/"), If: condition(`json-params.user = "b"`)}, body: `{"user":"a"}`},
		"moclojer's example": {
			hook: mockspec.Webhook{URL: text("https://x.example/"), If: condition("1 = 1"), Body: textBody("{\"id\": 123, \"another-field\": \"it's working\"}\n")},
			want: &Call{
				Endpoint: "POST /orders/:id", URL: "https://x.example/", Method: "POST", Header: http.Header{"Content-Type": {"application/json"}},
				Body: []byte("{\"id\": 123, \"another-field\": \"it's working\"}\n"),
			},
		},
		"quotes in JSON": {
			hook: mockspec.Webhook{URL: text("https://x.example/"), Body: textBody(`{"u": "{{json-params.user}}"}`)}, body: `{"user":"a \"b\""}`,
			want: &Call{Endpoint: "POST /orders/:id", URL: "https://x.example/", Method: "POST", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"u": "a \"b\""}`)},
		},
		"plain text": {
			hook: mockspec.Webhook{URL: text("https://x.example/"), Body: textBody(`Hello {{json-params.user}}`)}, body: `{"user":"\"b\" & <c>"}`,
			header: http.Header{depth.Header: {"signed 1"}},
			want:   &Call{Endpoint: "POST /orders/:id", URL: "https://x.example/", Method: "POST", Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, Body: []byte(`Hello "b" & <c>`), Depth: 1},
		},
		"own content type": {
			hook: mockspec.Webhook{URL: text("https://x.example/"), Headers: []mockspec.Header{{Name: "content-type", Value: text("application/x-www-form-urlencoded")}}, Body: textBody(`a={{json-params.user}}`)},
			body: `{"user":"b"}`,
			want: &Call{Endpoint: "POST /orders/:id", URL: "https://x.example/", Method: "POST", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(`a=b`)},
		},
		"not a URL":       {hook: mockspec.Webhook{URL: text("{{json-params.url}}")}, body: `{"url":"file:///etc/passwd"}`, drop: `url: "file:///etc/passwd" is not an http(s) URL`},
		"no URL":          {hook: mockspec.Webhook{URL: text("{{json-params.url}}")}, drop: `url: "" is not an http(s) URL`},
		"header with CR":  {hook: mockspec.Webhook{URL: text("https://x.example/"), Headers: []mockspec.Header{{Name: "X-A", Value: text("{{json-params.a}}")}}}, body: `{"a":"1\r\nX-B: 2"}`, drop: "header X-A has a value with control characters"},
		"template fails":  {hook: mockspec.Webhook{URL: text("https://x.example/"), Body: textBody(`{{json-params.a|divide:0}}`)}, body: `{"a":1}`, drop: "body: "},
		"condition fails": {hook: mockspec.Webhook{URL: text("https://x.example/"), If: condition("json-params.a > 1")}, body: `{"a":"x"}`, drop: "if: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(Config{}, Deps{Client: &http.Client{}})
			if tt.header.Get(depth.Header) != "" {
				tt.header = http.Header{depth.Header: {s.depth.Sign(1, "h")}}
			}
			h, err := s.Compile(&site.Site{WorkspaceID: "w", MockID: "m"}, "POST /orders/:id", &tt.hook)
			if err != nil {
				t.Fatal(err)
			}
			h.Fire(request(tt.body, tt.header))
			var got *Call
			if s.queue.jobs == 1 {
				got = &s.queue.waiting[0].call
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			history := s.History("m")
			if tt.drop != "" && (len(history) != 1 || history[0].State != Dropped || !strings.Contains(history[0].Reason, tt.drop)) {
				t.Errorf("history %+v, want the reason %q", history, tt.drop)
			}
			if tt.drop == "" && tt.want == nil && len(history) != 0 {
				t.Errorf("history %+v, want none", history)
			}
		})
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	for want, w := range map[string]mockspec.Webhook{
		"webhook: if: ":                                   {URL: text("https://x.example/"), If: condition("a == b")},
		"webhook: url: ":                                  {URL: text("https://x.example/{% if %}")},
		`webhook: "DO IT" is not a method`:                {URL: text("https://x.example/"), Method: "do it"},
		`webhook: "a b" is not a header name`:             {URL: text("https://x.example/"), Headers: []mockspec.Header{{Name: "a b"}}},
		"webhook: header X-A: ":                           {URL: text("https://x.example/"), Headers: []mockspec.Header{{Name: "x-a", Value: text("{% for %}")}}},
		"webhook: body: ":                                 {URL: text("https://x.example/"), Body: textBody("{% if x %}")},
		"webhook: body: external-body is for responses; ": {URL: text("https://x.example/"), Body: mockspec.Body{Kind: mockspec.BodyExternal}},
	} {
		s := New(Config{}, Deps{Client: &http.Client{}})
		if _, err := s.Compile(&site.Site{}, "GET /", &w); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A mock whose webhook calls itself stops after depth.Max.
func TestCircleEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h *Hook
		s, r, stop := start(t, Config{}, func(r *http.Request) (*http.Response, error) {
			h.Fire(request("", r.Header))
			return status(200)(r)
		})
		var err error
		if h, err = s.Compile(&site.Site{WorkspaceID: "w", MockID: "m"}, "POST /", &mockspec.Webhook{URL: text("https://h/")}); err != nil {
			t.Fatal(err)
		}
		h.Fire(request("", nil))
		pass(time.Hour)
		stop()
		if len(r.requests) != depth.Max {
			t.Errorf("%d webhooks from one request, want %d", len(r.requests), depth.Max)
		}
	})
}

// condition is a condition of the template language.
func condition(s string) mockspec.Condition {
	return mockspec.Condition{JSON: string(selmer.String(s).AppendJSON(nil))}
}
