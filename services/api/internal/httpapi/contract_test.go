package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/openapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Routes and document agree both ways: nothing is served that is not described, nothing described that is not served.
func TestRoutesAndDocumentAgree(t *testing.T) {
	handler, err := New(Config{}, Deps{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	pages := []string{"GET /", "GET /signin", "POST /signin", "POST /signup", "GET /invitation", "GET /assets/*"}
	var routes, described []string
	for _, r := range handler.(*echo.Echo).Routes() {
		// HEAD comes with GET.
		if route := r.Method + " " + r.Path; r.Method != echo.RouteNotFound && r.Method != http.MethodHead && !slices.Contains(pages, route) {
			routes = append(routes, route)
		}
	}
	doc, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			described = append(described, method+" "+strings.NewReplacer("{", ":", "}", "").Replace(path))
			if op.Summary == "" || len(op.Tags) == 0 || op.Responses.Default() == nil {
				t.Errorf("%s has no summary, no tag, or no problem", op.OperationID)
			}
			if public := op.Security != nil && len(*op.Security) == 0; public == (op.Extensions["x-scope"] != nil && op.Extensions["x-role"] != nil) {
				t.Errorf("%s is public (%t) and must have x-scope and x-role if it is not", op.OperationID, public)
			}
		}
	}
	slices.Sort(routes)
	slices.Sort(described)
	if !slices.Equal(routes, described) {
		t.Errorf("served\n%s\ndescribed\n%s", strings.Join(routes, "\n"), strings.Join(described, "\n"))
	}
	for _, id := range []string{opWait, opStream, opRequests} {
		if !strings.Contains(string(mustJSON(t)), `"`+id+`"`) {
			t.Errorf("the document has no operation %s", id)
		}
	}
}

func mustJSON(t *testing.T) []byte {
	t.Helper()
	doc, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := doc.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// Every kind of error is a code of the document, and has a status of its own.
func TestCodesAreDescribed(t *testing.T) {
	seen := map[int]apperr.Code{}
	for _, code := range []apperr.Code{
		apperr.Invalid, apperr.Unauthorized, apperr.Forbidden, apperr.QuotaExceeded, apperr.NotFound, apperr.Conflict, apperr.Precondition,
		apperr.TooLarge, apperr.RateLimited, apperr.Internal, apperr.Unavailable,
	} {
		p := problemOf(apperr.New(code, "x"), nil)
		if !p.Code.Valid() || p.Title == "" || seen[p.Status] != "" && code != apperr.QuotaExceeded { // which is a kind of Forbidden
			t.Errorf("%s: %+v, as %s", code, p, seen[p.Status])
		}
		seen[p.Status] = code
	}
}

// What has no public side shows nothing of itself.
func TestUnknownErrorsAreNotShown(t *testing.T) {
	for err, status := range map[error]int{
		errors.New("password hunter2"):                                    http.StatusInternalServerError,
		fmt.Errorf("hunter2: %w", context.DeadlineExceeded):               http.StatusServiceUnavailable,
		apperr.New(apperr.Internal, "x").WithCause(errors.New("hunter2")): http.StatusInternalServerError,
		echo.NewHTTPError(http.StatusTeapot, "hunter2"):                   http.StatusBadRequest,
		&http.MaxBytesError{Limit: 7}:                                     http.StatusRequestEntityTooLarge,
	} {
		p := problemOf(err, httptest.NewRequest(http.MethodGet, "/", nil))
		if p.Status != status || strings.Contains(p.Detail, "hunter2") || !p.Code.Valid() {
			t.Errorf("%v: %+v", err, p)
		}
	}
}
