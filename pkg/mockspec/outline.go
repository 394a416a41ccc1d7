package mockspec

import (
	"bytes"
	"errors"
)

// Outline is an endpoint of the line form of which only what leads requests to it was read. It is immutable and safe for concurrent use.
type Outline struct {
	Method, Host string
	Path         Path
	// Endpoint is all of it, if it was read: it says more than what is answered. Else Line is what ReadEndpoint reads.
	Endpoint *Endpoint
	Line     []byte
}

// ReadOutlines reads the line form as DecodeLines does, but leaves the endpoints that say no more than what they answer for
// ReadEndpoint: most endpoints of most mocks are never called. The Mock has everything else. A slip inside what is left is
// found by ReadEndpoint. Data must not be changed afterwards.
func ReadOutlines(data []byte) (*Mock, []Outline, error) {
	var outlines []Outline
	rest := &Mock{}
	for left := data; len(left) > 0; {
		var line []byte
		line, left, _ = bytes.Cut(left, []byte("\n"))
		switch {
		case bytes.HasPrefix(line, []byte(`- {"endpoint":{`)):
			o, ok := skim(line)
			if !ok {
				m, err := DecodeLines(line)
				if err != nil || len(m.Endpoints) == 0 {
					return wholly(data)
				}
				outlines = append(outlines, Outlines(m.Endpoints)...)
				continue
			}
			outlines = append(outlines, o)
		case len(line) == 0 || line[0] == '#':
		case bytes.HasPrefix(line, []byte(`- {"mocloud":{`)) || bytes.HasPrefix(line, []byte(`- {"websocket":{`)):
			m, err := DecodeLines(line)
			if err != nil {
				return wholly(data)
			}
			if len(m.WebSockets) == 0 {
				rest.Settings = m.Settings
			}
			rest.WebSockets = append(rest.WebSockets, m.WebSockets...)
		default: // an item that others depend on, or not ours
			return wholly(data)
		}
	}
	return rest, outlines, nil
}

// wholly reads everything at once.
func wholly(data []byte) (*Mock, []Outline, error) {
	m, err := DecodeLines(data)
	if err != nil {
		return nil, nil, err
	}
	outlines := Outlines(m.Endpoints)
	m.Endpoints = nil
	return m, outlines, nil
}

// Outlines are the outlines of endpoints that were read.
func Outlines(endpoints []Endpoint) []Outline {
	outlines := make([]Outline, len(endpoints))
	for i := range endpoints {
		outlines[i] = outlineOf(&endpoints[i])
	}
	return outlines
}

func outlineOf(e *Endpoint) Outline {
	return Outline{Method: e.Method, Host: e.Host, Path: e.Path, Endpoint: e}
}

// ReadEndpoint reads the line of an endpoint.
func ReadEndpoint(line []byte) (*Endpoint, error) {
	m, err := DecodeLines(line)
	if err != nil {
		return nil, err
	}
	if len(m.Endpoints) != 1 {
		return nil, errors.New("the line is not one endpoint")
	}
	return &m.Endpoints[0], nil
}

// ReadOutline reads the line of an endpoint.
func ReadOutline(line []byte) (Outline, error) {
	if o, ok := skim(line); ok {
		return o, nil
	}
	e, err := ReadEndpoint(line)
	if err != nil {
		return Outline{}, err
	}
	return outlineOf(e), nil
}

// skim reads the outline of a line. It reports false if the line is not as AppendEndpoint writes those that only answer.
func skim(line []byte) (o Outline, ok bool) {
	s := skimmer{text: line, at: len(`- {"endpoint":{`)}
	o.Line = line
	if s.next(`"host":`) {
		o.Host = s.plain()
		s.next(",")
	}
	if !s.next(`"method":`) {
		return o, false
	}
	o.Method = s.plain()
	if !s.next(`,"path":`) {
		return o, false
	}
	path, err := ParsePath(s.plain())
	if err != nil || o.Method == "" {
		return o, false
	}
	o.Path = path
	for _, key := range []string{`,"query":`, `,"body":`, `,"response":`, `,"tag":`, `,"summary":`} {
		switch {
		case s.next(key):
			if !s.value() {
				return o, false
			}
		case key == `,"response":`:
			return o, false
		}
	}
	return o, s.next("}}") && (s.at == len(line) || s.next("\r") && s.at == len(line))
}

// skimmer is a place in a line.
type skimmer struct {
	text []byte
	at   int
}

// next skips text, if that is what follows.
func (s *skimmer) next(text string) bool {
	if end := s.at + len(text); end > len(s.text) || string(s.text[s.at:end]) != text {
		return false
	}
	s.at += len(text)
	return true
}

// plain reads a string without escapes; "" if there is none.
func (s *skimmer) plain() string {
	start := s.at + 1
	if !s.next(`"`) || !s.rest() || bytes.IndexByte(s.text[start:s.at], '\\') >= 0 {
		return ""
	}
	return string(s.text[start : s.at-1])
}

// value skips a value.
func (s *skimmer) value() bool {
	for depth := 0; s.at < len(s.text); {
		switch s.text[s.at] {
		case '"':
			if s.at++; !s.rest() {
				return false
			}
		case '{', '[':
			s.at++
			depth++
			continue
		case '}', ']':
			s.at++
			depth--
		case ',', ':':
			s.at++
			continue
		default: // a number or a word
			for s.at < len(s.text) && bytes.IndexByte([]byte(`,]}`), s.text[s.at]) < 0 {
				s.at++
			}
		}
		if depth <= 0 {
			return depth == 0
		}
	}
	return false
}

// rest skips a string up to its closing quote.
func (s *skimmer) rest() bool {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			s.at++
			return true
		case '\\':
			s.at++
		}
		s.at++
	}
	return false
}
