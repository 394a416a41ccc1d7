package mockspec_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// TestDocumentOfSeveral: every YAML document of a text is kept, empty ones and comments too, and every item gets the host.
func TestDocumentOfSeveral(t *testing.T) {
	const src = "# ours\n- endpoint: {path: /a, response: {}} # first\n---\n---\n- endpoint:\n    path: /b\n    response: {}\n"
	for name, text := range map[string]string{
		"plain": src, "a byte order mark": "\ufeff" + src, "an anchor": strings.Replace(src, "path: /b", "&p path: /b", 1),
	} {
		d := mockspec.ParseDocument(text, mockspec.Options{})
		if d.Invalid() || len(d.Mock().Endpoints) != 2 {
			t.Fatalf("%s: %d endpoints: %v", name, len(d.Mock().Endpoints), d.Diagnostics())
		}
		out, err := d.WithHost("a.example.dev")
		if err != nil || !strings.Contains(string(out), "# ours") || !strings.Contains(string(out), "# first") || strings.Count(string(out), "---") != 2 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		again := mockspec.ParseDocument(string(out), mockspec.Options{})
		if lines := again.Lines("a.example.dev"); again.Invalid() || string(lines) != string(d.Lines("a.example.dev")) {
			t.Errorf("%s: it means something else now: %v\n%s", name, again.Diagnostics(), out)
		}
		for _, e := range again.Mock().Endpoints {
			if e.Host != "a.example.dev" {
				t.Errorf("%s: an endpoint answers on %q", name, e.Host)
			}
		}
	}
}

func TestFiles(t *testing.T) {
	external := func(path string) string {
		return "- endpoint:\n    path: /a\n    response: {external-body: {provider: json, path: \"" + path + "\"}}\n"
	}
	for text, want := range map[string][]string{
		"- endpoint: {path: /a, response: {body: external-body}}\n":    nil,
		external("b.json") + external("./a.json") + external("b.json"): {"a.json", "b.json"},
		external("{{path-params.x}}.json"):                             nil,
		external("https://example.com/a.json"):                         nil,
	} {
		if d := mockspec.ParseDocument(text, mockspec.Options{}); !slices.Equal(d.Mock().Files(), want) {
			t.Errorf("%s names %q; %v", text, d.Mock().Files(), d.Diagnostics())
		}
	}
}
