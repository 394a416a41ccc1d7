package checkpoint

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the figures of all Writers of a process, one after another.
type Metrics struct {
	duration          prometheus.Histogram
	written           prometheus.Counter
	failures, damaged prometheus.Counter
	size, pending     prometheus.Gauge
}

// NewMetrics registers them; reg may be nil.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "mocloud", Subsystem: "yamlgen", Name: name, Help: help}
	}
	m := &Metrics{
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "mocloud", Subsystem: "yamlgen", Name: "unified_write_seconds", Help: "Time to write the unified mock.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
		}),
		written:  prometheus.NewCounter(prometheus.CounterOpts(opts("unified_written_bytes_total", "Bytes of unified mocks written."))),
		failures: prometheus.NewCounter(prometheus.CounterOpts(opts("unified_write_failures_total", "Writes of the unified mock that failed and were retried."))),
		damaged:  prometheus.NewCounter(prometheus.CounterOpts(opts("unified_damaged_total", "Unified mocks that were found damaged."))),
		size:     prometheus.NewGauge(prometheus.GaugeOpts(opts("unified_bytes", "Size of the unified mock."))),
		pending:  prometheus.NewGauge(prometheus.GaugeOpts(opts("unified_pending_mocks", "Changed mocks that are not in the unified mock yet."))),
	}
	if reg != nil {
		reg.MustRegister(m.duration, m.written, m.failures, m.damaged, m.size, m.pending)
	}
	return m
}
