// Package redact masks what looks like a secret in recorded requests: in headers, queries, URLs, and in bodies that are
// JSON or forms.
//
// It goes by names: a header or field whose name contains one of a list of words. In bodies of other kinds nothing can be
// told apart, so that they are withheld as soon as one of the words is in them.
package redact

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Mask takes the place of what is masked.
const Mask = "[redacted]"

// Rules are the words that make a name sensitive. They are immutable and safe for concurrent use.
type Rules struct{ words []string }

// New makes rules of words; capitals and what is not a letter or digit make no difference in them.
func New(words ...[]string) *Rules {
	r := &Rules{}
	for _, list := range words {
		for _, w := range list {
			if w = plain(w); w != "" {
				r.words = append(r.words, w)
			}
		}
	}
	return r
}

// plain is s in small letters and digits only.
func plain(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case 'A' <= c && c <= 'Z':
			return c + 'a' - 'A'
		case c == '-' || c == '_' || c == '.' || c == ' ':
			return -1
		}
		return c
	}, s)
}

// whole are names that say nothing as parts of others.
func whole(name string) bool {
	switch name {
	case "key", "code", "sig", "pin", "otp", "mfa", "auth", "xauth", "cvv", "cvc":
		return true
	}
	return false
}

// sensitive reports whether a name, or any text, contains one of the words, percent-encoded or not, or is one of those names.
func (r *Rules) sensitive(name string) bool {
	const times = 2 // more is nobody's mistake
	for range times {
		if r.says(name) {
			return true
		}
		decoded := percentDecoded(name)
		if decoded == name {
			return false
		}
		name = decoded
	}
	return r.says(name)
}

// session is the header in which testers name a session of a mock. It is no secret, and they ask for its requests.
const session = "xmocloudsession"

func (r *Rules) says(name string) bool {
	name = plain(name)
	if name == session {
		return false
	}
	if whole(name) {
		return true
	}
	for _, w := range r.words {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// percentDecoded decodes what is percent-encoded in any text, and leaves the rest as it is.
func percentDecoded(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if b, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				out = append(out, b[0])
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// Path masks the segments of a path that are parameters with a sensitive name, by the pattern of the endpoint that answered.
func (r *Rules) Path(path, pattern string) string {
	segments, names := strings.Split(path, "/"), strings.Split(pattern, "/")
	for i := range segments {
		name := names[min(i, len(names)-1)]
		if strings.ContainsAny(name, ":*") && (i < len(names) || strings.HasPrefix(name, "*")) && segments[i] != "" && r.parameter(name) {
			segments[i] = Mask
		}
	}
	return strings.Join(segments, "/")
}

// parameter reports whether one of the parameters of a segment has a sensitive name.
func (r *Rules) parameter(segment string) bool {
	for name := range strings.FieldsFuncSeq(segment, func(c rune) bool { return c == ':' || c == '|' || c == '*' || c == '.' || c == '{' || c == '}' }) {
		if r.sensitive(name) {
			return true
		}
	}
	return false
}

// isURL reports whether the value of a header is a URL, or a path, with a query.
func isURL(value string) bool {
	return strings.Contains(value, "?") && (strings.HasPrefix(value, "/") || strings.Contains(value, "://"))
}

// Header masks values in "Name: value\r\n" lines.
func (r *Rules) Header(lines string) string {
	var out strings.Builder
	for line := range strings.SplitAfterSeq(lines, "\r\n") {
		name, value, ok := strings.Cut(line, ": ")
		switch {
		case ok && r.sensitive(name):
			out.WriteString(name + ": " + Mask + "\r\n")
		case ok && (strings.EqualFold(name, "Referer") || strings.EqualFold(name, "Location") || isURL(value)):
			out.WriteString(name + ": " + r.URL(strings.TrimSuffix(value, "\r\n")) + "\r\n")
		default:
			out.WriteString(line)
		}
	}
	return out.String()
}

// Query masks values of a query or a form: name=value pairs with & or ; between them.
func (r *Rules) Query(raw string) string {
	var out strings.Builder
	for raw != "" {
		pair, end := raw, ""
		if i := strings.IndexAny(raw, "&;"); i >= 0 {
			pair, end = raw[:i], raw[i:i+1]
		}
		raw = raw[len(pair)+len(end):]
		name, value, ok := strings.Cut(pair, "=")
		decoded, err := url.QueryUnescape(name)
		if err != nil {
			decoded = name
		}
		if ok && value != "" && r.sensitive(decoded) {
			pair = name + "=" + Mask
		}
		out.WriteString(pair + end)
	}
	return out.String()
}

// URL masks values in a URL's query, and its user and password.
func (r *Rules) URL(raw string) string {
	raw, _, _ = strings.Cut(raw, "#")
	before, query, ok := strings.Cut(raw, "?")
	if scheme, rest, ok := strings.Cut(before, "://"); ok {
		authority, path := rest, ""
		if i := strings.IndexAny(rest, "/\\"); i >= 0 {
			authority, path = rest[:i], rest[i:]
		}
		if i := strings.LastIndexByte(authority, '@'); i >= 0 {
			before = scheme + "://" + Mask + authority[i:] + path
		}
	}
	if !ok {
		return before
	}
	return before + "?" + r.Query(query)
}

// Body masks values in a body, which may have been cut off at any place.
func (r *Rules) Body(body []byte, contentType string) []byte {
	if len(body) == 0 {
		return body
	}
	if !isText(body) { // packed, or in an encoding in which no word can be found
		return []byte(Mask)
	}
	mediaType, _, _ := strings.Cut(contentType, ";")
	if strings.EqualFold(strings.TrimSpace(mediaType), "application/x-www-form-urlencoded") {
		return []byte(r.Query(string(body)))
	}
	if first := bytes.TrimLeft(body, " \t\r\n"); len(first) > 0 && (first[0] == '{' || first[0] == '[') {
		return r.json(body)
	}
	if r.sensitive(string(body)) {
		return []byte(Mask)
	}
	return body
}

// isText reports whether a body, which may have been cut off within a character, is UTF-8.
func isText(body []byte) bool {
	for range utf8.UTFMax {
		if utf8.Valid(body) {
			return bytes.IndexByte(body, 0) < 0
		}
		body = body[:len(body)-1]
	}
	return false
}

// maxNested is how deeply JSON within texts of JSON is looked into.
const maxNested = 4

func (r *Rules) json(body []byte) []byte { return r.nestedJSON(body, 0) }

// nested masks JSON that is the text of a value.
func (r *Rules) nested(text string, depth int) (masked string, changed bool) {
	first := strings.TrimLeft(text, " \t\r\n")
	if first == "" || first[0] != '{' && first[0] != '[' {
		return text, false
	}
	if depth >= maxNested {
		return Mask, r.sensitive(text)
	}
	masked = string(r.nestedJSON([]byte(text), depth+1))
	return masked, masked != text
}

// nestedJSON masks the values of sensitive keys. Where the text stops being JSON, the rest is withheld if it has one of the
// words.
func (r *Rules) nestedJSON(body []byte, depth int) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	var out []byte
	copied := 0
	var open []byte // of the containers that are open, '{', '[' or, where a key was read, ':'
	for {
		before := int(dec.InputOffset())
		token, err := dec.Token()
		at := int(dec.InputOffset())
		if errors.Is(err, io.EOF) && len(open) == 0 {
			return append(out, body[copied:]...)
		}
		if err != nil {
			if r.sensitive(string(body[copied:])) {
				return append(append(out, body[copied:copied+clean(body[copied:], r)]...), Mask...)
			}
			return append(out, body[copied:]...)
		}
		switch d, isDelim := token.(json.Delim); {
		case isDelim && (d == '{' || d == '['):
			open = append(open, byte(d))
			continue
		case isDelim:
			open = open[:len(open)-1]
		case len(open) > 0 && open[len(open)-1] == '{': // a key
			if key, ok := token.(string); ok && r.sensitive(key) {
				out = append(append(out, body[copied:at]...), `:"`+Mask+`"`...)
				var value json.RawMessage
				if err := dec.Decode(&value); err != nil {
					return out
				}
				copied = int(dec.InputOffset())
				continue
			}
			open[len(open)-1] = ':'
			continue
		}
		if text, ok := token.(string); ok {
			if masked, changed := r.nested(text, depth); changed {
				quoted, _ := json.Marshal(masked) // a string always has a form
				start := before + bytes.IndexByte(body[before:at], '"')
				out = append(append(out, body[copied:start]...), quoted...)
				copied = at
			}
		}
		if len(open) > 0 && open[len(open)-1] == ':' { // the value of a key has ended
			open[len(open)-1] = '{'
		}
	}
}

// clean is how much of text, up to the end of a line of JSON's structure, comes before the first sensitive word.
func clean(text []byte, r *Rules) int {
	for end := len(text); end > 0; {
		end = bytes.LastIndexAny(text[:end], ",{[")
		if end <= 0 {
			return 0
		}
		if !r.sensitive(string(text[:end])) {
			return end
		}
	}
	return 0
}
