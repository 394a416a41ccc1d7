// Package mockspec reads, validates, normalises and writes mocks: moclojer's YAML format and what mocloud adds to it
// (docs/mock-format.md). Everybody who looks at a mock does it through this package.
package mockspec
