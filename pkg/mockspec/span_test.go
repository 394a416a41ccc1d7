package mockspec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// apply changes a text as an edit says, with lines and columns of characters.
func apply(src string, e *mockspec.Edit) string {
	lines := strings.SplitAfter(src, "\n")
	at := func(line, column int) int {
		n := 0
		for _, l := range lines[:line-1] {
			n += len(l)
		}
		return n + len(string([]rune(lines[line-1])[:column-1]))
	}
	return src[:at(e.Line, e.Column)] + e.Text + src[at(e.EndLine, e.EndColumn):]
}

// What a diagnostic is about has an end, and where it is certain what to write, an edit that makes the diagnostic go away.
func TestSpansAndEdits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, about, mended string }{
		{"- endpoint:\n    path: /a\n    rsponse: {body: x}\n", "rsponse", "    response: {body: x}"},
		{"- endpoint:\n    path: /a\n    \"rsponse\": {body: x}\n", `"rsponse"`, `    "response": {body: x}`},
		{"- endpoint: {path: /ä, rsponse: {body: x}}\n", "rsponse", "- endpoint: {path: /ä, response: {body: x}}"},
		{"- endpoint:\n    method: GTE\n    path: /a\n    response: {body: x}\n", "GTE", "    method: GET"},
		{"- endpoint:\n    path: /é/:id|integer/b\n    response: {body: x}\n", "integer/b", "    path: /é/:id|int/b"},
		{"- endpoint:\n    path: /:id\n    response:\n      body: 'äö {{path-params.idd}}'\n", "", "      body: 'äö {{path-params.id}}'"},
		{"- endpoint:\n    path: /:id\n    response:\n      body: '{{id}} {{ identity }}'\n", "", "      body: '{{path-params.id}} {{ identity }}'"},
		{"- endpoint:\n    path: /:id\n    response:\n      body: |\n        a\n        {{ jsn-params.x|upper }}\n", "", "        {{ json-params.x|upper }}"},
		{"- endpoint: {path: /ok, response: {body: x}}\n- endpoint: {path: /a, respons: {body: x}}\n", "respons", "- endpoint: {path: /a, response: {body: x}}"},
	} {
		_, found := mockspec.Parse([]byte(c.src), mockspec.Options{})
		if len(found) == 0 {
			t.Errorf("%s: nothing is wrong", c.src)
			continue
		}
		d := found[0]
		line := []rune(strings.Split(c.src, "\n")[d.Line-1])
		if d.EndLine != d.Line || d.EndColumn <= d.Column || d.EndColumn > len(line)+1 {
			t.Errorf("%s: %v ends at %d:%d", c.src, d, d.EndLine, d.EndColumn)
			continue
		}
		if about := string(line[d.Column-1 : d.EndColumn-1]); c.about != "" && about != c.about {
			t.Errorf("%s: %v is about %q", c.src, d, about)
		}
		if want := strings.Count(c.src, "- endpoint"); d.Item != want {
			t.Errorf("%s: in item %d", c.src, d.Item)
		}
		if d.Edit == nil {
			t.Errorf("%s: %v has no edit", c.src, d)
			continue
		}
		mended := apply(c.src, d.Edit)
		if !strings.Contains(mended, c.mended+"\n") {
			t.Errorf("%s: %v mends it to\n%s", c.src, d, mended)
		}
		if _, left := mockspec.Parse([]byte(mended), mockspec.Options{}); len(left) >= len(found) {
			t.Errorf("%s: still %v", mended, left)
		}
	}
}

// Nothing is changed where the author has to decide, and a long line costs no more than a short one.
func TestNoEdit(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"- endpoint: {path: /a, colour: red, response: {body: x}}\n",
		"- endpoint: {path: /a, response: {body: '{{random.x}}'}}\n",
		"- endpoint: {path: /a, method: BREW, response: {body: x}}\n",
		"- endpoint: {path: /a, \"re\\x70onse\": {body: x}}\n",
		"- endpoint: [\n",
		"- " + strings.Repeat("{", 300) + "\n",
		fmt.Sprintf("- endpoint: {path: /a, response: {body: %s}, rsponse: x}\n", strings.Repeat("x", 100<<10)),
	} {
		_, found := mockspec.Parse([]byte(src), mockspec.Options{})
		if len(found) == 0 {
			t.Errorf("%.80s: nothing is wrong", src)
		}
		for _, d := range found {
			if d.Edit != nil {
				t.Errorf("%.80s: %v has the edit %+v", src, d, d.Edit)
			}
		}
	}
}
