package e2e_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestEditToLive measures how long it takes from sending an edit until the mock answers it. It asserts that every edit arrives, in
// order, and no time: the machine decides that.
func TestEditToLive(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		const edits = 50
		mock := published(t, c, "latency", cloud.Answering("0"))
		times := make([]time.Duration, 0, edits)
		for n := 1; n <= edits; n++ {
			started := time.Now()
			_, err := c.Update(t.Context(), mock.ID, cloud.Answering(strconv.Itoa(n)))
			check(t, err)
			cloud.Eventually(t, "the edit is live", func() error {
				answer, err := c.Call(t.Context(), mock.URL+"/answer")
				if err != nil {
					return err
				}
				if seen, err := strconv.Atoi(answer.Body); err != nil || seen < n-1 || seen > n {
					t.Fatalf("after edit %d the mock answers %q", n, answer.Body)
				}
				if answer.Body != strconv.Itoa(n) {
					return fmt.Errorf("it answers %s, not %d", answer.Body, n)
				}
				return nil
			})
			times = append(times, time.Since(started))
		}
		slices.Sort(times)
		cloud.Report(t, "edit to live: median %v, 95th percentile %v, longest %v (%d edits)",
			times[edits/2].Round(100*time.Microsecond), times[edits*95/100].Round(100*time.Microsecond), times[edits-1].Round(100*time.Microsecond), edits)
	})
}
