package digitalocean

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"sort"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
)

func (c Config) guardUpdate(ctx context.Context, m cloudprovider.Match, body []byte, fetch cloudprovider.Fetch) ([]byte, map[string]any, error) {
	update, err := cloudprovider.DecodeObject(body)
	if err != nil {
		return nil, nil, cloudprovider.Malformed()
	}
	if err := cloudprovider.OnlyKeys(update, "an update of an app", "spec", "update_all_source_versions", ExpectKey); err != nil {
		return nil, nil, err
	}
	if all, there := update["update_all_source_versions"]; there && all != false {
		return nil, nil, cloudprovider.Refuse("an update must not rebuild the sources")
	}
	expected, err := expectationOf(update)
	if err != nil {
		return nil, nil, err
	}
	send, change, err := c.guardSpec(ctx, m.Params["app"], update, fetch)
	if err == nil && expected != nil && !expected.allows(change) {
		return nil, nil, &cloudprovider.Refusal{Status: http.StatusConflict, Message: "the domains of the app changed meanwhile; read it again"}
	}
	return send, change, err
}

// ExpectKey is the member of an update that says which domains it is to add and to remove. It is for the proxy alone. An update that
// would do more, because somebody else changed the domains since the caller read them, is refused: App Platform has no
// conditional writes, so this is what prevents lost updates.
const ExpectKey = "mocloud_expect"

// Expectation is the value of ExpectKey.
type Expectation struct {
	Add    []string `json:"add"`
	Remove []string `json:"remove"`
}

func expectationOf(update map[string]any) (*Expectation, error) {
	value, there := update[ExpectKey]
	if !there {
		return nil, nil //nolint:nilnil // none is expected
	}
	delete(update, ExpectKey)
	raw, err := cloudprovider.EncodeObject(value)
	var e Expectation
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err != nil {
		return nil, cloudprovider.Malformed()
	}
	return &e, nil
}

func (e *Expectation) allows(change map[string]any) bool {
	within := func(key string, most []string) bool {
		names, _ := change[key].([]string)
		return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(most, name) })
	}
	return within("domains_added", e.Add) && within("domains_removed", e.Remove)
}

func (c Config) guardPropose(ctx context.Context, _ cloudprovider.Match, body []byte, fetch cloudprovider.Fetch) ([]byte, map[string]any, error) {
	proposal, err := cloudprovider.DecodeObject(body)
	if err != nil {
		return nil, nil, cloudprovider.Malformed()
	}
	if err := cloudprovider.OnlyKeys(proposal, "a proposal", "spec", "app_id"); err != nil {
		return nil, nil, err
	}
	app := cloudprovider.Text(proposal, "app_id")
	if !slices.Contains(c.Apps, app) {
		return nil, nil, cloudprovider.Refuse("the proposal is not about an app of ours")
	}
	return c.guardSpec(ctx, app, proposal, fetch)
}

// guardSpec refuses a spec that differs from the app's present one in anything but its domains, or that touches the
// domains which are not mocloud's to change.
func (c Config) guardSpec(ctx context.Context, app string, body map[string]any, fetch cloudprovider.Fetch) ([]byte, map[string]any, error) {
	wanted, ok := body["spec"].(map[string]any)
	if !ok {
		return nil, nil, cloudprovider.Refuse("there is no spec")
	}
	answer, err := fetch(ctx, "/v2/apps/"+app)
	if err != nil {
		return nil, nil, err
	}
	described, _ := answer["app"].(map[string]any)
	present, _ := described["spec"].(map[string]any)
	if cloudprovider.Text(described, "id") != app || cloudprovider.Text(present, "name") == "" {
		return nil, nil, cloudprovider.Odd()
	}
	for key := range merged(wanted, present) {
		if key != "domains" && !reflect.DeepEqual(wanted[key], present[key]) {
			return nil, nil, cloudprovider.Refuse("the spec differs from the app's in %q; only its domains may change", cloudprovider.Clip(key))
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
			return nil, nil, cloudprovider.Refuse("the default and the primary domain must stay as they are: %q", cloudprovider.Clip(name))
		case !there:
			added = append(added, name)
		case !stays:
			removed = append(removed, name)
		case !reflect.DeepEqual(before, after):
			return nil, nil, cloudprovider.Refuse("the domain %q exists and must stay as it is", cloudprovider.Clip(name))
		}
	}
	sort.Strings(added)
	sort.Strings(removed)
	spec, err := cloudprovider.EncodeObject(wanted)
	if err != nil {
		return nil, nil, err
	}
	send, err := cloudprovider.EncodeObject(body)
	return send, map[string]any{"domains_added": added, "domains_removed": removed, "spec_sha256": cloudprovider.Digest(spec)}, err
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
	kind := cloudprovider.Text(domain, "type")
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
		return nil, cloudprovider.Refuse("the domains are not a list")
	}
	for _, item := range domains {
		domain, _ := item.(map[string]any)
		name := cloudprovider.Text(domain, "domain")
		if name == "" {
			return nil, cloudprovider.Refuse("a domain has no name")
		}
		if _, twice := byName[name]; twice {
			return nil, cloudprovider.Refuse("the domain %q is there twice", cloudprovider.Clip(name))
		}
		byName[name] = domain
	}
	return byName, nil
}
