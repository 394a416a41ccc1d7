package external

import (
	"io/fs"
	"strings"
	"testing"
	"unicode"

	"github.com/mocloud/mocloud/pkg/apperr"
)

func TestNewKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path string
		want string // "" means an error
		says string
	}{
		{"users.json", "users.json", ""},
		{"./data//users.json", "data/users.json", ""},
		{"data/./a b.json", "data/a b.json", ""},
		{"data/..json", "data/..json", ""},
		{"über/日本.json", "über/日本.json", ""},
		{"https://api.example.com/u?q=1#frag", "https://api.example.com/u?q=1", ""},
		{"HTTP://Example.com/x", "http://Example.com/x", ""},
		{"", "", "is empty"},
		{"  ", "", "is empty"},
		{".", "", "is a folder"},
		{"data/", "", "is a folder"},
		{"/etc/passwd", "", "is absolute"},
		{"../x.json", "", `contains ".."`},
		{"a/../b.json", "", `contains ".."`},
		{"a/..", "", `contains ".."`},
		{`..\x.json`, "", `contains "\"`},
		{"c:/x.json", "", "names a drive"},
		{"a\x00b", "", "control character"},
		{"a\nb", "", "control character"},
		{"a\xffb", "", "not valid UTF-8"},
		{strings.Repeat("a", 1025), "", "is too long"},
		{"file:///etc/passwd", "", "neither a file"},
		{"ftp://example.com/x", "", "neither a file"},
		{"http:///x", "", "names no host"},
		{"http://%zz", "", "is not a URL"},
		{"https://e.com/" + strings.Repeat("a", 5000), "", "is too long"},
	}
	for _, tt := range tests {
		k, err := newKey(Request{Workspace: "w", Provider: ProviderFile, Path: tt.path})
		if tt.want == "" {
			if err == nil || !strings.Contains(err.Error(), tt.says) || apperr.CodeOf(err) != apperr.Invalid {
				t.Errorf("%q: error %v, want one that says %q", tt.path, err, tt.says)
			}
			continue
		}
		if err != nil || k.path != tt.want {
			t.Errorf("%q: %q, %v, want %q", tt.path, k.path, err, tt.want)
		}
	}
	if _, err := newKey(Request{Provider: "csv", Path: "a"}); err == nil || !strings.Contains(err.Error(), `unknown provider "csv"`) {
		t.Errorf("unknown provider: %v", err)
	}
	if _, err := newKey(Request{Provider: ProviderXLSX, Path: "a", Sheet: "a\x00"}); err == nil {
		t.Error("a sheet name with a control character was accepted")
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"a/b.json", "../x", "./a//b", "c:/x", "a/./b/", "..", "a\\..\\b", "\x00", "/x", "…/é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name, err := cleanName(raw)
		if err != nil {
			if name != "" {
				t.Fatalf("%q: a name beside an error: %q", raw, name)
			}
			return
		}
		// fs.ValidPath: relative, no dot segments, no empty segments, valid UTF-8.
		if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") || strings.ContainsFunc(name, unicode.IsControl) {
			t.Fatalf("%q: unsafe name %q", raw, name)
		}
		if again, err := cleanName(name); err != nil || again != name {
			t.Fatalf("%q: %q is not its own clean form: %q, %v", raw, name, again, err)
		}
	})
}
