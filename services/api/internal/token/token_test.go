package token

import (
	"strings"
	"testing"
)

func TestSecretsAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		s := NewSecret().Reveal()
		if Mistyped(s) || !strings.HasPrefix(s, Prefix) || len(s) != len(Prefix)+33 || seen[s] {
			t.Fatalf("made %q", s)
		}
		seen[s] = true
		i := len(Prefix) + len(seen)%33
		if other := s[:i] + string(alphabet[(strings.IndexByte(alphabet, s[i])+1)%32]) + s[i+1:]; !Mistyped(other) {
			t.Errorf("%q passes for %q", other, s)
		}
		if !Mistyped(s[:len(s)-1]) || !Mistyped(s+"A") {
			t.Error("a part of a token, or more, passes")
		}
	}
}

const frozen = "mocloud_AAAAAAAAAAAAAAAAAAAAAAAAAAB5SREJY"

// A pinned token: scanners know the format, so that it must not change.
func TestFormatIsFrozen(t *testing.T) {
	t.Parallel()
	if got := Prefix + strings.Repeat("A", 26) + checksum(strings.Repeat("A", 26)); got != frozen || Mistyped(frozen) {
		t.Errorf("%s, not %s", got, frozen)
	}
}

func FuzzMistyped(f *testing.F) {
	for _, s := range []string{"", Prefix, frozen, "the-admin's-token", strings.ToLower(frozen), Prefix + "ÄÖ", frozen + "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		mistyped := Mistyped(s)
		if !strings.HasPrefix(s, Prefix) {
			if mistyped {
				t.Errorf("%q is none of ours", s)
			}
			return
		}
		body := s[len(Prefix):]
		if whole := len(body) == 33 && checksum(body[:26]) == body[26:] && strings.Trim(body, alphabet) == ""; whole == mistyped {
			t.Errorf("%q: mistyped %t", s, mistyped)
		}
	})
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		granted string
		wanted  Scope
		want    bool
	}{
		{"mocks:read", "mocks:read", true},
		{"mocks:write", "mocks:read", true},
		{"mocks:read", "mocks:write", false},
		{"files:write mocks:read", "mocks:read", true},
		{"files:write", "mocks:read", false},
		{"*", "mocks:write", true},
		{"*", "*", true},
		{"account:write workspaces:write mocks:write files:write domains:write requests:write", "*", false},
		{"", "mocks:read", false},
		{"mocks", "mocks:read", false},
	} {
		if got := ParseScopes(c.granted).Allow(c.wanted); got != c.want {
			t.Errorf("%q allows %s: %t", c.granted, c.wanted, got)
		}
	}
	for scope, known := range map[Scope]bool{"*": true, "mocks:read": true, "mocks:write": true, "mocks": false, "mocks:": false, ":read": false, "": false, "mocks:readwrite": false} {
		if scope.Known() != known {
			t.Errorf("%q is known: %t", scope, !known)
		}
	}
}
