// Package docs keeps documents and code equal: what can be derived from the code is generated here, and the tests fail
// when a document has drifted. `make generate` rewrites them.
package docs

//go:generate env GOWORK=off go test . -run TestConfigurationDocument -update
