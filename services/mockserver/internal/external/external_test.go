package external

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/mockserver/internal/cache"
)

// fakeFiles is a Source in memory that counts what it is asked and can fail or wait.
type fakeFiles struct {
	mu    sync.Mutex
	files map[string]string // workspace/name
	fail  error
	gate  chan struct{} // if not nil, Open waits for it
	opens int
	reads int
}

func (s *fakeFiles) set(name, content string, fail error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[name], s.fail = content, fail
}

func (s *fakeFiles) Open(ctx context.Context, workspace, name, known string) (File, error) {
	if s.gate != nil {
		select {
		case <-s.gate:
		case <-ctx.Done():
			return File{}, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opens++
	if s.fail != nil {
		return File{}, s.fail
	}
	content, ok := s.files[workspace+"/"+name]
	if !ok {
		return File{}, fs.ErrNotExist
	}
	if content == known {
		return File{Version: known}, nil
	}
	return File{Body: &countingBody{Reader: strings.NewReader(content), s: s}, Version: content}, nil
}

type countingBody struct {
	io.Reader
	s    *fakeFiles
	once sync.Once
}

func (b *countingBody) Read(p []byte) (int, error) {
	b.once.Do(func() { b.s.mu.Lock(); b.s.reads++; b.s.mu.Unlock() })
	return b.Reader.Read(p)
}

func (b *countingBody) Close() error { return nil }

func newLoader(t *testing.T, cfg Config, deps Deps) *Loader {
	t.Helper()
	l := New(cfg, deps)
	t.Cleanup(l.Close)
	return l
}

func load(t *testing.T, l *Loader, path string) (Content, error) {
	t.Helper()
	return l.Load(t.Context(), Request{WorkspaceID: "w1", Provider: ProviderFile, Path: path})
}

func TestLoadFile(t *testing.T) {
	t.Parallel()
	files := &fakeFiles{files: map[string]string{
		"w1/data/users.json": `{"a": 1}`, "w2/secret.json": "{}", "w1/logo": "\x89PNG\r\n\x1a\n....", "w1/noext": " [1]", "w1/big.bin": strings.Repeat("x", 101),
	}}
	l := newLoader(t, Config{MaxBytes: 100}, Deps{Files: files})
	tests := []struct {
		path, data, media string
		json              bool
		code              apperr.Code
		says              string
	}{
		{path: "data/users.json", data: `{"a": 1}`, media: "application/json", json: true},
		{path: "./data/users.json", data: `{"a": 1}`, media: "application/json", json: true},
		{path: "logo", data: "\x89PNG\r\n\x1a\n....", media: "image/png"},
		{path: "noext", data: " [1]", media: "application/json", json: true},
		{path: "secret.json", code: apperr.NotFound, says: `external-body "secret.json": there is no such file in this workspace`},
		{path: "../w2/secret.json", code: apperr.Invalid, says: `contains ".."`},
		{path: "big.bin", code: apperr.TooLarge, says: "larger than"},
		{path: "https://example.com/", code: apperr.Invalid, says: "does not fetch URLs"},
	}
	for _, tt := range tests {
		c, err := load(t, l, tt.path)
		if tt.code != "" {
			if apperr.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: %v, want %s %q", tt.path, err, tt.code, tt.says)
			}
			continue
		}
		if err != nil || string(c.Data) != tt.data || c.MediaType != tt.media || c.JSON != tt.json {
			t.Errorf("%s: %q %q %v %v", tt.path, c.Data, c.MediaType, c.JSON, err)
		}
	}
}

func TestCacheAgesRevalidatesAndOutlivesFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		files := &fakeFiles{files: map[string]string{"w1/a.json": "1"}}
		l := newLoader(t, Config{}, Deps{Files: files})
		check := func(wantData string, wantStale bool, wantOpens, wantReads int) {
			t.Helper()
			c, err := load(t, l, "a.json")
			if err != nil || string(c.Data) != wantData || c.Stale != wantStale {
				t.Fatalf("%q stale=%v %v, want %q stale=%v", c.Data, c.Stale, err, wantData, wantStale)
			}
			if files.opens != wantOpens || files.reads != wantReads {
				t.Fatalf("%d opens, %d reads, want %d, %d", files.opens, files.reads, wantOpens, wantReads)
			}
		}
		check("1", false, 1, 1)
		check("1", false, 1, 1) // fresh
		<-time.After(3 * time.Second)
		check("1", false, 2, 1) // looked at again, unchanged: not read again
		files.set("w1/a.json", "2", nil)
		check("1", false, 2, 1) // still fresh
		<-time.After(3 * time.Second)
		check("2", false, 3, 2)
		files.set("w1/a.json", "3", errors.New("store is gone"))
		<-time.After(3 * time.Second)
		check("2", true, 4, 2)
		check("2", true, 4, 2) // the failing store is not asked each time
		<-time.After(2 * time.Second)
		check("2", true, 5, 2)
		files.set("w1/a.json", "3", nil)
		<-time.After(2 * time.Second)
		check("3", false, 6, 3)

		files.set("w1/a.json", "3", errors.New("store is gone"))
		<-time.After(11 * time.Minute)
		if _, err := load(t, l, "a.json"); apperr.CodeOf(err) != apperr.Unavailable {
			t.Fatalf("after MaxStale: %v", err)
		}
		// A file that was removed is gone, not stale.
		files.set("w1/b.json", "b", nil)
		if _, err := load(t, l, "b.json"); err != nil {
			t.Fatal(err)
		}
		files.mu.Lock()
		delete(files.files, "w1/b.json")
		files.mu.Unlock()
		<-time.After(3 * time.Second)
		if _, err := load(t, l, "b.json"); apperr.CodeOf(err) != apperr.NotFound {
			t.Fatalf("removed file: %v", err)
		}
	})
}

func TestLoadsAreSharedBoundedAndEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		files := &fakeFiles{files: map[string]string{"w1/a": "A", "w2/a": "B"}, gate: make(chan struct{})}
		l := New(Config{LoadsOfWorkspace: 2}, Deps{Files: files})
		var wg sync.WaitGroup
		var good atomic.Int32
		for range 20 {
			wg.Go(func() {
				if c, err := load(t, l, "a"); err == nil && string(c.Data) == "A" {
					good.Add(1)
				}
			})
		}
		synctest.Wait()
		// A caller who leaves does not take the load along.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := l.Load(ctx, Request{WorkspaceID: "w1", Provider: ProviderFile, Path: "a"}); apperr.CodeOf(err) != apperr.Unavailable {
			t.Errorf("left: %v", err)
		}
		wg.Go(func() { _, _ = load(t, l, "b") })
		synctest.Wait()
		if _, err := load(t, l, "c"); err == nil || !strings.Contains(err.Error(), "of this workspace are being loaded already") {
			t.Errorf("third load of the workspace: %v", err)
		}
		wg.Go(func() {
			if c, err := l.Load(t.Context(), Request{WorkspaceID: "w2", Provider: ProviderFile, Path: "a"}); err != nil || string(c.Data) != "B" {
				t.Errorf("other workspace: %q %v", c.Data, err)
			}
		})
		synctest.Wait()
		close(files.gate)
		wg.Wait()
		if good.Load() != 20 || files.opens != 3 {
			t.Errorf("%d good answers from %d opens, want 20 from 3", good.Load(), files.opens)
		}
		files.gate = make(chan struct{})
		wg.Go(func() {
			if _, err := load(t, l, "slow"); err == nil {
				t.Error("a load survived Close")
			}
		})
		synctest.Wait()
		l.Close() // returns although the gate is shut
		wg.Wait()
		if _, err := load(t, l, "later"); apperr.CodeOf(err) != apperr.Unavailable {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestLoadURL(t *testing.T) {
	t.Parallel()
	var conditional atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/users", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			conditional.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/vnd.api+json")
		_, _ = io.WriteString(w, `[1]`)
	})
	mux.HandleFunc("/data.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.WriteString(w, `{}`)
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for range 100 {
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1000))
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	l := newLoader(t, Config{MaxBytes: 5000, URLTTL: time.Nanosecond}, Deps{Client: srv.Client()})

	for range 2 {
		c, err := load(t, l, srv.URL+"/users")
		if err != nil || string(c.Data) != "[1]" || !c.JSON || c.MediaType != "application/vnd.api+json" {
			t.Fatalf("%q %q %v %v", c.Data, c.MediaType, c.JSON, err)
		}
	}
	if conditional.Load() != 1 {
		t.Errorf("%d conditional requests, want 1", conditional.Load())
	}
	if c, err := load(t, l, srv.URL+"/data.json?x=1"); err != nil || !c.JSON {
		t.Errorf("by extension: %q %v", c.MediaType, err)
	}
	for path, code := range map[string]apperr.Code{"/broken": apperr.Unavailable, "/none": apperr.NotFound, "/endless": apperr.TooLarge} {
		if _, err := load(t, l, srv.URL+path); apperr.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", path, err, code)
		}
	}
	srv.Close()
	_, err := load(t, l, srv.URL+"/gone")
	if e, ok := errors.AsType[*apperr.Error](err); !ok || e.Code != apperr.Unavailable || strings.Contains(e.Message, "refused") {
		t.Errorf("unreachable: %v", err)
	}
}

func TestDirectoryIsAFence(t *testing.T) {
	t.Parallel()
	outside, inside := t.TempDir(), t.TempDir()
	write := func(path, content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "secret.json"), `"secret"`)
	write(filepath.Join(inside, "ok.json"), `"ok"`)
	for from, to := range map[string]string{"link.json": "ok.json", "out.json": filepath.Join(outside, "secret.json"), "up": "..", "dir": outside} {
		if err := os.Symlink(to, filepath.Join(inside, from)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	l := newLoader(t, Config{}, Deps{Files: Directory{Root: root}})
	for _, path := range []string{"ok.json", "link.json"} {
		if c, err := load(t, l, path); err != nil || string(c.Data) != `"ok"` {
			t.Errorf("%s: %q %v", path, c.Data, err)
		}
	}
	for _, path := range []string{"out.json", "dir/secret.json", "up/x", "up", "none.json"} {
		if c, err := load(t, l, path); err == nil || len(c.Data) > 0 || apperr.CodeOf(err) == apperr.Unavailable {
			t.Errorf("%s: %q %v", path, c.Data, err)
		}
	}
}

// TestFolders opens files below folders that a mock names outright: never for a hosted mock, and never outside of them.
func TestFolders(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	for _, dir := range []string{"data/users", "secret"} {
		if err := os.MkdirAll(filepath.Join(base, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range map[string]string{"data/users.json": "[]", "data/users/1.json": "{}", "secret/key.json": `"key"`} {
		if err := os.WriteFile(filepath.Join(base, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(base, "secret/key.json"), filepath.Join(base, "data/link.json")); err != nil {
		t.Fatal(err)
	}
	data := base + "/data"
	local := newLoader(t, Config{}, Deps{Files: &fakeFiles{files: map[string]string{}}, Folders: Disk{base + "/none", base + "/secret"}})
	hosted := newLoader(t, Config{}, Deps{Files: &fakeFiles{files: map[string]string{}}})
	for _, c := range []struct{ folder, path, want, says string }{
		{data, data + "/users.json", "[]", ""},
		{data, data + "//users/1.json", "{}", ""},
		{"../data", "../data/users.json", "[]", ""}, // of the second base
		{data, data + "/none.json", "", "there is no such file in " + data},
		{base + "/nowhere", base + "/nowhere/a.json", "", "correct `folder` or `path`"},
		{data, data + "/../secret/key.json", "", `contains ".."`},
		{data, data + "/link.json", "", "leads out of the folder"},
		{data, base + "/secret/key.json", "", "is absolute"}, // not below its folder: cannot happen, must not matter
		{data, data + "/users", "", "not a regular file"},
	} {
		req := Request{WorkspaceID: "w", Provider: ProviderFile, Path: c.path, Folder: c.folder}
		got, err := local.Load(t.Context(), req)
		if string(got.Data) != c.want || (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q %v", c.path, got.Data, err)
		}
		if got, err := hosted.Load(t.Context(), req); err == nil || len(got.Data) > 0 || apperr.CodeOf(err) != apperr.Invalid {
			t.Errorf("hosted: %s: %q %v", c.path, got.Data, err)
		}
	}
}

func TestDirectoriesAreLookedThroughInOrder(t *testing.T) {
	t.Parallel()
	var folders Directories
	for _, names := range [][]string{{"both.json"}, {"both.json", "second.json"}} {
		dir := t.TempDir()
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(strconv.Itoa(len(names))), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		folders = append(folders, Directory{Root: root})
	}
	l := newLoader(t, Config{}, Deps{Files: folders})
	for path, want := range map[string]string{"both.json": "1", "second.json": "2", "none.json": ""} {
		if c, err := load(t, l, path); string(c.Data) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q %v", path, c.Data, err)
		}
	}
}

func TestCacheShares(t *testing.T) {
	t.Parallel()
	const one = entryOverhead + 2
	pool := cache.New(10 * one)
	c := newContents(pool)
	put := func(workspace, path string) {
		c.put(key{workspace: workspace, path: path}, entry{content: Content{Data: []byte("x")}})
	}
	has := func(workspace, path string) bool {
		_, ok := c.entries[key{workspace: workspace, path: path}]
		return ok
	}
	put("quiet", "a")
	for p := range strings.SplitSeq("abcdefghijklmnop", "") {
		put("loud", p)
	}
	if !has("quiet", "a") || has("loud", "a") || !has("loud", "p") {
		t.Error("a loud workspace must lose its own entries and nobody else's")
	}
	for w := range strings.SplitSeq("123456789", "") {
		put(w, "a")
	}
	if pool.Size() > 10*one || len(c.entries) != 10 {
		t.Errorf("over its limit: %d bytes, %d entries", pool.Size(), len(c.entries))
	}
	put("quiet", "a")
	put("quiet", "a")
	if len(c.entries) != 10 || pool.Size() != 10*one {
		t.Errorf("put again, an entry counts more than once: %d bytes, %d entries", pool.Size(), len(c.entries))
	}
}
