package serve

import "github.com/prometheus/client_golang/prometheus"

// counters count answers by the class of their status.
type counters struct {
	classes          [6]prometheus.Counter
	mocks, endpoints prometheus.Counter // compiled
}

func newCounters(metrics prometheus.Registerer) counters {
	all := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "mocloud_mock_answers_total", Help: "Answers of mocks, by class of status.",
	}, []string{"class"})
	compiled := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "mocloud_compilations_total", Help: "Mocks and endpoints compiled. Many of the same mean that MOCKSERVER_CACHE is too small.",
	}, []string{"what"})
	if metrics != nil {
		metrics.MustRegister(all, compiled)
	}
	c := counters{mocks: compiled.WithLabelValues("mock"), endpoints: compiled.WithLabelValues("endpoint")}
	for i, class := range []string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"} {
		c.classes[i] = all.WithLabelValues(class)
	}
	return c
}

func (c *counters) answered(status int) {
	class := status / 100
	if class < 1 || class > 5 {
		class = 0
	}
	c.classes[class].Inc()
}
