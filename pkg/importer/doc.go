// Package importer makes mocks of the documents of other tools. Detect tells from a document's content what it is, Import
// makes a mock of it, and both are the same for everybody who is given a document: the api, the command line and the mock
// server. Each format is read by a package of its own; OpenAPI is read by pkg/openapi.
//
// An import never loses anything in silence: its notes name each part of the document that the mock expresses only roughly
// or not at all, with its place and a sentence.
package importer
