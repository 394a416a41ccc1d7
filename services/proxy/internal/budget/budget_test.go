package budget_test

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/services/proxy/internal/budget"
)

func take(b *budget.Budget, caller string) int {
	n := 0
	for {
		if _, ok := b.Take(caller); !ok {
			return n
		}
		n++
	}
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(cloudprovider.Contract{Limits: []cloudprovider.Limit{{Calls: 100, Per: time.Minute}, {Calls: 160, Per: time.Hour}}})
		if got := take(b, "a"); got != 75 {
			t.Errorf("one caller has %d calls, want three quarters of 100", got)
		}
		if got := take(b, "b"); got != 25 {
			t.Errorf("the other has %d calls, want the rest", got)
		}
		if b.Left() != 0 {
			t.Errorf("%v left", b.Left())
		}
		wait, ok := b.Take("b")
		if ok || wait <= 0 || wait > time.Second {
			t.Errorf("wait %v, want about 0.6 s", wait)
		}
		time.Sleep(wait) //nolint:forbidigo // the bubble's clock
		if _, ok := b.Take("b"); !ok {
			t.Error("no call after the wait")
		}
		time.Sleep(10 * time.Minute) //nolint:forbidigo // the bubble's clock
		// The hour's limit binds now: 160 - 101 + what came back in ten minutes.
		if got := take(b, "b"); got < 75 || got > 90 {
			t.Errorf("%d calls after ten minutes", got)
		}
	})
}

func TestBudgetRefusedCallsCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(cloudprovider.Contract{Limits: []cloudprovider.Limit{{Calls: 4, Per: time.Minute}}})
		take(b, "a")
		for range 100 {
			b.Take("a")
		}
		if got := take(b, "b"); got != 1 {
			t.Errorf("%d calls left for the other, want 1", got)
		}
	})
}

func TestBudgetObeysTheProvider(t *testing.T) {
	in := func(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }
	tests := map[string]struct {
		status int
		header func() http.Header
		closed time.Duration
	}{
		"fine":             {200, func() http.Header { return http.Header{"Ratelimit": {`"default";r=50;t=30`}} }, 0},
		"429 with seconds": {429, func() http.Header { return http.Header{"Retry-After": {"30"}} }, 30 * time.Second},
		"429 with a date": {429, func() http.Header {
			return http.Header{"Retry-After": {time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat)}}
		}, 20 * time.Second},
		"429 alone":          {429, func() http.Header { return nil }, 5 * time.Minute},
		"429 with nonsense":  {429, func() http.Header { return http.Header{"Retry-After": {"soon"}} }, 5 * time.Minute},
		"429 with a year":    {429, func() http.Header { return http.Header{"Retry-After": {"99999999999"}} }, time.Hour},
		"Cloudflare's count": {200, func() http.Header { return http.Header{"Ratelimit": {`"default";r=0;t=30`}} }, 30 * time.Second},
		"DigitalOcean's count": {200, func() http.Header {
			return http.Header{"Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {in(40 * time.Second)}}
		}, 40 * time.Second},
		"DigitalOcean, past": {200, func() http.Header {
			return http.Header{"Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {in(-time.Minute)}}
		}, 0},
		"DigitalOcean, some remain": {200, func() http.Header {
			return http.Header{"Ratelimit-Remaining": {"3"}, "Ratelimit-Reset": {in(time.Minute)}}
		}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := budget.New(cloudprovider.Contract{Limits: []cloudprovider.Limit{{Calls: 100, Per: time.Second}}, Pause: 5 * time.Minute})
				b.Observe(tt.status, tt.header())
				if tt.closed == 0 {
					if _, ok := b.Take("a"); !ok {
						t.Error("closed")
					}
					return
				}
				if wait, ok := b.Take("a"); ok || wait > tt.closed || wait < tt.closed-time.Second {
					t.Errorf("wait %v, %v; want %v", wait, ok, tt.closed)
				}
				time.Sleep(tt.closed) //nolint:forbidigo // the bubble's clock
				if _, ok := b.Take("a"); !ok {
					t.Error("still closed")
				}
			})
		})
	}
}
