package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/record"
)

type activityList struct {
	From, To time.Time
	Items    []struct {
		MockID        string `json:"mock_id"`
		MockSlug      string `json:"mock_slug"`
		LastRequestAt string `json:"last_request_at"`
		Requests      int
		ClientError   int `json:"client_error"`
		ServerError   int `json:"server_error"`
		Hours         []int
	}
}

// called says how often a mock was called in an hour, and when last.
func (b *bench) called(instance string, sequence uint64, counts ...event.RequestCounts) {
	b.t.Helper()
	b.report(record.Report{Requests: &event.RequestsRecorded{Instance: instance, Sequence: sequence, Counts: counts}})
}

func TestActivity(t *testing.T) {
	t.Parallel()
	b := start(t)
	pets, shop, idle := b.create("pets", good), b.create("shop", good), b.create("idle", good)
	hour := time.Now().UTC().Truncate(time.Hour)
	one, two := uuid.NewString(), uuid.NewString()
	count := func(m mockBody, hoursAgo int, success, wrong uint64, after time.Duration) event.RequestCounts {
		at := hour.Add(-time.Duration(hoursAgo) * time.Hour)
		return event.RequestCounts{WorkspaceID: m.WorkspaceID, MockID: m.ID, Hour: at, Success: success, ClientError: wrong, ServerError: wrong / 2, Last: at.Add(after)}
	}
	b.called(one, 1, count(pets, 0, 3, 2, time.Minute), count(pets, 3, 5, 0, time.Minute), count(shop, 1, 100, 0, time.Minute))
	b.called(two, 1, count(pets, 0, 1, 0, 5*time.Minute), count(idle, 60, 7, 0, time.Second))

	path := "/api/v1/activity?workspace_slug=dev"
	list := as[activityList](t, b.want(http.StatusOK, "GET", path, ""))
	if len(list.Items) != 2 || list.Items[0].MockSlug != "shop" || list.Items[1].MockID != pets.ID {
		t.Fatalf("%+v", list)
	}
	p := list.Items[1]
	newest := len(p.Hours) - 1
	if !list.To.Equal(hour.Add(time.Hour)) || int(list.To.Sub(list.From).Hours()) != len(p.Hours) {
		t.Errorf("from %s to %s: %d hours", list.From, list.To, len(p.Hours))
	}
	if p.Requests != 12 || p.ClientError != 2 || p.ServerError != 1 || p.Hours[newest] != 7 || p.Hours[newest-3] != 5 || p.Hours[newest-1] != 0 {
		t.Errorf("%+v", p)
	}
	if want := hour.Add(5 * time.Minute).Format(time.RFC3339); p.LastRequestAt != want {
		t.Errorf("called last at %s, and not at %s", p.LastRequestAt, want)
	}
	if last := as[activityList](t, b.want(http.StatusOK, "GET", path+"&sort=-last_request_at&limit=1", "")); len(last.Items) != 1 || last.Items[0].MockSlug != "pets" {
		t.Errorf("called last: %+v", last)
	}
	// Who is named is there, called or not.
	named := as[activityList](t, b.want(http.StatusOK, "GET", path+"&mock_id="+idle.ID+"&mock_id="+shop.ID+"&mock_id=none", ""))
	if len(named.Items) != 2 || named.Items[1].MockSlug != "idle" || named.Items[1].Requests != 0 || named.Items[1].LastRequestAt != hour.Add(-60*time.Hour+time.Second).Format(time.RFC3339) {
		t.Errorf("those that are named: %+v", named)
	}
	b.want(http.StatusUnprocessableEntity, "GET", path+"&from=2026-01-01T00:00:00Z&to=2026-01-09T00:00:00Z", "")
	b.want(http.StatusBadRequest, "GET", "/api/v1/activity", "")
	b.want(http.StatusNotFound, "GET", "/api/v1/activity?workspace_slug=none", "")

	// Lists have when each mock was called last, and can be sorted by it.
	b.create("never", good)
	var slugs, times []string
	for next := "&limit=1"; next != ""; {
		page := as[struct {
			Items []struct {
				Slug          string
				LastRequestAt string `json:"last_request_at"`
			}
			NextCursor string `json:"next_cursor"`
		}](t, b.want(http.StatusOK, "GET", "/api/v1/mocks?sort=-last_request_at"+next, ""))
		for _, m := range page.Items {
			slugs, times = append(slugs, m.Slug), append(times, m.LastRequestAt)
		}
		if next = page.NextCursor; next != "" {
			next = "&limit=1&cursor=" + next
		}
	}
	if fmt.Sprint(slugs) != "[pets shop idle never]" || times[0] == "" || times[3] != "" {
		t.Errorf("%v, called at %v", slugs, times)
	}
	forwards := as[struct{ Items []struct{ Slug string } }](t, b.want(http.StatusOK, "GET", "/api/v1/mocks?sort=last_request_at", ""))
	for i, m := range slices.Backward(slugs) {
		if forwards.Items[len(slugs)-1-i].Slug != m {
			t.Errorf("the other way round: %+v", forwards)
		}
	}
}

// Lists say how large mocks are and how much is wrong with them, and leave out what.
func TestMocksInLists(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.create("pets", good+good)
	b.create("wrong", bad)
	list := b.want(http.StatusOK, "GET", "/api/v1/mocks", "")
	type item struct {
		Slug                              string
		Endpoints, Size, Errors, Warnings int
		Diagnostics                       []any
	}
	items := as[struct{ Items []item }](t, list).Items
	if i := items[0]; i.Endpoints != 2 || i.Size != len(good+good) || i.Errors != 0 || i.Diagnostics != nil {
		t.Errorf("%+v", i)
	}
	if i := items[1]; i.Errors == 0 || i.Size != len(bad) || i.Diagnostics != nil {
		t.Errorf("%+v", i)
	}
	whole := as[item](t, b.want(http.StatusOK, "GET", "/api/v1/workspaces/dev/mocks/wrong", ""))
	if whole.Errors != items[1].Errors || len(whole.Diagnostics) != whole.Errors+whole.Warnings {
		t.Errorf("by itself: %+v", whole)
	}
}
