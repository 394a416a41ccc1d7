package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/idempotency"
)

const (
	idempotencyKey = "Idempotency-Key"
	replayed       = "Idempotency-Replayed"
	// finishTimeout bounds remembering an answer, after which the caller gets it anyway.
	finishTimeout = 5 * time.Second
)

// once runs a request that creates something only if it is the first with its Idempotency-Key, and answers all others as
// it. Only success is remembered: after a failure the client may try again.
func (g *Gate) once(c echo.Context, key string, body []byte, next echo.HandlerFunc) error {
	ctx := c.Request().Context()
	attempt, before, err := g.deps.Idempotency.Begin(ctx, Caller(ctx).AccountID, key, fingerprint(c.Request(), body), RequestTimeout)
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
			g.deps.Log.WarnContext(ctx, "release an idempotency key", "error", released)
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
		g.deps.Log.WarnContext(ctx, "remember an answer", "error", err)
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

// fingerprint tells requests apart: what is asked for, and what the caller is limited to.
func fingerprint(r *http.Request, body []byte) string {
	sum := sha256.New()
	for _, part := range []string{r.Method, r.URL.Path, r.URL.RawQuery, Caller(r.Context()).WorkspaceID} {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	_, _ = sum.Write(body)
	return hex.EncodeToString(sum.Sum(nil))
}
