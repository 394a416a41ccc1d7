package publication

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// TestSettledIsWhatAScanFinds: whatever is expected, forgotten and reported, the mocks that settle are those whose change every living
// server has, as a look at each of them finds.
func TestSettledIsWhatAScanFinds(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 2))
		now := time.Unix(0, 0)
		f, w, plain := newFleet(func() time.Time { return now }), newWaits(), map[string]uint64{}
		f.setEpoch("e")
		change := uint64(0)
		for step := range 1000 {
			id := fmt.Sprint(random.IntN(50))
			switch random.IntN(10) {
			case 0:
				w.forget(id)
				delete(plain, id)
			case 1, 2, 3:
				name, number := fmt.Sprint(random.IntN(4)), change-min(change, random.Uint64N(8))
				a := server(name, number)
				if random.IntN(20) == 0 {
					a.Epoch = "another"
				}
				a.Leaving = random.IntN(20) == 0
				f.observe(a)
			case 4:
				now = now.Add(time.Duration(random.IntN(3)) * time.Second)
				f.expire()
			default:
				change += random.Uint64N(3)
				of := change - min(change, random.Uint64N(3)) // replicas hear of changes in any order
				w.expect(id, of)
				if of > plain[id] {
					plain[id] = of
				}
			}
			var want []string
			for id, change := range plain {
				if f.servers(change).all() {
					want = append(want, id)
					delete(plain, id)
				}
			}
			got := w.settled(f.applied())
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) || !maps.Equal(w.expected, plain) {
				t.Fatalf("seed %d, step %d: settled %v, a scan finds %v", seed, step, got, want)
			}
			if len(w.order) > 2*len(w.expected)+minOrder+50 {
				t.Fatalf("seed %d, step %d: %d in order of %d", seed, step, len(w.order), len(w.expected))
			}
		}
	}
}

// BenchmarkReport measures one report that settles nothing, while 100,000 mocks wait for 50 servers.
func BenchmarkReport(b *testing.B) {
	f, w := newFleet(time.Now), newWaits()
	f.setEpoch("e")
	for i := range 50 {
		f.observe(server(fmt.Sprint(i), 1))
	}
	for i := range maxExpected {
		w.expect(fmt.Sprint(i), uint64(i)+1000)
	}
	for number := uint64(2); b.Loop(); number++ {
		f.observe(event.Applied{Service: mockServer, Instance: "0", Of: event.Unified, Epoch: "e", Number: number})
		if ids := w.settled(f.applied()); len(ids) > 0 {
			b.Fatal(ids)
		}
	}
}
