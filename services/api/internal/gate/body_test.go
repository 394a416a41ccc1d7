package gate

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// Whatever valid JSON it gets, decode reads what the decoder of encoding/json reads, but for names that are there twice and zero
// characters. Of anything else it makes an error, and no panic.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `{"a":1,"a":2}`, `{"a":{"b":[{"c":1},{"c":2}]}}`, `{"a":[{"b":1,"c":2,"b":3}]}`, `{"\u0061":1,"a":2}`, `{"a":"\"a\":","b":"{"}`,
		`{"a":["a","a"],"b":"a"}`, `{"":1,"":2}`, `["a","a"]`, `{"a":"b","b":"a"}`, `{`, `"`, `{"a"`, `]`, `{"a":1}}`, `{"a":1} 2`, `{"a\`, `{"a\\":1,"a\\":2}`,
		`{"a":1,}`, `[1,]`, `[1 2]`, `{"a" 1}`, `{1:2}`, `{"a":1 "b":2}`, `,`, `[,1]`, `nul`, `null`, ` true `, `1e999`, `-0`, `01`, `"\u0000"`, `{"\u0000":1}`, `"\ud800"`, `""`, ` `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decode(body)
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var want any
		switch valid := json.Valid(body) && d.Decode(&want) == nil; {
		case !valid:
			if err == nil {
				t.Errorf("%q is no JSON, and becomes %v", body, got)
			}
		case depth(body) > maxDepth || bytes.Contains(body, []byte(`\u0000`)):
		case twice(t, body):
			if err == nil {
				t.Errorf("%q has a name twice, and becomes %v", body, got)
			}
		case err != nil || !reflect.DeepEqual(got, want):
			t.Errorf("%q becomes %v, %v", body, got, err)
		}
	})
}

// depth is at least how deep valid JSON is.
func depth(body []byte) int { return bytes.Count(body, []byte("{")) + bytes.Count(body, []byte("[")) }

// What is wrong in a body is named by its place.
func TestDecodeNamesPlaces(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"a":{"b":1,"b":2}}`:         "a.b",
		`{"a":[1,{"b":1,"b":2}]}`:     "a.1.b",
		`{"a":"x\u0000"}`:             "a",
		`{"a":[["x","\u0000"]]}`:      "a.0.1",
		`{"a":{"b\u0000c":1}}`:        "a.bc",
		`[{"b":1,"\u0062":2}]`:        "0.b",
		strings.Repeat("[", 65):       "",
		`{"a":` + "\n" + `{"b":1}} 2`: "",
	} {
		_, err := decode([]byte(body))
		e, ok := errors.AsType[*apperr.Error](err)
		if !ok || e.Field != want {
			t.Errorf("%q: %v", body, err)
		}
	}
	if _, err := decode([]byte(strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth))); err != nil {
		t.Errorf("as deep as may be: %v", err)
	}
}

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
