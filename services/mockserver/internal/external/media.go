package external

import (
	"mime"
	"net/http"
	"strings"

	"github.com/mocloud/mocloud/pkg/files"
)

// mediaType says what data is: what its origin says if that is anything specific, else by the extension of name,
// else by its first bytes.
func mediaType(name, origin string, data []byte) string {
	if t, _, err := mime.ParseMediaType(origin); err == nil && t != "application/octet-stream" && t != "binary/octet-stream" {
		return origin
	}
	name, _, _ = strings.Cut(name, "?")
	if t := files.MediaType(name); t != "" {
		return t
	}
	if first := strings.TrimLeft(string(data[:min(len(data), 64)]), "\ufeff \t\r\n"); strings.HasPrefix(first, "{") || strings.HasPrefix(first, "[") {
		return "application/json"
	}
	return http.DetectContentType(data)
}
