// Package openapi holds the source of the HTTP API: openapi.yaml. The server, its types, the Go client and the request
// validation come from it.
package openapi

import (
	_ "embed"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// Generated code is written beside its users; GOWORK=off because the generators live in a module outside the workspace.
//go:generate env GOWORK=off go tool -modfile=../../../tools/go.mod oapi-codegen -config server.yaml openapi.yaml
//go:generate env GOWORK=off go tool -modfile=../../../tools/go.mod oapi-codegen -config client.yaml openapi.yaml

//go:embed openapi.yaml
var source []byte

// Document parses the embedded document and checks it. Each call returns its own copy.
func Document() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(source)
	if err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("check openapi.yaml: %w", err)
	}
	return doc, nil
}
