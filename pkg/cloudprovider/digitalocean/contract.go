// Package digitalocean is the part of DigitalOcean's App Platform that mocloud uses: it reads configured apps and changes the
// domains in their specs. App Platform has no call for a domain alone; the whole spec is replaced, so the guard compares it with what
// is there.
package digitalocean

import (
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
)

// Name is the provider's name in settings, paths and logs.
const Name = "digitalocean"

// Config says what may be written.
type Config struct {
	Apps []string // ids of our apps
}

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// IsID reports whether id can be the id of an app or a deployment.
func IsID(id string) bool { return uuidPattern.MatchString(id) }

// domainPattern is DigitalOcean's own, for the domains of a spec.
var domainPattern = regexp.MustCompile(`^((xn--)?[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*\.)+[a-zA-Z]{2,}\.?$`)

// IsDomain reports whether an app can have host as a domain. A name such as a--b.example.com is possible in DNS and not here.
func IsDomain(host string) bool {
	return len(host) >= 4 && len(host) <= 253 && domainPattern.MatchString(host)
}

// Contract is what may be asked of DigitalOcean.
func Contract(c Config) cloudprovider.Contract {
	return cloudprovider.Contract{
		Name: Name, Hint: "set PROXY_DIGITALOCEAN_TOKEN or PROXY_DIGITALOCEAN_TOKEN_FILE",
		Table: &cloudprovider.Table{
			Routes: []cloudprovider.Route{
				{Method: http.MethodGet, Template: "/v2/apps/{app}"},
				{Method: http.MethodPut, Template: "/v2/apps/{app}"},
				{Method: http.MethodPost, Template: "/v2/apps/propose"},
				{Method: http.MethodGet, Template: "/v2/apps/{app}/deployments", Query: []string{"page", "per_page"}},
				{Method: http.MethodGet, Template: "/v2/apps/{app}/deployments/{deployment}"},
			},
			Params: map[string]func(string) bool{
				"app":        func(id string) bool { return slices.Contains(c.Apps, id) },
				"deployment": IsID,
			},
		},
		// DigitalOcean allows 250 a minute and 5,000 an hour; 60 % are ours.
		Limits: []cloudprovider.Limit{{Calls: 150, Per: time.Minute}, {Calls: 3000, Per: time.Hour}},
		Pause:  time.Minute,
		Guards: map[string]cloudprovider.Guard{
			"PUT /v2/apps/{app}":    c.guardUpdate,
			"POST /v2/apps/propose": c.guardPropose,
		},
		ErrorBody: func(status int, message string) any {
			return map[string]any{"id": errorID(status), "message": message}
		},
		RequestID: "X-Request-Id",
	}
}

// CodeDenied is the id of the proxy's refusals with 403. DigitalOcean's own 403 has the same; the message tells them apart.
const CodeDenied = "forbidden"

func errorID(status int) string {
	switch status {
	case http.StatusForbidden:
		return CodeDenied
	case http.StatusUnauthorized:
		return "unauthorized"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusConflict:
		return "conflict"
	case http.StatusTooManyRequests:
		return "too_many_requests"
	case http.StatusServiceUnavailable:
		return "service_unavailable"
	}
	return "proxy_error"
}
