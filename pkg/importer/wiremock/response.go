package wiremock

import (
	"cmp"
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
)

// faultOf is what a fault of WireMock's is in mocks; "" if they have none like it.
func faultOf(fault string) string {
	switch fault {
	case "EMPTY_RESPONSE":
		return "empty"
	case "MALFORMED_RESPONSE_CHUNK":
		return "cut"
	case "RANDOM_DATA_THEN_CLOSE":
		return "garbage"
	case "CONNECTION_RESET_BY_PEER":
		return "reset"
	}
	return ""
}

// response is the answer of a stub.
func (t *translator) response(r *source.Node) draft.Map {
	texts := draft.Inert
	for _, transformer := range r.List("transformers") {
		if transformer.Value == "response-template" {
			texts = t.templates(r)
			continue
		}
		t.m.None(transformer, "the transformer `%s` is left out: mocks do not support it", draft.Line(transformer.Value, 60))
	}
	keys := draft.Map{{Key: "status", Value: t.m.Status(r, "status")}}
	if fault := r.Text("fault"); fault != "" {
		if name := faultOf(fault); name != "" {
			return append(keys, draft.Pair{Key: "fault", Value: name})
		}
		t.m.None(r.Get("fault"), "the fault `%s` is left out: mocks do not support it", draft.Line(fault, 60))
	}
	if headers := t.headers(r.Get("headers"), texts); len(headers) > 0 {
		keys = append(keys, draft.Pair{Key: "headers", Value: headers})
	}
	length := 0
	switch {
	case r.Get("jsonBody") != nil:
		body := r.Get("jsonBody")
		length = len(body.JSON())
		if body.Kind >= source.List {
			keys = append(keys, draft.Pair{Key: "body", Value: draft.Value(body, texts)})
		} else {
			keys = append(keys, draft.Pair{Key: "body", Value: texts(body.JSON())})
		}
	case r.Text("body") != "":
		length = len(r.Text("body"))
		keys = append(keys, draft.Pair{Key: "body", Value: texts(r.Text("body"))})
	case r.Text("base64Body") != "":
		if body, err := base64.StdEncoding.DecodeString(r.Text("base64Body")); err == nil && utf8.Valid(body) {
			length = len(body)
			keys = append(keys, draft.Pair{Key: "body", Value: draft.Inert(string(body))})
		} else {
			t.m.None(r.Get("base64Body"), "the body is left out: it is not text; upload it as a file and name the file in `external-body`")
		}
	case r.Text("bodyFileName") != "":
		name := strings.TrimLeft(r.Text("bodyFileName"), "/")
		t.m.Loss(r.Get("bodyFileName"), "the body is the file `%s`, which was not imported: upload it", draft.Line(name, 100))
		keys = append(keys, draft.Pair{Key: "external-body", Value: draft.Map{{Key: "provider", Value: "json"}, {Key: "path", Value: draft.Inert(name)}}})
	}
	if latency := t.latency(r, length); len(latency) > 0 {
		keys = append(keys, draft.Pair{Key: "latency", Value: latency})
	}
	if hooks := t.webhooks(); len(hooks) > 0 {
		keys = append(keys, draft.Pair{Key: "webhook", Value: hooks})
	}
	return keys
}

func (t *translator) headers(headers *source.Node, texts func(string) string) (out draft.Map) {
	if headers == nil || headers.Kind != source.Object {
		return nil
	}
	for i, name := range headers.Keys {
		v := headers.Items[i]
		if !draft.Header(name) {
			t.m.Loss(v, "the header `%s` is left out: the server sets it itself", draft.Line(name, 60))
			continue
		}
		if v.Kind == source.List {
			list := []any{}
			for _, item := range v.Items {
				list = append(list, texts(item.Value))
			}
			out = append(out, draft.Pair{Key: name, Value: list})
			continue
		}
		out = append(out, draft.Pair{Key: name, Value: texts(v.Text())})
	}
	return out
}

// maxMillis is the longest wait of a mock.
const maxMillis = 600_000

// latency is how long the answer takes.
func (t *translator) latency(r *source.Node, length int) (out draft.Map) {
	ms := func(f float64) int { return int(max(0, min(f, maxMillis))) }
	add := func(key string, f float64) { out = append(out, draft.Pair{Key: key, Value: ms(f)}) }
	if delay, ok := r.Int("fixedDelayMilliseconds"); ok && delay > 0 {
		add("min-ms", float64(delay))
	}
	switch d := r.Get("delayDistribution"); d.Text("type") {
	case "":
	case "fixed":
		add("min-ms", float(d, "milliseconds"))
	case "uniform":
		add("min-ms", float(d, "lower"))
		add("max-ms", max(float(d, "lower"), float(d, "upper")))
	case "lognormal":
		median := max(1, float(d, "median"))
		add("median-ms", median)
		add("p99-ms", max(median, median*math.Exp(2.326*float(d, "sigma"))))
	default:
		t.m.None(d, "the delay `%s` is left out: mocks do not support it", draft.Line(d.Text("type"), 60))
	}
	if d := r.Get("chunkedDribbleDelay"); d != nil && length > 0 {
		if seconds := float(d, "totalDuration") / 1000; seconds > 0 {
			t.m.Loss(d, "the body is sent at an even speed: mocks do not count chunks")
			out = append(out, draft.Pair{Key: "bytes-per-second", Value: max(1, int(float64(length)/seconds))})
		}
	}
	return out
}

func float(n *source.Node, key string) float64 {
	f, err := strconv.ParseFloat(n.Text(key), 64)
	if err != nil || math.IsNaN(f) {
		return 0
	}
	return f
}

// webhooks are the requests that are sent after the answer.
func (t *translator) webhooks() (out []any) {
	for _, listener := range append(t.stub.List("serveEventListeners"), t.stub.List("postServeActions")...) {
		p := listener.Get("parameters")
		if listener.Text("name") != "webhook" || p.Text("url") == "" {
			t.m.None(listener, "the action `%s` is left out: mocks do not support it", draft.Line(listener.Text("name"), 60))
			continue
		}
		texts := t.templates(p)
		hook := draft.Map{{Key: "url", Value: texts(p.Text("url"))}, {Key: "method", Value: strings.ToUpper(cmp.Or(p.Text("method"), "POST"))}}
		if delay, ok := p.Int("delay", "milliseconds"); ok && delay > 0 {
			hook = append(hook, draft.Pair{Key: "sleep-time-ms", Value: delay})
		}
		if headers := t.headers(p.Get("headers"), texts); len(headers) > 0 {
			hook = append(hook, draft.Pair{Key: "headers", Value: headers})
		}
		if body := p.Text("body"); body != "" {
			hook = append(hook, draft.Pair{Key: "body", Value: texts(body)})
		}
		out = append(out, hook)
	}
	if len(out) > maxWebhooks {
		t.m.None(t.stub, "only the first %d webhooks are kept", maxWebhooks)
		out = out[:maxWebhooks]
	}
	return out
}

// maxWebhooks is how many requests an answer may send.
const maxWebhooks = 5
