package live

import (
	"fmt"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

func TestPeers(t *testing.T) {
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	p := newPeers(func() time.Time { return now })
	for i, c := range []struct {
		origin  string
		name    string
		number  uint64
		missing bool
	}{
		{"a", "", 0, false},     // it has just started
		{"a", "mock", 1, false}, // its first
		{"a", "", 1, false},
		{"a", "mock", 2, false},
		{"a", "mock", 4, true}, // the third is missing
		{"a", "mock", 5, false},
		{"a", "mock", 3, false}, // late, and already made up for
		{"a", "mock", 6, false},
		{"a", "", 7, true},      // the seventh is missing, and nothing came after it
		{"b", "mock", 1, false}, // each counts for itself
		{"c", "mock", 9, true},  // it has told eight that nobody here knows
		{"c", "", 9, false},
		{"old", "mock", 0, false},
	} {
		if got := p.observe(event.WorkspaceChanged{Origin: c.origin, Name: c.name, Number: c.number}); got != c.missing {
			t.Errorf("notice %d of %s: missing %t", i, c.origin, got)
		}
	}
	now = now.Add(silent)
	p.observe(event.WorkspaceChanged{Origin: "a", Number: 7})
	if p.expire() {
		t.Error("all were heard just now")
	}
	if now = now.Add(time.Second); !p.expire() || p.expire() || len(p.each) != 1 {
		t.Errorf("silent ones: %v", p.each)
	}
	for i := range maxPeers + 1 {
		p.observe(event.WorkspaceChanged{Origin: fmt.Sprint(i)})
	}
	if len(p.each) != maxPeers {
		t.Errorf("%d replicas are remembered", len(p.each))
	}
}
