package openapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// TestEmptyAnswersKeepTheirType: an answer that has a media type and no body has it still after an export and an import.
func TestEmptyAnswersKeepTheirType(t *testing.T) {
	t.Parallel()
	for _, media := range []string{"image/png", "application/pdf", "application/octet-stream", "text/csv", "application/zip", "audio/mpeg"} {
		source := fmt.Sprintf("- endpoint:\n    method: GET\n    path: /file\n    response:\n      status: 200\n      headers:\n        Content-Type: %s\n", media)
		mock, problems := mockspec.Parse([]byte(source), mockspec.Options{})
		if mock == nil {
			t.Fatal(problems)
		}
		made, _ := openapi.Import(t.Context(), openapi.Export(mock, openapi.Info{Title: "files", Version: "1"}, ""), openapi.Options{})
		if made == nil {
			t.Fatalf("%s: the export is not imported", media)
		}
		if again := string(made.Content); !strings.Contains(again, media) || strings.Contains(again, "body:") {
			t.Errorf("%s came back as\n%s", media, again)
		}
	}
}
