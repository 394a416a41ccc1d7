package mockspec

import "regexp/syntax"

// Bounds of the patterns of one WebSocket. What they cost to match grows with the message and with their size.
const (
	MaxPatterns        = 200   // in number
	MaxExpression      = 2048  // bytes of a regular expression as written; more is text
	MaxInstructions    = 1000  // of one compiled expression
	MaxAllInstructions = 10000 // of all of them together
)

// ExpressionSize is how many instructions a pattern has as a regular expression. An error means that it is none.
func ExpressionSize(pattern string) (int, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, err
	}
	return len(program.Inst), nil
}
