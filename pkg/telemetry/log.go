// Package telemetry makes the logger of a process.
package telemetry

import (
	"io"
	"log/slog"
	"os"
)

// NewLogger writes JSON lines, or readable text when out is a terminal. Level is "debug", "info", "warn" or "error".
func NewLogger(out io.Writer, level slog.Level) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if IsTerminal(out) {
		return slog.New(slog.NewTextHandler(out, opts))
	}
	return slog.New(slog.NewJSONHandler(out, opts))
}

// IsTerminal reports whether a person is likely to read what is written to out.
func IsTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
