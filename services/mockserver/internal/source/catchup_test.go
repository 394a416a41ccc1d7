package source_test

import (
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
)

// api runs the api's producer, which has published as much as the generator has now.
func (w *world) api() {
	w.t.Helper()
	p, err := stream.NewProducer(stream.ProducerConfig{
		Stream: event.Mocks, Prefix: prefix, Heartbeat: 10 * time.Millisecond,
	}, w.client, w.gen)
	if err != nil {
		w.t.Fatal(err)
	}
	w.wg.Go(func() { _ = p.Run(w.ctx) })
}

func (w *world) isReady() bool {
	select {
	case <-w.ready:
		return true
	default:
		return false
	}
}

// TestReadyWhenAllIsServed: the unified mock is older than what is published, or missing, as after a restore.
func TestReadyWhenAllIsServed(t *testing.T) {
	for name, prepare := range map[string]func(*world){
		"no unified mock":        func(w *world) { w.set("a", "1") },
		"an older one":           func(w *world) { w.set("a", "1"); w.checkpoint(); w.set("b", "1") },
		"one of another epoch":   func(w *world) { w.set("a", "1"); w.checkpoint(); w.gen.epoch = "e2"; w.set("b", "1") },
		"everything was removed": func(w *world) { w.set("a", "1"); w.checkpoint(); w.set("a", "") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.silence = time.Minute
			prepare(w)
			w.api()
			w.follow()
			// The generator does not run yet: what is published cannot be served.
			w.eventually(func() bool {
				return w.redis.PubSubNumSub("t:stream.unified.heartbeat")["t:stream.unified.heartbeat"] > 0
			})
			if w.isReady() {
				t.Fatal("ready before everything is served")
			}
			w.checkpoint()
			w.generate()
			<-w.ready
			w.settle()
		})
	}
}

func TestReadyWhenNothingIsPublished(t *testing.T) {
	w := newWorld(t)
	w.silence = time.Minute
	w.api()
	w.follow()
	<-w.ready
}

func TestReadyWithoutTheGenerator(t *testing.T) {
	w := newWorld(t)
	w.silence, w.catchUp = time.Minute, 50*time.Millisecond
	w.set("a", "1")
	w.api()
	w.follow()
	<-w.ready
}
