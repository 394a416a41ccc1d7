package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digitalocean/godo"

	"github.com/mocloud/mocloud/pkg/cloudprovider/digitalocean"
	"github.com/mocloud/mocloud/pkg/secret"
)

// DigitalOcean is an app at App Platform, reached through the proxy, which has the credentials, limits and retries. The spec is
// carried as raw JSON: godo's structs would lose what they do not know.
type DigitalOcean struct {
	client *godo.Client
	app    string
}

var _ Apps = (*DigitalOcean)(nil)

// maxRaces is how often a change is begun anew because somebody else was faster.
const maxRaces = 3

// NewDigitalOcean makes a client of an app. proxyURL is the proxy's reverse listener, token is ours at the proxy.
func NewDigitalOcean(proxyURL string, token secret.String, app string, client *http.Client) (*DigitalOcean, error) {
	through := *client
	through.Transport = prefix{"/" + digitalocean.Name, token, client.Transport}
	// Neither retries nor oauth2: the proxy has both.
	c, err := godo.New(&through, godo.SetBaseURL(strings.TrimSuffix(proxyURL, "/")+"/"), godo.SetUserAgent("mocloud-cloudops"))
	if err != nil {
		return nil, fmt.Errorf("create the DigitalOcean client: %w", err)
	}
	return &DigitalOcean{c, app}, nil
}

// prefix puts the proxy's path before that of the API, which godo's base URL cannot have, and our token into the request.
type prefix struct {
	path  string
	token secret.String
	base  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (p prefix) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Path = p.path + r.URL.Path
	r.Header.Set("Authorization", "Bearer "+p.token.Reveal())
	return p.base.RoundTrip(r)
}

// app is an app as the API shows it. What is not looked at stays raw.
type app struct {
	ID      string                     `json:"id"`
	Spec    map[string]json.RawMessage `json:"spec"`
	Domains []struct {
		Spec struct {
			Domain string `json:"domain"`
		} `json:"spec"`
		Phase                string `json:"phase"`
		CertificateExpiresAt string `json:"certificate_expires_at"` // sometimes without a zone, which no time.Time reads
		Progress             struct {
			Steps []step `json:"steps"`
		} `json:"progress"`
	} `json:"domains"`
	PendingDeployment    json.RawMessage `json:"pending_deployment"`
	InProgressDeployment json.RawMessage `json:"in_progress_deployment"`
}

type step struct {
	Reason struct {
		Message string `json:"message"`
	} `json:"reason"`
	Steps []step `json:"steps"`
}

// reason is the first message of a step or its parts.
func (s step) reason(depth int) string {
	if s.Reason.Message != "" || depth == 0 {
		return s.Reason.Message
	}
	for _, part := range s.Steps {
		if message := part.reason(depth - 1); message != "" {
			return message
		}
	}
	return ""
}

// there reports whether a member holds an object.
func there(raw json.RawMessage) bool { return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) }

// call makes a call and decodes its answer.
func (d *DigitalOcean) call(ctx context.Context, method, path string, body, into any) error {
	req, err := d.client.NewRequest(ctx, method, path, body)
	if err != nil {
		return err
	}
	if _, err := d.client.Do(ctx, req, into); err != nil {
		return wrapDigitalOcean(err)
	}
	return nil
}

func wrapDigitalOcean(err error) *Error {
	answer, ok := errors.AsType[*godo.ErrorResponse](err)
	if !ok {
		return &Error{cause: err}
	}
	e := &Error{Status: answer.Response.StatusCode, Message: answer.Message}
	e.Taken = e.Status == http.StatusConflict
	e.Denied = e.Status == http.StatusForbidden && strings.HasPrefix(e.Message, "denied by the proxy")
	if seconds, err := strconv.Atoi(answer.Response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(min(seconds, 3600)) * time.Second
	}
	return e
}

// read reads the app. An answer that is not the whole app is an error: to write from it would destroy the app.
func (d *DigitalOcean) read(ctx context.Context) (*app, error) {
	var answer struct{ App app }
	if err := d.call(ctx, http.MethodGet, "/v2/apps/"+d.app, nil, &answer); err != nil {
		return nil, fmt.Errorf("read app %s: %w", d.app, err)
	}
	parts := 0
	for _, kind := range []string{"services", "static_sites", "workers", "jobs", "functions"} {
		if there(answer.App.Spec[kind]) {
			parts++
		}
	}
	if answer.App.ID != d.app || !there(answer.App.Spec["name"]) || parts == 0 {
		return nil, fmt.Errorf("read app %s: the answer is not a complete app", d.app)
	}
	return &answer.App, nil
}

// Domains implements Apps.
func (d *DigitalOcean) Domains(ctx context.Context) (AppState, error) {
	a, err := d.read(ctx)
	if err != nil {
		return AppState{}, err
	}
	entries, err := a.entries()
	if err != nil {
		return AppState{}, fmt.Errorf("read app %s: %w", d.app, err)
	}
	state := AppState{Busy: there(a.PendingDeployment) || there(a.InProgressDeployment)}
	for _, entry := range entries {
		domain := AppDomain{Host: normal(entry.Domain), Phase: Waiting, Fixed: entry.Type == "PRIMARY" || entry.Type == "DEFAULT"}
		for _, shown := range a.Domains {
			if normal(shown.Spec.Domain) != domain.Host {
				continue
			}
			switch shown.Phase {
			case "ACTIVE":
				domain.Phase = Working
			case "ERROR":
				domain.Phase = Broken
			}
			domain.CertificateExpiresAt, _ = time.Parse(time.RFC3339, shown.CertificateExpiresAt) // zero if it cannot be read
			domain.Reason = step{Steps: shown.Progress.Steps}.reason(4)
		}
		state.Domains = append(state.Domains, domain)
	}
	return state, nil
}

type entry struct {
	Domain string `json:"domain"`
	Type   string `json:"type"`
	raw    json.RawMessage
}

// entries are the domains of the spec, each with its bytes as they are.
func (a *app) entries() ([]entry, error) {
	if !there(a.Spec["domains"]) {
		return nil, nil
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(a.Spec["domains"], &raws); err != nil {
		return nil, fmt.Errorf("read the domains of the spec: %w", err)
	}
	entries := make([]entry, len(raws))
	for i, raw := range raws {
		if err := json.Unmarshal(raw, &entries[i]); err != nil || entries[i].Domain == "" {
			return nil, fmt.Errorf("cannot read domain %d of the spec", i+1)
		}
		entries[i].raw = raw
	}
	return entries, nil
}

// Apply implements Apps.
func (d *DigitalOcean) Apply(ctx context.Context, add, remove []string) error {
	var err error
	for range maxRaces {
		if err = d.apply(ctx, add, remove); err == nil {
			return nil
		}
		if e, known := Of(err); !known || !e.Conflict() {
			return err
		}
	}
	return err
}

func (d *DigitalOcean) apply(ctx context.Context, add, remove []string) error {
	a, err := d.read(ctx)
	if err != nil {
		return err
	}
	entries, err := a.entries()
	if err != nil {
		return fmt.Errorf("change the domains of app %s: %w", d.app, err)
	}
	var domains []json.RawMessage
	expect := digitalocean.Expectation{Add: []string{}, Remove: []string{}}
	for _, e := range entries {
		if slices.Contains(remove, normal(e.Domain)) && e.Type != "PRIMARY" && e.Type != "DEFAULT" {
			expect.Remove = append(expect.Remove, e.Domain)
			continue
		}
		domains = append(domains, e.raw)
	}
	for _, host := range add {
		if slices.ContainsFunc(entries, func(e entry) bool { return normal(e.Domain) == host }) {
			continue
		}
		raw, err := json.Marshal(map[string]string{"domain": host, "type": "ALIAS"})
		if err != nil {
			return fmt.Errorf("encode domain %s: %w", host, err)
		}
		expect.Add, domains = append(expect.Add, host), append(domains, raw)
	}
	if len(expect.Add)+len(expect.Remove) == 0 {
		return nil // each update rolls the app
	}
	if a.Spec["domains"], err = json.Marshal(domains); err != nil {
		return fmt.Errorf("encode the domains of app %s: %w", d.app, err)
	}
	proposal := map[string]any{"spec": a.Spec, "app_id": d.app}
	if err := d.call(ctx, http.MethodPost, "/v2/apps/propose", proposal, nil); err != nil {
		return fmt.Errorf("propose the domains of app %s: %w", d.app, err)
	}
	update := map[string]any{"spec": a.Spec, digitalocean.ExpectKey: expect}
	if err := d.call(ctx, http.MethodPut, "/v2/apps/"+d.app, update, nil); err != nil {
		return fmt.Errorf("change the domains of app %s: %w", d.app, err)
	}
	return nil
}
