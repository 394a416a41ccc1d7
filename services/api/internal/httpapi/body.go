package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// maxDepth bounds how deep objects and lists of a body may be within one another.
const maxDepth = 64

// checkBody refuses JSON that is no text, has texts in it that are none, or means different things to different readers: the
// decoder would change what is not UTF-8 silently, merge an object that is there twice, and leave what follows the body.
func checkBody(r *http.Request, body []byte) error {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		return nil // the validator refuses it
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return unsupported("Content-Type", "The body's charset %q is not supported; JSON is UTF-8 (RFC 8259, section 8.1).", charset)
	}
	if packed := r.Header.Get("Content-Encoding"); packed != "" && !strings.EqualFold(packed, "identity") {
		return unsupported("Content-Encoding", "The body's Content-Encoding %q is not supported; send the body without it.", packed)
	}
	if !utf8.Valid(body) {
		return apperr.New(apperr.Invalid, "The request's body is not UTF-8.").WithField("content")
	}
	if err := outline(body); err != nil {
		return err
	}
	if !bytes.Contains(body, []byte(`\u0000`)) {
		return nil
	}
	var decoded any
	_ = json.Unmarshal(body, &decoded) // what cannot be decoded is found by the validator
	if field, found := zero("", decoded); found {
		return apperr.New(apperr.Invalid, "The body's %s is not text: it contains a NUL character.", field).WithField(field)
	}
	return nil
}

func unsupported(header, format string, args ...any) error {
	return &statusError{http.StatusUnsupportedMediaType, UnsupportedMediaType, apperr.New(apperr.Invalid, format, args...).WithField(header)}
}

// level is an object or a list that a reader of JSON is in.
type level struct {
	at     string          // where it is: the names on the way, with a dot between them
	names  map[string]bool // of an object, those that it has so far
	naming bool            // what comes next in an object is a name
	name   string          // of the field that the reader is in
}

// outline follows the objects and lists of JSON, once and without decoding what is in them, and refuses names that are
// there twice, what is too deep, and what follows the end. Other mistakes are the decoder's to find: on them it stops.
func outline(body []byte) error {
	var levels []level
	for i := 0; i < len(body); i++ {
		var top *level
		if len(levels) > 0 {
			top = &levels[len(levels)-1]
		}
		switch c := body[i]; c {
		case '{', '[':
			if len(levels) == maxDepth {
				return badRequest("", "The body is nested too deeply at %s: the limit is %d levels.", position(body, i), maxDepth)
			}
			below := level{naming: c == '{'}
			if top != nil {
				below.at = join(top.at, top.name)
			}
			levels = append(levels, below)
		case '}', ']':
			if top == nil {
				return nil
			}
			if levels = levels[:len(levels)-1]; len(levels) == 0 {
				if rest := bytes.TrimLeft(body[i+1:], " \t\r\n"); len(rest) > 0 {
					return notJSON(body)
				}
				return nil
			}
		case ',':
			if top != nil {
				top.naming = top.names != nil
			}
		case '"':
			end := closing(body, i)
			if end < 0 {
				return nil
			}
			if top != nil && top.naming {
				if err := top.enter(body[i : end+1]); err != nil {
					return err
				}
			}
			i = end
		}
	}
	return nil
}

// closing finds the quote that ends the string that begins at i, -1 if it does not end.
func closing(body []byte, i int) int {
	for i++; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// enter goes to the field of an object with that quoted name.
func (l *level) enter(quoted []byte) error {
	l.name, l.naming = string(quoted[1:len(quoted)-1]), false
	if bytes.IndexByte(quoted, '\\') >= 0 {
		_ = json.Unmarshal(quoted, &l.name) // otherwise the decoder says what is wrong
	}
	if l.names == nil {
		l.names = map[string]bool{}
	}
	if l.names[l.name] {
		field := join(l.at, l.name)
		return badRequest(field, "The body has the key %q twice.", field)
	}
	l.names[l.name] = true
	return nil
}

// join is the place of a field; items of a list have no name of their own.
func join(at, name string) string { return strings.Trim(at+"."+name, ".") }

// notJSON says what is wrong with a body that is not JSON, and where.
func notJSON(body []byte) error {
	var raw json.RawMessage
	err := json.Unmarshal(body, &raw)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return badRequest("", "The body is not JSON at %s: %s.", position(body, max(0, min(int(e.Offset)-1, len(body)))), e)
	}
	return badRequest("", "The body is not JSON: %v.", err)
}

// position is where the byte at i is, for people: lines end with \n, columns count characters.
func position(body []byte, i int) string {
	before := body[:i]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

// zero finds a text with a zero character in a decoded body, and where.
func zero(at string, v any) (string, bool) {
	below := func(name string) string {
		return strings.TrimPrefix(at+"."+strings.ReplaceAll(name, "\x00", ""), ".")
	}
	switch v := v.(type) {
	case string:
		return at, strings.ContainsRune(v, 0)
	case []any:
		for i, item := range v {
			if where, found := zero(below(strconv.Itoa(i)), item); found {
				return where, true
			}
		}
	case map[string]any:
		for name, item := range v {
			where, found := zero(below(name), item)
			if found || strings.ContainsRune(name, 0) {
				return where, true
			}
		}
	}
	return "", false
}
