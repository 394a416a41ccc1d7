package mockspec

import (
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/charset"
)

// lintHeaders warns of headers of an answer that are not sent, or that do not fit what is sent.
func (r *reader) lintHeaders(e *Endpoint) {
	if r.trusted || r.compat() {
		return
	}
	for _, h := range e.Response.Headers {
		pos, value := h.Value.Pos, strings.TrimSpace(h.Value.Raw)
		switch name := strings.ToLower(h.Name); name {
		case "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade":
			r.warn(pos, CodeBadHeader, "delete it", "`%s` is not sent: it is about the connection, which the server decides on", h.Name)
		case "content-length":
			if e.Method != "HEAD" && !e.Response.Body.hasLength(value) {
				r.warn(pos, CodeBadHeader, "delete it", "`%s` is not sent: the server counts the body, and this is not its length", h.Name)
			}
		case "content-encoding":
			kind := e.Response.Body.Kind
			if (kind == BodyText || kind == BodyJSON) && !hasTag(value) && !strings.EqualFold(value, "identity") {
				r.warn(pos, CodeBadHeader, "delete it; the server compresses answers for callers that ask for it",
					"`%s` says that the body is compressed with `%s`, but it is text: callers cannot read it", h.Name, brief(value))
			}
		case "content-type":
			if _, err := charset.Of(value); err != nil && !hasTag(value) {
				r.warn(pos, CodeBadHeader, "use a registered charset, or UTF-8", "%s, so text is sent as UTF-8", err)
			}
		}
	}
}

// hasLength reports whether the text of a header is the length of the body, as far as that is known.
func (b *Body) hasLength(text string) bool {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || b.Kind == BodyExternal || hasTag(b.Template):
		return false
	case b.Kind == BodyNone:
		return n == 0
	default:
		return n == len(b.Template)
	}
}
