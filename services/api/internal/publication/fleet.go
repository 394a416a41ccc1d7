package publication

import (
	"fmt"
	"maps"
	"math"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// alive is how long a service counts as living after its last report; it reports about once a second.
const alive = 5 * time.Second

// maxInstances bounds what is remembered of reports, which come from the network.
const maxInstances = 10_000

// The services whose reports count.
const (
	mockServer = "mockserver"
	generator  = "yamlgen"
)

// fleet remembers how far every living instance has applied the changes of the mocks stream (the unified stream counts
// alike). It is safe for concurrent use.
type fleet struct {
	now func() time.Time

	mu        sync.Mutex
	epoch     string // of the mocks stream; reports of another one say nothing about its numbers
	instances map[instance]report
}

type instance struct{ service, id string }

type report struct {
	epoch  string
	number uint64
	seen   time.Time
}

func newFleet(now func() time.Time) *fleet {
	return &fleet{now: now, instances: map[instance]report{}}
}

// observe takes a report and tells whether it changes anything but the time.
func (f *fleet) observe(a event.Applied) bool {
	counts := (a.Service == mockServer && a.Of == event.Unified) || (a.Service == generator && a.Of == event.Mocks)
	if !counts {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	key := instance{a.Service, a.Instance}
	old, known := f.instances[key]
	if a.Leaving {
		delete(f.instances, key)
		return known
	}
	if !known && len(f.instances) >= maxInstances {
		return false
	}
	f.instances[key] = report{epoch: a.Epoch, number: a.Number, seen: f.now()}
	return !known || old.number != a.Number || old.epoch != a.Epoch
}

// expire forgets instances that have not reported lately and tells whether there were any.
func (f *fleet) expire() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	oldest, before := f.now().Add(-alive), len(f.instances)
	maps.DeleteFunc(f.instances, func(_ instance, r report) bool { return r.seen.Before(oldest) })
	return len(f.instances) != before
}

// setEpoch says which life of the mocks stream counts, and tells whether that is new.
func (f *fleet) setEpoch(epoch string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed := f.epoch != epoch
	f.epoch = epoch
	return changed
}

// servers counts the living mock servers and those that have applied a change.
func (f *fleet) servers(change uint64) Servers {
	live, applied := f.count(mockServer, change)
	return Servers{Live: live, Applied: applied}
}

// mockServers are the living mock servers, by the names in their reports.
func (f *fleet) mockServers() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	oldest := f.now().Add(-alive)
	var names []string
	for key, r := range f.instances {
		if key.service == mockServer && !r.seen.Before(oldest) {
			names = append(names, key.id)
		}
	}
	return names
}

// applied is the change up to which every living mock server has applied; 0 while none lives.
func (f *fleet) applied() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	oldest := f.now().Add(-alive)
	least, found := uint64(math.MaxInt64), false
	for key, r := range f.instances {
		if key.service != mockServer || r.seen.Before(oldest) {
			continue
		}
		if found = true; r.epoch != f.epoch {
			return 0
		}
		least = min(least, r.number)
	}
	if !found {
		return 0
	}
	return least
}

func (f *fleet) count(service string, change uint64) (live, applied int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	oldest := f.now().Add(-alive)
	for key, r := range f.instances {
		if key.service != service || r.seen.Before(oldest) {
			continue
		}
		live++
		if r.epoch == f.epoch && r.number >= change {
			applied++
		}
	}
	return live, applied
}

// waitingFor says in a sentence who has not applied a change yet.
func (f *fleet) waitingFor(change uint64, s Servers) string {
	generators, done := f.count(generator, change)
	switch {
	case s.Live == 0:
		return "No mock server is running, or none can be reached."
	case s.Applied == 0 && generators == 0:
		return "The generator (yamlgen) is not running, or cannot be reached."
	case s.Applied == 0 && done == 0:
		return "The generator (yamlgen) has not got to it yet."
	}
	return fmt.Sprintf("%d of %d mock servers have it.", s.Applied, s.Live)
}
