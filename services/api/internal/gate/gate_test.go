package gate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/apperr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errStopping = errors.New("stopping")

// What has no public side shows nothing of itself.
func TestUnknownErrorsAreNotShown(t *testing.T) {
	g := &Gate{deps: Deps{Extend: func(error, *Problem) {}, Stopping: []error{errStopping}}}
	for err, status := range map[error]int{
		errors.New("password hunter2"):                                    http.StatusInternalServerError,
		fmt.Errorf("hunter2: %w", context.DeadlineExceeded):               http.StatusServiceUnavailable,
		fmt.Errorf("hunter2: %w", errStopping):                            http.StatusServiceUnavailable,
		apperr.New(apperr.Internal, "x").WithCause(errors.New("hunter2")): http.StatusInternalServerError,
		echo.NewHTTPError(http.StatusTeapot, "hunter2"):                   http.StatusBadRequest,
		&http.MaxBytesError{Limit: 7}:                                     http.StatusRequestEntityTooLarge,
	} {
		p := g.problemOf(err, httptest.NewRequest(http.MethodGet, "/", nil))
		if p.Status != status || strings.Contains(p.Detail, "hunter2") {
			t.Errorf("%v: %+v", err, p)
		}
	}
}
