package webhook

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/body"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// Hook is the compiled webhook of one endpoint. It is immutable and safe for concurrent use.
type Hook struct {
	sender    *Sender
	workspace string
	mock      string
	endpoint  string
	recording *event.Recording

	condition   *match.Condition // nil: always
	url         *selmer.Template
	method      string
	headers     []headerTemplate
	body        *selmer.Template // nil: no body
	contentType bool             // the author set one
	delay       time.Duration
}

type headerTemplate struct {
	name  string
	value *selmer.Template
}

// Compile prepares the webhook of an endpoint (named as in "POST /orders") when its mock is compiled. Errors are for the
// mock's author.
func (s *Sender) Compile(of *site.Site, endpoint string, w *mockspec.Webhook) (*Hook, error) {
	h := &Hook{
		sender: s, workspace: of.WorkspaceID, mock: of.MockID, endpoint: endpoint, recording: of.Recording,
		method: strings.ToUpper(w.Method), delay: time.Duration(w.SleepMS) * time.Millisecond,
	}
	if h.method == "" {
		h.method = http.MethodPost
	}
	if !httpguts.ValidHeaderFieldName(h.method) { // a method is a token, like a header's name
		return nil, fmt.Errorf("webhook: %q is not a method", h.method)
	}
	plain := selmer.Options{Escaping: selmer.None}
	var err error
	if h.condition, err = match.CompileJSON(w.If.JSON); err != nil {
		return nil, fmt.Errorf("webhook: if: %w", err)
	}
	if h.url, err = selmer.Compile(strings.TrimSpace(w.URL.Raw), plain); err != nil {
		return nil, fmt.Errorf("webhook: url: %w", err)
	}
	mediaType := ""
	for _, header := range w.Headers {
		name := http.CanonicalHeaderKey(header.Name)
		if ownedByHTTP(name) {
			continue
		}
		if !httpguts.ValidHeaderFieldName(name) {
			return nil, fmt.Errorf("webhook: %q is not a header name", header.Name)
		}
		value, err := selmer.Compile(header.Value.Raw, plain)
		if err != nil {
			return nil, fmt.Errorf("webhook: header %s: %w", name, err)
		}
		if name == "Content-Type" {
			mediaType, h.contentType = header.Value.Raw, true
		}
		h.headers = append(h.headers, headerTemplate{name: name, value: value})
	}
	if err := h.compileBody(&w.Body, mediaType); err != nil {
		return nil, fmt.Errorf("webhook: body: %w", err)
	}
	return h, nil
}

// ownedByHTTP names headers that describe the connection or the framing and not the message, and our own.
func ownedByHTTP(name string) bool {
	switch name {
	case "Connection", "Content-Length", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", DeliveryHeader, depth.Header:
		return true
	}
	return strings.HasPrefix(name, "Proxy-")
}

func (h *Hook) compileBody(b *mockspec.Body, mediaType string) error {
	escaping := selmer.None
	switch {
	case b.Kind == mockspec.BodyNone:
		return nil
	case b.Kind == mockspec.BodyExternal:
		return errors.New("external-body is for responses; write the webhook's body as text")
	case b.Kind == mockspec.BodyJSON, isJSON(mediaType):
		escaping = selmer.JSON
	case mediaType == "":
		// Text that cannot be JSON is not escaped: the template language sees to that.
		escaping = selmer.JSON
	}
	var err error
	h.body, err = selmer.Compile(b.Template, selmer.Options{Escaping: escaping})
	return err
}

func isJSON(mediaType string) bool {
	t, _, err := mime.ParseMediaType(mediaType)
	return err == nil && (t == "application/json" || t == "text/json" || strings.HasSuffix(t, "+json"))
}

// Fire queues the webhook for a request that was answered, unless its condition says no. It renders all that will be sent
// before it returns and keeps nothing of the scope. It never waits. What cannot be sent is in the mock's history as
// dropped, with the reason.
func (h *Hook) Fire(sc *scope.Scope) {
	call, due, err := h.Prepare(sc)
	switch {
	case err != nil:
		h.sender.Drop(h.mock, h.endpoint, h.recording, errors.New(sc.Request.Env.Mask(err.Error())))
	case due:
		_ = h.sender.Enqueue(h.workspace, h.mock, call) // a refusal is in the history
	}
}

// Prepare returns what Fire would send and whether it would, and sends nothing. It keeps nothing of the scope.
func (h *Hook) Prepare(sc *scope.Scope) (call Call, due bool, err error) {
	if due, err := h.condition.Test(sc); !due {
		if err != nil {
			err = fmt.Errorf("if: %w", err)
		}
		return Call{}, false, err
	}
	call, err = h.render(sc)
	return call, err == nil, err
}

func (h *Hook) render(sc *scope.Scope) (Call, error) {
	target, err := h.url.Append(nil, sc)
	if err != nil {
		return Call{}, fmt.Errorf("url: %w", err)
	}
	call := Call{Endpoint: h.endpoint, URL: string(target), Method: h.method, Header: http.Header{}, Delay: h.delay, Recording: h.recording, Secrets: sc.Request.Env}
	if err := checkURL(call.URL); err != nil {
		return Call{}, err
	}
	for _, t := range h.headers {
		value, err := t.value.Append(nil, sc)
		if err != nil {
			return Call{}, fmt.Errorf("header %s: %w", t.name, err)
		}
		if !httpguts.ValidHeaderFieldValue(string(value)) {
			return Call{}, fmt.Errorf("header %s has a value with control characters", t.name)
		}
		call.Header.Add(t.name, string(value))
	}
	if h.body != nil {
		if call.Body, err = h.body.Append(nil, sc); err != nil {
			return Call{}, fmt.Errorf("body: %w", err)
		}
		if !h.contentType {
			call.Header.Set("Content-Type", contentTypeOf(call.Body))
		}
	}
	if values := sc.Request.Header.Values(depth.Header); len(values) > 0 {
		call.Depth = h.sender.depth.Of(values[0], sc.Request.Host)
	}
	return call, nil
}

func contentTypeOf(text []byte) string {
	if _, ok := body.Compact(text); ok {
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}

func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("url: %q is not an http(s) URL", clip(raw))
	}
	return nil
}

// clip shortens what is shown of a rendered text.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
