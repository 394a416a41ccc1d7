package tunnel

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimits(t *testing.T) {
	l := newLimits(3, 2, 100)
	begin := func(user string, want string) func() {
		t.Helper()
		end, reason := l.begin(user)
		if reason != want {
			t.Fatalf("%s: %q, want %q", user, reason, want)
		}
		return end
	}
	first := begin("a", "")
	begin("a", "")
	begin("a", "this user has too many open calls")
	begin("b", "")
	begin("c", "too many open calls")
	first()
	first() // ending twice counts once
	begin("c", "")
	begin("a", "too many open calls")
}

func TestLimitsForgetSilentUsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(maxUsers*2, 1, 1)
		for i := range maxUsers {
			end, reason := l.begin(fmt.Sprint(i))
			if reason != "" {
				t.Fatal(reason)
			}
			if i > 0 { // the first stays open
				end()
			}
		}
		if _, reason := l.begin("new"); reason != "too many users" {
			t.Errorf("%q: the memory of users is not bounded", reason)
		}
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		if _, reason := l.begin("new"); reason != "" {
			t.Errorf("%q after a minute", reason)
		}
		if _, reason := l.begin("0"); reason != "this user has too many open calls" {
			t.Errorf("%q: a user with an open call was forgotten", reason)
		}
	})
}
