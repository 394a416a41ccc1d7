package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/dns"
	"github.com/cloudflare/cloudflare-go/v7/option"

	"github.com/mocloud/mocloud/pkg/cloudprovider/cloudflare"
	"github.com/mocloud/mocloud/pkg/secret"
)

// Cloudflare is a zone at Cloudflare, reached through the proxy, which has the credentials, limits and retries.
type Cloudflare struct {
	records *dns.RecordService
	zone    string
}

var _ DNS = (*Cloudflare)(nil)

// perPage is how many records are asked for at once. maxPages bounds what a broken answer can make us read.
const (
	perPage  = 500
	maxPages = 200
)

// NewCloudflare makes a client of a zone. proxyURL is the proxy's reverse listener, token is ours at the proxy.
func NewCloudflare(proxyURL string, token secret.String, zone string, client *http.Client) *Cloudflare {
	return &Cloudflare{zone: zone, records: dns.NewRecordService(
		option.WithBaseURL(strings.TrimSuffix(proxyURL, "/")+"/"+cloudflare.Name+"/"),
		option.WithHTTPClient(client),
		option.WithMaxRetries(0), // the proxy retries; two layers would multiply
		option.WithHeader("Authorization", "Bearer "+token.Reveal()),
	)}
}

// Records implements DNS. It turns the pages by hand: the SDK's own way loses the context after the first page.
func (c *Cloudflare) Records(ctx context.Context, domain string) ([]Record, error) {
	var all []Record
	for page := 1; page <= maxPages; page++ {
		var p dns.RecordListParams
		p.ZoneID.Value, p.ZoneID.Present = c.zone, true
		p.Page.Value, p.Page.Present = float64(page), true
		p.PerPage.Value, p.PerPage.Present = perPage, true
		p.Order.Value, p.Order.Present = dns.RecordListParamsOrderName, true
		answer, err := c.records.List(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("list records of zone %s: %w", c.zone, wrap(err))
		}
		for _, r := range answer.Result {
			record := Record{
				ID: r.ID, Type: string(r.Type), Name: normal(r.Name), Content: r.Content, TTL: int(r.TTL), Proxied: r.Proxied, Comment: r.Comment,
			}
			if record.Type == "CNAME" {
				record.Content = normal(record.Content)
			}
			if record.Name == domain || strings.HasSuffix(record.Name, "."+domain) {
				all = append(all, record)
			}
		}
		if len(answer.Result) < perPage {
			return all, nil
		}
	}
	return nil, fmt.Errorf("list records of zone %s: more than %d pages", c.zone, maxPages)
}

// normal is a name in the one spelling that is compared.
func normal(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// Create implements DNS.
func (c *Cloudflare) Create(ctx context.Context, r Record) error {
	p := dns.RecordNewParams{Body: cname(r)}
	if r.Type == "TXT" {
		p.Body = txt(r)
	}
	p.ZoneID.Value, p.ZoneID.Present = c.zone, true
	if _, err := c.records.New(ctx, p); err != nil {
		return fmt.Errorf("create record %s: %w", r.Name, wrap(err))
	}
	return nil
}

// Update implements DNS.
func (c *Cloudflare) Update(ctx context.Context, r Record) error {
	p := dns.RecordEditParams{Body: cname(r)}
	p.ZoneID.Value, p.ZoneID.Present = c.zone, true
	if _, err := c.records.Edit(ctx, r.ID, p); err != nil {
		return fmt.Errorf("update record %s: %w", r.Name, wrap(err))
	}
	return nil
}

// Delete implements DNS.
func (c *Cloudflare) Delete(ctx context.Context, id string) error {
	var p dns.RecordDeleteParams
	p.ZoneID.Value, p.ZoneID.Present = c.zone, true
	_, err := c.records.Delete(ctx, id, p)
	if err == nil {
		return nil
	}
	e := wrap(err)
	if e.Status == http.StatusNotFound && (e.Code == cloudflare.CodeNoRecord || e.Code == cloudflare.ProxyCode+http.StatusNotFound) { // from Cloudflare, or the proxy's look before the deed
		return nil
	}
	return fmt.Errorf("delete record %s: %w", id, e)
}

// cname is the record as Cloudflare is sent it: the set fields and no more.
func cname(r Record) dns.CNAMERecordParam {
	var p dns.CNAMERecordParam
	p.Type.Value, p.Type.Present = dns.CNAMERecordTypeCNAME, true
	p.Name.Value, p.Name.Present = r.Name, true
	p.Content.Value, p.Content.Present = r.Content, true
	p.TTL.Value, p.TTL.Present = dns.TTL(r.TTL), true
	p.Proxied.Value, p.Proxied.Present = r.Proxied, true
	p.Comment.Value, p.Comment.Present = r.Comment, true
	return p
}

// txt is a text record as Cloudflare is sent it.
func txt(r Record) dns.TXTRecordParam {
	var p dns.TXTRecordParam
	p.Type.Value, p.Type.Present = dns.TXTRecordTypeTXT, true
	p.Name.Value, p.Name.Present = r.Name, true
	p.Content.Value, p.Content.Present = strconv.Quote(r.Content), true
	p.TTL.Value, p.TTL.Present = dns.TTL(r.TTL), true
	p.Comment.Value, p.Comment.Present = r.Comment, true
	return p
}

// wrap turns the SDK's error into ours, which holds no request.
func wrap(err error) *Error {
	answer, ok := errors.AsType[*dns.Error](err)
	if !ok {
		return &Error{cause: err}
	}
	e := &Error{Status: answer.StatusCode, Message: http.StatusText(answer.StatusCode)}
	if len(answer.Errors) > 0 {
		e.Code, e.Message = int(answer.Errors[0].Code), answer.Errors[0].Message
		e.Taken, e.Denied = cloudflare.IsConflict(e.Code), e.Code == cloudflare.ProxyCode+http.StatusForbidden
	}
	if answer.Response != nil {
		if seconds, err := strconv.Atoi(answer.Response.Header.Get("Retry-After")); err == nil && seconds > 0 {
			e.RetryAfter = time.Duration(min(seconds, 3600)) * time.Second
		}
	}
	return e
}
