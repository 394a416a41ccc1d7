// Package egress is how mocloud calls addresses that somebody else chose: webhooks, external bodies, pass-through. It
// holds the rule that says which addresses may be reached, which the proxy enforces, and the http.Client that leaves
// through the proxy.
package egress
