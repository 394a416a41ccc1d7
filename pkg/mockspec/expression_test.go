package mockspec_test

import (
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

func TestPatternsOfAWebSocketAreCounted(t *testing.T) {
	const head, reaction = "- websocket:\n    path: /ws\n    on-message:\n", "      - {pattern: a, response: b}\n"
	for count, want := range map[int]string{mockspec.MaxPatterns: "", mockspec.MaxPatterns + 1: "a WebSocket may have at most 200 patterns, not 201"} {
		_, ds := mockspec.Parse([]byte(head+strings.Repeat(reaction, count)), mockspec.Options{})
		switch {
		case want == "" && len(ds) > 0:
			t.Errorf("%d patterns: %v", count, ds)
		case want != "" && (len(ds) != 1 || ds[0].Code != mockspec.CodeBadPattern || ds[0].Message != want):
			t.Errorf("%d patterns: %v, want %q", count, ds, want)
		}
	}
}
