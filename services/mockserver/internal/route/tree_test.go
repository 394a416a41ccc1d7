package route

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// pattern reads a pattern by itself, so that these tests do not depend on how documents are parsed.
func pattern(s string) []mockspec.Segment {
	var segments []mockspec.Segment
	if s = strings.TrimPrefix(s, "/"); s == "" {
		return nil
	}
	for part := range strings.SplitSeq(s, "/") {
		switch {
		case part == "*":
			segments = append(segments, mockspec.Segment{Wildcard: true})
		case strings.HasPrefix(part, ":"):
			name, kind, _ := strings.Cut(part[1:], "|")
			segments = append(segments, mockspec.Segment{Param: name, Type: mockspec.ParamType(kind)})
		case strings.Contains(part, "{"):
			parsed, err := mockspec.ParsePath("/" + part)
			if err != nil {
				panic(err)
			}
			segments = append(segments, parsed.Segments...)
		default:
			segments = append(segments, mockspec.Segment{Literal: part})
		}
	}
	return segments
}

func TestTree(t *testing.T) {
	patterns := []string{
		"GET /", "GET /users", "GET /users/:id", "GET /users/:id|int", "GET /users/:id|uuid", "GET /users/me", "POST /users/me",
		"GET /users/:id/posts", "GET /users/me/friends/:f", "DELETE /users/:id", "GET /files/*", "GET /files/:a/meta",
		"GET /a b/:x", "HEAD /only", "GET /slash/",
	}
	for _, order := range []string{"written", "reversed"} {
		t.Run(order, func(t *testing.T) {
			if order == "reversed" {
				slices.Reverse(patterns)
			}
			var tree Tree[string]
			for i, p := range patterns {
				method, path, _ := strings.Cut(p, " ")
				if double := tree.Add(method, pattern(path), &patterns[i]); double != nil {
					t.Fatalf("%s is taken for %s", p, *double)
				}
			}
			for _, c := range []struct{ request, want string }{
				{"GET /", "GET / []"},
				{"HEAD /", "GET / []"},
				{"POST /", "- [GET]"},
				{"GET /users", "GET /users []"},
				{"GET /users/", "GET /users []"},
				{"GET /users//", "- []"},
				{"GET /users/me", "GET /users/me []"},
				{"GET /users/42", "GET /users/:id|int [42]"},
				{"GET /users/ann", "GET /users/:id [ann]"},
				{"GET /users/8a6e0804-2bd0-4672-b79d-d97027f9071a", "GET /users/:id|uuid [8a6e0804-2bd0-4672-b79d-d97027f9071a]"},
				{"GET /users/me/posts", "GET /users/:id/posts [me]"},
				{"GET /users/me/friends/bob", "GET /users/me/friends/:f [bob]"},
				{"POST /users/me", "POST /users/me []"},
				{"DELETE /users/me", "DELETE /users/:id [me]"},
				{"PUT /users/me", "- [DELETE GET POST]"},
				{"GET /files", "GET /files/* []"},
				{"GET /files/a/b/c", "GET /files/* [a/b/c]"},
				{"GET /files/a/meta", "GET /files/:a/meta [a]"},
				{"GET /files/a%20b/c", "GET /files/* [a b/c]"},
				{"GET /a%20b/c%2Fd", "GET /a b/:x [c/d]"},
				{"GET /a%20b/%zz", "- []"},
				{"HEAD /only", "HEAD /only []"},
				{"GET /only", "- [HEAD]"},
				{"GET /slash", "GET /slash/ []"},
				{"GET /none", "- []"},
				{"GET ", "GET / []"},
				{"GET *", "- []"},
			} {
				method, path, _ := strings.Cut(c.request, " ")
				to, captured := tree.Find(method, path, nil)
				got := fmt.Sprint("- ", tree.Methods(path))
				if to != nil {
					got = fmt.Sprint(*to, " ", captured)
				}
				if got != c.want {
					t.Errorf("%s\n got %s\nwant %s", c.request, got, c.want)
				}
			}
		})
	}
}

func TestTreeKeepsTheFirstOfTwo(t *testing.T) {
	var tree Tree[string]
	first, second := "first", "second"
	tree.Add("GET", pattern("/a/:x"), &first)
	if got := tree.Add("GET", pattern("/a/:y"), &second); got != &first {
		t.Fatalf("Add returned %v", got)
	}
	if to, _ := tree.Find("GET", "/a/1", nil); to != &first {
		t.Fatalf("found %v", to)
	}
}

// naive finds the best pattern by looking at every one of them.
func naive(patterns []string, method, path string) (string, []string) {
	best, bestRank, bestCaptured := "", []int(nil), []string(nil)
	for _, p := range patterns {
		m, pat, _ := strings.Cut(p, " ")
		if m != method && (method != "HEAD" || m != "GET") {
			continue
		}
		ranks, captured, ok := naiveMatch(pattern(pat), path)
		if ok && (best == "" || slices.Compare(ranks, bestRank) < 0) {
			best, bestRank, bestCaptured = p, ranks, captured
		}
	}
	return best, bestCaptured
}

func naiveMatch(segments []mockspec.Segment, path string) (ranks []int, captured []string, ok bool) {
	var parts []string
	if path = strings.TrimPrefix(path, "/"); path != "" {
		parts = strings.Split(strings.TrimSuffix(path, "/"), "/")
	}
	for i, s := range segments {
		if s.Wildcard {
			left := strings.Join(parts[i:], "/")
			if len(parts) > i && strings.HasSuffix(path, "/") {
				left += "/" // a wildcard takes the slash at the end
			}
			rest, err := url.PathUnescape(left)
			return append(ranks, 100), append(captured, rest), err == nil
		}
		if i >= len(parts) {
			return nil, nil, false
		}
		text, err := url.PathUnescape(parts[i])
		switch {
		case err != nil:
			return nil, nil, false
		case s.Mix != nil:
			m := regexp.MustCompile(naiveMixes[s.Mix.String()].expression).FindStringSubmatch(text)
			if m == nil {
				return nil, nil, false
			}
			ranks = append(ranks, naiveMixes[s.Mix.String()].rank)
			captured = append(captured, m[1:]...)
		case s.Param == "":
			if text != s.Literal {
				return nil, nil, false
			}
			ranks = append(ranks, 0)
		default:
			kind := mockspec.ParamType("string")
			if s.Type != "" {
				kind = s.Type
			}
			if text == "" || kind != "string" && !kind.Fits(text) {
				return nil, nil, false
			}
			ranks = append(ranks, 10+rank(kind))
			captured = append(captured, text)
		}
	}
	return ranks, captured, len(parts) == len(segments)
}

// naiveMixes say what the parts with text beside parameters match, and which of them goes first.
var naiveMixes = map[string]struct {
	expression string
	rank       int
}{
	"{m}:go":  {`^(.+):go$`, 1},
	"v{m}":    {`^v(.+)$`, 3},
	"{n}-{m}": {`^(-?\d+)-(.+)$`, 4},
	"{m}.{f}": {`^(.+)\.(.+)$`, 5},
}

func TestTreeAgainstNaive(t *testing.T) {
	part := rapid.SampledFrom([]string{"a", "b", "1", ":x", ":y|int", ":z|boolean", ":w|float", ":u|uuid", ":d|date", "{m}:go", "v{m}", "{m}.{f}", "{n|int}-{m}"})
	asked := rapid.SampledFrom([]string{"a", "b", "1", "2", "true", "1.5", "2024-02-29", "%61", "a%2Fb", "", "%", "1:go", ":go", "v2", "v", "v.b", "a.b.c", ".b", "7-x", "x-x", "7-"})
	method := rapid.SampledFrom([]string{"GET", "POST", "HEAD"})
	rapid.Check(t, func(t *rapid.T) {
		var tree Tree[string]
		var patterns []string
		for range rapid.IntRange(1, 12).Draw(t, "patterns") {
			parts := rapid.SliceOfN(part, 0, 4).Draw(t, "pattern")
			if rapid.IntRange(0, 3).Draw(t, "wild") == 0 {
				parts = append(parts, "*")
			}
			p := method.Draw(t, "method") + " /" + strings.Join(parts, "/")
			if m, pat, _ := strings.Cut(p, " "); tree.Add(m, pattern(pat), &p) == nil {
				patterns = append(patterns, p)
			}
		}
		for range 10 {
			m := method.Draw(t, "asked method")
			path := "/" + strings.Join(rapid.SliceOfN(asked, 0, 5).Draw(t, "asked"), "/")
			want, wantCaptured := naive(patterns, m, path)
			to, captured := tree.Find(m, path, nil)
			got := ""
			if to != nil {
				got = *to
			}
			if got != want && !sameRank(got, want) || to != nil && !slices.Equal(captured, wantCaptured) {
				t.Fatalf("%s %s among %q\n got %q %q\nwant %q %q", m, path, patterns, got, captured, want, wantCaptured)
			}
		}
	})
}

// sameRank holds for a HEAD and a GET endpoint of one pattern, of which the tree takes HEAD and naive the first.
func sameRank(a, b string) bool {
	_, pa, _ := strings.Cut(a, " ")
	_, pb, _ := strings.Cut(b, " ")
	ra, _, _ := naiveRanks(pa)
	rb, _, _ := naiveRanks(pb)
	return a != "" && b != "" && slices.Equal(ra, rb)
}

func naiveRanks(p string) (ranks []int, captured []string, ok bool) {
	for _, s := range pattern(p) {
		switch {
		case s.Wildcard:
			ranks = append(ranks, 100)
		case s.Mix != nil:
			ranks = append(ranks, naiveMixes[s.Mix.String()].rank)
		case s.Param == "":
			ranks = append(ranks, 0)
		case s.Type == "":
			ranks = append(ranks, 50)
		default:
			ranks = append(ranks, 10+rank(s.Type))
		}
	}
	return ranks, nil, true
}

func FuzzTree(f *testing.F) {
	f.Add("/users/:id|int", "/users/7")
	f.Add("/files/*", "/files/a%2Fb//c/")
	f.Add("//", "/%")
	f.Fuzz(func(t *testing.T, p, path string) {
		parsed, err := mockspec.ParsePath(p)
		if err != nil {
			return
		}
		var tree Tree[string]
		tree.Add("GET", parsed.Segments, &p)
		to, captured := tree.Find("GET", path, nil)
		if (to != nil) != (len(tree.Methods(path)) > 0) {
			// Methods does not decode what a wildcard takes, so it may say more.
			if to != nil || !strings.Contains(path, "%") {
				t.Fatalf("%q on %q: Find and Methods disagree", path, p)
			}
		}
		if to != nil {
			want := 0
			for _, s := range parsed.Segments {
				if s.Wildcard || s.Param != "" {
					want++
				}
			}
			if len(captured) != want {
				t.Fatalf("%q on %q captured %q", path, p, captured)
			}
		}
	})
}

func TestFindDoesNotAllocate(t *testing.T) {
	var tree Tree[string]
	for i := range 2000 {
		p := fmt.Sprintf("/things%d/:id|int/parts/:part", i)
		tree.Add("GET", pattern(p), &p)
	}
	c := make(Captures, 0, 8)
	if n := testing.AllocsPerRun(100, func() {
		if to, _ := tree.Find("GET", "/things1234/56/parts/wheel", c); to == nil {
			t.Fatal("not found")
		}
	}); n != 0 {
		t.Fatalf("Find allocates %v times", n)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{10, 2000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var tree Tree[string]
			asked := make([]string, n)
			for i := range n {
				p := fmt.Sprintf("/api/things%d/:id|int", i)
				asked[i] = fmt.Sprintf("/api/things%d/77", i)
				tree.Add("GET", pattern(p), &p)
			}
			c := make(Captures, 0, 8)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if to, _ := tree.Find("GET", asked[i*7919%n], c); to == nil {
					b.Fatal("not found")
				}
				i++
			}
		})
	}
}
