package api_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api"
)

// BenchmarkSignInTiming shows whether the time of a sign-in that fails tells if there is such an account: it alternates between
// names of accounts with a password and names of nobody, each from an address of its own, and reports the medians of both
// and their difference in parts of the quartile range. Differences far below 1 are lost in the noise of the two themselves.
func BenchmarkSignInTiming(b *testing.B) {
	t := start(b, func(cfg *api.Config) {
		generous(cfg)
		cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	const names = 20
	for i := range names {
		body := encode(map[string]string{"username": fmt.Sprint("known", i), "password": "correct horse battery"})
		t.want(http.StatusCreated, "POST", "/api/v1/accounts", body, "Authorization: ")
	}
	took := map[string][]time.Duration{}
	for n := 0; b.Loop(); n++ {
		order := []string{"known", "nobody"}
		if n%2 == 1 {
			slices.Reverse(order)
		}
		for _, who := range order {
			body := encode(map[string]string{"username": fmt.Sprint(who, n%names), "password": "wrong horse battery"})
			begin := time.Now()
			t.want(http.StatusUnauthorized, "POST", "/api/v1/sessions", body, "Authorization: ", fmt.Sprintf("X-Forwarded-For: 10.%d.%d.%d", n>>16&255, n>>8&255, n&255))
			took[who] = append(took[who], time.Since(begin))
		}
	}
	quantile := func(who string, part int) float64 {
		slices.Sort(took[who])
		return float64(took[who][len(took[who])*part/4].Microseconds()) / 1000
	}
	known, nobody := quantile("known", 2), quantile("nobody", 2)
	b.ReportMetric(known, "known-ms")
	b.ReportMetric(nobody, "nobody-ms")
	b.ReportMetric(abs(known-nobody)/(quantile("known", 3)-quantile("known", 1)), "difference/IQR")
}

func abs(x float64) float64 { return max(x, -x) }
