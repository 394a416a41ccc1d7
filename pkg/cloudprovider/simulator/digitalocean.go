package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/cloudprovider/digitalocean"
)

// DigitalOcean plays App Platform's API for one app. A domain that is added becomes PENDING, CONFIGURING and ACTIVE, a step with
// each Step of time. It is safe for concurrent use.
type DigitalOcean struct {
	faults

	Token string // that the API takes
	App   string // id
	// Step is how long a domain stays in each phase; 0 means that it is ACTIVE at once.
	Step time.Duration
	// MaxDomains is how many domains the app may have; 0 means as many as one likes.
	MaxDomains int
	Now        func() time.Time // nil means time.Now

	mu          sync.Mutex
	spec        json.RawMessage
	since       map[string]time.Time // of domains
	failed      map[string]string    // domains that end in ERROR, with the reason
	deployments []deployment
	updated     time.Time
	updates     int
}

type deployment struct {
	ID        string `json:"id"`
	Phase     string `json:"phase"`
	Cause     string `json:"cause"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

func (d *DigitalOcean) now() time.Time {
	if d.Now != nil {
		return d.Now()
	}
	return time.Now()
}

// SetSpec makes the app's spec what somebody at the dashboard makes it: JSON.
func (d *DigitalOcean) SetSpec(spec string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.set(json.RawMessage(spec))
}

// FailDomain lets a domain end in ERROR.
func (d *DigitalOcean) FailDomain(host, reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed == nil {
		d.failed = map[string]string{}
	}
	d.failed[host] = reason
}

// Spec returns the spec, and how often it was updated over the API.
func (d *DigitalOcean) Spec() (spec string, updates int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return string(d.spec), d.updates
}

// Domains returns the names of the app's domains, in order.
func (d *DigitalOcean) Domains() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for _, item := range domainsIn(d.spec) {
		names = append(names, item.name)
	}
	return names
}

func (d *DigitalOcean) set(spec json.RawMessage) {
	d.spec, d.updated = spec, d.now()
	since := map[string]time.Time{}
	for _, item := range domainsIn(spec) {
		if since[item.name] = d.since[item.name]; since[item.name].IsZero() {
			since[item.name] = d.updated
		}
	}
	d.since = since
}

type specDomain struct {
	name string
	raw  json.RawMessage
}

func domainsIn(spec json.RawMessage) (all []specDomain) {
	var s struct{ Domains []json.RawMessage }
	if json.Unmarshal(spec, &s) != nil {
		return nil
	}
	for _, raw := range s.Domains {
		var d struct{ Domain string }
		if json.Unmarshal(raw, &d) == nil {
			all = append(all, specDomain{d.Domain, raw})
		}
	}
	return all
}

// ServeHTTP implements http.Handler.
func (d *DigitalOcean) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isControl(r.URL.Path) {
		spec, updates := d.Spec()
		d.control(w, r, map[string]any{"app": d.App, "spec": json.RawMessage(spec), "updates": updates, "calls": len(d.Calls())})
		return
	}
	d.serve(w, r, r.URL.Path, func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.act(w, r)
	}, refuseDO)
}

func (d *DigitalOcean) act(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+d.Token {
		refuseDO(w, http.StatusUnauthorized, "Unable to authenticate you")
		return
	}
	w.Header().Set("X-Request-Id", "sim-request-1")
	app, isApp := strings.CutPrefix(r.URL.Path, "/v2/apps/"+d.App)
	deploymentID, isDeployment := strings.CutPrefix(app, "/deployments/")
	switch {
	case r.URL.Path == "/v2/apps/propose" && r.Method == http.MethodPost:
		if spec, ok := d.read(w, r); ok {
			writeJSON(w, http.StatusOK, map[string]any{"app_name_available": true, "app_is_static": false, "spec": spec})
		}
	case !isApp:
		refuseDO(w, http.StatusNotFound, "not found")
	case app == "" && r.Method == http.MethodGet:
		writeJSON(w, http.StatusOK, map[string]any{"app": d.app()})
	case app == "" && r.Method == http.MethodPut:
		d.update(w, r)
	case app == "/deployments" && r.Method == http.MethodGet:
		from, to, number, per := page(r, len(d.deployments), 20, 200)
		answer := map[string]any{"deployments": append([]deployment{}, d.deployments[from:to]...), "meta": map[string]int{"total": len(d.deployments)}}
		if to < len(d.deployments) {
			next := "https://api.digitalocean.com/v2/apps/" + d.App + "/deployments?page=" + strconv.Itoa(number+1) + "&per_page=" + strconv.Itoa(per)
			answer["links"] = map[string]any{"pages": map[string]string{"next": next}}
		}
		writeJSON(w, http.StatusOK, answer)
	case isDeployment && r.Method == http.MethodGet:
		at := slices.IndexFunc(d.deployments, func(x deployment) bool { return x.ID == deploymentID })
		if at < 0 {
			refuseDO(w, http.StatusNotFound, "not found")
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{"deployment": d.deployments[at]})
	default:
		refuseDO(w, http.StatusMethodNotAllowed, "method not allowed")
	}
}

func (d *DigitalOcean) update(w http.ResponseWriter, r *http.Request) {
	spec, ok := d.read(w, r)
	if !ok {
		return
	}
	d.updates++
	d.set(spec)
	now := stamp(d.now())
	for i := range d.deployments {
		if d.deployments[i].Phase == "ACTIVE" {
			d.deployments[i].Phase = "SUPERSEDED"
		}
	}
	d.deployments = slices.Insert(d.deployments, 0, deployment{uuid(d.updates), "ACTIVE", "app spec updated", now, now})
	writeJSON(w, http.StatusOK, map[string]any{"app": d.app()})
}

// read returns the spec of a body, or answers what is wrong with it.
func (d *DigitalOcean) read(w http.ResponseWriter, r *http.Request) (json.RawMessage, bool) {
	raw, err := io.ReadAll(r.Body)
	var body struct{ Spec json.RawMessage }
	if err == nil {
		err = json.Unmarshal(raw, &body)
	}
	if err != nil || len(body.Spec) == 0 {
		refuseDO(w, http.StatusBadRequest, "error reading the app spec")
		return nil, false
	}
	domains := domainsIn(body.Spec)
	for _, item := range domains {
		if !digitalocean.IsDomain(item.name) {
			refuseDO(w, http.StatusBadRequest, "error validating app spec field \"domains\": domain "+item.name+" is invalid")
			return nil, false
		}
	}
	if d.MaxDomains > 0 && len(domains) > d.MaxDomains {
		refuseDO(w, http.StatusBadRequest, "error validating app spec field \"domains\": too many domains")
		return nil, false
	}
	return body.Spec, true
}

// app is the app as a GET shows it.
func (d *DigitalOcean) app() map[string]any {
	domains := []any{}
	for i, item := range domainsIn(d.spec) {
		domains = append(domains, d.domain(i, item))
	}
	app := map[string]any{
		"id": d.App, "owner_uuid": uuid(1), "spec": d.spec, "domains": domains, "created_at": "2026-11-22T10:00:00Z", "updated_at": d.updated.UTC().Format(time.RFC3339Nano),
		"default_ingress": "https://mocks-sim.ondigitalocean.app",
	}
	if len(d.deployments) > 0 {
		app["active_deployment"] = d.deployments[0]
	}
	return app
}

func (d *DigitalOcean) domain(i int, item specDomain) map[string]any {
	shown := map[string]any{"id": uuid(1000 + i), "spec": item.raw}
	steps := 2
	if d.Step > 0 {
		steps = int(d.now().Sub(d.since[item.name]) / d.Step)
	}
	phase, status, reason := "ACTIVE", "SUCCESS", map[string]string{}
	switch {
	case d.failed[item.name] != "":
		phase, status, reason = "ERROR", "ERROR", map[string]string{"code": "DomainFailed", "message": d.failed[item.name]}
	case steps == 0:
		phase, status = "PENDING", "PENDING"
	case steps == 1:
		phase, status = "CONFIGURING", "RUNNING"
	default:
		shown["certificate_expires_at"] = stamp(d.since[item.name].Add(90 * 24 * time.Hour))
	}
	shown["phase"] = phase
	step := map[string]any{"name": "certificate", "status": status}
	if len(reason) > 0 {
		step["reason"] = reason
	}
	shown["progress"] = map[string]any{"steps": []any{step}}
	return shown
}

func refuseDO(w http.ResponseWriter, status int, message string) {
	name := strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
	writeJSON(w, status, map[string]any{"id": name, "message": message, "request_id": "sim-request-1"})
}
