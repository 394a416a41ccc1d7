package draft

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Records is what is needed of the service for recorded requests.
type Records interface {
	List(ctx context.Context, who workspace.Caller, mockID string, q record.Query, from string, limit int) (cursor.Page[event.RequestRecord], error)
	Find(ctx context.Context, who workspace.Caller, mockID, id string) (event.RequestRecord, error)
}

// Outcome is what a draft changes for a request.
type Outcome string

// The outcomes.
const (
	Same           Outcome = "same"
	Different      Outcome = "different"
	NewlyAnswered  Outcome = "newly_answered"     // by an endpoint, and was by none
	NotAnsweredNow Outcome = "no_longer_answered" // by none, and was by one
)

// Checked is a recorded request that was tried against what is published and against a draft.
type Checked struct {
	Record        event.RequestRecord
	Outcome       Outcome
	Changed       []string // of status, headers and body
	Varies        []string // of those, what varies from one answer to the next anyway, and was not compared
	Before, After tryit.Answer
}

// Check is a draft held against the requests that came last.
type Check struct {
	Diagnostics []mockspec.Diagnostic // of the draft; with errors in it nothing is checked
	Against     int                   // the revision that gives the answers before
	Items       []Checked
	Recorded    int // requests that were looked at; those that could not be repeated are not among Items
}

// Traffic repeats a mock's last recorded requests against what is published, or its current revision if nothing is, and
// against a draft, without delays, and compares the answers.
func (s *Service) Traffic(ctx context.Context, who workspace.Caller, id string, content *string, most int) (Check, error) {
	m, err := s.mocks.Find(ctx, who, id)
	if err != nil {
		return Check{}, err
	}
	after, err := s.question(ctx, who, m, Draft{Content: content, SkipDelays: true})
	if err != nil {
		return Check{}, err
	}
	before, err := s.question(ctx, who, m, Draft{Published: m.PublishedRevision > 0, SkipDelays: true})
	if err != nil {
		return Check{}, err
	}
	check := Check{Against: before.Revision}
	if check.Diagnostics, err = s.mocks.Validate(after.Content); err != nil || mockspec.HasErrors(check.Diagnostics) {
		return check, err
	}
	listed, err := s.records.List(ctx, who, id, record.Query{}, "", min(most, tryit.MaxRequests))
	if err != nil {
		return check, err
	}
	check.Recorded = len(listed.Items)
	var requests []Request
	for _, r := range listed.Items {
		whole, err := s.records.Find(ctx, who, id, r.ID)
		if apperr.CodeOf(err) == apperr.NotFound {
			continue // it went meanwhile
		}
		if err != nil {
			return check, err
		}
		request := repeated(&whole)
		if _, err := request.asked(); err != nil || request.Header.Get("Upgrade") != "" {
			continue
		}
		requests = append(requests, request)
		check.Items = append(check.Items, Checked{Record: whole})
	}
	if len(requests) == 0 {
		return check, nil
	}
	var tries [3]Try // what is published twice: answers may vary by themselves
	for i, q := range []tryit.Question{before, before, after} {
		if tries[i], err = s.try(ctx, who, q, requests); err != nil {
			return check, err
		}
		if len(tries[i].Answers) == 0 {
			return check, apperr.New(apperr.Conflict, "Revision %d has errors under the current rules, so there is nothing to compare the draft with.", before.Revision)
		}
	}
	for i := range check.Items {
		check.Items[i].compare(tries[0].Answers[i], tries[1].Answers[i], tries[2].Answers[i])
	}
	return check, nil
}

// repeated is a recorded request, with as much of it as is kept.
func repeated(r *event.RequestRecord) Request {
	q := Request{Method: r.Method, Path: r.Path, Header: http.Header{}, Body: []byte(r.Request.Body)}
	if r.Query != "" {
		q.Path += "?" + r.Query
	}
	if r.Request.Base64 {
		q.Body, _ = base64.StdEncoding.DecodeString(r.Request.Body) // as the mock server encoded it
	}
	for line := range strings.SplitSeq(r.Request.Head, "\r\n") {
		if name, v, ok := strings.Cut(line, ": "); ok {
			q.Header.Add(name, v)
		}
	}
	q.Header.Del("Content-Length") // of the body as it came
	return q
}

// compare fills in how the draft's answer differs from those before.
func (c *Checked) compare(before, again, after tryit.Answer) {
	c.Before, c.After = before, after
	parts := func(a, b tryit.Answer) (differ []string) {
		if a.Status != b.Status || a.Problem != b.Problem {
			differ = append(differ, "status")
		}
		if !sameHeaders(a.Header, b.Header) {
			differ = append(differ, "headers")
		}
		if !bytes.Equal(a.Body, b.Body) || a.Cut != b.Cut {
			differ = append(differ, "body")
		}
		return differ
	}
	c.Varies = parts(before, again)
	c.Changed = slices.DeleteFunc(parts(before, after), func(part string) bool { return slices.Contains(c.Varies, part) })
	was, is := endpointOf(before), endpointOf(after)
	switch {
	case was == "" && is != "":
		c.Outcome = NewlyAnswered
	case was != "" && is == "":
		c.Outcome = NotAnsweredNow
	case len(c.Changed) > 0:
		c.Outcome = Different
	default:
		c.Outcome = Same
	}
}

// sameHeaders compares headers without those that tell of the moment, or of the revision.
func sameHeaders(a, b http.Header) bool {
	withoutVarying := func(h http.Header) http.Header {
		h = h.Clone()
		for name := range h {
			if name == "Date" || name == "Content-Length" || strings.HasPrefix(name, "X-Mocloud-") {
				delete(h, name)
			}
		}
		return h
	}
	a, b = withoutVarying(a), withoutVarying(b)
	if len(a) != len(b) {
		return false
	}
	for name, values := range a {
		if !slices.Equal(values, b[name]) {
			return false
		}
	}
	return true
}

// endpointOf is the endpoint that answered, "" for none.
func endpointOf(a tryit.Answer) string {
	var explanation struct {
		Endpoint string `json:"endpoint"`
	}
	_ = json.Unmarshal(a.Explain, &explanation) // nothing where no endpoint was looked for
	return explanation.Endpoint
}
