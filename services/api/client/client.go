// Package client is the Go client of mocloud's HTTP API, generated from the OpenAPI document.
package client
