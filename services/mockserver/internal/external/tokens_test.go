package external

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestTokens: what stands in a cell, or outside of cells, is small and shallow, and reading ends with whoever waits.
func TestTokens(t *testing.T) {
	t.Parallel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	rows := func(n int, inside string) string {
		return "<sheetData>" + strings.Repeat("<row><c>"+inside+"</c></row>", n) + "</sheetData>"
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		part string
		want string
	}{
		"many cells":           {t.Context(), rows(20_000, "<v>1</v>"), ""},
		"rich text":            {t.Context(), rows(10, strings.Repeat("<r><t>x</t></r>", 500)), ""},
		"a deep cell":          {t.Context(), rows(1, strings.Repeat("<r>", 100_000)+strings.Repeat("</r>", 100_000)), "nest deeper"},
		"a deep sheet":         {t.Context(), strings.Repeat("<x>", 100_000), "nest deeper"},
		"a cell of many parts": {t.Context(), rows(1, strings.Repeat("<r/>", 5000)), "parts"},
		"much outside of rows": {t.Context(), strings.Repeat("<x/>", 5000), "parts"},
		"nobody waits":         {gone, rows(20_000, "<v>1</v>"), "not read in time"},
	} {
		d := newTokens(c.ctx, []byte(c.part), "row", "c")
		var err error
		read := 0
		for ; err == nil; read++ {
			var token xml.Token
			if token, err = d.next(); token == nil && err == nil {
				t.Fatal("neither a token nor an error")
			}
		}
		switch {
		case c.want == "" && !errors.Is(err, io.EOF):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (errors.Is(err, io.EOF) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && read > 10_000:
			t.Errorf("%s: %d tokens were read", name, read)
		}
	}
}
