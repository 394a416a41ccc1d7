// Package selmer is the template language of mocks: Selmer 1.12.58, compiled once and rendered on every request.
//
// A template is compiled to a flat program over one piece of text. A [Template] is immutable and safe for concurrent
// use; rendering appends to the caller's buffer and allocates nothing for text and plain variables.
//
// What a template means was established by running Selmer: testdata/selmer.jsonl holds recorded inputs and outputs,
// and the engine agrees with each of them. Escaping is a parameter (see [Escaping]); with [HTML] the result is byte
// for byte Selmer's. Where the engine differs on purpose, docs/selmer.md says so.
//
// Templates come from strangers, so everything is bounded: the size of the template, its nesting, the steps, the
// loops and the output. The bounds are budgets and not clocks, so that the same template with the same data always
// fails or always succeeds.
package selmer
