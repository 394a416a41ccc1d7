package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/internal/record"
)

// report says what a mock server says, again and again until the api says that it has stored just that.
func (b *bench) report(r record.Report) {
	b.t.Helper()
	instance, sequence := r.ID()
	listening, stored := make(chan struct{}, 1), make(chan struct{}, 1)
	signal := func(c chan struct{}) {
		select {
		case c <- struct{}{}:
		default:
		}
	}
	ctx, stop := context.WithCancel(b.t.Context())
	var listener sync.WaitGroup
	listener.Go(func() {
		err := stream.Listen(ctx, b.redis, nil, prefix, []event.Type{event.TypeReportsStored}, func(connected bool) {
			if connected {
				signal(listening)
			}
		}, func(e event.Envelope) {
			if said, err := event.Decode[event.ReportsStored](e); err == nil && said.Instance == instance && slices.Contains(said.Sequences, sequence) {
				signal(stored)
			}
		})
		if err != nil {
			b.t.Error(err)
		}
	})
	defer listener.Wait()
	defer stop()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for timeout := time.After(soon); ; {
		select {
		case <-stored:
			return
		case <-listening:
		case <-again.C: // perhaps the api did not listen, or the answer was lost
		case <-timeout:
			b.t.Fatal("the report is never stored")
		}
		if r.Requests != nil {
			b.say(*r.Requests)
		} else {
			b.say(*r.Webhooks)
		}
	}
}

func requestRecord(mockID, path string) event.RequestRecord {
	return event.RequestRecord{
		ID: uuid.Must(uuid.NewV7()).String(), MockID: mockID, Time: time.Now(), Duration: 150, Mode: event.RecordFull, Method: "POST",
		Host: "h", Path: path, Query: "q=1", Endpoint: "POST /:x", Status: 201, Revision: 3, Nearest: []event.Near{{Endpoint: "GET /a", Why: "it takes `GET`"}},
		Request:  event.RecordedPart{Head: "Accept: a\r\nX-Odd: c: d\r\n", Body: "body", Size: 4},
		Response: event.RecordedPart{Head: "Content-Type: image/png\r\n", Body: "AQI=", Base64: true, Size: 2},
	}
}

// requestsReport is what an instance reports first.
func requestsReport(records ...event.RequestRecord) record.Report {
	return record.Report{Requests: &event.RequestsRecorded{Instance: uuid.NewString(), Sequence: 1, Records: records}}
}

// recorded says that a mock answered a request, and waits until the api has stored it. It returns the request's id.
func (b *bench) recorded(mockID, path string) string {
	b.t.Helper()
	r := requestRecord(mockID, path)
	b.report(requestsReport(r))
	return r.ID
}

type requestBody struct {
	ID, Method, Path, Query, Endpoint string
	MockID                            string `json:"mock_id"`
	RecordingMode                     string `json:"recording_mode"`
	Status                            int
	DurationUs                        int `json:"duration_us"`
	Revision                          int
	Nearest                           []event.Near
	Request, Response                 struct {
		Headers        []struct{ Name, Value string }
		Body, Encoding string
		Size           int
	}
}

type requestPage struct {
	Items      []requestBody
	NextCursor string `json:"next_cursor"`
}

func TestRequests(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	path := "/api/v1/mocks/" + m.ID
	first, second := b.recorded(m.ID, "/first"), b.recorded(m.ID, "/Second_%")
	list := func(query string) (ids []string) {
		t.Helper()
		for _, r := range as[requestPage](t, b.want(http.StatusOK, "GET", path+"/requests?"+query, "")).Items {
			ids = append(ids, r.ID)
		}
		return ids
	}
	next := as[requestPage](t, b.want(http.StatusOK, "GET", path+"/requests?limit=1", "")).NextCursor
	for query, want := range map[string][]string{
		"": {second, first}, "limit=1": {second}, "cursor=" + next: {first}, "method=POST": {second, first}, "method=GET": nil,
		"status=2xx": {second, first}, "status=201": {second, first}, "status=4xx": nil, "path=FIR": {first}, "path=_%25": {second}, "path=_": {second},
		"endpoint=POST%20/:x": {second, first}, "endpoint=x": nil,
		"since=" + time.Now().Add(time.Hour).UTC().Format(time.RFC3339): nil, "until=" + time.Now().Add(time.Hour).UTC().Format(time.RFC3339): {second, first},
	} {
		if got := list(query); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %v, wanted %v", query, got, want)
		}
	}
	b.want(http.StatusBadRequest, "GET", path+"/requests?cursor="+second, "")
	b.want(http.StatusBadRequest, "GET", path+"/requests?status=abc", "")

	r := as[requestBody](t, b.want(http.StatusOK, "GET", path+"/requests/"+first, ""))
	if r.Path != "/first" || r.DurationUs != 150 || r.RecordingMode != "full" || len(r.Request.Headers) != 2 || r.Request.Headers[1].Value != "c: d" ||
		r.Request.Body != "body" || r.Request.Encoding != "text" || r.Response.Body != "AQI=" || r.Response.Encoding != "base64" || r.Response.Size != 2 ||
		r.Revision != 3 || fmt.Sprint(r.Nearest) != "[{GET /a it takes `GET`}]" {
		t.Errorf("%+v", r)
	}
	other := b.create("other", good)
	b.want(http.StatusNotFound, "GET", "/api/v1/mocks/"+other.ID+"/requests/"+first, "")
	b.want(http.StatusNotFound, "GET", path+"/requests/none", "")

	b.want(http.StatusNoContent, "DELETE", path+"/requests", "")
	if got := list(""); got != nil {
		t.Errorf("after clearing there are %v", got)
	}
	b.want(http.StatusNotFound, "GET", path+"/requests/"+first, "")
}

func TestRequestsLive(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	first := b.recorded(m.ID, "/1")
	next := b.events("/api/v1/mocks/" + m.ID + "/requests/events")
	second := b.recorded(m.ID, "/2")
	name, id, data := next()
	if name != "request" || id != second || !strings.Contains(data, `"path":"/2"`) || strings.Contains(data, "body") {
		t.Errorf("%s %s %s", name, id, data)
	}
	third := b.recorded(m.ID, "/3")
	if _, id, _ := next(); id != third { // also if the report of the second came more than once
		t.Errorf("not the third: %s", id)
	}
	resumed := b.events("/api/v1/mocks/"+m.ID+"/requests/events", "Last-Event-ID: "+first)
	for _, want := range []string{second, third} {
		if _, id, _ := resumed(); id != want {
			t.Errorf("resumed with %s, not %s", id, want)
		}
	}
	// A request that is not stored yet is passed on, and can be read.
	r := requestRecord(m.ID, "/4")
	b.repeat(*requestsReport(r).Requests)
	if _, id, _ := next(); id != r.ID {
		t.Errorf("not the fourth: %s", id)
	}
	b.want(http.StatusOK, "GET", "/api/v1/mocks/"+m.ID+"/requests/"+r.ID, "")
}

func TestUsage(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	hour := time.Now().UTC().Truncate(time.Hour)
	report := func(instance string, sequence, success uint64) {
		t.Helper()
		c := event.RequestCounts{
			WorkspaceID: m.WorkspaceID, MockID: m.ID, Hour: hour, Success: success, ServerError: 1, NotKept: 3,
			Latency: []event.LatencyCount{{UpTo: 100, Requests: success}, {UpTo: 5000, Requests: 1}},
		}
		all := c
		all.MockID = ""
		b.report(record.Report{Requests: &event.RequestsRecorded{Instance: instance, Sequence: sequence, Counts: []event.RequestCounts{c, all}}})
	}
	report("a", 7, 90)
	report("b", 1, 9)
	report("a", 6, 50) // late
	report("a", 7, 91) // once more, and changed: it was stored
	type usage struct {
		Total struct {
			Requests, Success, ServerError, NotKept int
			P50                                     int `json:"p50_us"`
			P99                                     int `json:"p99_us"`
		}
		Hours []struct {
			Hour   time.Time
			Counts struct{ Requests int }
		}
	}
	for _, path := range []string{"/api/v1/mocks/" + m.ID + "/usage", "/api/v1/workspaces/dev/usage"} {
		u := as[usage](t, b.want(http.StatusOK, "GET", path, ""))
		if u.Total.Requests != 101 || u.Total.Success != 99 || u.Total.P50 != 100 || u.Total.P99 != 5000 || len(u.Hours) != 1 ||
			!u.Hours[0].Hour.Equal(hour) || u.Hours[0].Counts.Requests != 101 {
			t.Errorf("%s: %+v", path, u)
		}
		if u := as[usage](t, b.want(http.StatusOK, "GET", path+"?to="+hour.Format(time.RFC3339), "")); len(u.Hours) != 0 {
			t.Errorf("%s before that hour: %+v", path, u)
		}
		b.want(http.StatusUnprocessableEntity, "GET", path+"?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "")
	}
}

func TestRecordingSettings(t *testing.T) {
	t.Parallel()
	b := start(t)
	g := b.generator()
	m := b.create("pets", good)
	path := "/api/v1/mocks/" + m.ID + "/recording"
	first := b.want(http.StatusOK, "GET", path, "")
	if s := as[map[string]any](t, first); first.header.Get("ETag") != `"1"` || s["mode"] != "redacted" || s["keep_requests"] != 1000.0 {
		t.Errorf("%v", s)
	}
	changed := b.want(http.StatusOK, "PATCH", path, `{"mode":"metadata","keep_requests":5}`, `If-Match: "1"`)
	if s := as[map[string]any](t, changed); changed.header.Get("ETag") != `"2"` || s["mode"] != "metadata" || s["keep_hours"] != 168.0 {
		t.Errorf("%v", s)
	}
	b.want(http.StatusPreconditionFailed, "PATCH", path, `{"mode":"full"}`, `If-Match: "1"`)
	b.want(http.StatusBadRequest, "PATCH", path, `{"mode":"everything"}`)
	b.want(http.StatusBadRequest, "PATCH", path, `{"version":7}`)
	b.want(http.StatusOK, "POST", "/api/v1/mocks/"+m.ID+"/publish", "")
	g.reach(t, 1)                                            // each change for itself: who reads the log later finds the last one of each mock
	b.want(http.StatusOK, "PATCH", path, `{"keep_hours":1}`) // nothing that mock servers have to know
	b.want(http.StatusOK, "PATCH", path, `{"mode":"redacted","redact":["iban"," iban",""]}`)
	g.reach(t, 2)
	b.want(http.StatusOK, "PATCH", path, `{"redact":[]}`)
	_, changes := g.reach(t, 3)
	var got []string
	for _, c := range changes {
		u, err := event.Decode[event.MockUpdated](c)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d %t %t %s %v", u.Revision, u.Enabled, u.Content == good, u.Recording.ModeOrDefault(), u.Recording.Names()))
	}
	want := []string{"1 true true metadata []", "1 true true redacted [iban]", "1 true true redacted []"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q, wanted %q", got, want)
	}
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	say := func(sequence uint64, version int, state, reason string) {
		b.report(record.Report{Webhooks: &event.WebhooksDelivered{Instance: "a", Sequence: sequence, Deliveries: []event.WebhookDelivery{{
			ID: "d", MockID: m.ID, Version: version, Endpoint: "POST /orders", Method: "POST", URL: "https://h/x", State: state,
			Queued: time.Now(), Attempts: version, Status: 500 + version, Reason: reason,
		}}}})
	}
	say(1, 1, "waiting", "busy")
	say(3, 3, "delivered", "")
	say(2, 2, "waiting", "busy") // late
	type page struct {
		Items []struct {
			ID, State, Reason string
			Attempts, Status  int
		}
	}
	p := as[page](t, b.want(http.StatusOK, "GET", "/api/v1/mocks/"+m.ID+"/webhooks", ""))
	if len(p.Items) != 1 || p.Items[0].State != "delivered" || p.Items[0].Attempts != 3 || p.Items[0].Status != 503 || p.Items[0].Reason != "" {
		t.Errorf("%+v", p)
	}
}
