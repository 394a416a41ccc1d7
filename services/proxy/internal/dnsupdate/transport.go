// Package dnsupdate makes the calls of pkg/cloudprovider/rfc2136 at a name server: lists by zone transfers, changes by dynamic updates, both
// signed (TSIG).
package dnsupdate

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/mocloud/mocloud/pkg/cloudprovider/rfc2136"
)

// Transport is an http.RoundTripper whose upstream is a name server: the URL's host. The token of a request is its key, NAME:SECRET or
// ALGORITHM:NAME:SECRET.
type Transport struct{}

const (
	exchangeTimeout = 20 * time.Second
	maxRecords      = 200_000 // of a zone
	fudge           = 300     // seconds that clocks may differ
)

// key is a TSIG key.
type key struct{ name, algorithm, secret string }

// ParseKey checks a key.
func ParseKey(text string) error {
	_, err := parseKey(text)
	return err
}

func parseKey(text string) (key, error) {
	parts := strings.Split(text, ":")
	if len(parts) == 2 {
		parts = slices.Insert(parts, 0, "hmac-sha256")
	}
	if len(parts) != 3 || parts[1] == "" {
		return key{}, errors.New("a key is of the form NAME:SECRET or ALGORITHM:NAME:SECRET, as of tsig-keygen")
	}
	if raw, err := base64.StdEncoding.DecodeString(parts[2]); err != nil || len(raw) < 16 {
		return key{}, errors.New("a key's secret is base64 of 16 bytes or more")
	}
	algorithm := dns.Fqdn(strings.ToLower(parts[0]))
	if !slices.Contains([]string{dns.HmacSHA224, dns.HmacSHA256, dns.HmacSHA384, dns.HmacSHA512}, algorithm) {
		return key{}, errors.New("a key's algorithm is one of hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512")
	}
	return key{dns.Fqdn(strings.ToLower(parts[1])), algorithm, parts[2]}, nil
}

// RoundTrip implements http.RoundTripper.
func (Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	k, err := parseKey(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		return answer(r, http.StatusUnauthorized, rfc2136.Failure{Code: "badkey", Message: err.Error()})
	}
	segments := strings.Split(r.URL.Path, "/") // /zones/{zone}/…
	if len(segments) < 3 {
		return answer(r, http.StatusNotFound, rfc2136.Failure{Code: "notfound", Message: "no such call"})
	}
	zone := dns.Fqdn(segments[2])
	ctx, cancel := context.WithTimeout(r.Context(), exchangeTimeout)
	defer cancel()
	if r.Method == http.MethodGet {
		records, err := list(ctx, r.URL.Host, zone, k)
		if err != nil {
			return nil, err
		}
		return answer(r, http.StatusOK, rfc2136.Records{Records: records})
	}
	var c rfc2136.Change
	raw, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		return answer(r, http.StatusBadRequest, rfc2136.Failure{Code: "formerr", Message: "the change cannot be read"})
	}
	return change(ctx, r, zone, k, c)
}

// list transfers a zone.
func list(ctx context.Context, server, zone string, k key) ([]rfc2136.Record, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", server)
	if err != nil {
		return nil, fmt.Errorf("connect to the name server: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }() // everything was read, or is given up
	query := new(dns.Msg)
	query.SetAxfr(zone)
	query.SetTsig(k.name, k.algorithm, fudge, time.Now().Unix())
	transfer := &dns.Transfer{Conn: &dns.Conn{Conn: conn, TsigSecret: map[string]string{k.name: k.secret}}, TsigSecret: map[string]string{k.name: k.secret}, ReadTimeout: exchangeTimeout}
	envelopes, err := transfer.In(query, server)
	if err != nil {
		return nil, fmt.Errorf("transfer %s: %w", zone, err)
	}
	var all []dns.RR
	for e := range envelopes {
		if e.Error != nil && err == nil {
			err = fmt.Errorf("transfer %s: %w", zone, e.Error)
		}
		if all = append(all, e.RR...); len(all) > maxRecords && err == nil {
			err = fmt.Errorf("transfer %s: more than %d records", zone, maxRecords)
			_ = conn.Close() // the rest is not read
		}
	}
	if err != nil {
		return nil, err
	}
	return records(all), nil
}

// records are those of a zone with their marks, without what belongs to the zone itself.
func records(all []dns.RR) []rfc2136.Record {
	marks := map[string]string{}
	for _, rr := range all {
		if t, ok := rr.(*dns.TXT); ok {
			if name, isMark := rfc2136.Marked(normal(t.Hdr.Name)); isMark {
				marks[name] = strings.Join(t.Txt, "")
			}
		}
	}
	found := []rfc2136.Record{}
	for _, rr := range all {
		h := rr.Header()
		r := rfc2136.Record{Type: dns.TypeToString[h.Rrtype], Name: normal(h.Name), TTL: int(h.Ttl)}
		switch rr := rr.(type) {
		case *dns.SOA, *dns.RRSIG, *dns.NSEC, *dns.NSEC3, *dns.NSEC3PARAM, *dns.DNSKEY:
			continue
		case *dns.CNAME:
			r.Content, r.Comment = normal(rr.Target), marks[r.Name]
		case *dns.TXT:
			if _, isMark := rfc2136.Marked(r.Name); isMark {
				continue
			}
			r.Content, r.Comment = strings.Join(rr.Txt, ""), marks[r.Name]
		default:
			r.Content = strings.TrimPrefix(rr.String(), h.String())
		}
		found = append(found, r)
	}
	return found
}

func normal(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// change makes an update that the server carries out whole or not at all, and only if what is there is what was seen.
func change(ctx context.Context, r *http.Request, zone string, k key, c rfc2136.Change) (*http.Response, error) {
	m := new(dns.Msg)
	m.SetUpdate(zone)
	name, mark := dns.Fqdn(c.Name), dns.Fqdn(rfc2136.MarkName(c.Name))
	text := func(value string) dns.RR {
		return &dns.TXT{Hdr: dns.RR_Header{Name: mark, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: uint32(c.TTL)}, Txt: []string{value}}
	}
	header := dns.RR_Header{Name: name, Rrtype: dns.StringToType[c.Type], Class: dns.ClassINET, Ttl: uint32(c.TTL)}
	var record dns.RR = &dns.CNAME{Hdr: header, Target: dns.Fqdn(c.Content)}
	if c.Type == "TXT" {
		record = &dns.TXT{Hdr: header, Txt: []string{c.Content}}
	}
	of := func(name string, kind uint16) []dns.RR {
		return []dns.RR{&dns.ANY{Hdr: dns.RR_Header{Name: name, Rrtype: kind}}}
	}
	if c.Action == rfc2136.Create {
		m.NameNotUsed(of(name, dns.TypeANY))
		m.NameNotUsed(of(mark, dns.TypeANY))
	} else {
		m.Used([]dns.RR{text(c.Was)})
		m.RemoveRRset(of(name, header.Rrtype))
		m.RemoveRRset(of(mark, dns.TypeTXT))
	}
	if c.Action != rfc2136.Delete {
		m.Insert([]dns.RR{record, text(c.Comment)})
	}
	m.SetTsig(k.name, k.algorithm, fudge, time.Now().Unix())
	client := &dns.Client{Net: "tcp", Timeout: exchangeTimeout, TsigSecret: map[string]string{k.name: k.secret}}
	conn, err := client.DialContext(ctx, r.URL.Host)
	if err != nil {
		return nil, fmt.Errorf("connect to the name server: %w", err)
	}
	defer func() { _ = conn.Close() }() // the answer was read, or is given up
	connected(ctx)
	said, _, err := client.ExchangeWithConnContext(ctx, m, conn)
	if err != nil && said == nil {
		return nil, fmt.Errorf("update %s: %w", zone, err)
	}
	status, known := map[int]int{
		dns.RcodeSuccess: http.StatusOK, dns.RcodeYXDomain: http.StatusConflict, dns.RcodeYXRrset: http.StatusConflict,
		dns.RcodeNXRrset: http.StatusNotFound, dns.RcodeNameError: http.StatusNotFound, dns.RcodeFormatError: http.StatusBadRequest,
		dns.RcodeNotZone: http.StatusUnprocessableEntity, dns.RcodeNotAuth: http.StatusUnauthorized, dns.RcodeRefused: http.StatusForbidden,
	}[said.Rcode]
	if !known {
		status = http.StatusBadGateway
	}
	if status == http.StatusOK {
		return answer(r, status, struct{}{})
	}
	code := strings.ToLower(dns.RcodeToString[said.Rcode])
	return answer(r, status, rfc2136.Failure{Code: code, Message: fmt.Sprintf("the name server refuses to %s %s: %s", c.Action, c.Name, code)})
}

// connected tells who made the request that from now on the server may have acted.
func connected(ctx context.Context) {
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
}

// answer is an HTTP answer.
func answer(r *http.Request, status int, body any) (*http.Response, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode an answer: %w", err)
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(raw)), ContentLength: int64(len(raw)),
	}, nil
}
