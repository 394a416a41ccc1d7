package remote

import (
	"encoding/json"
	"io"
)

// PrintJSON prints v for programs: indented, without escapes for HTML.
func PrintJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
