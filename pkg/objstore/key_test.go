package objstore_test

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/objstore"
)

// FuzzCheckKey: what passes is a clean relative path that means nothing else after cleaning.
func FuzzCheckKey(f *testing.F) {
	for _, seed := range []string{"", "a", "a/b", "/a", "a/", "a//b", "../a", "a/..", "a/./b", "ü", "\xff", "a\x00", strings.Repeat("x", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if objstore.CheckKey(key) != nil {
			return
		}
		if path.Clean("/"+key) != "/"+key || strings.HasPrefix(key, "/") || !utf8.ValidString(key) || len(key) > objstore.MaxKey {
			t.Errorf("%q passed", key)
		}
	})
}
