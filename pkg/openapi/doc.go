// Package openapi turns OpenAPI documents into mocks and mocks into OpenAPI documents. Import reads OpenAPI 3.0 and 3.1
// and Swagger 2, in JSON or YAML, and writes moclojer's YAML with one endpoint for each operation. Export describes a
// mock as OpenAPI 3.0.
//
// The documents are read as trees and not through a model of one version, so that one walker serves all three versions,
// a document with a mistake somewhere is still imported, and every complaint has its line (docs/adr). Nothing outside of
// the document is ever read: a reference to a file or an address is a note.
package openapi
