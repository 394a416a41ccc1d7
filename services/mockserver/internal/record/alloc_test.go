//go:build !race

package record

import "testing"

// The race detector makes pools forget, so it is not for it.
func TestAddDoesNotAllocate(t *testing.T) {
	r := New(many)
	l := r.ForMock("w", "m")
	q := request()
	for range 4 {
		l.Add(q)
		all(r)
	}
	if n := testing.AllocsPerRun(100, func() {
		l.Add(q)
		r.Release(<-r.Records())
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
