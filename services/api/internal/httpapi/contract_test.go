package httpapi

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/openapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Routes and document agree both ways: nothing is served that is not described, nothing described that is not served.
func TestRoutesAndDocumentAgree(t *testing.T) {
	handler, err := New(Config{}, Deps{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	pages := []string{"GET /", "GET /signin", "POST /signin", "POST /signup", "POST /mcp", "GET /invitation", "GET /assets/*"}
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
		}
	}
	slices.Sort(routes)
	slices.Sort(described)
	if !slices.Equal(routes, described) {
		t.Errorf("served\n%s\ndescribed\n%s", strings.Join(routes, "\n"), strings.Join(described, "\n"))
	}
}

// Every kind of error is described as its problem is written, and has a status of its own.
func TestProblemsAreDescribed(t *testing.T) {
	doc, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas["Problem"].Value
	handler, err := New(Config{}, Deps{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	e := handler.(*echo.Echo)
	failing := map[string]error{}
	e.GET("/fail/:kind", func(c echo.Context) error { return failing[c.Param("kind")] })
	seen := map[int]string{}
	maps.Copy(failing, map[string]error{
		"bad_request": gate.BadRequest("slug", "x"), "mock_invalid": &mock.InvalidError{Err: apperr.New(apperr.Invalid, "x"), Diagnostics: []mockspec.Diagnostic{{Severity: mockspec.Error, Code: "X", Message: "x"}}},
		"quota": &quota.ExceededError{Err: apperr.New(apperr.QuotaExceeded, "x"), Use: quota.Use{Resource: quota.Mocks, Used: 2, Limit: 1}}, "lost_update": &mock.LostUpdateError{Err: apperr.New(apperr.Precondition, "x"), Mock: mock.Mock{Revision: 3}},
	})
	for _, code := range []apperr.Code{
		apperr.Invalid, apperr.Unauthorized, apperr.Forbidden, apperr.QuotaExceeded, apperr.NotFound, apperr.Conflict, apperr.Precondition,
		apperr.TooLarge, apperr.RateLimited, apperr.Internal, apperr.Unavailable,
	} {
		failing[string(code)] = apperr.New(code, "x")
	}
	for kind := range failing {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/fail/"+kind, nil))
		var p struct{ Code string }
		var body any
		if err := errors.Join(json.Unmarshal(w.Body.Bytes(), &p), json.Unmarshal(w.Body.Bytes(), &body)); err != nil {
			t.Fatal(err)
		}
		if err := schema.VisitJSON(body, openapi3.VisitAsResponse()); err != nil {
			t.Errorf("%s: %s: %v", kind, w.Body, err)
		}
		if ProblemCode(p.Code) != ProblemCode(kind) {
			continue // not a kind of its own
		}
		if seen[w.Code] != "" && kind != string(apperr.QuotaExceeded) && seen[w.Code] != string(apperr.QuotaExceeded) { // which is a kind of Forbidden
			t.Errorf("%s: %d, as %s", kind, w.Code, seen[w.Code])
		}
		seen[w.Code] = kind
	}
}
