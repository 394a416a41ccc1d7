package objstore

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a key, in bytes. S3 allows 1024 for a key; file systems allow 255 for one segment.
const (
	MaxKey     = 1024
	MaxSegment = 255
)

// ErrKey says that a key is not one that every store can hold; see CheckKey.
var ErrKey = errors.New("invalid object key")

// CheckKey tells whether every store can hold key: valid UTF-8 without control characters, at most MaxKey bytes, made of
// segments that are separated by single slashes, each neither empty nor "." nor ".." and at most MaxSegment bytes. Stores
// call it first, so that a key that works on a laptop works in production and no key leads out of the store. The
// error wraps ErrKey. A store may refuse a key below another object ("a/b" where "a" is one): directories cannot hold both.
func CheckKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: it is empty", ErrKey)
	case len(key) > MaxKey:
		return fmt.Errorf("%w: it has %d bytes; the limit is %d", ErrKey, len(key), MaxKey)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w %q: it is not valid UTF-8", ErrKey, key)
	case strings.ContainsFunc(key, unicode.IsControl):
		return fmt.Errorf("%w %q: it has a control character", ErrKey, key)
	}
	for segment := range strings.SplitSeq(key, "/") {
		switch {
		case segment == "":
			return fmt.Errorf("%w %q: it has an empty segment", ErrKey, key)
		case segment == "." || segment == "..":
			return fmt.Errorf("%w %q: %q is not a segment", ErrKey, key, segment)
		case len(segment) > MaxSegment:
			return fmt.Errorf("%w %q: a segment has %d bytes; the limit is %d", ErrKey, key, len(segment), MaxSegment)
		}
	}
	return nil
}

// ErrOptions says that PutOptions contradict themselves.
var ErrOptions = errors.New("IfMatch and IfAbsent cannot be combined")

// Check returns ErrOptions when no object could satisfy o.
func (o PutOptions) Check() error {
	if o.IfAbsent && o.IfMatch != "" {
		return ErrOptions
	}
	return nil
}

// Conditional tells whether o makes a write depend on what is there.
func (o PutOptions) Conditional() bool { return o.IfAbsent || o.IfMatch != "" }
