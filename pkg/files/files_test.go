package files

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		raw string
		ok  bool
	}{
		{`{"version":3,"files":{"a/b.json":{"object":"0190","size":2,"media_type":"application/json"}}}`, true},
		{`{}`, true},
		{``, false},
		{`[]`, false},
		{`{"files":{"a":{}}}`, false},
		{`{"files":{"a":{"object":"../../other/files/x"}}}`, false},
		{`{"files":{"a":{"object":".."}}}`, false},
		{`{"files":{"a":{"object":"."}}}`, false},
		{`{"files":{"a":{"object":"x/y"}}}`, false},
		{`{"files":{}} x`, false},
		{strings.Repeat(" ", MaxIndex+1), false},
	} {
		i, err := Decode(strings.NewReader(c.raw))
		if (err == nil) != c.ok || (err != nil && !errors.Is(err, ErrIndex)) {
			t.Errorf("%.80s: %+v, %v", c.raw, i, err)
		}
	}
	if _, err := Decode(iotest.ErrReader(fs.ErrPermission)); !errors.Is(err, fs.ErrPermission) || errors.Is(err, ErrIndex) {
		t.Errorf("a reader that fails: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"version":3,"files":{"a/b.json":{"object":"0190","size":2}}}`)
	f.Fuzz(func(t *testing.T, raw string) {
		i, err := Decode(strings.NewReader(raw))
		if err != nil {
			return
		}
		for name, file := range i.Files {
			if key := ObjectKey("w", file.Object); !fs.ValidPath(key) || strings.Count(key, "/") != 2 {
				t.Errorf("%q leads to %q", name, key)
			}
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a/b.json", "../x", "./a//b", "c:/x", "a/./b/", "..", "a\\..\\b", "\x00", "/x", "…/é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name, wrong := Clean(raw)
		if (name == "") == (wrong == "") {
			t.Fatalf("%q: a name %q beside %q", raw, name, wrong)
		}
		if wrong != "" {
			return
		}
		// fs.ValidPath: relative, no dot segments, no empty segments, valid UTF-8.
		if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") || strings.ContainsFunc(name, unicode.IsControl) {
			t.Fatalf("%q: unsafe name %q", raw, name)
		}
		if again, wrong := Clean(name); wrong != "" || again != name {
			t.Fatalf("%q: %q is not clean: %q %s", raw, name, again, wrong)
		}
	})
}

func TestMediaType(t *testing.T) {
	for name, want := range map[string]string{"a/B.JSON": "application/json", "x.png": "image/png", "x": "", "x.unknown": "", ".csv": "text/csv; charset=utf-8"} {
		if got := MediaType(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
	for media, want := range map[string]bool{"application/json; charset=utf-8": true, "application/geo+json": true, "text/plain": false, "": false} {
		if IsJSON(media) != want {
			t.Errorf("%q", media)
		}
	}
}
