package selmer

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a fault of a template, found when it is compiled or when it is rendered.
type Error struct {
	Offset int // of the faulty tag, in bytes from 0
	Line   int // from 1
	Column int // in characters, from 1
	// Message says what is wrong and what to write instead, for the template's author.
	Message string
}

// Error returns the message with its place.
func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

func errorAt(src string, offset int, message string) *Error {
	offset = min(offset, len(src))
	before := src[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{
		Offset:  offset,
		Line:    1 + strings.Count(before, "\n"),
		Column:  1 + utf8.RuneCountInString(before[start:]),
		Message: message,
	}
}

// ErrLimit is what every [LimitError] is, for errors.Is.
var ErrLimit = errors.New("template limit exceeded")

// LimitError says that a template or its rendering was stopped because it is too large.
type LimitError struct {
	What  string // "output", "steps", "nesting", …; without a Limit a sentence of its own
	Limit int
	cause error
}

// Error names the limit.
func (e *LimitError) Error() string {
	if e.Limit == 0 {
		return "the template was stopped: " + e.What
	}
	return fmt.Sprintf("the template was stopped: more than %d %s", e.Limit, e.What)
}

// Unwrap returns what ended the budget, such as the error of a context.
func (e *LimitError) Unwrap() error { return e.cause }

// Is makes every LimitError an [ErrLimit].
func (*LimitError) Is(target error) bool { return target == ErrLimit }

// didYouMean returns ", did you mean `x`?" for the nearest of the names, or nothing when none is near.
func didYouMean(name string, names []string) string {
	best, bestDistance := "", 1+len(name)/3
	for _, n := range names {
		if d := editDistance(name, n, bestDistance); d <= bestDistance && (best == "" || d < bestDistance) {
			best, bestDistance = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean `%s`?", best)
}

// editDistance is the number of letters to insert, delete, replace or swap; it gives up above limit.
func editDistance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	prev2 := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
