package mockspec

import (
	"bytes"
	"fmt"
)

// DecodeLines reads the line form that EncodeLines writes, at the speed of JSON: each line is an item behind `- `, a
// comment that begins with `#`, or empty. It means the same as Parse of the same text, but looks for no slips and
// compiles no template: the lines were checked when they were made. The number of items is not limited. Positions
// tell the line and its byte.
func DecodeLines(data []byte) (*Mock, error) {
	l := DefaultLimits()
	l.Endpoints = len(data) + 1
	r := newReader(Options{Limits: l})
	r.trusted = true
	j := jsonReader{}
	for line := 1; len(data) > 0; line++ {
		text := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			text, data = data[:i], data[i+1:]
		} else {
			data = nil
		}
		if text = bytes.TrimSuffix(text, []byte("\r")); len(text) == 0 || text[0] == '#' {
			continue
		}
		if !bytes.HasPrefix(text, []byte("- ")) {
			return nil, fmt.Errorf("line %d: an item that begins with `- ` is expected", line)
		}
		j.begin(string(text), line, 2) // a copy of this line alone, which the strings of the mock are parts of
		n, err := j.value()
		if err != nil {
			return nil, fmt.Errorf("line %d: byte %d: %w", line, asJSONError(err).offset+1, err)
		}
		if j.space(); j.i < len(text) {
			return nil, fmt.Errorf("line %d: there is something after the item", line)
		}
		r.item(n, at(n))
		if r.errors() > 0 {
			return nil, fmt.Errorf("line %d: %s", line, r.firstError())
		}
	}
	return r.mock, nil
}

// firstError returns the sentence of the first error.
func (r *reader) firstError() string {
	for _, d := range r.diags {
		if d.Severity == Error {
			return d.Message
		}
	}
	return ""
}
