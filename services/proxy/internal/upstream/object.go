package upstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// decodeObject reads exactly one JSON object. Numbers keep their digits. What is sent on is always encoded from what this
// returns, so that a key that is there twice, or in another case, cannot mean one thing here and another behind us.
func decodeObject(raw []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil, err
	}
	if object == nil {
		return nil, errors.New("null is no object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	return object, nil
}

// onlyKeys refuses an object with keys besides these.
func onlyKeys(object map[string]any, what string, keys ...string) error {
	for key := range object {
		if !slices.Contains(keys, key) {
			return refuse("%s must not hold %q", what, clip(key))
		}
	}
	return nil
}

// text returns a member that is a string, "" if it is not there or something else.
func text(object map[string]any, key string) string {
	s, _ := object[key].(string)
	return s
}

// clip bounds what is repeated of foreign input.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
