// Package client is the Go client of mocloud's HTTP API, generated from the OpenAPI document. Programs, the command line
// and tests import it; it imports nothing of ours.
package client
