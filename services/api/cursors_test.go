package api_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// forged are texts that no list gave out, as they are and as what a cursor holds.
var forged = []string{
	"\x00", "a\x00b", "\xff\xfe", "'; DROP TABLE mocks; --", "-1", "99999999999999999999", "%", "é", strings.Repeat("z", 300),
	`{"v":1,"l":"files","p":"\u0000"}`, `{"v":2,"l":"workspaces","p":""}`, `{"v":1,"l":"requests","p":5}`, `{"v":1,"l":"revisions","p":99999999999}`, `{`, `null`, `[]`,
}

// Cursors that no list gave out, or that another list did, are refused with the same 400.
func TestForgedCursors(t *testing.T) {
	t.Parallel()
	for name, edit := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, edit)
			lists := 0
			given := as[struct {
				NextCursor string `json:"next_cursor"`
			}](t, w.twoMocks()).NextCursor
			for _, op := range operations(t) {
				if op.Parameters.GetByInAndName("query", "cursor") == nil {
					continue
				}
				lists++
				c := op.fixture(w.acme, workspace.Owner)
				for _, text := range forged {
					for _, cursor := range []string{text, base64.RawURLEncoding.EncodeToString([]byte(text)), given, given[:len(given)/2], lying(given)} {
						c.query = merged(c.query, url.Values{"cursor": {cursor}})
						a := w.send(op, c, w.acme.user(workspace.Owner))
						if own := op.OperationID == "listMocks" && cursor == given; own && a.status == http.StatusOK {
							continue
						}
						if a.status != http.StatusBadRequest || !strings.Contains(string(a.body), `"cursor"`) {
							t.Errorf("%s with the cursor %q: %d %s", op.OperationID, cursor, a.status, a.body)
						}
					}
				}
			}
			if lists < 10 {
				t.Errorf("only %d lists", lists)
			}
		})
	}
}

// twoMocks is a page with one of two mocks.
func (w *world) twoMocks() answer {
	w.acme.mock()
	w.acme.mock()
	return w.want(http.StatusOK, "GET", "/api/v1/mocks?limit=1&workspace_slug="+w.acme.slug, "", bearer(w.acme.user(workspace.Owner)+"-token"))
}

// lying is the cursor of a list of mocks with a place that cannot be.
func lying(cursor string) string {
	raw, _ := base64.RawURLEncoding.DecodeString(cursor)
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), `"w":"`, `"w":"\u0000`, 1)))
}

func merged(a, b url.Values) url.Values {
	out := url.Values{}
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}
