package chaos_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestGuessingAtTwoReplicas: who guesses passwords waits at every replica of the api.
func TestGuessingAtTwoReplicas(t *testing.T) {
	t.Parallel()
	c := cloud.StartApart(t, binaries, cloud.Servers{})
	c.AddAPI()
	name, password, guess := "zoe", "correct horse battery", "a wrong horse battery"
	made, err := c.Replica(0).API(t).CreateAccountWithResponse(t.Context(), client.NewAccount{Username: name, Password: password})
	check(t, err)
	if made.StatusCode() != http.StatusCreated {
		t.Fatalf("%s %s", made.Status(), made.Body)
	}
	try := func(replica int, password string) int {
		t.Helper()
		r, err := c.Replica(replica).API(t).CreateSessionWithResponse(t.Context(), client.SignIn{Username: &name, Password: &password})
		check(t, err)
		return r.StatusCode()
	}
	for waits := false; !waits; {
		var failed time.Time // the last guess was heard, after this
		for n := range 5 {
			failed = time.Now()
			if status := try(n%2, guess); status != http.StatusUnauthorized {
				t.Fatalf("guess %d: %d", n, status)
			}
		}
		waits = true
		for replica := range 2 {
			status, waited := try(replica, password), time.Since(failed)
			if status == http.StatusTooManyRequests {
				continue
			}
			if status != http.StatusCreated || waited < time.Second {
				t.Fatalf("replica %d, %s after the last guess: %d", replica, waited, status)
			}
			waits = false // on a slow machine the second may be over; then the guesses are forgiven
			break
		}
	}
}
