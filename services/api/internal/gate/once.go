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
		if err := g.stillThere(c, before.Header["Location"]); err != nil {
			return err
		}
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

// stillThere reads what a request created, as its caller. An answer that was remembered is nobody's business any more who may not
// read that now, or where it is gone.
func (g *Gate) stillThere(c echo.Context, location string) error {
	if location == "" {
		return nil
	}
	asked := c.Request()
	r, err := http.NewRequestWithContext(asked.Context(), http.MethodGet, location, http.NoBody)
	if err != nil {
		return fmt.Errorf("read what was created: %w", err)
	}
	found := c.Echo().NewContext(r, nil)
	c.Echo().Router().Find(http.MethodGet, r.URL.Path, found)
	if _, ok := g.operations[http.MethodGet+" "+found.Path()]; !ok {
		return nil // it cannot be read
	}
	r.RemoteAddr, r.Host = asked.RemoteAddr, asked.Host
	for _, name := range []string{"Authorization", "Cookie", "X-Forwarded-For"} {
		r.Header[name] = asked.Header[name]
	}
	w := &statusOnly{header: http.Header{}}
	c.Echo().ServeHTTP(w, r)
	if w.status == http.StatusNotFound || w.status == http.StatusGone {
		return apperr.New(apperr.NotFound, "What the first request with this Idempotency-Key created is not there any more, or not yours to read.")
	}
	return nil
}

// statusOnly is a ResponseWriter for whoever wants to know how a request is answered, and nothing else.
type statusOnly struct {
	header http.Header
	status int
}

func (w *statusOnly) Header() http.Header { return w.header }

func (w *statusOnly) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *statusOnly) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(b), nil
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
