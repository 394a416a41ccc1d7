package external

import (
	"strings"
	"testing"

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
		k, err := newKey(Request{WorkspaceID: "w", Provider: ProviderFile, Path: tt.path})
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
	if _, err := newKey(Request{Provider: "tsv", Path: "a"}); err == nil || !strings.Contains(err.Error(), `unknown provider "tsv"`) {
		t.Errorf("unknown provider: %v", err)
	}
	if _, err := newKey(Request{Provider: ProviderXLSX, Path: "a", Sheet: "a\x00"}); err == nil {
		t.Error("a sheet name with a control character was accepted")
	}
}
