package mockspec

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/charset"
)

// lintHeaders warns of headers of an answer that the server leaves out, or that do not fit what it sends.
func (r *reader) lintHeaders(n *yaml.Node, headers []Header) {
	if r.trusted || r.compat() || n.Kind != yaml.MappingNode {
		return
	}
	for _, h := range headers {
		if hasTag(h.Value.Raw) {
			continue
		}
		pos := h.Value.Pos
		switch value := strings.TrimSpace(h.Value.Raw); strings.ToLower(h.Name) {
		case "content-type":
			if _, err := charset.Of(value); err != nil {
				r.warn(pos, CodeBadHeader, "use a charset that is registered, or UTF-8", "%s: texts are sent as UTF-8", err)
			}
		}
	}
}
