package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/idempotency"
)

// The parameters with which operations of the document take part in what this file does.
const (
	idempotencyKey = "Idempotency-Key"
	ifNoneMatch    = "If-None-Match"
)

// declares reports whether an operation has a header parameter.
func declares(op *openapi3.Operation, header string) bool {
	return op.Parameters.GetByInAndName(openapi3.ParameterInHeader, header) != nil
}

// held is an answer that is not sent yet. It takes the place of the connection while a handler writes.
type held struct {
	http.ResponseWriter

	status int
	body   bytes.Buffer
}

func (h *held) WriteHeader(status int)      { h.status = status }
func (h *held) Write(p []byte) (int, error) { return h.body.Write(p) }

// hold runs next and keeps its answer back. Answers are bounded by what their operations read.
func hold(c echo.Context, next echo.HandlerFunc) (*held, error) {
	h := &held{ResponseWriter: c.Response().Writer, status: http.StatusOK}
	c.Response().Writer = h
	err := next(c)
	c.Response().Writer = h.ResponseWriter
	if err != nil {
		c.Response().Committed = false // nothing of it went out
	}
	return h, err
}

// send sends the answer that was held back.
func (h *held) send() error {
	h.ResponseWriter.WriteHeader(h.status)
	_, err := h.ResponseWriter.Write(h.body.Bytes())
	return err
}

// conditional answers 304 to who knows the answer already (RFC 9110, 13.1.2). An answer without an ETag gets one.
func conditional(c echo.Context, next echo.HandlerFunc) error {
	h, err := hold(c, next)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	tag := header.Get("ETag")
	if tag == "" {
		sum := sha256.Sum256(h.body.Bytes())
		tag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		header.Set("ETag", tag)
	}
	if h.status == http.StatusOK && known(c.Request().Header.Values(ifNoneMatch), tag) {
		header.Del("Content-Type")
		c.Response().Status, h.status = http.StatusNotModified, http.StatusNotModified
		h.body.Reset()
	}
	return h.send()
}

// known reports whether a tag is in If-None-Match headers, by weak comparison.
func known(headers []string, tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for _, header := range headers {
		for each := range strings.SplitSeq(header, ",") {
			if each = strings.TrimSpace(each); each == "*" || strings.TrimPrefix(each, "W/") == tag {
				return true
			}
		}
	}
	return false
}

const (
	replayed = "Idempotency-Replayed"
	// finishTimeout bounds remembering an answer, after which the caller gets it anyway.
	finishTimeout = 5 * time.Second
)

// once runs a request that creates something only if it is the first with its Idempotency-Key, and answers all others as
// it. Only success is remembered: after a failure the client may try again.
func (ct *contract) once(c echo.Context, key string, next echo.HandlerFunc) error {
	ctx := c.Request().Context()
	asked, err := fingerprint(c)
	if err != nil {
		return err
	}
	attempt, before, err := ct.handlers.Idempotency.Begin(ctx, caller(ctx).AccountID, key, asked, requestTimeout)
	if err != nil {
		if apperr.CodeOf(err) == apperr.Conflict {
			c.Response().Header().Set("Retry-After", "1")
		}
		return err
	}
	if before != nil {
		return replay(c, before)
	}
	h, err := hold(c, next)
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	if err != nil || h.status >= http.StatusMultipleChoices {
		if released := attempt.Release(finish); released != nil {
			ct.handlers.Log.WarnContext(ctx, "release an idempotency key", "error", released)
		}
		if err != nil {
			return err
		}
		return h.send()
	}
	answer := idempotency.Answer{Status: h.status, Header: map[string]string{}, Body: h.body.Bytes()}
	for _, name := range []string{"Content-Type", "Location", "ETag"} {
		if v := c.Response().Header().Get(name); v != "" {
			answer.Header[name] = v
		}
	}
	if err := attempt.Done(finish, answer); err != nil {
		ct.handlers.Log.WarnContext(ctx, "remember an answer", "error", err)
	}
	return h.send()
}

// replay answers as the first request with the key was answered.
func replay(c echo.Context, a *idempotency.Answer) error {
	header := c.Response().Header()
	header.Set(replayed, "true")
	for name, v := range a.Header {
		header.Set(name, v)
	}
	if a.Cut {
		return apperr.New(apperr.Conflict, "This request was already carried out, but its answer was too large to keep: read %s.", orElse(a.Header["Location"], "what was created")).WithField(idempotencyKey)
	}
	c.Response().WriteHeader(a.Status)
	_, err := c.Response().Write(a.Body)
	return err
}

// fingerprint tells requests apart: what is asked for, and what the caller is limited to. The body was read and checked.
func fingerprint(c echo.Context) (string, error) {
	r := c.Request()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", fmt.Errorf("read the request's body again: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.New()
	for _, part := range []string{r.Method, r.URL.Path, r.URL.RawQuery, caller(r.Context()).WorkspaceID} {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	_, _ = sum.Write(body)
	return hex.EncodeToString(sum.Sum(nil)), nil
}
