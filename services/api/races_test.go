package api_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

const racers = 16

// race sends the same request from many at once and counts the answers by their status.
func (w *world) race(op func(i int) answer) map[int]int {
	w.t.Helper()
	counts := map[int]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range racers {
		wg.Go(func() {
			<-begin
			a := op(i)
			if a.status >= 500 {
				w.t.Errorf("%d %s", a.status, a.body)
			}
			mu.Lock()
			defer mu.Unlock()
			counts[a.status]++
		})
	}
	close(begin)
	wg.Wait()
	return counts
}

// onBoth runs a test in a world on each of the databases.
func onBoth(t *testing.T, test func(t *testing.T, w *world), edit ...func(*api.Config)) {
	t.Helper()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, append(edit, database)...))
		})
	}
}

// Of many edits that saw the same, one wins, and all others hear of it.
func TestOneEditWins(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		owner := bearer(w.acme.user(workspace.Owner) + "-token")
		mock := "/api/v1/mocks/" + w.acme.mock()
		member := "/api/v1/workspaces/acme/members/" + w.acme.member(workspace.Viewer)
		file := "/api/v1/workspaces/acme/files?name=raced.txt"
		w.want(http.StatusCreated, "PUT", file, "first", owner, "Content-Type: text/plain")
		for name, c := range map[string]struct {
			method, path, read, body, kind string
			won                            int
		}{
			"content":    {"PUT", mock, mock, `{"content":"# %d\n"}`, "", 200},
			"settings":   {"PATCH", mock, mock, `{"name":"Name %d"}`, "", 200},
			"recording":  {"PATCH", mock + "/recording", mock + "/recording", `{"keep_requests":%d}`, "", 200},
			"pin":        {"PATCH", mock + "/revisions/1", mock + "/revisions/1", `{"pinned":true,"label":"%d"}`, "", 200},
			"member":     {"PATCH", member, member, `{"role":"editor"}`, "", 200},
			"workspace":  {"PATCH", "/api/v1/workspaces/acme", "/api/v1/workspaces/acme", `{"name":"Name %d"}`, "", 200},
			"account":    {"PATCH", "/api/v1/account", "/api/v1/account", `{"email":"raced%d@example.com"}`, "", 200},
			"file":       {"PUT", file, "", "content %d", "text/plain", 200},
			"a new file": {"PUT", "/api/v1/workspaces/acme/files?name=fresh.txt", "", "content %d", "text/plain", 201},
		} {
			match := "If-None-Match: *"
			switch {
			case c.read != "":
				match = "If-Match: " + w.want(http.StatusOK, "GET", c.read, "", owner).header.Get("ETag")
			case c.won == http.StatusOK:
				match = "If-Match: " + w.want(http.StatusOK, "PUT", c.path, "first", owner, "Content-Type: text/plain").header.Get("ETag")
			}
			headers := []string{owner, match}
			if c.kind != "" {
				headers = append(headers, "Content-Type: "+c.kind)
			}
			counts := w.race(func(i int) answer {
				return w.do(c.method, c.path, strings.ReplaceAll(c.body, "%d", strconv.Itoa(i+10)), headers...)
			})
			if counts[c.won] != 1 || counts[http.StatusPreconditionFailed] != racers-1 {
				t.Errorf("%s: %v", name, counts)
			}
		}
	})
}

// What can be used once is used once, however many come at once.
func TestOnceIsOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		owner := bearer(w.acme.user(workspace.Owner) + "-token")
		link := as[struct{ URL string }](t, w.want(http.StatusCreated, "POST", "/api/v1/sessions/links", "{}", owner)).URL
		code := encode(map[string]string{"code": link[strings.Index(link, "=")+1:]})
		if counts := w.race(func(int) answer { return w.do("POST", "/api/v1/sessions", code, "Authorization: ") }); counts[201] != 1 || counts[401] != racers-1 {
			t.Errorf("a sign-in link: %v", counts)
		}
		if n := w.count("SELECT COUNT(*) FROM sessions"); n != 1 {
			t.Errorf("%d sessions", n)
		}

		_, _, invitation := w.acme.invitation(false)
		guests := make([]string, racers)
		for i := range guests {
			guests[i] = w.acme.account()
		}
		counts := w.race(func(i int) answer {
			return w.do("POST", "/api/v1/invitations/claim", encode(map[string]string{"secret": invitation}), bearer(guests[i]+"-token"))
		})
		if counts[404] != racers-1 {
			t.Errorf("an invitation: %v", counts)
		}

		slug := w.acme.name("imported")
		imported := encode(map[string]string{"workspace_slug": "acme", "slug": slug, "document": goodOpenAPI})
		counts = w.race(func(int) answer {
			return w.do("POST", "/api/v1/mocks/import", imported, owner, "Idempotency-Key: the-import-of-the-race")
		})
		if counts[201] < 1 || counts[201]+counts[409] != racers || w.count("SELECT COUNT(*) FROM mocks WHERE slug = ?", slug) != 1 {
			t.Errorf("an import: %v", counts)
		}
		again := w.want(http.StatusCreated, "POST", "/api/v1/mocks/import", imported, owner, "Idempotency-Key: the-import-of-the-race")
		if again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("the import again: %v", again.header)
		}
		// Whoever else has the key knows nothing of it.
		theirs := strings.Replace(imported, `"acme"`, `"rival"`, 1)
		other := w.want(http.StatusCreated, "POST", "/api/v1/mocks/import", theirs, bearer(w.rival.user(workspace.Owner)+"-token"), "Idempotency-Key: the-import-of-the-race")
		if other.header.Get("Idempotency-Replayed") != "" || !strings.Contains(string(other.body), "rival") {
			t.Errorf("another account with the key: %s", other.body)
		}
		w.want(http.StatusNotFound, "POST", "/api/v1/mocks/import", imported, bearer(w.rival.user(workspace.Owner)+"-token"), "Idempotency-Key: the-import-of-the-rival")

		taken := encode(map[string]string{"workspace_slug": "acme", "slug": "taken", "content": good})
		if counts := w.race(func(int) answer { return w.do("POST", "/api/v1/mocks", taken, owner) }); counts[201] != 1 || counts[409] != racers-1 {
			t.Errorf("a slug: %v", counts)
		}
		if counts := w.race(func(i int) answer {
			return w.do("POST", "/api/v1/workspaces", `{"slug":"wanted","name":"Wanted"}`, bearer(guests[i]+"-token"))
		}); counts[201] != 1 || counts[409] != racers-1 {
			t.Errorf("a workspace's slug: %v", counts)
		}
	})
}

// A quota is not passed by those who come at once.
func TestQuotaRace(t *testing.T) {
	t.Parallel()
	const limit = 5
	onBoth(t, func(t *testing.T, w *world) {
		owner := bearer(w.acme.user(workspace.Owner) + "-token")
		counts := w.race(func(i int) answer {
			return w.do("POST", "/api/v1/mocks", encode(map[string]string{"workspace_slug": "acme", "slug": fmt.Sprint("m", i), "content": good}), owner)
		})
		if counts[201] != limit || counts[403] != racers-limit || w.count("SELECT COUNT(*) FROM mocks") != limit {
			t.Errorf("mocks: %v", counts)
		}
		counts = w.race(func(int) answer { return w.do("POST", "/api/v1/workspaces/acme/tokens", encode(newToken), owner) })
		if counts[201] != limit || counts[403] != racers-limit {
			t.Errorf("tokens: %v", counts)
		}
		counts = w.race(func(i int) answer {
			return w.do("PUT", fmt.Sprintf("/api/v1/workspaces/acme/files?name=%d.txt", i), "0123456789", owner, "Content-Type: text/plain")
		})
		if counts[201] != limit || counts[403] != racers-limit {
			t.Errorf("files: %v", counts)
		}
	}, func(cfg *api.Config) {
		cfg.Quota.Mocks, cfg.Quota.Tokens, cfg.Quota.Files = limit, limit, limit*10
	})
}

// However writers of one mock interleave, nothing fails for another reason than what the others did, and what is left is
// whole.
func TestWritersOfOneMock(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		owner := bearer(w.acme.user(workspace.Owner) + "-token")
		id := w.acme.mock()
		path := "/api/v1/mocks/" + id
		steps := []func(i int) answer{
			func(i int) answer {
				return w.do("PUT", path, encode(map[string]string{"content": good + fmt.Sprintf("# %d\n", i)}), owner)
			},
			func(int) answer { return w.do("POST", path+"/publish", "", owner) },
			func(int) answer { return w.do("POST", path+"/unpublish", "", owner) },
			func(int) answer { return w.do("POST", path+"/rollback", `{"revision":1}`, owner) },
			func(int) answer { return w.do("DELETE", path, "", owner) },
			func(int) answer { return w.do("POST", path+"/restore", "{}", owner) },
			func(i int) answer { return w.do("PATCH", path, fmt.Sprintf(`{"slug":"renamed%d"}`, i), owner) },
			func(int) answer { return w.do("POST", path+"/move", `{"workspace_slug":"acme","slug":"moved"}`, owner) },
		}
		for range 4 {
			counts := w.race(func(i int) answer { return steps[i%len(steps)](i) })
			for status := range counts {
				switch status {
				case 200, 204, 404, 409:
				default:
					t.Errorf("answers: %v", counts)
				}
			}
		}
		w.do("POST", path+"/restore", "{}", owner)
		m := as[mockBody](t, w.want(http.StatusOK, "GET", path, "", owner))
		if n := w.count("SELECT MAX(number) FROM revisions WHERE mock_id = ?", id); n != m.Revision || m.PublishedRevision > m.Revision {
			t.Errorf("revision %d of %d, published %d", m.Revision, n, m.PublishedRevision)
		}
	})
}
