package selmer

import "strings"

// jsonState follows the JSON text around the tags, so that each tag knows where it stands. It is a value: branches start
// from copies, and two states are compared with ==.
type jsonState struct {
	place jsonPlace
	// escaped: the last letter of the string was a backslash.
	escaped bool
	// glued: the last value or tag has not been followed by a space yet.
	glued bool
	depth int
	// objects has a bit for each of the innermost 64 containers: 1 is an object.
	objects uint64
}

type jsonPlace uint8

const (
	placeValue     jsonPlace = iota // a value is expected
	placeKey                        // a key is expected
	placeColon                      // after a key
	placeAfter                      // after a value
	placeToken                      // within a number or word
	placeString                     // within a text
	placeKeyString                  // within a key
)

// emitMode says how the result of an expression is written.
type emitMode uint8

const (
	emitHTML   emitMode = iota // Selmer's way
	emitText                   // as it is
	emitString                 // escaped, within a JSON string
	emitBare                   // as a JSON value
	emitKey                    // as a JSON string, whatever it is
)

// literal moves on over literal text. It reports false if the text cannot be JSON: outside of all containers there is
// something that is neither a value nor space.
func (s *jsonState) literal(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if s.place >= placeString {
			s.inString(c)
			continue
		}
		switch c {
		case ' ', '\t', '\n', '\r':
			s.glued = false
			if s.place == placeToken {
				s.place = placeAfter
			}
		case '{', '[':
			s.push(c == '{')
		case '}', ']', ',', ':':
			if s.depth == 0 {
				return false
			}
			s.separator(c)
		case '"':
			if s.place == placeKey {
				s.place = placeKeyString
			} else {
				s.place = placeString
			}
		default:
			if s.depth > 0 {
				s.place = placeToken
				continue
			}
			n := s.word(text[i:])
			if n == 0 {
				return false
			}
			i += n - 1
		}
	}
	return true
}

func (s *jsonState) inString(c byte) {
	switch {
	case s.escaped:
		s.escaped = false
	case c == '\\':
		s.escaped = true
	case c == '"' && s.place == placeKeyString:
		s.place = placeColon
	case c == '"':
		s.place, s.glued = placeAfter, true
	}
}

func (s *jsonState) push(object bool) {
	s.depth++
	s.objects <<= 1
	s.place, s.glued = placeValue, false
	if object {
		s.objects |= 1
		s.place = placeKey
	}
}

func (s *jsonState) separator(c byte) {
	s.glued = false
	switch {
	case c == '}' || c == ']':
		s.depth--
		s.objects >>= 1
		s.place, s.glued = placeAfter, true
	case c == ',' && s.objects&1 == 1:
		s.place = placeKey
	default:
		s.place = placeValue
	}
}

// word moves on over a number, true, false or null outside of all containers and returns its length, or 0 for anything else.
func (s *jsonState) word(text string) int {
	const number = "0123456789+-.eE"
	if s.place == placeToken || s.place == placeAfter {
		// Only a number may go on after a tag.
		if s.place == placeAfter && !s.glued || strings.IndexByte(number, text[0]) < 0 {
			return 0
		}
		s.place = placeToken
		return 1
	}
	s.place, s.glued = placeToken, true
	for _, w := range []string{"true", "false", "null"} {
		if strings.HasPrefix(text, w) {
			return len(w)
		}
	}
	if strings.IndexByte("-0123456789", text[0]) >= 0 {
		return 1
	}
	return 0
}

// value moves on over a tag and says how its value is to be written. It reports false if the text cannot be JSON.
func (s *jsonState) value() (emitMode, bool) {
	ok := s.depth > 0 || s.place == placeValue || s.place == placeToken || s.place >= placeString
	switch s.place {
	case placeString, placeKeyString:
		s.escaped = false
		return emitString, ok
	case placeKey:
		s.place = placeColon
		return emitKey, ok
	case placeColon:
		return emitString, ok
	case placeToken:
		return emitString, ok
	default:
		glued := s.place == placeAfter && s.glued
		s.place, s.glued = placeAfter, true
		if glued {
			return emitString, ok
		}
		return emitBare, ok
	}
}
