package api_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/event"
)

type endpointCounts struct {
	Total, Recorded int
	Items           []struct {
		Endpoint      string
		Requests      int
		ClientError   int    `json:"client_error"`
		LastRequestAt string `json:"last_request_at"`
	}
	Unmatched []struct {
		Method, Path string
		Requests     int
	}
}

// Recorded requests are found by what is in them, who answered, and how long it took.
func TestRequestFilters(t *testing.T) {
	t.Parallel()
	for name, edit := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, edit)
			m := w.create("pets", good)
			all := map[string]event.RequestRecord{}
			add := func(name string, change func(*event.RequestRecord)) {
				r := requestRecord(m.ID, "/"+name)
				r.Request.Head, r.Request.Body, r.Response.Head = "X-Name: "+name+"\r\n", "", ""
				r.Response.Body, r.Response.Base64, r.Query = "", false, ""
				change(&r)
				all[r.ID] = r
				w.report(requestsReport(r))
			}
			add("plain", func(*event.RequestRecord) {})
			add("unmatched", func(r *event.RequestRecord) { r.Endpoint, r.Method, r.Status = "", "GET", 404 })
			add("slow", func(r *event.RequestRecord) { r.Duration, r.Method = 2_000_000, "PUT" })
			add("query", func(r *event.RequestRecord) { r.Query, r.Host = "tag=Blue_100%", "other.example.com" })
			add("body", func(r *event.RequestRecord) { r.Request.Body = `{"colour": "BLUE_100%"}` })
			add("answer", func(r *event.RequestRecord) { r.Response.Body = "blue_100%" })
			add("binary", func(r *event.RequestRecord) { r.Request.Body, r.Request.Base64 = "blue", true })
			add("wild", func(r *event.RequestRecord) { r.Request.Body = "blueX1000" })
			for query, want := range map[string]string{
				"matched=false":                     "unmatched",
				"matched=true&min_duration_us=500":  "slow",
				"method=GET&method=PUT":             "slow unmatched",
				"host=other.example.com":            "query",
				"q=" + url.QueryEscape("blue_100%"): "answer body query",
				"q=x-name:+SLOW":                    "slow",
				"q=wild&matched=false":              "",
			} {
				page := as[requestPage](t, w.want(http.StatusOK, "GET", "/api/v1/mocks/"+m.ID+"/requests?"+query, ""))
				var found []string
				for _, r := range page.Items {
					found = append(found, strings.TrimPrefix(all[r.ID].Path, "/"))
				}
				slices.Sort(found)
				if strings.Join(found, " ") != want {
					t.Errorf("%s: %v, wanted %s", query, found, want)
				}
			}
			counts := as[endpointCounts](t, w.want(http.StatusOK, "GET", "/api/v1/mocks/"+m.ID+"/endpoints?since=2026-11-22T00:00:00Z", ""))
			if counts.Recorded != 8 || counts.Total != 8 || len(counts.Items) != 1 || counts.Items[0].Requests != 7 || counts.Items[0].LastRequestAt == "" ||
				len(counts.Unmatched) != 1 || counts.Unmatched[0].Path != "/unmatched" || counts.Unmatched[0].Requests != 1 {
				t.Errorf("counts: %+v", counts)
			}
			w.want(http.StatusUnprocessableEntity, "GET", "/api/v1/mocks/"+m.ID+"/endpoints?since=2020-01-01T00:00:00Z", "")
			for _, query := range []string{"matched=maybe", "min_duration_us=-1", "method=", strings.Repeat("&method=A", 11)[1:]} {
				w.want(http.StatusBadRequest, "GET", "/api/v1/mocks/"+m.ID+"/requests?"+query, "")
			}
		})
	}
}
