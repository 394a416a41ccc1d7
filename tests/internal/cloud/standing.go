package cloud

import "testing"

// Standing is a client of a mocloud that somebody else started: its API and a token for it. Names under .localhost are loopback.
func Standing(t testing.TB, api, token string) *Client {
	t.Helper()
	return newClient(t, api, token)
}
