package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/record"
)

// BenchmarkEditsWhileReportsAreStored measures edits on SQLite, where there is one writer, without reports and with as
// many as a mock server sends at most: 200 requests and 2 MiB a second, stored three times a second.
func BenchmarkEditsWhileReportsAreStored(b *testing.B) {
	for _, reports := range []bool{false, true} {
		b.Run(fmt.Sprintf("reports=%t", reports), func(b *testing.B) {
			s, err := Open(b.Context(), secret.New("sqlite://"+b.TempDir()+"/mocloud.db"), true)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			a, err := s.Accounts.EnsureAccount(b.Context(), "ann", start)
			if err != nil {
				b.Fatal(err)
			}
			m, err := s.Mocks.CreateMock(b.Context(), as(a), newMock("pets"), anyone)
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			var wg sync.WaitGroup
			defer wg.Wait()
			defer cancel()
			if reports {
				wg.Go(func() { storeReports(ctx, b, s, m.ID) })
			}
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, _, err := s.Mocks.UpdateMock(b.Context(), as(a), m.ID, publish); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-µs")
		})
	}
}

// storeReports stores as the api does, until ctx ends.
func storeReports(ctx context.Context, b *testing.B, s *Store, mockID string) {
	b.Helper()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	body := strings.Repeat(`{"name":"it's ?0"}`, 560) // 10 KiB
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var records []event.RequestRecord
		for range 60 {
			n++
			r := aRequest(mockID, start.Add(time.Duration(n)*time.Minute), n)
			r.Request.Body = body
			records = append(records, r)
		}
		report := requestsReport("i", uint64(n), records...)
		for i := range 50 {
			report.Requests.Counts = append(report.Requests.Counts, event.RequestCounts{MockID: fmt.Sprint(i), Hour: start, Success: uint64(n)})
		}
		err := s.Reports.StoreReports(ctx, []record.Report{report}, start)
		if err == nil {
			err = s.Reports.Retain(ctx, mockID, start)
		}
		if err != nil && ctx.Err() == nil {
			b.Error(err)
			return
		}
	}
}
