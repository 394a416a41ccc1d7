// Package secret keeps secrets out of logs.
package secret

import "log/slog"

const redacted = "[redacted]"

// String is a secret that prints as [redacted] however it is formatted, logged or encoded. The zero String is empty.
type String struct{ value *string }

// New wraps s.
func New(s string) String { return String{&s} }

// Reveal is the only way to the secret.
func (s String) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty reports whether there is no secret.
func (s String) Empty() bool { return s.value == nil || *s.value == "" }

// String implements fmt.Stringer.
func (String) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (String) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (String) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler.
func (String) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText implements encoding.TextUnmarshaler, so that it can be read from the environment.
func (s *String) UnmarshalText(text []byte) error {
	*s = New(string(text))
	return nil
}
