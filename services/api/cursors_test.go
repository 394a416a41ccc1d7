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

// forged are texts that no list gave out, as they are and as what a cursor holds. The first ones have the right form, but do not say
// whose list they are of and with which filters.
var forged = []string{
	"\x00", "a\x00b", "\xff\xfe", "'; DROP TABLE mocks; --", "-1", "99999999999999999999", "%", "é", strings.Repeat("z", 300),
	`{"v":1,"l":"files","p":"a"}`, `{"v":1,"l":"file_mocks","p":"a"}`, `{"v":1,"l":"revisions","p":2}`, `{"v":1,"l":"audit","p":"z"}`, `{"v":1,"l":"invitations","p":"a"}`,
	`{"v":1,"l":"own_invitations","p":"a"}`, `{"v":1,"l":"members","p":"a"}`, `{"v":1,"l":"workspaces","p":"a"}`, `{"v":1,"l":"tokens","p":"a"}`,
	`{"v":1,"l":"requests","p":"z"}`, `{"v":1,"l":"webhooks","p":"z"}`, `{"v":1,"l":"domains","p":"a"}`, `{"v":1,"l":"mocks","p":{}}`,
	`{"v":1,"l":"files","p":"\u0000"}`, `{"v":2,"l":"workspaces","p":""}`, `{"v":1,"l":"requests","p":5}`, `{"v":1,"l":"revisions","p":99999999999}`, `{`, `null`, `[]`,
}

// Cursors that no list gave out, or that another list did, are refused with the same 400.
func TestForgedCursors(t *testing.T) {
	t.Parallel()
	for name, edit := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, edit)
			w.otherFilters()
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

// otherFilters checks that a cursor is refused with other filters than those that it was made with, or for another mock.
func (w *world) otherFilters() {
	w.t.Helper()
	w.twoMocks()
	token := bearer(w.acme.user(workspace.Owner) + "-token")
	audit := "/api/v1/workspaces/" + w.acme.slug + "/audit?limit=1&action=createMock"
	mocks := "/api/v1/mocks?limit=1&workspace_slug=" + w.acme.slug
	for list, others := range map[string][]string{
		audit: {audit + "&username=nobody", strings.TrimSuffix(audit, "&action=createMock"), strings.Replace(audit, "createMock", "deleteMock", 1)},
		mocks: {mocks + "&q=a", mocks + "&sort=-slug", "/api/v1/mocks?limit=1"},
	} {
		next := as[struct {
			NextCursor string `json:"next_cursor"`
		}](w.t, w.want(http.StatusOK, "GET", list, "", token)).NextCursor
		if next == "" {
			w.t.Fatalf("%s has one page only", list)
		}
		w.want(http.StatusOK, "GET", list+"&cursor="+next, "", token)
		for _, other := range others {
			w.want(http.StatusBadRequest, "GET", other+"&cursor="+next, "", token)
		}
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
