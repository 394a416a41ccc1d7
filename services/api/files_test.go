package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/services/api"
)

type fileBody struct {
	ID, Name, Sha256 string
	WorkspaceSlug    string `json:"workspace_slug"`
	Size             int64
	MediaType        string `json:"media_type"`
}

const filesPath = "/api/v1/workspaces/dev/files"

func (b *bench) upload(status int, name, content string, headers ...string) answer {
	b.t.Helper()
	return b.want(status, "PUT", filesPath+"?name="+url.QueryEscape(name), content, append([]string{"Content-Type: "}, headers...)...)
}

// index is the index of the workspace's files that mock servers read.
func (b *bench) index(workspaceID string) files.Index {
	b.t.Helper()
	o, err := b.objects.Get(b.t.Context(), files.IndexKey(workspaceID))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = o.Body.Close() }()
	i, err := files.Decode(o.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return i
}

// stored is how many objects there are in the store.
func (b *bench) stored() int {
	b.t.Helper()
	n := 0
	if err := b.objects.List(b.t.Context(), "", func(objstore.Info) error { n++; return nil }); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestFiles(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", "- endpoint: {path: /, response: {external-body: {provider: json, path: data/pets.json}}}\n")
	ws := as[struct {
		WorkspaceID string `json:"workspace_id"`
	}](t, b.want(200, "GET", "/api/v1/mocks/"+m.ID, "")).WorkspaceID

	a := b.upload(http.StatusCreated, "data/pets.json", `["rex"]`, "If-None-Match: *")
	f := as[fileBody](t, a)
	path := filesPath + "/" + f.ID
	etag := a.header.Get("ETag")
	if f.Name != "data/pets.json" || f.Size != 7 || f.MediaType != "application/json" || f.WorkspaceSlug != "dev" || etag != `"`+f.Sha256+`"` || a.header.Get("Location") != path {
		t.Fatalf("%+v %v", f, a.header)
	}
	if i := b.index(ws); len(i.Files) != 1 || i.Files["data/pets.json"].Size != 7 {
		t.Errorf("the index says %+v", i)
	}
	a = b.want(http.StatusOK, "GET", path+"/content", "")
	if string(a.body) != `["rex"]` || a.header.Get("Content-Type") != "application/json" || a.header.Get("X-Content-Type-Options") != "nosniff" ||
		a.header.Get("Content-Disposition") != "attachment; filename=pets.json" || a.header.Get("ETag") != etag || a.header.Get("Content-Length") != "7" ||
		!strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%s %v", a.body, a.header)
	}

	// The same again is no change; another content is one.
	if again := as[fileBody](t, b.upload(http.StatusOK, "data/pets.json", `["rex"]`)); again != f {
		t.Errorf("%+v", again)
	}
	version := b.index(ws).Version
	replaced := as[fileBody](t, b.upload(http.StatusOK, "data/pets.json", `["rex","tom"]`, "If-Match: "+etag))
	if i := b.index(ws); replaced.ID != f.ID || replaced.Size != 13 || i.Version <= version || i.Files["data/pets.json"].Size != 13 {
		t.Errorf("%+v, index %+v", replaced, i)
	}
	b.upload(http.StatusPreconditionFailed, "data/pets.json", "[]", "If-Match: "+etag)
	b.upload(http.StatusPreconditionFailed, "data/pets.json", "[]", "If-None-Match: *")
	b.upload(http.StatusPreconditionFailed, "none", "[]", "If-Match: "+etag)

	b.upload(http.StatusCreated, "logo.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	page := as[struct {
		Items      []fileBody
		NextCursor string `json:"next_cursor"`
	}](t, b.want(http.StatusOK, "GET", filesPath+"?limit=1", ""))
	if len(page.Items) != 1 || page.Items[0] != replaced || page.NextCursor == "" {
		t.Errorf("%+v", page)
	}
	if a := b.want(http.StatusOK, "GET", filesPath+"?cursor="+page.NextCursor, ""); !strings.Contains(string(a.body), "logo.png") || strings.Contains(string(a.body), "pets") {
		t.Errorf("%s", a.body)
	}
	if a := b.want(http.StatusOK, "GET", path+"/mocks", ""); !strings.Contains(string(a.body), `{"current":true,"mock_id":"`+m.ID+`","mock_slug":"pets","published":false}`) {
		t.Errorf("%s", a.body)
	}
	if a := b.want(http.StatusConflict, "DELETE", path, ""); !strings.Contains(string(a.body), "the mock pets") {
		t.Errorf("%s", a.body)
	}
	b.want(http.StatusPreconditionFailed, "DELETE", path+"?force=true", "", "If-Match: "+etag)
	b.want(http.StatusNoContent, "DELETE", path+"?force=true", "", `If-Match: "`+replaced.Sha256+`"`)
	b.want(http.StatusNotFound, "GET", path, "")
	b.want(http.StatusNotFound, "GET", path+"/content", "")
	if i := b.index(ws); len(i.Files) != 1 || i.Files["logo.png"].MediaType != "image/png" {
		t.Errorf("the index says %+v", i)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	b := start(t, func(cfg *api.Config) { cfg.MaxFile, cfg.MaxFiles, cfg.Quota.Files = 100, 3, 150 })
	for name, c := range map[string]struct {
		query, content string
		headers        []string
		status         int
		says           string
	}{
		"no name":          {"", "x", nil, 400, "name"},
		"traversal":        {"?name=..%2Fx", "x", nil, 422, `contains \"..\"`},
		"a long name":      {"?name=" + strings.Repeat("a", 256), "x", nil, 400, "255"},
		"too large":        {"?name=big", strings.Repeat("x", 101), nil, 413, "larger than 100 bytes"},
		"another type":     {"?name=a.json", "x", []string{"Content-Type: image/png"}, 422, "declared as image/png"},
		"no type":          {"?name=a.json", "x", []string{"Content-Type: json"}, 422, "not a media type"},
		"a wrong ETag":     {"?name=a", "x", []string{"If-Match: 7"}, 400, "If-Match"},
		"weak expectation": {"?name=a", "x", []string{`If-None-Match: "7"`}, 400, "If-None-Match"},
	} {
		a := b.want(c.status, "PUT", filesPath+c.query, c.content, append([]string{"Content-Type: "}, c.headers...)...)
		if !strings.Contains(string(a.body), c.says) {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	b.upload(http.StatusCreated, "one", strings.Repeat("1", 100))
	if a := b.do("PUT", filesPath+"?name=two", strings.Repeat("2", 51), "Content-Type: "); !strings.Contains(string(a.body), "quota_exceeded") {
		t.Errorf("beyond the quota: %d %s", a.status, a.body)
	}
	b.upload(http.StatusOK, "one", strings.Repeat("3", 100)) // no more than before
	b.upload(http.StatusCreated, "two", "2")
	b.upload(http.StatusCreated, "three", "")
	if a := b.do("PUT", filesPath+"?name=four", "4", "Content-Type: "); !strings.Contains(string(a.body), "the limit is 3") {
		t.Errorf("too many: %d %s", a.status, a.body)
	}
}

// broken is an object store that refuses to write some keys.
type broken struct {
	objstore.Store
	refuse func(key string) bool
}

func (s *broken) Put(ctx context.Context, key string, body io.Reader, size int64, opts objstore.PutOptions) (string, error) {
	if s.refuse(key) {
		return "", errors.New("the store is broken")
	}
	return s.Store.Put(ctx, key, body, size, opts)
}

// What fails in between leaves nothing that anybody sees, and nothing forever.
func TestFilesHeal(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.upload(http.StatusCreated, "a", "one")
	var ws string
	b.query(&ws, "SELECT workspace_id FROM file_indexes")
	healthy := b.objects

	b.stop()
	b.objects = &broken{healthy, func(key string) bool { return !strings.HasSuffix(key, "/index.json") }}
	b.run()
	b.upload(http.StatusServiceUnavailable, "b", "two")
	b.want(http.StatusOK, "GET", filesPath+"?prefix=b", "") // there is none, as the index says
	if i := b.index(ws); len(i.Files) != 1 {
		t.Errorf("the index says %+v", i)
	}

	b.stop()
	b.objects = &broken{healthy, func(key string) bool { return strings.HasSuffix(key, "/index.json") }}
	b.run()
	b.upload(http.StatusCreated, "c", "three") // kept, though the mock servers cannot be told yet

	// A process died in an upload, after it had written the object.
	b.stop()
	orphan := files.ObjectKey(ws, "orphan")
	if _, err := healthy.Put(t.Context(), orphan, strings.NewReader(""), 0, objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	b.sql("INSERT INTO file_garbage (object_key, due_at) VALUES (?, ?)", orphan, time.Now().Add(-time.Second).UTC())
	b.objects = healthy
	b.run()
	until(t, "the index is not written", func() bool { return b.index(ws).Files["c"].Size == 5 })
	until(t, "the orphan is still there", func() bool {
		_, err := healthy.Stat(t.Context(), orphan)
		return errors.Is(err, objstore.ErrNotFound)
	})
	until(t, "garbage is remembered for ever", func() bool {
		var garbage int
		b.query(&garbage, "SELECT COUNT(*) FROM file_garbage")
		return garbage == 0
	})
	if n := b.stored(); n != 3 { // a, c and the index
		t.Errorf("%d objects are stored", n)
	}
}
