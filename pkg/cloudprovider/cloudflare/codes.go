package cloudflare

import "slices"

// Codes of Cloudflare's errors.
const (
	CodeValidation = 1004
	CodeNoRoute    = 7003
	CodeAuth       = 10000
	CodeLimited    = 10429
	CodeNoRecord   = 81044
	CodeQuota      = 81045 // the zone holds as many records as it may
	CodeIdentical  = 81058

	// ProxyCode plus an HTTP status is the code of the proxy's own refusals. Cloudflare's end far below.
	ProxyCode = 90000
)

// IsConflict reports whether a record of that name is there already: what is known of the zone is stale.
func IsConflict(code int) bool {
	return slices.Contains([]int{81053, 81054, 81057, CodeIdentical}, code)
}
