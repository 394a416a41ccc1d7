package report

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/redact"
	"github.com/mocloud/mocloud/services/mockserver/internal/webhook"
)

// masks makes events of records, with as much in them as their mocks allow.
type masks struct {
	words []string
	usual *redact.Rules
	// own are the rules of mocks that name more; those that nobody used for long are made again.
	own map[*event.Recording]*redact.Rules
}

// maxOwn bounds the rules that are remembered.
const maxOwn = 1000

func newMasks(words []string) masks {
	return masks{words: words, usual: redact.New(words), own: map[*event.Recording]*redact.Rules{}}
}

func (m *masks) rules(choice *event.Recording) *redact.Rules {
	if len(choice.Names()) == 0 {
		return m.usual
	}
	rules := m.own[choice]
	if rules == nil {
		if len(m.own) >= maxOwn {
			clear(m.own)
		}
		rules = redact.New(m.words, choice.Redact)
		m.own[choice] = rules
	}
	return rules
}

// event is the event of a record, which is not needed any more then, and its size in bytes, roughly.
func (m *masks) event(c *record.Record) (event.RequestRecord, int) {
	e := event.RequestRecord{
		ID: uuid.Must(uuid.NewV7()).String(), WorkspaceID: c.Mock.WorkspaceID, MockID: c.Mock.MockID, Time: c.At.UTC(),
		Duration: c.Duration.Microseconds(), Mode: c.Recording.ModeOrDefault(), Method: text(c.Method()), Host: text(c.Host()),
		Path: text(c.Path()), Endpoint: c.Endpoint, Status: c.Status, Revision: c.Revision, Nearest: c.Nearest,
		Request: event.RecordedPart{Size: c.BodySize}, Response: event.RecordedPart{Size: c.AnswerSize},
	}
	switch e.Mode {
	case event.RecordFull:
		e.Query, e.Request.Head, e.Response.Head = text(c.Query()), text(c.Header()), text(c.AnswerHeader())
		setBody(&e.Request, c.Body())
		setBody(&e.Response, c.Answer())
	case event.RecordRedacted:
		rules, head, answered := m.rules(c.Recording), text(c.Header()), text(c.AnswerHeader())
		e.Query, e.Request.Head, e.Response.Head = rules.Query(text(c.Query())), rules.Header(head), rules.Header(answered)
		setBody(&e.Request, rules.Body(c.Body(), contentType(head)))
		setBody(&e.Response, rules.Body(c.Answer(), contentType(answered)))
	case event.RecordMetadata, event.RecordOff:
	default:
		e.Mode = event.RecordMetadata
	}
	if s := c.Secrets; s.HasSecrets() {
		e.Path, e.Query, e.Request.Head, e.Response.Head = s.Mask(e.Path), s.Mask(e.Query), s.Mask(e.Request.Head), s.Mask(e.Response.Head)
		for _, part := range []*event.RecordedPart{&e.Request, &e.Response} {
			if !part.Base64 {
				part.Body = s.Mask(part.Body)
			}
		}
	}
	if _, pattern, ok := strings.Cut(e.Endpoint, " "); ok && e.Mode != event.RecordFull {
		e.Path = m.rules(c.Recording).Path(e.Path, pattern)
	}
	size := 512 + len(e.Path) + len(e.Query) + len(e.Request.Head) + len(e.Request.Body) + len(e.Response.Head) + len(e.Response.Body)
	for i := range e.Nearest {
		n := &e.Nearest[i]
		n.Endpoint, n.Why = text([]byte(n.Endpoint)), text([]byte(n.Why))
		size += len(n.Endpoint) + len(n.Why)
	}
	return e, size
}

// delivery is the event of a change of a webhook; false if nothing may be shown of it. The URL was made of a request: it is
// masked in every mode, and without its query where queries are not recorded.
func (m *masks) delivery(d webhook.Delivery) (event.WebhookDelivery, bool) {
	mode := d.Recording.ModeOrDefault()
	if mode == event.RecordOff {
		return event.WebhookDelivery{}, false
	}
	target := m.rules(d.Recording).URL(text([]byte(d.URL)))
	if mode != event.RecordFull && mode != event.RecordRedacted {
		target, _, _ = strings.Cut(target, "?")
	}
	return event.WebhookDelivery{
		ID: d.ID, MockID: d.MockID, Version: d.Version, Endpoint: d.Endpoint, Method: d.Method, URL: target, State: string(d.State),
		Queued: d.Queued.UTC(), Next: d.Next, Attempts: d.Attempts, Status: d.Status, Reason: text([]byte(d.Reason)), Duration: d.Duration.Microseconds(),
	}, true
}

// text is b as a string that JSON can carry.
func text(b []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(b), "\uFFFD"), "\x00", "\uFFFD")
}

func setBody(p *event.RecordedPart, body []byte) {
	// A body that was cut off within a character is text all the same.
	whole := body
	for i := 0; i < utf8.UTFMax-1 && len(whole) > 0 && len(body) < p.Size && !utf8.Valid(whole); i++ {
		whole = whole[:len(whole)-1]
	}
	if utf8.Valid(whole) && bytes.IndexByte(whole, 0) < 0 { // databases take zeros for no text
		p.Body = string(whole)
		return
	}
	p.Body, p.Base64 = base64.StdEncoding.EncodeToString(body), true
}

// contentType is the Content-Type in header lines.
func contentType(head string) string {
	for line := range strings.SplitSeq(head, "\r\n") {
		if name, value, _ := strings.Cut(line, ": "); strings.EqualFold(name, "Content-Type") {
			return value
		}
	}
	return ""
}
