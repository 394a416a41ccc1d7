package serve

import (
	"mime"
	"strings"
)

// What follows tells kinds of media types apart by their names (RFC 9110 section 8.3, RFC 6839).

func isJSON(mediaType string) bool {
	kind := bareType(mediaType)
	return kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json")
}

func isMarkup(mediaType string) bool {
	kind := bareType(mediaType)
	return kind == "text/html" || kind == "text/xml" || kind == "application/xml" || strings.HasSuffix(kind, "+xml")
}

func bareType(mediaType string) string {
	kind, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		kind, _, _ = strings.Cut(mediaType, ";")
		return strings.ToLower(strings.TrimSpace(kind))
	}
	return kind
}
