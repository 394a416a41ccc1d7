// Package rfc2136 is what mocloud does at a name server that takes dynamic updates (RFC 2136), such as BIND, Knot or PowerDNS. The server speaks
// DNS and has no comments; the proxy speaks DNS with it and JSON with cloudops, and keeps the mark of a record in a TXT record of its own.
package rfc2136

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
)

// Name is the provider's name in settings, paths and logs.
const Name = "rfc2136"

// What can be done with a record.
const (
	Create = "create" // if neither it nor anything else of its name is there
	Update = "update" // if it is still the one that was seen
	Delete = "delete" // if it is still the one that was seen
)

// Record is a record with its mark.
type Record struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Content string `json:"content"`
	TTL     int    `json:"ttl"`
	Comment string `json:"comment"` // the mark; "" if it has none
}

// Records is the answer to a list.
type Records struct {
	Records []Record `json:"records"`
}

// Change is what is asked for. Was is the mark that was seen, of Update and Delete.
type Change struct {
	Action string `json:"action"`
	Was    string `json:"was"`
	Record
}

// Failure is an answer that is an error.
type Failure struct {
	Code    string `json:"code"` // in lower case, as the server says it: yxdomain, refused, …
	Message string `json:"message"`
}

// Denied is the code of the proxy's own refusals.
const Denied = "denied"

// markLabel begins the names of marks.
const markLabel = "_mocloud"

// MarkName is the name of the TXT record with the mark of the record at name: below the name, because nothing can stand beside a CNAME.
// Below a wildcard nothing can be either; its mark is beside it.
func MarkName(name string) string {
	if rest, wildcard := strings.CutPrefix(name, "*."); wildcard {
		return markLabel + "-wildcard." + rest
	}
	return markLabel + "." + name
}

// Marked is the name of the record that a TXT record at name marks; false if it is no mark.
func Marked(name string) (string, bool) {
	if rest, wildcard := strings.CutPrefix(name, markLabel+"-wildcard."); wildcard {
		return "*." + rest, true
	}
	return strings.CutPrefix(name, markLabel+".")
}

// Config says what may be written.
type Config struct {
	Zones    map[string]string // zone → domain under which records may be written
	Mark     cloudprovider.Mark
	Reserved []string // labels right under the domain that are never written
}

// Contract is what may be asked of the server.
func Contract(c Config) cloudprovider.Contract {
	return cloudprovider.Contract{
		Name: Name, Hint: "set PROXY_RFC2136_KEY or PROXY_RFC2136_KEY_FILE",
		Table: &cloudprovider.Table{
			Routes: []cloudprovider.Route{
				{Method: http.MethodGet, Template: "/zones/{zone}/records"},
				{Method: http.MethodPost, Template: "/zones/{zone}/changes"},
			},
			Params: map[string]func(string) bool{"zone": func(zone string) bool { _, ok := c.Zones[zone]; return ok }},
		},
		// The server is the installation's own.
		Limits: []cloudprovider.Limit{{Calls: 3000, Per: time.Minute}},
		Pause:  10 * time.Second,
		Guards: map[string]cloudprovider.Guard{"POST /zones/{zone}/changes": c.guardChange},
		ErrorBody: func(_ int, message string) any {
			return Failure{Code: Denied, Message: message}
		},
	}
}

// maxMark is the longest string that a TXT record holds.
const maxMark = 255

// guardChange judges a change. It need not read before: the server itself compares the mark that was seen, in the same step.
func (c Config) guardChange(_ context.Context, m cloudprovider.Match, body []byte, _ cloudprovider.Fetch) ([]byte, map[string]any, error) {
	object, err := cloudprovider.DecodeObject(body)
	if err != nil {
		return nil, nil, cloudprovider.Malformed()
	}
	if err := cloudprovider.OnlyKeys(object, "a change", "action", "was", "type", "name", "content", "ttl", "comment"); err != nil {
		return nil, nil, err
	}
	text := func(key string) string { return cloudprovider.Text(object, key) }
	action, marks := text("action"), []string{text("was")}
	switch action {
	case Create:
		marks = []string{text("comment")}
	case Update:
		marks = append(marks, text("comment"))
	case Delete:
	default:
		return nil, nil, cloudprovider.Refuse("%q is no action", cloudprovider.Clip(action))
	}
	for _, mark := range marks {
		if !c.Mark.Owns(mark) || len(mark) > maxMark || strings.ContainsFunc(mark, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
			return nil, nil, cloudprovider.Refuse("the record's mark does not begin with %q, or is not plain text", c.Mark)
		}
	}
	if kind := text("type"); kind != "CNAME" && kind != "TXT" {
		return nil, nil, cloudprovider.Refuse("a record of type %q is not allowed", cloudprovider.Clip(kind))
	}
	zone := cloudprovider.Zone{Domain: c.Zones[m.Params["zone"]], Reserved: c.Reserved}
	if err := zone.CheckRecord(text("type"), text("name"), text("content")); err != nil {
		return nil, nil, err
	}
	send, err := cloudprovider.EncodeObject(object)
	return send, map[string]any{
		"action": action, "type": text("type"), "name": text("name"), "content_sha256": cloudprovider.Digest([]byte(text("content"))),
	}, err
}
