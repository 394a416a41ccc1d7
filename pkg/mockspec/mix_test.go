package mockspec_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

func TestMix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ part, asked, captured string }{
		{"{id}:cancel", "7:cancel", "[7]"},
		{"{id}:cancel", ":cancel", "-"},
		{"{id}:cancel", "7:delete", "-"},
		{"{id}:cancel", "a:cancel:cancel", "[a:cancel]"},
		{"{id|int}:cancel", "x:cancel", "-"},
		{"{id|int}:cancel", "7:cancel", "[7]"},
		{"report-{n}.pdf", "report-7.pdf", "[7]"},
		{"report-{n}.pdf", "report-.pdf", "-"},
		{"report-{n}.pdf", "report.pdf", "-"},
		{"{name}.{format}", "a.tar.gz", "[a.tar gz]"},
		{"{name}.{format}", "a.", "-"},
		{"{name}.{format}", ".gz", "-"},
		{"{base}...{head}", "main...next", "[main next]"},
		{"{base}...{head}", "main....", "[main .]"},
		{"{a}-{b}-{c}", "1-2-3-4", "[1-2 3 4]"},
		{"{a}-{b}-{c}", "1-2", "-"},
		{"{a}-{b}-{c}", "--x--", "[- x -]"},
		{"{y|int}-{m|int}", "2024-02", "[2024 02]"},
		{"{n|int}-{m}", "2024-02-29", "[2024 02-29]"},
		{"{a}-{n|int}-{b}", "x-y-7-z-", "[x-y 7 z-]"},
		{"{a|int}-{b|int}-{c|int}-{d|int}", strings.Repeat("-", 8000), "-"},
		{"{a}%2F{b}", "x/y", "[x y]"},
		{"@{user}", "@ann", "[ann]"},
		{"é{user}", "éann", "[ann]"},
	} {
		path, err := mockspec.ParsePath("/" + c.part)
		if err != nil || path.Segments[0].Mix == nil {
			t.Errorf("%s: %v", c.part, err)
			continue
		}
		got := "-"
		if captured, ok := path.Segments[0].Mix.Match(c.asked, nil); ok {
			got = fmt.Sprint(captured)
		}
		if got != c.captured {
			t.Errorf("%s takes of %s: %s instead of %s", c.part, c.asked, got, c.captured)
		}
	}
}

// What has no parameter in braces beside something else is read as ever.
func TestNoMix(t *testing.T) {
	t.Parallel()
	for part, want := range map[string]mockspec.Segment{
		"{id}":        {Param: "id", Type: mockspec.TypeString},
		"{id|int}":    {Param: "id", Type: mockspec.TypeInt},
		":id":         {Param: "id", Type: mockspec.TypeString},
		"{*rest}":     {Param: "rest", Type: mockspec.TypeString, Wildcard: true},
		"a:b":         {Literal: "a:b"},
		"a{b":         {Literal: "a{b"},
		"a{}b":        {Literal: "a{}b"},
		"a}{b":        {Literal: "a}{b"},
		"{{name}}.js": {Literal: "{{name}}.js"},
	} {
		if path, err := mockspec.ParsePath("/" + part); err != nil || path.Segments[0] != want {
			t.Errorf("%s: %+v, %v", part, path.Segments, err)
		}
	}
}

func TestBadMix(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/a/{b}{c}":       "6 two parameters in one part of a path need text between them, to show where the first one ends",
		"/{b}.{b}":        "1 the parameter `b` occurs twice in the path",
		"/:b/{a}.{b}":     "4 the parameter `b` occurs twice in the path",
		"/{b|flot}.js":    "4 unknown type `flot`: did you mean `float`?",
		"/{|int}.js":      "1 a parameter needs a name",
		"/x/{b} y":        "6 a path cannot contain ' '",
		"/x/{b}-%zz":      "7 `%` must be followed by two hexadecimal digits",
		"/x/a{b}-{c|in}t": "11 unknown type `in`: did you mean `int`?",
	} {
		_, err := mockspec.ParsePath(path)
		e, ok := errors.AsType[*mockspec.PathError](err)
		if got := fmt.Sprint(err); !ok || fmt.Sprintf("%d %s", e.Offset, got) != want {
			t.Errorf("%s: %v %s", path, e, got)
		}
	}
}
