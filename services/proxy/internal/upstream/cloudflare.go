package upstream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mocloud/mocloud/services/proxy/internal/acl"
	"github.com/mocloud/mocloud/services/proxy/internal/budget"
)

// CloudflareConfig says what may be done at Cloudflare.
type CloudflareConfig struct {
	Base     *url.URL
	Zones    map[string]string // zone id → domain under which records may be written
	Owner    string            // of the records, as in their comments
	Reserved []string          // labels right under the domain that are never written
}

// mark begins the comment of every record that mocloud may write: "mocloud:v1 owner=OWNER ref=…". Tags would be the
// natural place, but free zones have none.
func (c CloudflareConfig) mark() string { return "mocloud:v1 owner=" + c.Owner }

var (
	hex32 = regexp.MustCompile(`^[0-9a-f]{32}$`)
	// hostPattern is a name in the form that records have: lower case, no wildcard, at least two labels.
	hostPattern = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// Cloudflare is the part of Cloudflare's API that cloudops may use: the records of configured zones, and of those only the
// ones that carry our mark and lie under the zone's configured domain.
func Cloudflare(c CloudflareConfig) Provider {
	list := []string{"page", "per_page", "type", "name.exact", "name.contains", "name.endswith", "comment.startswith", "order", "direction", "match"}
	return Provider{
		Name: "cloudflare", Hint: "set PROXY_CLOUDFLARE_TOKEN or PROXY_CLOUDFLARE_TOKEN_FILE", Base: c.Base,
		Table: &acl.Table{
			Routes: []acl.Route{
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
				"record": hex32.MatchString,
			},
		},
		// Cloudflare allows 1,200 in 5 minutes and shares them with people's dashboards; half is ours.
		Budget: budget.Config{
			Limits: []budget.Limit{{Calls: 600, Per: 5 * time.Minute}, {Calls: 20, Per: 7 * time.Second}},
			Pause:  5 * time.Minute,
		},
		Guards: map[string]Guard{
			"POST /zones/{zone}/dns_records":            c.guardCreate,
			"PATCH /zones/{zone}/dns_records/{record}":  c.guardPatch,
			"DELETE /zones/{zone}/dns_records/{record}": c.guardDelete,
		},
		ErrorBody: func(status int, message string) any {
			// Codes of 90000 and above are not Cloudflare's.
			return map[string]any{
				"success": false, "errors": []any{map[string]any{"code": 90000 + status, "message": message}},
				"messages": []any{}, "result": nil,
			}
		},
		RequestID: "Cf-Ray",
	}
}

func (c CloudflareConfig) guardCreate(_ context.Context, m acl.Match, body []byte, _ Fetch) ([]byte, map[string]any, error) {
	record, err := decodeObject(body)
	if err != nil {
		return nil, nil, &Refusal{http.StatusBadRequest, "denied by the proxy: the body is not one JSON object"}
	}
	if err := onlyKeys(record, "a record", "type", "name", "content", "ttl", "proxied", "comment"); err != nil {
		return nil, nil, err
	}
	if err := c.checkRecord(m.Params["zone"], record); err != nil {
		return nil, nil, err
	}
	send, err := encode(record)
	return send, change("create", record), err
}

func (c CloudflareConfig) guardPatch(ctx context.Context, m acl.Match, body []byte, fetch Fetch) ([]byte, map[string]any, error) {
	patch, err := decodeObject(body)
	if err != nil {
		return nil, nil, &Refusal{http.StatusBadRequest, "denied by the proxy: the body is not one JSON object"}
	}
	if err := onlyKeys(patch, "a change of a record", "type", "name", "content", "ttl", "proxied", "comment"); err != nil {
		return nil, nil, err
	}
	record, err := c.ours(ctx, m, fetch)
	if err != nil {
		return nil, nil, err
	}
	for key, value := range patch {
		if (key == "type" || key == "name") && !reflect.DeepEqual(value, record[key]) {
			return nil, nil, refuse("the %s of a record must not change", key)
		}
		record[key] = value
	}
	if err := c.checkRecord(m.Params["zone"], record); err != nil {
		return nil, nil, err
	}
	send, err := encode(patch)
	return send, change("update", record), err
}

func (c CloudflareConfig) guardDelete(ctx context.Context, m acl.Match, _ []byte, fetch Fetch) ([]byte, map[string]any, error) {
	record, err := c.ours(ctx, m, fetch)
	if err != nil {
		return nil, nil, err
	}
	return nil, change("delete", record), nil
}

// ours reads the record that a call is about and refuses it unless it is one of ours: an id alone opens nothing.
func (c CloudflareConfig) ours(ctx context.Context, m acl.Match, fetch Fetch) (map[string]any, error) {
	envelope, err := fetch(ctx, "/zones/"+m.Params["zone"]+"/dns_records/"+m.Params["record"])
	if err != nil {
		return nil, err
	}
	record, _ := envelope["result"].(map[string]any)
	if text(record, "id") != m.Params["record"] {
		return nil, &Refusal{http.StatusBadGateway, "the proxy could not read what is to be changed: an odd answer"}
	}
	if err := c.checkRecord(m.Params["zone"], record); err != nil {
		return nil, err
	}
	return record, nil
}

// checkRecord refuses records that are not ours to write.
func (c CloudflareConfig) checkRecord(zone string, record map[string]any) error {
	kind, name, content := text(record, "type"), text(record, "name"), text(record, "content")
	if !slices.Contains([]string{"A", "AAAA", "CNAME", "TXT"}, kind) {
		return refuse("a record of type %q is not allowed", clip(kind))
	}
	domain := c.Zones[zone]
	prefix, under := strings.CutSuffix(name, "."+domain)
	if !under || len(name) > 253 || !hostPattern.MatchString(name) {
		return refuse("%q is not a host name under %s", clip(name), domain)
	}
	if label := prefix[strings.LastIndexByte(prefix, '.')+1:]; slices.Contains(c.Reserved, label) {
		return refuse("%q is reserved", clip(name))
	}
	comment := text(record, "comment")
	if rest, marked := strings.CutPrefix(comment, c.mark()); !marked || (rest != "" && rest[0] != ' ') {
		return refuse("the record's comment does not begin with %q", c.mark())
	}
	if len(comment) > 100 || strings.ContainsFunc(comment, func(r rune) bool { return r < ' ' || r > '~' }) {
		return refuse("the record's comment is longer than 100 characters or not plain text")
	}
	return checkContent(kind, content)
}

func checkContent(kind, content string) error {
	switch kind {
	case "CNAME":
		if len(content) > 253 || !hostPattern.MatchString(content) {
			return refuse("%q is not a host name", clip(content))
		}
	case "A", "AAAA":
		if addr, err := netip.ParseAddr(content); err != nil || addr.Is4() != (kind == "A") || addr.Zone() != "" {
			return refuse("%q is no address for a record of type %s", clip(content), kind)
		}
	case "TXT":
		if content == "" || len(content) > 2048 {
			return refuse("the text is empty or longer than 2048 characters")
		}
	}
	return nil
}

// change is what the audit trail says of a record.
func change(action string, record map[string]any) map[string]any {
	return map[string]any{
		"action": action, "type": text(record, "type"), "name": text(record, "name"),
		"content_sha256": digest([]byte(text(record, "content"))),
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
