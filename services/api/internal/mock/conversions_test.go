package mock

import (
	"context"
	"errors"
	"testing"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// TestImportEndsWithItsCaller: whoever has left gets no answer, and keeps nobody waiting.
func TestImportEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	s := &Service{conversions: newConversions()}
	document := "openapi: 3.1.0\npaths: {/a: {get: {responses: {'200': {description: x}}}}}\n"
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // whether there is a turn for it or not
		if made, err := s.Import(gone, workspace.Caller{AccountID: "ann"}, Import{Document: document}); !errors.Is(err, context.Canceled) {
			t.Fatalf("%+v, %v", made, err)
		}
	}
	if _, err := s.Import(t.Context(), workspace.Caller{AccountID: "ann"}, Import{Document: document}); err != nil {
		t.Error(err)
	}
}
