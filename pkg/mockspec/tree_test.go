package mockspec_test

import (
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// TestParseTree: the tree has every document, empty ones too, with comments, and lines as in the source.
func TestParseTree(t *testing.T) {
	const src = "\ufeff# ours\n- endpoint: {path: /a, response: {}} # first\n---\n---\n- endpoint:\n    path: /b\n    response: {}\n"
	mock, docs, diagnostics := mockspec.ParseTree([]byte(src), mockspec.Options{})
	if mockspec.HasErrors(diagnostics) || len(mock.Endpoints) != 2 || len(docs) != 3 {
		t.Fatalf("%d endpoints in %d documents: %v", len(mock.Endpoints), len(docs), diagnostics)
	}
	first, last := docs[0].Content[0], docs[2].Content[0]
	if first.Content[0].LineComment+first.Content[0].HeadComment+first.HeadComment+docs[0].HeadComment == "" {
		t.Error("the comments are lost")
	}
	if last.Line != 5 {
		t.Errorf("the last document begins in line %d, not 5", last.Line)
	}
}
