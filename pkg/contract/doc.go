// Package contract holds requests against what an operation of an OpenAPI document says of them: its parameters, in all styles, and
// its body, as JSON Schema 2020-12. A contract is what an endpoint of a mock has as `contract`, as JSON.
package contract
