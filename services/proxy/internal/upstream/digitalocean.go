package upstream

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"time"

	"github.com/mocloud/mocloud/services/proxy/internal/acl"
	"github.com/mocloud/mocloud/services/proxy/internal/budget"
)

// DigitalOceanConfig says what may be done at DigitalOcean.
type DigitalOceanConfig struct {
	Base *url.URL
	Apps []string // ids of our apps
}

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// DigitalOcean is the part of App Platform that cloudops may use: to read our apps, and to change the domains in their
// specs. App Platform has no call for a domain alone; the whole spec is replaced, so the guard compares it with what is there.
func DigitalOcean(c DigitalOceanConfig) Provider {
	return Provider{
		Name: "digitalocean", Hint: "set PROXY_DIGITALOCEAN_TOKEN or PROXY_DIGITALOCEAN_TOKEN_FILE", Base: c.Base,
		Table: &acl.Table{
			Routes: []acl.Route{
				{Method: http.MethodGet, Template: "/v2/apps/{app}"},
				{Method: http.MethodPut, Template: "/v2/apps/{app}"},
				{Method: http.MethodPost, Template: "/v2/apps/propose"},
				{Method: http.MethodGet, Template: "/v2/apps/{app}/deployments", Query: []string{"page", "per_page"}},
				{Method: http.MethodGet, Template: "/v2/apps/{app}/deployments/{deployment}"},
			},
			Params: map[string]func(string) bool{
				"app":        func(id string) bool { return slices.Contains(c.Apps, id) },
				"deployment": uuidPattern.MatchString,
			},
		},
		// DigitalOcean allows 250 a minute and 5,000 an hour; 60 % are ours.
		Budget: budget.Config{
			Limits: []budget.Limit{{Calls: 150, Per: time.Minute}, {Calls: 3000, Per: time.Hour}},
			Pause:  time.Minute,
		},
		Guards: map[string]Guard{
			"PUT /v2/apps/{app}":    c.guardUpdate,
			"POST /v2/apps/propose": c.guardPropose,
		},
		ErrorBody: func(status int, message string) any {
			id := "proxy_error"
			switch status {
			case http.StatusForbidden:
				id = "forbidden"
			case http.StatusUnauthorized:
				id = "unauthorized"
			case http.StatusTooManyRequests:
				id = "too_many_requests"
			case http.StatusServiceUnavailable:
				id = "service_unavailable"
			}
			return map[string]any{"id": id, "message": message}
		},
		RequestID: "X-Request-Id",
	}
}

func (c DigitalOceanConfig) guardUpdate(ctx context.Context, m acl.Match, body []byte, fetch Fetch) ([]byte, map[string]any, error) {
	update, err := decodeObject(body)
	if err != nil {
		return nil, nil, &Refusal{http.StatusBadRequest, "denied by the proxy: the body is not one JSON object"}
	}
	if err := onlyKeys(update, "an update of an app", "spec", "update_all_source_versions"); err != nil {
		return nil, nil, err
	}
	if all, there := update["update_all_source_versions"]; there && all != false {
		return nil, nil, refuse("an update must not rebuild the sources")
	}
	return c.guardSpec(ctx, m.Params["app"], update, fetch)
}

func (c DigitalOceanConfig) guardPropose(ctx context.Context, _ acl.Match, body []byte, fetch Fetch) ([]byte, map[string]any, error) {
	proposal, err := decodeObject(body)
	if err != nil {
		return nil, nil, &Refusal{http.StatusBadRequest, "denied by the proxy: the body is not one JSON object"}
	}
	if err := onlyKeys(proposal, "a proposal", "spec", "app_id"); err != nil {
		return nil, nil, err
	}
	app := text(proposal, "app_id")
	if !slices.Contains(c.Apps, app) {
		return nil, nil, refuse("the proposal is not about an app of ours")
	}
	return c.guardSpec(ctx, app, proposal, fetch)
}

// guardSpec refuses a spec that differs from the app's present one in anything but its domains, or that touches the
// domains which are not mocloud's to change.
func (c DigitalOceanConfig) guardSpec(ctx context.Context, app string, body map[string]any, fetch Fetch) ([]byte, map[string]any, error) {
	wanted, ok := body["spec"].(map[string]any)
	if !ok {
		return nil, nil, refuse("there is no spec")
	}
	answer, err := fetch(ctx, "/v2/apps/"+app)
	if err != nil {
		return nil, nil, err
	}
	described, _ := answer["app"].(map[string]any)
	present, _ := described["spec"].(map[string]any)
	if text(described, "id") != app || text(present, "name") == "" {
		return nil, nil, &Refusal{http.StatusBadGateway, "the proxy could not read what is to be changed: an odd answer"}
	}
	for key := range merged(wanted, present) {
		if key != "domains" && !reflect.DeepEqual(wanted[key], present[key]) {
			return nil, nil, refuse("the spec differs from the app's in %q; only its domains may change", clip(key))
		}
	}
	was, err := domainsOf(present)
	if err != nil {
		return nil, nil, err
	}
	is, err := domainsOf(wanted)
	if err != nil {
		return nil, nil, err
	}
	var added, removed []string
	for name := range merged(was, is) {
		before, there := was[name]
		after, stays := is[name]
		fixed := isFixed(before) || isFixed(after)
		switch {
		case fixed && !reflect.DeepEqual(before, after):
			return nil, nil, refuse("the default and the primary domain must stay as they are: %q", clip(name))
		case !there:
			added = append(added, name)
		case !stays:
			removed = append(removed, name)
		case !reflect.DeepEqual(before, after):
			return nil, nil, refuse("the domain %q exists and must stay as it is", clip(name))
		}
	}
	sort.Strings(added)
	sort.Strings(removed)
	spec, err := encode(wanted)
	if err != nil {
		return nil, nil, err
	}
	send, err := encode(body)
	return send, map[string]any{"domains_added": added, "domains_removed": removed, "spec_sha256": digest(spec)}, err
}

// merged has the keys of both; the values of a win.
func merged(a, b map[string]any) map[string]any {
	all := make(map[string]any, len(a)+len(b))
	maps.Copy(all, b)
	maps.Copy(all, a)
	return all
}

// isFixed reports whether a domain is the app's own or its primary one.
func isFixed(entry any) bool {
	domain, _ := entry.(map[string]any)
	kind := text(domain, "type")
	return kind == "DEFAULT" || kind == "PRIMARY"
}

// domainsOf returns a spec's domains by name.
func domainsOf(spec map[string]any) (map[string]any, error) {
	byName := map[string]any{}
	list, there := spec["domains"]
	if !there {
		return byName, nil
	}
	domains, ok := list.([]any)
	if !ok {
		return nil, refuse("the domains are not a list")
	}
	for _, item := range domains {
		domain, _ := item.(map[string]any)
		name := text(domain, "domain")
		if name == "" {
			return nil, refuse("a domain has no name")
		}
		if _, twice := byName[name]; twice {
			return nil, refuse("the domain %q is there twice", clip(name))
		}
		byName[name] = domain
	}
	return byName, nil
}
