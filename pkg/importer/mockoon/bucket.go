package mockoon

import (
	"fmt"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/handlebars"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
)

// bucket is the data that an environment keeps for its routes.
type bucket struct {
	state string       // its name in the state
	node  *source.Node // its value, if that is JSON without templates
	items []any        // if it is a list of objects
	text  bool         // it is no JSON
}

// bucketOf is the data of an id or a name; nil if there is none.
func (e *environment) bucketOf(id string) *bucket {
	if b := e.buckets[id]; b != nil {
		return b
	}
	return e.buckets["name "+id]
}

// bucket declares data as a state.
func (e *environment) bucket(n *source.Node) {
	r := route{environment: e, node: n, title: "the data `" + draft.Line(n.Text("name"), 60) + "`"}
	name := strings.ToLower(draft.Parameter(n.Text("name")))
	for _, b := range e.buckets { // two names may become one
		if b.state == name {
			name = strings.ToLower(draft.Parameter(n.Text("name") + "-" + n.Text("id")))
			break
		}
	}
	b := &bucket{state: name}
	value := n.Text("value")
	root, marks := r.jsonOf(value)
	if root == nil {
		b.text = true
		e.m.Declare(name, r.templates(n)(value))
	} else {
		if len(marks) == 0 {
			b.node = root
		}
		made := draft.Value(root, func(text string) string { return r.unmark(n, text, marks) })
		if list, ok := made.([]any); ok && allMaps(list) {
			b.items = list
		}
		e.m.Declare(name, made)
	}
	for _, id := range []string{n.Text("id"), n.Text("uuid"), "name " + n.Text("name")} {
		if id != "" && e.buckets[id] == nil {
			e.buckets[id] = b
		}
	}
}

func allMaps(list []any) bool {
	for _, item := range list {
		if _, ok := item.(draft.Map); !ok {
			return false
		}
	}
	return true
}

// mark stands in JSON for a template, so that what is around it can be read.
func mark(i int) string { return fmt.Sprintf("\uE000%d\uE001", i) }

// jsonOf reads a text that is JSON but for templates in it, which are marked in its texts; nil if it is not that.
func (r *route) jsonOf(text string) (*source.Node, []string) {
	if !strings.Contains(text, "{{") {
		root, err := source.Parse([]byte(text))
		if err != nil {
			return nil, nil
		}
		return root, nil
	}
	nodes, err := handlebars.Parse(text)
	if err != nil || strings.Contains(text, "\uE000") {
		return nil, nil
	}
	var b strings.Builder
	var marks []string
	inText := false
	ok := r.flatten(nodes, "", func(plain string, tag *handlebars.Node, index string) {
		if tag == nil {
			inText = inString(plain, inText)
			b.WriteString(plain)
			return
		}
		marks = append(marks, strings.ReplaceAll(tag.Source, "@index", index))
		if inText {
			b.WriteString(mark(len(marks) - 1))
		} else {
			b.WriteString(`"` + mark(len(marks)-1) + `"`)
		}
	})
	if !ok {
		return nil, nil
	}
	root, err := source.Parse([]byte(b.String()))
	if err != nil {
		return nil, nil
	}
	return root, marks
}

// unmark puts the templates back into a text, translated. A text that is one template keeps the type of its value.
func (r *route) unmark(at *source.Node, text string, marks []string) string {
	if len(marks) == 0 || !strings.Contains(text, "\uE000") {
		return draft.Inert(text)
	}
	var b strings.Builder
	for {
		start := strings.Index(text, "\uE000")
		end := strings.Index(text, "\uE001")
		if start < 0 || end < start {
			b.WriteString(draft.Inert(text))
			return b.String()
		}
		b.WriteString(draft.Inert(text[:start]))
		i := 0
		if _, err := fmt.Sscanf(text[start+len("\uE000"):end], "%d", &i); err == nil && i >= 0 && i < len(marks) {
			b.WriteString(strings.TrimSuffix(r.templates(at)(marks[i]), "|safe}}"))
			if strings.HasSuffix(r.templates(at)(marks[i]), "|safe}}") {
				b.WriteString("}}")
			}
		}
		text = text[end+len("\uE001"):]
	}
}

// inString reports whether a JSON text is open behind a piece of it.
func inString(piece string, open bool) bool {
	for i := 0; i < len(piece); i++ {
		switch piece[i] {
		case '\\':
			if open {
				i++
			}
		case '"':
			open = !open
		}
	}
	return open
}
