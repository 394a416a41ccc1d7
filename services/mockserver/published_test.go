package mockserver

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// behaves reports whether a conversation is about several answers or about what a mock remembers.
func behaves(name string) bool {
	kind, _, _ := strings.Cut(name, "-")
	return kind == "choose" || kind == "remember" || kind == "afternoon"
}

// places are what answers tell of lines in the user's file, which published mocks do not know.
var places = regexp.MustCompile(`,"line":\d+|,"column":\d+|(?m:^Content-Length: \d+\n)`)

// playPublished plays a conversation with the mock as it is when it is published: as lines, on a host of its own.
func playPublished(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var content []byte
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "> ") && !strings.HasPrefix(f.Name, "< ") {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if f.Name == "mock.yml" {
			content = f.Data
		}
	}
	mock, problems := mockspec.Parse(content, mockspec.Options{})
	if mockspec.HasErrors(problems) {
		t.Fatal(problems)
	}
	s, address := start(t, testConfig(&FileConfig{Files: []string{filepath.Join(dir, "mock.yml")}}))
	s.core.Ready()
	s.core.Put(&site.Site{
		MockID: "1", MockSlug: "mock", WorkspaceSlug: "w", Revision: 1, Hosts: []string{"mock.test", "other.test"}, Content: mockspec.EncodeLines(mock),
	})
	for i := 0; i+1 < len(archive.Files); i++ {
		number, isRequest := strings.CutPrefix(archive.Files[i].Name, "> ")
		if !isRequest {
			continue
		}
		got := places.ReplaceAllString(talk(t, address, archive.Files[i].Data), "")
		want := places.ReplaceAllString(string(archive.Files[i+1].Data), "")
		if !matches(got, want) {
			t.Errorf("request %s:\n%s\nanswer (-want +got):\n%s", number, archive.Files[i].Data, cmp.Diff(want, got))
		}
	}
}
