// Package upstream is the proxy's reverse mode: calls to a provider's API with credentials that only the proxy has. A call
// passes, in this order: the caller's token, the allow-list (package acl), the guard of its body, the budget, the breaker, the
// retry rule; each way ends in one audit line. Nothing of the caller's request is sent on but what was judged: the path, the
// query and the body are written anew, and none of its headers survives.
package upstream
