package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/mocloud/mocloud/pkg/cloudprovider/cloudflare"
)

// Record is a DNS record at Cloudflare.
type Record struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Name       string `json:"name"`
	Content    string `json:"content"`
	TTL        int    `json:"ttl"`
	Proxied    bool   `json:"proxied"`
	Proxiable  bool   `json:"proxiable"`
	Comment    string `json:"comment"`
	CreatedOn  string `json:"created_on"`
	ModifiedOn string `json:"modified_on"`
}

// Cloudflare plays Cloudflare's DNS API for one zone, below /client/v4. It is safe for concurrent use.
type Cloudflare struct {
	faults

	Token string // that the API takes
	Zone  string // id
	// Quota is how many records the zone may hold; 0 means as many as one likes.
	Quota int

	mu      sync.Mutex
	records []Record
	next    int
}

// Put adds a record as it is, and gives it an id if it has none.
func (c *Cloudflare) Put(r Record) Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.put(r)
}

func (c *Cloudflare) put(r Record) Record {
	if r.ID == "" {
		c.next++
		r.ID = id(c.next)
	}
	r.Proxiable = r.Type == "CNAME" || r.Type == "A" || r.Type == "AAAA"
	if r.CreatedOn == "" {
		r.CreatedOn, r.ModifiedOn = "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"
	}
	c.records = append(c.records, r)
	return r
}

// Remove takes a record away, as somebody at the dashboard does.
func (c *Cloudflare) Remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records = slices.DeleteFunc(c.records, func(r Record) bool { return r.Name == name })
}

// Records returns the zone's records, by name.
func (c *Cloudflare) Records() []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.records)
	slices.SortFunc(all, func(a, b Record) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// ServeHTTP implements http.Handler.
func (c *Cloudflare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isControl(r.URL.Path) {
		c.control(w, r, map[string]any{"zone": c.Zone, "records": c.Records(), "calls": len(c.Calls())})
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/client/v4")
	c.serve(w, r, path, func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.act(w, r, path)
	}, func(w http.ResponseWriter, status int, message string) { refuse(w, status, 10000+status, message) })
}

func (c *Cloudflare) act(w http.ResponseWriter, r *http.Request, path string) {
	if r.Header.Get("Authorization") != "Bearer "+c.Token {
		refuse(w, http.StatusForbidden, cloudflare.CodeAuth, "Authentication error")
		return
	}
	w.Header().Set("Cf-Ray", "8f0000000000abcd-SIM")
	rest, inZone := strings.CutPrefix(path, "/zones/"+c.Zone+"/dns_records")
	recordID := strings.TrimPrefix(rest, "/")
	at := slices.IndexFunc(c.records, func(r Record) bool { return r.ID == recordID })
	switch {
	case !inZone:
		refuse(w, http.StatusNotFound, cloudflare.CodeNoRoute, "Could not route to "+path+", perhaps your object identifier is invalid?")
	case recordID == "" && r.Method == http.MethodGet:
		c.list(w, r)
	case recordID == "" && r.Method == http.MethodPost:
		c.create(w, r)
	case recordID == "usage" && r.Method == http.MethodGet:
		answer(w, map[string]int{"record_quota": c.Quota, "record_usage": len(c.records)}, nil)
	case at < 0:
		refuse(w, http.StatusNotFound, cloudflare.CodeNoRecord, "Record does not exist.")
	case r.Method == http.MethodGet:
		answer(w, c.records[at], nil)
	case r.Method == http.MethodPatch:
		if err := json.NewDecoder(r.Body).Decode(&c.records[at]); err != nil {
			refuse(w, http.StatusBadRequest, cloudflare.CodeValidation, err.Error())
			return
		}
		answer(w, c.records[at], nil)
	case r.Method == http.MethodDelete:
		c.records = slices.Delete(c.records, at, at+1)
		answer(w, map[string]string{"id": recordID}, nil)
	default:
		refuse(w, http.StatusMethodNotAllowed, 10405, "Method not allowed")
	}
}

func (c *Cloudflare) list(w http.ResponseWriter, r *http.Request) {
	from, to, number, per := page(r, len(c.records), 100, 5000)
	shown := append([]Record{}, c.records[from:to]...) // a list, even if it is empty
	answer(w, shown, map[string]int{
		"page": number, "per_page": per, "count": len(shown), "total_count": len(c.records), "total_pages": (len(c.records) + per - 1) / per,
	})
}

func (c *Cloudflare) create(w http.ResponseWriter, r *http.Request) {
	var record Record
	if err := json.NewDecoder(r.Body).Decode(&record); err != nil {
		refuse(w, http.StatusBadRequest, cloudflare.CodeValidation, err.Error())
		return
	}
	for _, there := range c.records {
		if there.Name == record.Name && (there.Type == "CNAME" || record.Type == "CNAME") {
			code, message := 81053, "An A, AAAA, or CNAME record with that host already exists."
			if there.Type == record.Type && there.Content == record.Content {
				code, message = cloudflare.CodeIdentical, "An identical record already exists."
			}
			refuse(w, http.StatusBadRequest, code, message)
			return
		}
	}
	if c.Quota > 0 && len(c.records) >= c.Quota {
		refuse(w, http.StatusBadRequest, cloudflare.CodeQuota, "Record quota exceeded.")
		return
	}
	record.ID = ""
	answer(w, c.put(record), nil)
}

func answer(w http.ResponseWriter, result, info any) {
	envelope := map[string]any{"success": true, "errors": []any{}, "messages": []any{}, "result": result}
	if info != nil {
		envelope["result_info"] = info
	}
	writeJSON(w, http.StatusOK, envelope)
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	writeJSON(w, status, map[string]any{
		"success": false, "errors": []any{map[string]any{"code": code, "message": message}}, "messages": []any{}, "result": nil,
	})
}
