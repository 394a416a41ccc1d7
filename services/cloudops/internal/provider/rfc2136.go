package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/cloudprovider/rfc2136"
	"github.com/mocloud/mocloud/pkg/secret"
)

// RFC2136 is a zone at a name server that takes dynamic updates, reached through the proxy, which speaks DNS with it.
type RFC2136 struct {
	base   string
	token  secret.String
	client *http.Client
}

var _ DNS = (*RFC2136)(nil)

// usualTTL is what "automatic" means where there is no such thing, in seconds.
const usualTTL = 300

// maxZone bounds the answer to a list, in bytes.
const maxZone = 64 << 20

// NewRFC2136 makes a client of a zone. proxyURL is the proxy's reverse listener, token is ours at the proxy.
func NewRFC2136(proxyURL string, token secret.String, zone string, client *http.Client) *RFC2136 {
	return &RFC2136{base: strings.TrimSuffix(proxyURL, "/") + "/" + rfc2136.Name + "/zones/" + zone, token: token, client: client}
}

// Records implements DNS.
func (c *RFC2136) Records(ctx context.Context, domain string) ([]Record, error) {
	var all rfc2136.Records
	if err := c.call(ctx, http.MethodGet, "/records", nil, &all); err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	var found []Record
	for _, r := range all.Records {
		if r.Name != domain && !strings.HasSuffix(r.Name, "."+domain) {
			continue
		}
		// Whose it is belongs to what it is: only a record that is still the same is changed.
		record := Record{ID: r.Type + " " + r.Name + " " + r.Comment, Type: r.Type, Name: r.Name, Content: r.Content, TTL: r.TTL, Comment: r.Comment}
		if record.TTL == usualTTL {
			record.TTL = 1
		}
		found = append(found, record)
	}
	return found, nil
}

// Create implements DNS.
func (c *RFC2136) Create(ctx context.Context, r Record) error {
	if err := c.change(ctx, rfc2136.Create, "", r); err != nil {
		return fmt.Errorf("create record %s: %w", r.Name, err)
	}
	return nil
}

// Update implements DNS.
func (c *RFC2136) Update(ctx context.Context, r Record) error {
	_, _, was, err := parseID(r.ID)
	if err == nil {
		err = c.change(ctx, rfc2136.Update, was, r)
	}
	if err != nil {
		return fmt.Errorf("update record %s: %w", r.Name, err)
	}
	return nil
}

// Delete implements DNS.
func (c *RFC2136) Delete(ctx context.Context, id string) error {
	kind, name, was, err := parseID(id)
	if err != nil {
		return err
	}
	r := Record{Type: kind, Name: name, TTL: 1, Content: strings.TrimPrefix(name, "*.")} // a content is not looked at
	if kind == "TXT" {
		r.Content = strings.Repeat("x", 43)
	}
	err = c.change(ctx, rfc2136.Delete, was, r)
	if e, known := Of(err); known && e.Status == http.StatusNotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete record %s: %w", name, err)
	}
	return nil
}

func parseID(id string) (kind, name, mark string, err error) {
	parts := strings.SplitN(id, " ", 3)
	if len(parts) != 3 {
		return "", "", "", fmt.Errorf("%q is not the id of a record", id)
	}
	return parts[0], parts[1], parts[2], nil
}

func (c *RFC2136) change(ctx context.Context, action, was string, r Record) error {
	if r.TTL == 1 {
		r.TTL = usualTTL
	}
	return c.call(ctx, http.MethodPost, "/changes", rfc2136.Change{
		Action: action, Was: was, Record: rfc2136.Record{Type: r.Type, Name: r.Name, Content: r.Content, TTL: r.TTL, Comment: r.Comment},
	}, nil)
}

func (c *RFC2136) call(ctx context.Context, method, path string, send, into any) error {
	var body io.Reader
	if send != nil {
		raw, err := json.Marshal(send)
		if err != nil {
			return fmt.Errorf("encode a change: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.client.Do(request)
	if err != nil {
		return &Error{cause: err}
	}
	defer answer.Body.Close() // it was read to its end, or is given up
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxZone+1))
	if err != nil {
		return &Error{cause: err}
	}
	if answer.StatusCode != http.StatusOK {
		return refusal(answer, raw)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &Error{Status: http.StatusBadGateway, Message: "cannot read the proxy's answer"}
	}
	return nil
}

func refusal(answer *http.Response, raw []byte) *Error {
	var f rfc2136.Failure
	if json.Unmarshal(raw, &f) != nil || f.Message == "" {
		f.Message = http.StatusText(answer.StatusCode)
	}
	e := &Error{
		Status: answer.StatusCode, Message: f.Message, Taken: answer.StatusCode == http.StatusConflict,
		Denied: answer.StatusCode == http.StatusForbidden && f.Code == rfc2136.Denied,
	}
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(min(seconds, 3600)) * time.Second
	}
	return e
}
