package record

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestQuantiles(t *testing.T) {
	latency := []event.LatencyCount{{UpTo: 16, Requests: 50}, {UpTo: 100, Requests: 45}, {UpTo: 5000, Requests: 5}}
	for q, want := range map[float64]uint64{0: 16, 0.5: 16, 0.51: 100, 0.95: 100, 0.951: 5000, 1: 5000} {
		if got := Quantile(latency, q); got != want {
			t.Errorf("%v: %d µs, wanted %d", q, got, want)
		}
	}
	if Quantile(nil, 0.5) != 0 {
		t.Error("no requests have a quantile")
	}
}

func TestAdd(t *testing.T) {
	var sum event.RequestCounts
	for _, buckets := range [][]uint64{{20, 100}, {16, 20}, {5000}, nil} {
		c := event.RequestCounts{Success: 1, Other: 1, NotKept: 1}
		for _, up := range buckets {
			c.Latency = append(c.Latency, event.LatencyCount{UpTo: up, Requests: 2})
		}
		Add(&sum, c)
	}
	want := []event.LatencyCount{{UpTo: 16, Requests: 2}, {UpTo: 20, Requests: 4}, {UpTo: 100, Requests: 2}, {UpTo: 5000, Requests: 2}}
	if !slices.Equal(sum.Latency, want) || sum.Success != 4 || Requests(sum) != 8 || sum.NotKept != 4 {
		t.Errorf("%+v", sum)
	}
}

func TestPeriod(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	from, to, err := period(time.Time{}, time.Time{}, now)
	if err != nil || !from.Equal(now.Add(-24*time.Hour-30*time.Minute)) || !to.Equal(now.Add(30*time.Minute)) {
		t.Errorf("%v to %v: %v", from, to, err)
	}
	for name, c := range map[string][2]time.Time{
		"backwards": {now, now.Add(-time.Hour)}, "too long": {now.Add(-40 * 24 * time.Hour), now}, "in the future": {now.Add(2 * time.Hour), {}},
	} {
		if _, _, err := period(c[0], c[1], now); apperr.CodeOf(err) != apperr.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := period(now.Add(-MaxUsage), now, now); err != nil {
		t.Errorf("the longest: %v", err)
	}
}

func TestEdits(t *testing.T) {
	mode, many, none := event.RecordingMode("some"), MaxKeepRequests+1, 0
	names := make([]string, maxRedact+1)
	for i := range names {
		names[i] = fmt.Sprint("name", i)
	}
	for name, e := range map[string]Edit{
		"mode": {Mode: &mode}, "requests": {KeepRequests: &many}, "hours": {KeepHours: &none}, "names": {Redact: &names},
	} {
		if _, err := e.apply(Usual()); apperr.CodeOf(err) != apperr.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := Edit{Redact: &[]string{" a", "", "a", "b"}, KeepRequests: &none}.apply(Usual())
	if err != nil || !slices.Equal(got.Redact, []string{"a", "b"}) || got.KeepRequests != 0 || got.Mode != event.RecordRedacted {
		t.Errorf("%+v: %v", got, err)
	}
	if Usual().Recording() != nil || got.Recording() == nil {
		t.Error("only what is not usual has to be told")
	}
}

// storage notes what is stored; fail may refuse.
type storage struct {
	Repository
	mu       sync.Mutex
	stored   []uint64
	retained []string
	fail     func(reports []Report) error
}

func (s *storage) StoreReports(_ context.Context, reports []Report, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(reports); err != nil {
			return err
		}
	}
	for _, r := range reports {
		_, sequence := r.ID()
		s.stored = append(s.stored, sequence)
	}
	return nil
}

func (s *storage) Retain(_ context.Context, mockID string, _ time.Time) error {
	s.retained = append(s.retained, mockID)
	return nil
}

func (*storage) RequestsSince(context.Context, workspace.Caller, string, string, int) ([]event.RequestRecord, error) {
	return nil, nil
}

// intake runs an Intake until the test ends; acknowledged is what mock servers were told.
func intake(t *testing.T, s *storage) (i *Intake, recent *Recent, acknowledged func() []uint64) {
	t.Helper()
	var mu sync.Mutex
	var told []uint64
	recent = NewRecent()
	i = NewIntake(s, recent, slog.New(slog.DiscardHandler), nil, func(_ context.Context, r event.ReportsStored) error {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, r.Sequences...)
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := i.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return i, recent, func() []uint64 {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(told)
	}
}

func hear(t *testing.T, i *Intake, sequence uint64, records ...event.RequestRecord) {
	t.Helper()
	e, err := event.New(event.RequestsRecorded{Instance: "i", Sequence: sequence, Records: records})
	if err != nil {
		t.Fatal(err)
	}
	i.Hear(e)
}

func TestIntake(t *testing.T) {
	for name, c := range map[string]struct {
		fail           func(reports []Report) error
		stored, told   []uint64
		after, retains int
	}{
		"all": {nil, []uint64{1, 2, 3}, []uint64{1, 2, 3}, 1, 1},
		"one that can never be stored is given up": {func(reports []Report) error {
			for _, r := range reports {
				if r.Requests.Sequence == 2 {
					return errors.New("poison")
				}
			}
			return nil
		}, []uint64{1, 3}, []uint64{1, 2, 3}, 1, 1},
		"the database is away": {func([]Report) error { return apperr.New(apperr.Unavailable, "away") }, nil, nil, 10, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &storage{fail: c.fail}
				i, _, told := intake(t, s)
				for n := range uint64(3) {
					hear(t, i, n+1, slices.Repeat([]event.RequestRecord{{MockID: "m"}}, 40)...)
				}
				<-time.After(time.Duration(c.after) * time.Second) // of a clock that does not wait
				synctest.Wait()
				s.mu.Lock()
				defer s.mu.Unlock()
				if !slices.Equal(s.stored, c.stored) || !slices.Equal(told(), c.told) || len(s.retained) != c.retains {
					t.Errorf("stored %v, told %v, retained %v", s.stored, told(), s.retained)
				}
				s.fail = nil // so that what is left can be stored at the end
			})
		})
	}
}

func TestLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &storage{}
		i, recent, _ := intake(t, s)
		service := NewService(s, recent, nil)
		hear(t, i, 1, event.RequestRecord{ID: "1", MockID: "m"}, event.RequestRecord{ID: "2", MockID: "m"}, event.RequestRecord{ID: "2b", MockID: "other"})
		follower := func(after string) *Follower {
			f, err := service.Follow(t.Context(), workspace.Caller{}, "m", after)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		fresh, resumed := follower(""), follower("1")
		defer fresh.Close()
		hear(t, i, 1, event.RequestRecord{ID: "1", MockID: "m"}) // again
		hear(t, i, 2, event.RequestRecord{ID: "3", MockID: "m", Request: event.RecordedPart{Body: "b", Size: 1}})
		next := func(f *Follower) (ids []string, missed bool) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			events, lost, err := f.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Request.Body != "" {
					t.Error("a body is passed on")
				}
				ids = append(ids, e.ID)
			}
			return ids, lost > 0
		}
		if ids, missed := next(fresh); !slices.Equal(ids, []string{"3"}) || missed {
			t.Errorf("%v %t", ids, missed)
		}
		if ids, missed := next(resumed); !slices.Equal(ids, []string{"2", "3"}) || missed {
			t.Errorf("%v %t", ids, missed)
		}
		resumed.Close()
		if r, ok := recent.find("m", "3"); !ok || r.Request.Body != "b" {
			t.Error("what is not stored yet cannot be read")
		}
		if _, ok := recent.find("other", "3"); ok {
			t.Error("it can be read as another mock's")
		}
		for n := range uint64(maxWaiting + 10) {
			hear(t, i, 10+n, event.RequestRecord{ID: fmt.Sprint(n), MockID: "m"})
		}
		if ids, missed := next(fresh); len(ids) != maxWaiting || !missed {
			t.Errorf("a slow follower has %d requests waiting", len(ids))
		}
		if len(recent.recent) > maxRecent || len(recent.reports) > maxReports {
			t.Errorf("%d requests and %d reports are remembered", len(recent.recent), len(recent.reports))
		}
		recent.forget("m")
		if _, ok := recent.find("m", "3"); ok || recent.size != sizeOf(&event.RequestRecord{}) && recent.size != 0 {
			t.Errorf("after forgetting %d bytes are left", recent.size)
		}
	})
}
