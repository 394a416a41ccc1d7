package cloudprovider

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// DecodeObject reads exactly one JSON object. Numbers keep their digits. What is sent on is always encoded from what this
// returns, so that a key that is there twice, or in another case, cannot mean one thing here and another behind us.
func DecodeObject(raw []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil, err
	}
	if object == nil {
		return nil, errors.New("null is not an object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	return object, nil
}

// OnlyKeys refuses an object with keys besides these.
func OnlyKeys(object map[string]any, what string, keys ...string) error {
	for key := range object {
		if !slices.Contains(keys, key) {
			return Refuse("%s must not hold %q", what, Clip(key))
		}
	}
	return nil
}

// Text returns a member that is a string, "" if it is not there or something else.
func Text(object map[string]any, key string) string {
	s, _ := object[key].(string)
	return s
}

// Clip bounds what is repeated of foreign input.
func Clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// EncodeObject marshals a JSON value that was decoded from JSON, without changing its strings.
func EncodeObject(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	return raw, nil
}

// Digest is the SHA-256 of what the audit trail shall not hold itself.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
