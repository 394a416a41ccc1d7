// Package match is the condition language of mocks: what stands in `if`, wherever that is (docs/mock-format.md, Conditions).
//
// A condition is a map whose every line must hold. On the left stands a value, named as a template names it, or a JSONPath or XPath of the
// body; on the right what it must be. Compile makes a flat list of checks of it, within bounds, so that a condition costs little
// for each request, whoever wrote it. The validator compiles conditions to check them, the mock server to serve them.
package match
