package chaos_test

import (
	"net/http"
	"testing"

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
	for n := range 5 {
		if status := try(n%2, guess); status != http.StatusUnauthorized {
			t.Fatalf("guess %d: %d", n, status)
		}
	}
	for replica := range 2 {
		if status := try(replica, password); status != http.StatusTooManyRequests {
			t.Errorf("replica %d: %d", replica, status)
		}
	}
}
