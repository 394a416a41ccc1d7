// Package docs keeps documents and code equal: what can be derived from the code is generated here, and the tests fail
// when a document has drifted. `go test ./docs -update` (or `make generate`) rewrites them.
package docs
