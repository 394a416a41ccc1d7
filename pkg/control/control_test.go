package control_test

import (
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/control"
)

func TestParseAdvance(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "2h30m": 150 * time.Minute, "3d": 72 * time.Hour, "1d12h": 36 * time.Hour, "-1d12h": -36 * time.Hour, "-2h": -2 * time.Hour, "0d": 0,
	} {
		if got, err := control.ParseAdvance(text); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2", "d", "1dd", "2 h", "one day", "99999d", "1d2", "2h1d", "9999999h"} {
		if got, err := control.ParseAdvance(text); err == nil {
			t.Errorf("%q: %s", text, got)
		}
	}
}
