package gate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// maxDepth bounds how deep objects and lists of a body may be within one another.
const maxDepth = 64

// decodeBody decodes a body of JSON, once. What means different things to different readers is refused: names that are there
// twice, what follows the end, and texts that are none. A body that is of another type has no value: checkValue refuses it.
func decodeBody(r *http.Request, body []byte) (any, error) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		return nil, nil
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, unsupported("Content-Type", "The body's charset %q is not supported; JSON is UTF-8 (RFC 8259, section 8.1).", charset)
	}
	if packed := r.Header.Get("Content-Encoding"); packed != "" && !strings.EqualFold(packed, "identity") {
		return nil, unsupported("Content-Encoding", "The body's Content-Encoding %q is not supported; send the body without it.", packed)
	}
	if !utf8.Valid(body) { // the decoder would change it silently
		return nil, apperr.New(apperr.Invalid, "The request's body is not UTF-8.").WithField("content")
	}
	return decode(body)
}

// decode reads the one value that body is: nil, a bool, a string, a json.Number, a []any or a map[string]any.
func decode(body []byte) (any, error) {
	d := decoder{json.NewDecoder(bytes.NewReader(body)), body}
	d.UseNumber()
	value, err := d.value("", 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, notJSON(body)
	}
	return value, nil
}

type decoder struct {
	*json.Decoder

	body []byte
}

// value reads the next value, whose place is at: the names and numbers on the way, with a dot between them.
func (d decoder) value(at string, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, notJSON(d.body)
	}
	switch token := token.(type) {
	case json.Delim:
		if depth == maxDepth {
			return nil, BadRequest("", "The body is nested too deeply at %s: the limit is %d levels.",
				position(d.body, int(d.InputOffset())-1), maxDepth)
		}
		if token == '{' {
			return d.object(at, depth)
		}
		return d.list(at, depth)
	case string:
		if strings.IndexByte(token, 0) >= 0 {
			return nil, zeroCharacter(at)
		}
	}
	return token, nil
}

func (d decoder) object(at string, depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, notJSON(d.body)
		}
		field := join(at, strings.ReplaceAll(name, "\x00", ""))
		if strings.IndexByte(name, 0) >= 0 {
			return nil, zeroCharacter(field)
		}
		if _, twice := object[name]; twice {
			return nil, BadRequest(field, "The body has the key %q twice.", field)
		}
		if object[name], err = d.value(field, depth+1); err != nil {
			return nil, err
		}
	}
	return object, d.end()
}

func (d decoder) list(at string, depth int) (any, error) {
	list := []any{}
	for d.More() {
		item, err := d.value(join(at, strconv.Itoa(len(list))), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, d.end()
}

// end reads the end of an object or a list.
func (d decoder) end() error {
	if _, err := d.Token(); err != nil {
		return notJSON(d.body)
	}
	return nil
}

// join is the place of a field or an item.
func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func zeroCharacter(at string) error {
	return apperr.New(apperr.Invalid, "The body's %s is not text: it contains a NUL character.", at).WithField(at)
}

// notJSON says what is wrong with a body that is not JSON, and where.
func notJSON(body []byte) error {
	var raw json.RawMessage
	err := json.Unmarshal(body, &raw)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return BadRequest("", "The body is not JSON at %s: %s.", position(body, max(0, min(int(e.Offset)-1, len(body)))), e)
	}
	return BadRequest("", "The body is not JSON: %v.", err)
}

// position is where the byte at i is, for people: lines end with \n, columns count characters.
func position(body []byte, i int) string {
	before := body[:i]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}
