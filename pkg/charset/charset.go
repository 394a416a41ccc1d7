// Package charset writes and reads text in the encodings that media types name. The validator of mocks uses it to warn of
// names that nobody knows, the mock server to send and to read what they announce.
package charset

import (
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

// Charset is an encoding other than UTF-8. It is safe for concurrent use. The methods of nil are those of UTF-8, which leave
// text as it is.
type Charset struct{ encoding encoding.Encoding } // nil: ASCII

// Of returns the encoding that a media type names, nil when it names none or UTF-8. JSON is always UTF-8 (RFC 8259 section
// 8.1). The error says that the name is unknown.
func Of(mediaType string) (*Charset, error) {
	if !strings.Contains(mediaType, "=") {
		return nil, nil
	}
	kind, params, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return nil, nil //nolint:nilerr // it names none that could be understood
	}
	name := params["charset"]
	if name == "" || kind == "application/json" || strings.HasSuffix(kind, "+json") {
		return nil, nil
	}
	switch strings.ToLower(name) {
	case "utf-8", "utf8":
		return nil, nil
	case "us-ascii", "ascii":
		return &Charset{}, nil
	}
	found, err := ianaindex.MIME.Encoding(name)
	if err != nil || found == nil {
		return nil, fmt.Errorf("the charset %q is unknown", name)
	}
	if found == unicode.UTF8 {
		return nil, nil
	}
	return &Charset{found}, nil
}

// Encode returns text, which is UTF-8, in the encoding. What the encoding cannot say becomes a question mark.
func (c *Charset) Encode(text []byte) []byte {
	switch {
	case c == nil:
		return text
	case c.encoding == nil:
		return ascii(text)
	}
	if out, err := c.encoding.NewEncoder().Bytes(text); err == nil {
		return out
	}
	encoder := c.encoding.NewEncoder()
	var out strings.Builder
	for _, r := range string(text) {
		if _, err := encoder.String(string(r)); r >= utf8.RuneSelf && err != nil {
			r = '?'
		}
		out.WriteRune(r)
	}
	encoded, err := encoder.String(out.String())
	if err != nil {
		return ascii(text) // not even a question mark
	}
	return []byte(encoded)
}

func ascii(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r >= utf8.RuneSelf {
			r = '?'
		}
		out = append(out, byte(r))
	}
	return out
}

// Decode returns what is written in the encoding as UTF-8.
func (c *Charset) Decode(data []byte) []byte {
	if c == nil || c.encoding == nil {
		return data
	}
	text, err := c.encoding.NewDecoder().Bytes(data)
	if err != nil {
		return data
	}
	return text
}
