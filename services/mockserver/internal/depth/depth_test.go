package depth

import (
	"testing"
	"time"
)

func TestDepth(t *testing.T) {
	t.Parallel()
	s, other := New("secret"), New("another")
	now := time.Unix(1_700_000_000, 0)
	s.now = func() time.Time { return now }
	other.now = s.now
	signed := s.Sign(3, "pets-ann.example:8000")
	for name, c := range map[string]struct {
		header, host string
		want         int
	}{
		"as signed":                  {signed, "PETS-ann.example:8000", 3},
		"another host":               {signed, "other.example", 0},
		"another installation":       {other.Sign(3, "pets-ann.example:8000"), "pets-ann.example:8000", 0},
		"another number":             {"4" + signed[1:], "pets-ann.example:8000", 0},
		"not signed":                 {"99", "pets-ann.example:8000", 0},
		"nothing":                    {"", "pets-ann.example:8000", 0},
		"only points":                {"..", "pets-ann.example:8000", 0},
		"more than there can be":     {s.Sign(99, "h"), "h", Max},
		"less than there can be":     {s.Sign(-1, "h"), "h", 0},
		"of another process, random": {New("").Sign(2, "h"), "h", 0},
	} {
		if got := s.Of(c.header, c.host); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	now = now.Add(validFor + time.Second)
	if got := s.Of(signed, "pets-ann.example:8000"); got != 0 {
		t.Errorf("too late: %d", got)
	}
}
