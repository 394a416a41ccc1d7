package external

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
)

// fetch loads a URL, unless the origin says that it still has the version known (an ETag).
func (l *Loader) fetch(ctx context.Context, k key, known string, calls int) (rawContent, error) {
	if l.deps.Client == nil {
		return rawContent{}, describe(k, apperr.New(apperr.Invalid, "this server does not fetch URLs; use a file of the workspace"))
	}
	ctx = egress.WithTenant(ctx, k.workspace)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.path, nil)
	if err != nil {
		return rawContent{}, describe(k, apperr.New(apperr.Invalid, "it is not a URL that can be fetched").WithCause(err))
	}
	req.Header.Set("Accept", "application/json, */*;q=0.5")
	req.Header.Set("User-Agent", "mocloud")
	req.Header.Set(depth.Header, l.deps.Depth.Sign(calls+1, req.Host))
	if known != "" {
		req.Header.Set("If-None-Match", known)
	}
	resp, err := l.deps.Client.Do(req)
	if err != nil {
		return rawContent{}, describe(k, unreachable(err))
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified && known != "":
		return rawContent{unchanged: true}, nil
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return rawContent{}, describe(k, apperr.New(apperr.NotFound, "the origin answered %d", resp.StatusCode))
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return rawContent{}, describe(k, apperr.New(apperr.Unavailable, "the origin answered %d", resp.StatusCode))
	}
	data, err := readAll(resp.Body, l.cfg.MaxBytes)
	if err != nil {
		return rawContent{}, describe(k, err)
	}
	return rawContent{data: data, media: resp.Header.Get("Content-Type"), version: resp.Header.Get("ETag")}, nil
}

// unreachable is the error for a request that got no answer. The cause names the address and stays in the log: which
// private addresses exist is nobody's business.
func unreachable(err error) error {
	switch {
	case errors.Is(err, egress.ErrDenied):
		return apperr.New(apperr.Unavailable, reasonUnreachable).WithCause(err)
	case errors.Is(err, egress.ErrLimited):
		return apperr.New(apperr.Unavailable, "this server is making too many outgoing calls; try again").WithCause(err)
	}
	if e, ok := errors.AsType[*url.Error](err); ok && e.Timeout() {
		return apperr.New(apperr.Unavailable, "the origin did not answer in time").WithCause(err)
	}
	return apperr.New(apperr.Unavailable, reasonUnreachable).WithCause(err)
}

// reasonUnreachable is the same for a name that does not exist and for one that leads to an address that may not be called: else
// names that only the inside knows could be told from others.
const reasonUnreachable = "the origin could not be reached, or calls to it are not allowed: mocks can only reach public addresses"
