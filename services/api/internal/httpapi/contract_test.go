package httpapi

import (
	"log/slog"
	"net/http"
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
	pages := []string{"GET /", "GET /signin", "GET /assets/*"}
	var routes, described []string
	for _, r := range handler.(*echo.Echo).Routes() {
		if route := r.Method + " " + r.Path; r.Method != echo.RouteNotFound && !slices.Contains(pages, route) {
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
	for _, id := range []string{opWait, opStream} {
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

// Every kind of error has a status and is a code of the document.
func TestCodesAreDescribed(t *testing.T) {
	for code, status := range statusOf {
		if !ProblemCode(code).Valid() || http.StatusText(status) == "" {
			t.Errorf("%s is not described", code)
		}
	}
	if p := problemOf(apperr.New(apperr.Unavailable, "x"), nil); p.Status != http.StatusServiceUnavailable {
		t.Errorf("unavailable is a %d", p.Status)
	}
}
