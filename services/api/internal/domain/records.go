package domain

import (
	"encoding/json"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/mocloud/mocloud/pkg/event"
)

// Record is a DNS record that the owner of a host is to create, and what is there.
type Record struct {
	Type, Name, Value string
	// RelativeName is the name as the forms of DNS providers want it: without the domain that was registered, "@" for that domain itself.
	RelativeName string
	Seen         []string
	State        string // of event.ObservedRecord; "" before the first look
}

// Apex reports whether the host is a domain as it was registered, where no CNAME record is possible.
func (d *Domain) Apex() bool { return registered(d.Host) == d.Host }

// registered is the part of a host that was registered: example.co.uk of api.example.co.uk.
func registered(host string) string {
	name, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return name
}

func relative(name, zone string) string {
	if name == zone {
		return "@"
	}
	return strings.TrimSuffix(name, "."+zone)
}

// Records are those that the owner of the host is to create.
func (d *Domain) Records() []Record {
	zone, route := registered(d.Host), "CNAME"
	if zone == d.Host {
		route = "ALIAS"
	}
	records := []Record{
		{Type: "TXT", Name: event.ProofName + d.Host, Value: event.ProofValue + d.Token},
		{Type: route, Name: d.Host, Value: d.Target},
	}
	var seen []event.ObservedRecord
	if d.Observed != "" && json.Unmarshal([]byte(d.Observed), &seen) != nil {
		seen = nil // of a newer version of this service
	}
	for i := range records {
		r := &records[i]
		r.RelativeName, r.Seen = relative(r.Name, zone), []string{}
		for _, o := range seen {
			if o.Name == r.Name && (o.Type == "TXT") == (r.Type == "TXT") {
				r.State = o.State
				r.Seen = append(r.Seen, o.Seen...)
			}
		}
	}
	return records
}
