package stream

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/event"
)

// meters are the figures of one producer or consumer. Several in one process share the collectors.
type meters struct {
	published, answered, answeredChanges        prometheus.Counter
	applied, failed, replays, resets, discarded prometheus.Counter
	stale                                       prometheus.Counter
	lag, position, connected, lastMessage       prometheus.Gauge
}

func newMeters(reg prometheus.Registerer, s event.Stream, service string) meters {
	labels := prometheus.Labels{"stream": string(s), "service": service}
	counter := func(name, help string) prometheus.Counter {
		return register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "mocloud", Subsystem: "stream", Name: name, Help: help,
		}, []string{"stream", "service"})).With(labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "mocloud", Subsystem: "stream", Name: name, Help: help,
		}, []string{"stream", "service"})).With(labels)
	}
	return meters{
		published:       counter("published_total", "Changes that were published."),
		answered:        counter("replays_answered_total", "Replay requests that were answered."),
		answeredChanges: counter("replayed_total", "Changes that were sent in answers to replay requests."),
		applied:         counter("applied_total", "Changes that were applied."),
		failed:          counter("apply_failures_total", "Attempts to apply changes that failed and were repeated."),
		replays:         counter("replays_requested_total", "Replays that were asked for."),
		resets:          counter("resets_total", "Times that the state was rebuilt from a snapshot."),
		discarded:       counter("discarded_total", "Messages that were dropped: unreadable, or no room for them."),
		lag:             gauge("lag", "Numbers between the head of the stream and what is applied."),
		position:        gauge("position", "Number of the latest applied change."),
		stale:           counter("stale_total", "Messages of an epoch that is over."),
		connected:       gauge("connected", "1 while changes can arrive."),
		lastMessage:     gauge("last_message_timestamp_seconds", "Time of the last message on the stream."),
	}
}

// register registers c, or returns the collector that another part of the process registered before.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	if reg == nil {
		return c
	}
	err := reg.Register(c)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if same, ok := already.ExistingCollector.(C); ok {
			return same
		}
	}
	return c
}
