package httpapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever valid JSON it gets, the outline finds the names that are there twice, and nothing else, as a reader finds them that
// decodes all of it. Of anything else it makes no panic.
func FuzzOutline(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `{"a":1,"a":2}`, `{"a":{"b":[{"c":1},{"c":2}]}}`, `{"a":[{"b":1,"c":2,"b":3}]}`, `{"\u0061":1,"a":2}`, `{"a":"\"a\":","b":"{"}`,
		`{"a":["a","a"],"b":"a"}`, `{"":1,"":2}`, `["a","a"]`, `{"a":"b","b":"a"}`, `{`, `"`, `{"a"`, `]`, `{"a":1}}`, `{"a":1} 2`, `{"a\`, `{"a\\":1,"a\\":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := outline(body)
		if !json.Valid(body) || !utf8.Valid(body) || depth(body) > maxDepth {
			return
		}
		if twice := twice(t, body); (err != nil) != twice {
			t.Errorf("%q: %v, and a name is there twice: %t", body, err, twice)
		}
	})
}

// depth is at least how deep valid JSON is.
func depth(body []byte) int { return bytes.Count(body, []byte("{")) + bytes.Count(body, []byte("[")) }

// twice reads JSON with the decoder.
func twice(t *testing.T, body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	type object struct {
		is    bool
		names []string
		value bool
	}
	var stack []object
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		var top *object
		if len(stack) > 0 {
			top = &stack[len(stack)-1]
		}
		if delim, ok := token.(json.Delim); ok && strings.Contains("}]", delim.String()) {
			stack = stack[:len(stack)-1]
			continue
		}
		if top != nil && top.is && !top.value {
			name := token.(string)
			if slices.Contains(top.names, name) {
				return true
			}
			top.names, top.value = append(top.names, name), true
			continue
		}
		if top != nil {
			top.value = false
		}
		if delim, ok := token.(json.Delim); ok {
			stack = append(stack, object{is: delim == '{'})
		}
	}
}

// A mistake is where people look for it.
func TestPosition(t *testing.T) {
	t.Parallel()
	for body, where := range map[string]string{
		"{\"a\": tru}":          "line 1, column 10",
		"{\n\t\"ä☃\": 1,,\n}":   "line 2, column 10",
		`{"a":1}` + "\n\n  x":   "line 3, column 3",
		"":                      "line 1, column 1",
		"{\"a\":1,\r\n\"b\":]}": "line 2, column 5",
	} {
		if err := notJSON([]byte(body)); !strings.Contains(err.Error(), " at "+where+": ") {
			t.Errorf("%q: %v", body, err)
		}
	}
}
