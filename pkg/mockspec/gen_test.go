package mockspec_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// The generators draw mocks as structs: valid ones, with texts that are hard to write down.

func genText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"", " ", "plain", "a: b", "# no comment", "- a", "it's", `say "hi"`, `back\slash`, "line\nline\n", "\n\n", "  lead", "tail  ",
			"{{path-params.id}}", `{{query-params.q|default:"x"}}`, "{% if json-params.a %}yes{% endif %}", "{# note #}", "{{ unclosed",
			"null", "true", "5", "1.10", "0x1F", "2024-01-01", "~", "<<", "é€😀", "\u2028\u2029", "\u0085\u00a0", "\x00\x07\x7f", "tab\there", "a\r\nb", "*x", "&x", "!x", "%x", "@x", "`x`",
		}),
		rapid.String(),
	)
}

func genName() *rapid.Generator[string] {
	return rapid.StringMatching(`[a-z][a-z0-9_-]{0,8}`)
}

func genJSON() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string { return drawJSON(t, 3) })
}

func drawJSON(t *rapid.T, depth int) string {
	quote := func(s string) string {
		b, err := json.Marshal(strings.ToValidUTF8(s, "?"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	kind := rapid.IntRange(0, 7).Draw(t, "kind")
	if depth == 0 {
		kind %= 6
	}
	switch kind {
	case 0:
		return "null"
	case 1:
		return "true"
	case 2:
		return fmt.Sprint(rapid.Int64().Draw(t, "int"))
	case 3:
		return rapid.SampledFrom([]string{"0", "-0", "1.10", "1e3", "12345678901234567890123", "0.1e-5"}).Draw(t, "number")
	case 4, 5:
		return quote(genText().Draw(t, "text"))
	case 6:
		n := rapid.IntRange(0, 3).Draw(t, "len")
		parts := make([]string, n)
		for i := range parts {
			parts[i] = drawJSON(t, depth-1)
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	names := rapid.SliceOfNDistinct(genText(), 0, 3, func(s string) string { return quote(s) }).Draw(t, "names")
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = quote(n) + ":" + drawJSON(t, depth-1)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func genBody() *rapid.Generator[mockspec.Body] {
	return rapid.Custom(func(t *rapid.T) mockspec.Body {
		switch rapid.IntRange(0, 3).Draw(t, "body") {
		case 0:
			return mockspec.Body{}
		case 1:
			return mockspec.Body{Kind: mockspec.BodyText, Template: genText().Draw(t, "text")}
		case 2:
			x := mockspec.External{Provider: "json", Path: mockspec.Text{Raw: "data/" + genName().Draw(t, "file")}}
			if rapid.Bool().Draw(t, "xlsx") {
				x.Provider, x.SheetName = "xlsx", genName().Draw(t, "sheet")
			}
			return mockspec.Body{Kind: mockspec.BodyExternal, External: &x}
		}
		for {
			// A text is BodyText, so that a value that is only a text cannot come from here.
			if j := genJSON().Draw(t, "json"); j[0] != '"' {
				return mockspec.Body{Kind: mockspec.BodyJSON, JSON: j}
			}
		}
	})
}

func genHeaders() *rapid.Generator[[]mockspec.Header] {
	return rapid.Custom(func(t *rapid.T) []mockspec.Header {
		var out []mockspec.Header
		for _, n := range rapid.SliceOfNDistinct(genName(), 0, 3, rapid.ID[string]).Draw(t, "headers") {
			for range rapid.IntRange(1, 2).Draw(t, "values") {
				v := strings.Map(func(c rune) rune {
					if c == '\n' || c == '\r' {
						return ' '
					}
					return c
				}, genText().Draw(t, "value"))
				out = append(out, mockspec.Header{Name: n, Value: mockspec.Text{Raw: v}})
			}
		}
		return out
	})
}

func genPath() *rapid.Generator[mockspec.Path] {
	return rapid.Custom(func(t *rapid.T) mockspec.Path {
		var raw string
		for i := range rapid.IntRange(1, 4).Draw(t, "segments") {
			raw += "/"
			switch rapid.IntRange(0, 4).Draw(t, "segment") {
			case 0, 1:
				raw += genName().Draw(t, "literal")
			case 2:
				raw += fmt.Sprintf(":p%d", i)
			case 3:
				raw += fmt.Sprintf(":p%d|%s", i, rapid.SampledFrom([]string{"int", "uuid", "date", "bool", "float", "double", "string"}).Draw(t, "type"))
			case 4:
				raw += "caf%C3%A9"
			}
		}
		if rapid.Bool().Draw(t, "wildcard") {
			raw += "/*rest"
		}
		p, err := mockspec.ParsePath(raw)
		if err != nil {
			t.Fatal(err)
		}
		return p
	})
}

func genSchema(depth int) *rapid.Generator[*mockspec.Schema] {
	return rapid.Custom(func(t *rapid.T) *mockspec.Schema {
		kinds := []mockspec.SchemaKind{mockspec.SchemaAny, mockspec.SchemaString, mockspec.SchemaInteger, mockspec.SchemaNumber, mockspec.SchemaBoolean}
		if depth > 0 {
			kinds = append(kinds, mockspec.SchemaObject, mockspec.SchemaArray)
		}
		s := &mockspec.Schema{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		switch s.Kind {
		case mockspec.SchemaObject:
			for _, n := range rapid.SliceOfNDistinct(genName(), 0, 3, rapid.ID[string]).Draw(t, "fields") {
				s.Fields = append(s.Fields, mockspec.SchemaField{Name: n, Schema: genSchema(depth-1).Draw(t, "field"), Optional: rapid.Bool().Draw(t, "optional")})
			}
		case mockspec.SchemaArray:
			if rapid.Bool().Draw(t, "items") {
				s.Items = genSchema(depth-1).Draw(t, "item")
			}
		default:
		}
		return s
	})
}

func genEndpoint() *rapid.Generator[mockspec.Endpoint] {
	return rapid.Custom(func(t *rapid.T) mockspec.Endpoint {
		flip := func(name string) bool { return rapid.Bool().Draw(t, name) }
		e := mockspec.Endpoint{
			Method: rapid.SampledFrom([]string{"GET", "POST", "DELETE"}).Draw(t, "method"),
			Path:   genPath().Draw(t, "path"),
			Response: mockspec.Response{
				Status:  mockspec.Text{Raw: rapid.SampledFrom([]string{"200", "404", "{{query-params.code}}"}).Draw(t, "status")},
				Headers: genHeaders().Draw(t, "headers"),
				Body:    genBody().Draw(t, "body"),
			},
			Tag:     genText().Draw(t, "tag"),
			Summary: genText().Draw(t, "summary"),
		}
		if flip("host") {
			e.Host = "api.example.com"
		}
		for _, n := range rapid.SliceOfNDistinct(genName(), 0, 3, rapid.ID[string]).Draw(t, "query") {
			e.Query = append(e.Query, mockspec.Field{Name: n, Type: mockspec.TypeInt, Optional: rapid.Bool().Draw(t, "optional")})
		}
		if flip("sample") {
			e.Body = &mockspec.Sample{Schema: genSchema(2).Draw(t, "schema")}
		}
		if flip("limit") {
			e.RateLimit = &mockspec.RateLimit{WindowMS: rapid.IntRange(1, 100000).Draw(t, "window"), MaxRequests: 5, Key: "X-Key"}
		}
		if flip("latency") {
			e.Latency = &mockspec.Latency{MinMS: 1, MaxMS: 7, FailureRate: rapid.Float64Range(0, 0.5).Draw(t, "rate"), TimeoutRate: 1e-7, TimeoutMS: 30000}
		}
		e.Webhooks = genWebhooks().Draw(t, "webhooks")
		if flip("responses") {
			e.Responses = rapid.SliceOfN(genEntry(), 1, 3).Draw(t, "entries")
			if e.NoResponse = flip("alone"); e.NoResponse {
				e.Response = mockspec.Response{}
			}
		}
		if flip("auth") {
			e.Auth.JSON = rapid.SampledFrom([]string{`"basic"`, `"none"`, `{"bearer":"t1"}`, `["jwt",{"header-params.X-Key":["a","b"]}]`}).Draw(t, "guard")
		}
		return e
	})
}

func genWebhooks() *rapid.Generator[[]mockspec.Webhook] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) mockspec.Webhook {
		return mockspec.Webhook{
			URL: mockspec.Text{Raw: "https://example.com/" + genName().Draw(t, "url")}, Method: "PUT", Headers: genHeaders().Draw(t, "headers"),
			Body: genBody().Filter(func(b mockspec.Body) bool { return b.Kind != mockspec.BodyExternal }).Draw(t, "body"),
			If:   genCondition().Draw(t, "if"), SleepMS: rapid.IntRange(0, 5000).Draw(t, "sleep"),
		}
	}), 0, 2)
}

func genCondition() *rapid.Generator[mockspec.Condition] {
	return rapid.Custom(func(t *rapid.T) mockspec.Condition {
		return mockspec.Condition{JSON: rapid.SampledFrom([]string{
			"", `"json-params.a = \"b\""`, `{"query-params.q":"a"}`, `{"$.items[?@.a > 1]":{"absent":false},"/a/@id":7}`,
			`{"any":["query-params.a",{"not":{"cookies.c":{"matches":"x+"}}}],"request.method":["GET","POST"]}`,
		}).Draw(t, "condition")}
	})
}

func genEntry() *rapid.Generator[mockspec.Entry] {
	return rapid.Custom(func(t *rapid.T) mockspec.Entry {
		e := mockspec.Entry{
			Response: mockspec.Response{
				Status: mockspec.Text{Raw: "201"}, Headers: genHeaders().Draw(t, "headers"), Body: genBody().Draw(t, "body"),
				Fault: rapid.SampledFrom([]string{"", mockspec.FaultReset, mockspec.FaultCut}).Draw(t, "fault"), Webhooks: genWebhooks().Draw(t, "webhooks"),
			},
			If: genCondition().Draw(t, "if"),
		}
		if rapid.Bool().Draw(t, "latency") {
			e.Latency = &mockspec.Latency{MedianMS: 5, P99MS: 9, MaxMS: 600_000, Shape: mockspec.ShapeNormal, BytesPerSecond: 7, PauseMS: 3, TimeoutMS: 30000}
		}
		if rapid.Bool().Draw(t, "chance") {
			chance := rapid.Float64Range(0, 0.3).Draw(t, "share")
			e.Chance = &chance
		}
		return e
	})
}

// require makes everything that an endpoint declares required.
func require(e *mockspec.Endpoint) {
	for i := range e.Query {
		e.Query[i].Optional = false
	}
	var walk func(s *mockspec.Schema)
	walk = func(s *mockspec.Schema) {
		if s == nil {
			return
		}
		for i := range s.Fields {
			s.Fields[i].Optional = false
			walk(s.Fields[i].Schema)
		}
		walk(s.Items)
	}
	if e.Body != nil {
		walk(e.Body.Schema)
	}
}

func genMock() *rapid.Generator[*mockspec.Mock] {
	return rapid.Custom(func(t *rapid.T) *mockspec.Mock {
		m := &mockspec.Mock{Endpoints: rapid.SliceOfN(genEndpoint(), 0, 3).Draw(t, "endpoints")}
		if rapid.Bool().Draw(t, "settings") {
			m.Settings.CORS = &mockspec.CORS{Off: true}
			if rapid.Bool().Draw(t, "compat") {
				m.Settings.Compat = mockspec.CompatMoclojer04
				for i := range m.Endpoints { // moclojer has neither optional ones nor several answers
					e := &m.Endpoints[i]
					require(e)
					e.Responses, e.NoResponse, e.Auth = nil, false, mockspec.Auth{}
					e.Webhooks = nil
					if e.Response.Status.Raw == "" {
						e.Response.Status.Raw = "200"
					}
				}
			} else if rapid.Bool().Draw(t, "defaults") {
				m.Settings.Defaults = &mockspec.Defaults{
					Headers: genHeaders().Draw(t, "headers"), Auth: mockspec.Auth{JSON: `"bearer"`}, RateLimit: &mockspec.RateLimit{Off: true},
					Responses: rapid.SliceOfN(genEntry(), 0, 2).Draw(t, "entries"),
				}
			}
		}
		message := genBody().Filter(func(b mockspec.Body) bool { return b.Kind != mockspec.BodyExternal && b.Kind != mockspec.BodyNone })
		for range rapid.IntRange(0, 2).Draw(t, "websockets") {
			w := mockspec.WebSocket{Path: genPath().Draw(t, "path")}
			if rapid.Bool().Draw(t, "connect") {
				b := message.Draw(t, "hello")
				w.OnConnect = &b
			}
			for range rapid.IntRange(0, 2).Draw(t, "reactions") {
				w.OnMessage = append(w.OnMessage, mockspec.Reaction{Pattern: mockspec.Text{Raw: genText().Draw(t, "pattern")}, Response: message.Draw(t, "answer")})
			}
			m.WebSockets = append(m.WebSockets, w)
		}
		return m
	})
}
