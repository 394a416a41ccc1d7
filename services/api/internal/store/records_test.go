package store

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/record"
)

func allowed(mock.Mock) error { return nil }

// aRequest was answered at a time: its id says so, too.
func aRequest(mockID string, at time.Time, n int) event.RequestRecord {
	return event.RequestRecord{
		ID: idAt(at.Add(time.Duration(n) * time.Millisecond))[:24] + fmt.Sprintf("%012d", n), MockID: mockID, Time: at, Mode: event.RecordFull, Method: "GET",
		Host: "h", Path: fmt.Sprint("/", n), Status: 200, Request: event.RecordedPart{Head: "A: it's \\ ?0\r\n", Body: "☃", Size: 3},
	}
}

func requestsReport(instance string, sequence uint64, records ...event.RequestRecord) record.Report {
	return record.Report{Requests: &event.RequestsRecorded{Instance: instance, Sequence: sequence, Records: records}}
}

func TestReportsAreStoredOnce(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		a := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(a), newMock("pets"), anyone))
		gone := uuid.NewString()
		var reports []record.Report
		for i := range 20 {
			n := uint64(i + 1)
			r := requestsReport("i", n, aRequest(m.ID, start, i), aRequest(gone, start, 100+i))
			r.Requests.Counts = []event.RequestCounts{
				{WorkspaceID: m.WorkspaceID, MockID: m.ID, Hour: start, Success: n, Latency: []event.LatencyCount{{UpTo: 16, Requests: n}}},
				{WorkspaceID: m.WorkspaceID, Hour: start, Success: n},
			}
			reports = append(reports, r, record.Report{Webhooks: &event.WebhooksDelivered{Instance: "i", Sequence: 100 + n, Deliveries: []event.WebhookDelivery{
				{ID: "d", MockID: m.ID, Version: i + 1, State: "waiting", Queued: start, Next: start.Add(time.Duration(i) * time.Hour)},
				{ID: fmt.Sprint("gone", i), MockID: gone, Version: 1, Queued: start},
			}}})
		}
		// Replicas store overlapping parts of it at the same time, in different orders.
		var wg sync.WaitGroup
		for replica := range 4 {
			wg.Go(func() {
				for i := range 10 {
					at := (i*7 + replica*11) % 36
					batch := append([]record.Report{reports[at]}, reports[at:at+5]...)
					if err := s.Reports.StoreReports(ctx, batch, start); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if err := s.Reports.StoreReports(ctx, reports, start); err != nil {
			t.Fatal(err)
		}
		got := must[[]event.RequestRecord](t)(s.Records.Requests(ctx, as(a), m.ID, record.Query{Limit: 100}))
		if len(got) != 20 || got[0].Path != "/19" || got[0].Request.Head != "" || got[0].Request.Size != 3 {
			t.Errorf("%d requests, %+v", len(got), got)
		}
		whole := must[event.RequestRecord](t)(s.Records.Request(ctx, as(a), m.ID, got[0].ID))
		if whole.Request.Head != "A: it's \\ ?0\r\n" || whole.Request.Body != "☃" || !whole.Time.Equal(start) {
			t.Errorf("%+v", whole)
		}
		hours := must[[]event.RequestCounts](t)(s.Records.MockUsage(ctx, as(a), m.ID, start, start.Add(time.Hour)))
		if len(hours) != 1 || hours[0].Success != 20 || hours[0].Latency[0].Requests != 20 {
			t.Errorf("%+v", hours)
		}
		all := must[[]event.RequestCounts](t)(s.Records.WorkspaceUsage(ctx, as(a), "ann", start, start.Add(time.Hour)))
		if len(all) != 1 || all[0].Success != 20 {
			t.Errorf("%+v", all)
		}
		webhooks := must[[]event.WebhookDelivery](t)(s.Records.Deliveries(ctx, as(a), m.ID, "", 10))
		if len(webhooks) != 1 || webhooks[0].Version != 20 || !webhooks[0].Next.Equal(start.Add(19*time.Hour)) {
			t.Errorf("%+v", webhooks)
		}
		// Another instance's counts of the hour come on top.
		err := s.Reports.StoreReports(ctx, []record.Report{{Requests: &event.RequestsRecorded{Instance: "j", Sequence: 1, Counts: []event.RequestCounts{
			{WorkspaceID: m.WorkspaceID, MockID: m.ID, Hour: start, ServerError: 2, Latency: []event.LatencyCount{{UpTo: 16, Requests: 1}, {UpTo: 20, Requests: 1}}},
		}}}}, start)
		if err != nil {
			t.Fatal(err)
		}
		hours = must[[]event.RequestCounts](t)(s.Records.MockUsage(ctx, as(a), m.ID, start, start.Add(time.Hour)))
		if len(hours) != 1 || hours[0].Success != 20 || hours[0].ServerError != 2 || hours[0].Latency[0].Requests != 21 || hours[0].Latency[1].Requests != 1 {
			t.Errorf("%+v", hours)
		}
	})
}

func TestRequestsAreTheMembersOwn(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		bob := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))
		m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock("pets"), anyone))
		r := aRequest(m.ID, start, 1)
		if err := s.Reports.StoreReports(ctx, []record.Report{requestsReport("i", 1, r)}, start); err != nil {
			t.Fatal(err)
		}
		_, list := s.Records.Requests(ctx, as(bob), m.ID, record.Query{Limit: 1})
		_, since := s.Records.RequestsSince(ctx, as(bob), m.ID, "", 1)
		_, one := s.Records.Request(ctx, as(bob), m.ID, r.ID)
		_, webhooks := s.Records.Deliveries(ctx, as(bob), m.ID, "", 1)
		_, usage := s.Records.MockUsage(ctx, as(bob), m.ID, start, start.Add(time.Hour))
		_, all := s.Records.WorkspaceUsage(ctx, as(bob), "ann", start, start.Add(time.Hour))
		_, settings := s.Records.Settings(ctx, as(bob), m.ID)
		_, _, _, write := s.Records.UpdateSettings(ctx, as(bob), m.ID, func(_ mock.Mock, now record.Settings) (record.Settings, error) { return now, nil })
		for name, err := range map[string]error{
			"list": list, "since": since, "one": one, "webhooks": webhooks, "usage": usage, "all": all, "settings": settings, "write": write,
			"clear": s.Records.ClearRequests(ctx, as(bob), m.ID, allowed),
		} {
			if apperr.CodeOf(err) != apperr.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.Records.ClearRequests(ctx, as(ann), m.ID, allowed); err != nil {
			t.Error(err)
		}
		if _, err := s.Records.Request(ctx, as(ann), m.ID, r.ID); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("after clearing: %v", err)
		}
	})
}

func TestRetention(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		a := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		paths := func(m mock.Mock) (out []string) {
			for _, r := range must[[]event.RequestRecord](t)(s.Records.Requests(ctx, as(a), m.ID, record.Query{Limit: 1000})) {
				out = append(out, r.Path)
			}
			return out
		}
		few := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(a), newMock("few"), anyone))
		short := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(a), newMock("short"), anyone))
		usual := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(a), newMock("usual"), anyone))
		for id, edit := range map[string]func(*record.Settings){
			few.ID:   func(s *record.Settings) { s.KeepRequests = 3 },
			short.ID: func(s *record.Settings) { s.KeepHours = 2 },
		} {
			_, _, _, err := s.Records.UpdateSettings(ctx, as(a), id, func(_ mock.Mock, now record.Settings) (record.Settings, error) {
				edit(&now)
				return now, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		var all []event.RequestRecord
		for i := range 500 {
			all = append(all, aRequest(few.ID, start, i))
		}
		for hour := range 5 {
			for _, m := range []mock.Mock{short, usual} {
				r := aRequest(m.ID, start.Add(time.Duration(hour)*time.Hour), hour)
				r.ID = r.ID[:24] + m.ID[24:]
				all = append(all, r)
			}
		}
		old := start.Add(-100 * 24 * time.Hour)
		report := requestsReport("i", 1, all...)
		report.Requests.Counts = []event.RequestCounts{{MockID: usual.ID, Hour: old, Success: 1}, {MockID: usual.ID, Hour: start, Success: 1}}
		if err := s.Reports.StoreReports(ctx, []record.Report{report}, old); err != nil {
			t.Fatal(err)
		}
		if err := s.Reports.RetainAll(ctx, start.Add(4*time.Hour+time.Minute), 90*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct{ got, want []string }{
			"the newest":    {paths(few), []string{"/499", "/498", "/497"}},
			"of two hours":  {paths(short), []string{"/4", "/3"}},
			"of seven days": {paths(usual), []string{"/4", "/3", "/2", "/1", "/0"}},
		} {
			if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
				t.Errorf("%s: %v", name, c.got)
			}
		}
		hours := must[[]event.RequestCounts](t)(s.Records.MockUsage(ctx, as(a), usual.ID, old, start.Add(time.Hour)))
		if len(hours) != 1 || !hours[0].Hour.Equal(start) {
			t.Errorf("counts: %+v", hours)
		}
		// The report is forgotten, its requests are not taken twice all the same.
		if err := s.Reports.StoreReports(ctx, []record.Report{report}, start); err != nil {
			t.Fatal(err)
		}
		if got := paths(usual); len(got) != 5 {
			t.Errorf("stored again: %v", got)
		}
	})
}

func TestRecordingTravelsWithEveryChange(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		a := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(a), newMock("pets"), anyone))
		set := func(mode event.RecordingMode) []event.Envelope {
			t.Helper()
			_, _, changes, err := s.Records.UpdateSettings(ctx, as(a), m.ID, func(_ mock.Mock, now record.Settings) (record.Settings, error) {
				now.Mode = mode
				now.Version++
				return now, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return changes
		}
		said := func(changes []event.Envelope) event.RecordingMode {
			t.Helper()
			if len(changes) != 1 {
				t.Fatalf("%d changes", len(changes))
			}
			return must[event.MockUpdated](t)(event.Decode[event.MockUpdated](changes[0])).Recording.ModeOrDefault()
		}
		if changes := set(event.RecordOff); len(changes) != 0 {
			t.Errorf("a mock that is offline is announced: %+v", changes)
		}
		_, changes, err := s.Mocks.UpdateMock(ctx, as(a), m.ID, publish)
		if err != nil {
			t.Fatal(err)
		}
		if mode := said(changes); mode != event.RecordOff {
			t.Errorf("published with %q", mode)
		}
		changes = set(event.RecordFull)
		if mode := said(changes); mode != event.RecordFull {
			t.Errorf("changed to %q", mode)
		}
		if got := must[mock.Mock](t)(s.Mocks.Mock(ctx, as(a), m.ID)); got.Change != changes[0].Number {
			t.Errorf("the mock's change is %d, not %d", got.Change, changes[0].Number)
		}
		if changes := set(event.RecordFull); len(changes) != 0 {
			t.Errorf("nothing changed, and it is announced: %+v", changes)
		}
	})
}
