package mcpserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mocloud/mocloud/services/api/client"
)

// clientName is what tools' calls are recorded under, unless the caller has a name.
const clientName = "mcp"

// NewHandler serves MCP over streamable HTTP, without sessions: each request has a server whose tools call api, in this process,
// with the request's own Authorization. So each call meets the checks, the limits and the audit log of the API.
func NewHandler(api http.Handler, version string, maxBody int64) http.Handler {
	schemas := mcp.NewSchemaCache()
	return mcp.NewStreamableHTTPHandler(func(r *http.Request) *mcp.Server {
		c, err := client.NewClientWithResponses("http://"+r.Host, client.WithHTTPClient(inside{api, r}))
		if err != nil {
			return nil // the host cannot be part of a URL; the handler answers with 400
		}
		return New(Config{API: c, Version: version, Schemas: schemas})
	}, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, MaxRequestBodyBytes: maxBody, PropagateRequestCancellation: true,
		DisableLocalhostProtection: true, // nothing answers without a token, which a foreign page does not have
	})
}

// inside sends the requests of a tool to the API of this process, on behalf of a request from outside.
type inside struct {
	api   http.Handler
	outer *http.Request
}

// carried are the headers that say who calls, and from where.
var carried = []string{"Authorization", "X-Forwarded-For", "X-Mocloud-Client", "User-Agent"} //nolint:gochecknoglobals // a constant list

// Do implements client.HttpRequestDoer.
func (i inside) Do(r *http.Request) (*http.Response, error) {
	for _, name := range carried {
		if values := i.outer.Header.Values(name); len(values) > 0 {
			r.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if r.Header.Get("X-Mocloud-Client") == "" {
		r.Header.Set("X-Mocloud-Client", clientName)
	}
	r.RemoteAddr, r.RequestURI, r.Host = i.outer.RemoteAddr, r.URL.RequestURI(), i.outer.Host
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	i.api.ServeHTTP(w, r)
	if w.full {
		return nil, errors.New("the answer is too large for a tool; ask for less, or use the API")
	}
	if w.status >= http.StatusMultipleChoices {
		return nil, refused(w)
	}
	return &http.Response{
		StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

// refused says why an answer is no success, and what to do.
func refused(w *answer) error {
	var p client.Problem
	if json.Unmarshal(w.body.Bytes(), &p) != nil || p.Detail == "" {
		return fmt.Errorf("the API answered %d %s; try again", w.status, http.StatusText(w.status))
	}
	text := p.Detail
	switch {
	case p.Status == http.StatusPreconditionFailed && p.Revision != nil:
		text += fmt.Sprintf(" Its current revision is %d: read_mock shows it.", *p.Revision)
	case p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable:
		if after := w.header.Get("Retry-After"); after != "" {
			text += " Try again in " + after + " s."
		}
	case p.Status >= http.StatusInternalServerError && p.RequestID != nil:
		text += " (request " + *p.RequestID + ")"
	}
	return errors.New(text)
}

// maxAnswer bounds an answer of the API, in bytes.
const maxAnswer = 16 << 20

// answer keeps what a handler writes.
type answer struct {
	header http.Header
	status int
	begun  bool
	body   bytes.Buffer
	full   bool // there was more than is kept
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.begun {
		a.begun, a.status = true, status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.begun = true
	if a.body.Len()+len(p) > maxAnswer {
		a.full = true
		return 0, errors.New("the answer is too large")
	}
	return a.body.Write(p)
}

// There is no connection whose deadlines could be set: the handler's own context bounds it.

func (a *answer) SetReadDeadline(time.Time) error  { return nil }
func (a *answer) SetWriteDeadline(time.Time) error { return nil }
