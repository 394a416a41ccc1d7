package serve

import (
	"errors"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// fault is what is wrong with a part of an endpoint.
type fault struct {
	what string // "body", "header X-Total"; "" if err says it itself
	pos  mockspec.Position
	err  error
}

// sentence says it for the mock's author, without the place, which is given separately.
func (f *fault) sentence() string {
	if f.what == "" {
		return plain(f.err)
	}
	return f.what + ": " + plain(f.err)
}

func (f *fault) Error() string { return f.what + ": " + f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

func asFault(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	return &fault{what: "endpoint", err: err}
}

// place returns where in the user's file the fault is; ok is false when that is not known.
func (f *fault) place() (line, column int, ok bool) {
	if f.pos.Line == 0 {
		return 0, 0, false
	}
	line, column = f.pos.Line, f.pos.Column
	if t, isTemplate := errors.AsType[*selmer.Error](f.err); isTemplate {
		if t.Line == 1 {
			column += t.Column - 1
		} else {
			line, column = line+t.Line-1, t.Column
		}
	}
	return line, column, true
}
