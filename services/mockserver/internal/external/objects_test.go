package external

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
)

// put writes an object.
func put(t *testing.T, s objstore.Store, key, content string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, strings.NewReader(content), int64(len(content)), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
}

// putIndex writes what the files of a workspace are: the objects by name.
func putIndex(t *testing.T, s objstore.Store, workspace string, version int64, objects map[string]string) {
	t.Helper()
	i := files.Index{Version: version, Files: map[string]files.File{}}
	for name, object := range objects {
		i.Files[name] = files.File{Object: object, MediaType: "text/x-test"}
	}
	raw, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, files.IndexKey(workspace), string(raw))
}

func TestObjects(t *testing.T) {
	t.Parallel()
	store, err := dirstore.Open(t.TempDir(), dirstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	put(t, store, "w1/files/o1", "one")
	put(t, store, "w2/files/o2", "two")
	put(t, store, "w1/files/loose.json", "not in the index")
	putIndex(t, store, "w1", 1, map[string]string{"a/b.json": "o1", "gone.json": "o9"})
	synctest.Test(t, func(t *testing.T) {
		s := NewObjects(store, &env.Seal{}, slog.New(slog.DiscardHandler))
		content := func(name, known string) string {
			t.Helper()
			f, err := s.Open(t.Context(), "w1", name, known)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return "none"
			case err != nil:
				return string(apperr.CodeOf(err))
			case f.Body == nil:
				return "known"
			}
			defer func() { _ = f.Body.Close() }()
			data, err := io.ReadAll(f.Body)
			if err != nil || f.Media != "text/x-test" {
				t.Errorf("%s: %v, media %q", name, err, f.Media)
			}
			return string(data)
		}
		for _, c := range []struct{ name, known, want string }{
			{"a/b.json", "", "one"},
			{"a/b.json", "o0", "one"},
			{"a/b.json", "o1", "known"},
			{"loose.json", "", "none"},
			{"o1", "", "none"},
			{"index.json", "", "none"},
			{"gone.json", "", "unavailable"},
		} {
			if got := content(c.name, c.known); got != c.want {
				t.Errorf("%s, known %q: %q, want %q", c.name, c.known, got, c.want)
			}
		}
		for _, workspace := range []string{"", "w2"} { // w2 has an object but no index
			if _, err := s.Open(t.Context(), workspace, "a/b.json", ""); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("workspace %q: %v", workspace, err)
			}
		}

		put(t, store, "w1/files/o3", "three")
		putIndex(t, store, "w1", 2, map[string]string{"a/b.json": "o3"})
		if got := content("a/b.json", ""); got != "one" {
			t.Errorf("the index was read again at once: %q", got)
		}
		<-time.After(indexTTL) // of the bubble
		if got := content("a/b.json", "o1"); got != "three" {
			t.Errorf("after a replacement: %q", got)
		}
		if got := content("gone.json", ""); got != "none" {
			t.Errorf("after a deletion: %q", got)
		}
		put(t, store, files.IndexKey("w1"), "{")
		<-time.After(indexTTL)
		if _, err := s.Open(t.Context(), "w1", "a/b.json", ""); !errors.Is(err, files.ErrIndex) {
			t.Errorf("a broken index: %v", err)
		}
	})
}

func TestIndexesAreBounded(t *testing.T) {
	t.Parallel()
	s := NewObjects(nil, &env.Seal{}, slog.New(slog.DiscardHandler))
	for n := range 100 {
		s.keep(strconv.Itoa(n), &index{size: keptIndexes / 10})
		s.keep(strconv.Itoa(n), &index{size: keptIndexes / 10})
	}
	if len(s.indexes) > 10 || s.size != int64(len(s.indexes))*(keptIndexes/10) {
		t.Errorf("%d indexes, %d bytes", len(s.indexes), s.size)
	}
}
