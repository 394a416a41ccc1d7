// Package cloudflare is the part of Cloudflare's API that mocloud uses: the DNS records of configured zones, and of those only the
// ones that carry our mark and lie under the zone's configured domain.
package cloudflare

import (
	"net/http"
	"regexp"
	"time"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
)

// Name is the provider's name in settings, paths and logs.
const Name = "cloudflare"

// Config says what may be written.
type Config struct {
	Zones    map[string]string // zone id → domain under which records may be written
	Mark     cloudprovider.Mark
	Reserved []string // labels right under the domain that are never written
}

var hex32 = regexp.MustCompile(`^[0-9a-f]{32}$`)

// IsID reports whether id can be the id of a zone or a record.
func IsID(id string) bool { return hex32.MatchString(id) }

// Contract is what may be asked of Cloudflare.
func Contract(c Config) cloudprovider.Contract {
	list := []string{"page", "per_page", "type", "name.exact", "name.contains", "name.endswith", "comment.startswith", "order", "direction", "match"}
	return cloudprovider.Contract{
		Name: Name, Hint: "set PROXY_CLOUDFLARE_TOKEN or PROXY_CLOUDFLARE_TOKEN_FILE",
		Table: &cloudprovider.Table{
			Routes: []cloudprovider.Route{
				{Method: http.MethodGet, Template: "/user/tokens/verify"},
				{Method: http.MethodGet, Template: "/zones/{zone}"},
				{Method: http.MethodGet, Template: "/zones/{zone}/dns_records", Query: list},
				{Method: http.MethodGet, Template: "/zones/{zone}/dns_records/usage"},
				{Method: http.MethodGet, Template: "/zones/{zone}/dns_records/{record}"},
				{Method: http.MethodPost, Template: "/zones/{zone}/dns_records"},
				{Method: http.MethodPatch, Template: "/zones/{zone}/dns_records/{record}"},
				{Method: http.MethodDelete, Template: "/zones/{zone}/dns_records/{record}"},
			},
			Params: map[string]func(string) bool{
				"zone":   func(id string) bool { _, ok := c.Zones[id]; return ok },
				"record": IsID,
			},
		},
		// Cloudflare allows 1,200 in 5 minutes and shares them with people's dashboards; half is ours.
		Limits: []cloudprovider.Limit{{Calls: 600, Per: 5 * time.Minute}, {Calls: 20, Per: 7 * time.Second}},
		Pause:  5 * time.Minute,
		Guards: map[string]cloudprovider.Guard{
			"POST /zones/{zone}/dns_records":            c.guardCreate,
			"PATCH /zones/{zone}/dns_records/{record}":  c.guardPatch,
			"DELETE /zones/{zone}/dns_records/{record}": c.guardDelete,
		},
		ErrorBody: func(status int, message string) any {
			return map[string]any{
				"success": false, "errors": []any{map[string]any{"code": ProxyCode + status, "message": message}},
				"messages": []any{}, "result": nil,
			}
		},
		RequestID: "Cf-Ray",
	}
}
