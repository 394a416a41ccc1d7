package mock

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// OutlineItem is something that a content answers.
type OutlineItem struct {
	Kind         string // endpoint, websocket
	Method, Path string // Method is "" for WebSockets
	Summary      string
	Line         int // of the content, from 1 on
}

// Name is how people name it, as in "GET /pets".
func (i OutlineItem) Name() string { return cmp.Or(i.Method, "WS") + " " + i.Path }

// Outline lists what a content answers, in its order; the operations of a resource are items of their own.
func (s *Service) Outline(content string) []OutlineItem {
	parsed, _ := mockspec.Parse([]byte(content), mockspec.Options{Limits: s.cfg.Limits})
	var items []OutlineItem
	add := func(e *mockspec.Endpoint) {
		items = append(items, OutlineItem{Kind: "endpoint", Method: e.Method, Path: e.Path.Raw, Summary: e.Summary, Line: e.Pos.Line})
	}
	for i := range parsed.Endpoints {
		add(&parsed.Endpoints[i])
	}
	for i := range parsed.Resources {
		for _, e := range parsed.Resources[i].Endpoints() {
			add(&e)
		}
	}
	for i := range parsed.WebSockets {
		w := &parsed.WebSockets[i]
		items = append(items, OutlineItem{Kind: "websocket", Path: w.Path.Raw, Line: w.Pos.Line})
	}
	slices.SortStableFunc(items, func(a, b OutlineItem) int { return cmp.Compare(a.Line, b.Line) })
	return items
}

// choose leaves out of a content the items that are not chosen, with the comments above them. The content is one that an import
// made: every item begins in the first column.
func choose(content string, outline []OutlineItem, chosen []string) string {
	keep := map[int]bool{} // by line, from 1 on
	for _, item := range outline {
		keep[item.Line] = keep[item.Line] || slices.Contains(chosen, item.Name())
	}
	lines := strings.SplitAfter(content, "\n")
	var out strings.Builder
	pending, kept := 0, true // lines from pending on are comments that may belong to the next item
	flush := func(to int) {
		for ; pending < to; pending++ {
			if kept {
				out.WriteString(lines[pending])
			}
		}
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, "- ") {
			continue
		}
		above := i
		for above > pending && strings.HasPrefix(lines[above-1], "#") {
			above--
		}
		flush(above)
		wanted, known := keep[i+1]
		kept = wanted || !known
	}
	flush(len(lines))
	return strings.TrimRight(out.String(), "\n") + "\n"
}
