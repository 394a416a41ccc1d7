package openapi_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/mocloud/mocloud/pkg/openapi"
)

// TestPlacesInLongLines: a place is found on a line that goes on and on, in characters and not in bytes, and on the next.
func TestPlacesInLongLines(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`{"openapi":"3.0.0","paths":{"/ä":{"get":{"responses":{"200":{"$ref":"x"}}}}}}`:                              "1:71",
		`{"openapi":"3.0.0","paths":{"/ää":{"get":{"responses":{"200":{"$ref":"x"}}}}}}`:                             "1:72",
		`{"openapi":"3.0.0","paths":{"/😀":{"get":{"responses":{"200":{"$ref":"x"}}}}}}`:                              "1:71",
		"{\"openapi\":\"3.0.0\",\n\"paths\":{\"/\":{\"get\":{\n\"responses\":{\"ä\":1,\"200\":{\"$ref\":\"x\"}}}}}}": "3:36",
	} {
		_, notes := openapi.Import(t.Context(), []byte(src), openapi.Options{})
		if len(notes) != 1 || notes[0].Code != openapi.CodeExternalRef || fmt.Sprintf("%d:%d", notes[0].Line, notes[0].Column) != want {
			t.Errorf("%s: %v, want %s", src, notes, want)
		}
	}
}

// TestImportEndsWithItsContext: an import that nobody waits for ends before it has begun to work on the document.
func TestImportEndsWithItsContext(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, src := range hostile() {
		if made, notes := openapi.Import(gone, []byte(src), openapi.Options{}); made != nil || len(notes) == 0 {
			t.Errorf("%s: %v %v", name, made, notes)
		}
	}
}
