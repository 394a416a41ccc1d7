package providertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Record is a record of the fake Cloudflare.
type Record struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Name    string `json:"name"`
	Content string `json:"content"`
	TTL     int    `json:"ttl"`
	Proxied bool   `json:"proxied"`
	Comment string `json:"comment"`
}

// Cloudflare plays Cloudflare's DNS API for one zone. Every request is judged by the strict document. It is safe for
// concurrent use.
type Cloudflare struct {
	URL   string // base of the API
	Zone  string
	Token string // that the API takes

	t     testing.TB
	judge *Judge

	mu      sync.Mutex
	records []Record
	next    int
	calls   []string
	fail    func(method, path string) (status int, header http.Header, after bool)
}

// NewCloudflare starts the fake; it stops with the test.
func NewCloudflare(t testing.TB) *Cloudflare {
	t.Helper()
	c := &Cloudflare{
		Zone: "023e105f4ecef8ad9ca31a8372d0c353", Token: "cloudflare-token-of-the-test", t: t, judge: NewJudge(t, CloudflareStrict),
	}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL + "/client/v4"
	return c
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
		r.ID = fmt.Sprintf("%032x", c.next)
	}
	c.records = append(c.records, r)
	return r
}

// Records returns the zone's records, by name.
func (c *Cloudflare) Records() []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.records)
	slices.SortFunc(all, func(a, b Record) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Calls returns "METHOD path" of every call so far.
func (c *Cloudflare) Calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// Fail lets calls fail: f returns a status of 0 for those that shall not. With after the call is done all the same, as
// providers do that time out after acting. A status of -1 cuts the connection.
func (c *Cloudflare) Fail(f func(method, path string) (status int, header http.Header, after bool)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = f
}

// ServeHTTP implements http.Handler.
func (c *Cloudflare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/client/v4")
	judged := r.Clone(r.Context())
	judged.URL.Path = path
	err := c.judge.Check(judged)
	r.Body = judged.Body
	if !ok || err != nil {
		c.t.Errorf("Cloudflare would refuse %s %s: %v", r.Method, r.URL, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, r.Method+" "+path)
	if c.fail != nil {
		if status, header, after := c.fail(r.Method, path); status != 0 {
			if after {
				c.serve(httptest.NewRecorder(), r, path)
			}
			if status < 0 {
				panic(http.ErrAbortHandler) //nolint:forbidigo // the way to cut a connection
			}
			maps.Copy(w.Header(), header)
			refuse(w, status, 10000+status, "failure of the test")
			return
		}
	}
	c.serve(w, r, path)
}

func (c *Cloudflare) serve(w http.ResponseWriter, r *http.Request, path string) {
	if r.Header.Get("Authorization") != "Bearer "+c.Token {
		refuse(w, http.StatusForbidden, 10000, "Authentication error")
		return
	}
	w.Header().Set("Cf-Ray", "8f0000000000abcd-TST")
	rest, inZone := strings.CutPrefix(path, "/zones/"+c.Zone+"/dns_records")
	id := strings.TrimPrefix(rest, "/")
	at := slices.IndexFunc(c.records, func(r Record) bool { return r.ID == id })
	switch {
	case !inZone:
		refuse(w, http.StatusNotFound, 7003, "Could not route to "+path)
	case id == "" && r.Method == http.MethodGet:
		c.list(w, r)
	case id == "" && r.Method == http.MethodPost:
		c.create(w, r)
	case at < 0:
		refuse(w, http.StatusNotFound, 81044, "Record does not exist.")
	case r.Method == http.MethodGet:
		answer(w, c.records[at], nil)
	case r.Method == http.MethodPatch:
		if err := json.NewDecoder(r.Body).Decode(&c.records[at]); err != nil {
			refuse(w, http.StatusBadRequest, 1004, err.Error())
			return
		}
		answer(w, c.records[at], nil)
	case r.Method == http.MethodDelete:
		c.records = slices.Delete(c.records, at, at+1)
		answer(w, map[string]string{"id": id}, nil)
	default:
		refuse(w, http.StatusMethodNotAllowed, 10405, "Method not allowed")
	}
}

func (c *Cloudflare) list(w http.ResponseWriter, r *http.Request) {
	number := func(key string, other int) int {
		if n, err := strconv.Atoi(r.URL.Query().Get(key)); err == nil {
			return n
		}
		return other
	}
	page, size := number("page", 1), number("per_page", 100)
	from := min((page-1)*size, len(c.records))
	to := min(from+size, len(c.records))
	shown := slices.Clone(c.records[from:to])
	answer(w, shown, map[string]int{
		"page": page, "per_page": size, "count": len(shown), "total_count": len(c.records), "total_pages": (len(c.records) + size - 1) / size,
	})
}

func (c *Cloudflare) create(w http.ResponseWriter, r *http.Request) {
	var record Record
	if err := json.NewDecoder(r.Body).Decode(&record); err != nil {
		refuse(w, http.StatusBadRequest, 1004, err.Error())
		return
	}
	for _, there := range c.records {
		if there.Name == record.Name {
			refuse(w, http.StatusBadRequest, 81053, "An A, AAAA, or CNAME record with that host already exists.")
			return
		}
	}
	record.ID = ""
	answer(w, c.put(record), nil)
}

func answer(w http.ResponseWriter, result, info any) {
	envelope := map[string]any{"success": true, "errors": []any{}, "messages": []any{}, "result": result}
	if info != nil {
		envelope["result_info"] = info
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(envelope)
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"success": false, "errors": []any{map[string]any{"code": code, "message": message}}, "messages": []any{}, "result": nil,
	})
}
