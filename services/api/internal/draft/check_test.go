package draft

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// records are the requests of a mock, the latest first; one of them goes while it is looked for.
type records []event.RequestRecord

func (r records) List(_ context.Context, _ workspace.Caller, _ string, _ record.Query, _ string, limit int) (cursor.Page[event.RequestRecord], error) {
	return cursor.Page[event.RequestRecord]{Items: r[:min(len(r), limit)]}, nil
}

func (r records) Find(_ context.Context, _ workspace.Caller, _, id string) (event.RequestRecord, error) {
	for _, each := range r {
		if each.ID == id && id != "gone" {
			return each, nil
		}
	}
	return event.RequestRecord{}, apperr.New(apperr.NotFound, "no request")
}

func request(id, path, head, body string) event.RequestRecord {
	return event.RequestRecord{ID: id, Method: "POST", Path: path, Query: "q=1", Request: event.RecordedPart{Head: head, Body: body}}
}

// Before, /same and /random and /lost are answered, after /same, /random and /new; /random says something else each time, and
// /changed another status.
func TestTraffic(t *testing.T) {
	lately := records{
		request("same", "/same", "X-A: 1\r\nContent-Length: 9\r\n", "body"), request("random", "/random", "", ""), request("gone", "/same", "", ""),
		request("changed", "/changed", "", ""), request("lost", "/lost", "", ""), request("new", "/new", "", ""),
		request("socket", "/same", "Upgrade: websocket\r\n", ""),
		{ID: "odd", Method: "GET", Path: "no path"},
		{ID: "binary", Method: "GET", Path: "/same", Request: event.RecordedPart{Body: "AQI=", Base64: true}},
	}
	numbers := 0
	one := func(q tryit.Question, r tryit.Request) tryit.Answer {
		a := tryit.Answer{Status: 200, Header: http.Header{"Date": {fmt.Sprint(numbers)}, "X-Mocloud-Mock": {fmt.Sprint(q.Revision)}}, Body: []byte(r.Target)}
		after := q.Content == good
		switch r.Target {
		case "/random?q=1":
			numbers++
			a.Body = []byte(fmt.Sprint(numbers))
			if after {
				a.Status = 201
			}
		case "/changed?q=1":
			a.Header["Content-Type"] = []string{q.Content}
		case "/lost?q=1":
			after = !after
			fallthrough
		case "/new?q=1":
			if !after {
				return tryit.Answer{Status: 404}
			}
		case "/same":
			if string(r.Body) != "\x01\x02" {
				t.Errorf("the body is %q", r.Body)
			}
		case "/same?q=1":
			if r.Header.Get("X-A") != "1" || r.Header.Get("Content-Length") != "" || string(r.Body) != "body" {
				t.Errorf("asked %+v", r)
			}
		}
		a.Explain = json.RawMessage(`{"endpoint":"POST /x"}`)
		return a
	}
	s := NewService(world{}, world{}, lately, mock.Addresses{}, func(_ context.Context, q tryit.Question) (tryit.Answer, error) {
		if !q.SkipDelays {
			t.Error("delays are waited for")
		}
		a := one(q, q.Request)
		for _, r := range q.More {
			a.More = append(a.More, one(q, r))
		}
		return a, nil
	})
	c, err := s.Traffic(t.Context(), workspace.Caller{AccountID: "a"}, "m1", nil, 50)
	if err != nil || c.Against != 2 || c.Recorded != len(lately) {
		t.Fatalf("%+v, %v", c, err)
	}
	var got []string
	for _, item := range c.Items {
		got = append(got, fmt.Sprint(item.Record.ID, " ", item.Outcome, item.Changed, item.Varies))
	}
	want := []string{
		"same same[] []", "random different[status] [body]", "changed different[headers] []", "lost no_longer_answered[status body] []",
		"new newly_answered[status body] []", "binary same[] []",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwanted %q", got, want)
	}
	if c, err := s.Traffic(t.Context(), workspace.Caller{AccountID: "a"}, "m1", nil, 2); err != nil || len(c.Items) != 2 {
		t.Errorf("two of them: %+v, %v", c, err)
	}
	wrong := "- endpoint: {}\n"
	if c, err := s.Traffic(t.Context(), workspace.Caller{AccountID: "a"}, "m1", &wrong, 50); err != nil || len(c.Items) != 0 || len(c.Diagnostics) == 0 {
		t.Errorf("a draft with errors: %+v, %v", c, err)
	}
}
