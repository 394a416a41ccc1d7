package apperr_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/mocloud/mocloud/pkg/apperr"
)

func TestError(t *testing.T) {
	cause := errors.New("disk full")
	base := apperr.New(apperr.Conflict, "the slug %q is taken", "pets")
	err := fmt.Errorf("create mock: %w", base.WithField("slug").WithCause(cause))

	e, ok := errors.AsType[*apperr.Error](err)
	if !ok || e.Code != apperr.Conflict || e.Field != "slug" || e.Message != `the slug "pets" is taken` {
		t.Errorf("AsType = %+v", e)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if base.Field != "" || errors.Is(base, cause) {
		t.Error("With… changed the original")
	}
	if apperr.CodeOf(err) != apperr.Conflict || apperr.CodeOf(cause) != apperr.Internal {
		t.Errorf("CodeOf = %s, %s", apperr.CodeOf(err), apperr.CodeOf(cause))
	}
}
