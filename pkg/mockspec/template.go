package mockspec

import (
	"encoding/json"
	"errors"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// use says what a text of the document is compiled as.
type use uint8

const (
	textUse use = iota
	conditionUse
	patternUse
	bodyUse
)

// written is a template that waits to be checked until all of its item is known.
type written struct {
	node *yaml.Node
	text string
	use  use
	json bool // a body whose Content-Type says JSON
	// message is set where a WebSocket's message is known.
	message bool
	// places, once asked for, says where in the document each byte of the value stands.
	places []int
	leaves []leaf
	names  []match.Name // of a condition; then there is no text
}

// deferred are the templates of one item.
type deferred []written

// template remembers a template of the item that is being read.
func (r *reader) template(n *yaml.Node, text string, u use) {
	if r.pending != nil && !r.trusted && (hasTag(text) || u != textUse) {
		*r.pending = append(*r.pending, written{node: n, text: text, use: u, message: r.inReaction})
	}
}

// bodyTemplate remembers the template of a body.
func (r *reader) bodyTemplate(n *yaml.Node, b *Body, contentType string) {
	isJSON := strings.Contains(strings.ToLower(contentType), "json") && b.Kind == BodyText
	if r.pending != nil && !r.trusted && (isJSON || hasTag(b.Template)) {
		*r.pending = append(*r.pending, written{node: n, text: b.Template, use: bodyUse, json: isJSON, message: r.inReaction})
	}
}

// pattern checks what a WebSocket's messages are compared with, and returns how large it is as a regular expression.
func (r *reader) pattern(n *yaml.Node, s string) int {
	switch {
	case r.trusted || len(s) > MaxExpression:
		return 0
	case hasTag(s):
		r.template(n, s, patternUse)
		return 0
	}
	size, err := ExpressionSize(s)
	switch {
	case err != nil:
		reason := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		r.warn(r.begin(n), CodeBadPattern, "escape it, if it is meant as one", "this is not a regular expression (%s), so it matches only messages that are equal to it", brief(reason))
	case size > MaxInstructions:
		r.fail(r.begin(n), CodeBadPattern, "use fewer or smaller repetitions", "the regular expression is too large to be served: use fewer or smaller repetitions")
	}
	return size
}

// lint checks the templates of an item against what is known in it.
func (r *reader) lint(ts deferred, s scope) {
	for i := range ts {
		r.lintOne(&ts[i], s)
	}
}

func (r *reader) lintOne(w *written, s scope) {
	if w.names != nil {
		r.lintNames(w, s)
		return
	}
	text, shift := w.text, 0
	if w.use == conditionUse {
		const open = "{% if "
		text, shift = open+text+" %}{% endif %}", len(open)
	}
	o := selmer.Options{Escaping: selmer.None}
	if w.use == bodyUse {
		o.Escaping = selmer.JSON
	}
	report := r.fail
	if r.compat() {
		report = r.warn // moclojer 0.4 serves such a template, and answers 500
	}
	t, err := selmer.Compile(text, o)
	if err != nil {
		if e, ok := errors.AsType[*selmer.Error](err); ok {
			report(r.place(w, e.Offset-shift), CodeBadTemplate, "", "the template cannot be read: %s", e.Message)
		} else {
			report(r.place(w, 0), CodeBadTemplate, "", "the template cannot be read: %s", err.Error())
		}
		return
	}
	problems := t.Problems()
	for _, e := range problems {
		if r.full {
			return
		}
		report(r.place(w, e.Offset-shift), CodeBadTemplate, "", "the template cannot be rendered: %s", e.Message)
	}
	for _, v := range t.Variables() {
		if r.full {
			return
		}
		message, fix := s.check(v, w.message)
		if message != "" && v.Root() == "state" {
			r.fail(r.place(w, v.Offset-shift), CodeUndeclaredState, fix, "%s", strings.TrimSuffix(message, ", so this is always empty"))
		} else if message != "" {
			r.warn(r.place(w, v.Offset-shift), CodeUndeclaredVariable, fix, "%s", message)
			if better := wanted(fix); v.Root() != "random" { // of that it is an example
				r.mend(replaced(v.Path, better, s.known(v.Root(), w.message)), better)
			}
		}
	}
	if w.json && len(problems) == 0 {
		r.checkJSON(w, t)
	}
}

// compat reports whether the mock is served as another implementation would.
func (r *reader) compat() bool { return r.mock.Settings.Compat != "" || r.o.Compat != "" }

// place is where in the document a byte of a template stands.
func (r *reader) place(w *written, offset int) Position {
	offset = max(offset, 0)
	if isText(w.node) {
		if w.places == nil {
			w.places = r.src.places(w.node)
		}
		return r.src.at(w.node, w.places, offset)
	}
	if w.leaves == nil {
		out := jsonWriter{r: r.quiet(), tags: true, leaves: &w.leaves}
		out.value(w.node)
	}
	i := sort.Search(len(w.leaves), func(i int) bool { return w.leaves[i].end >= offset })
	if i == len(w.leaves) || offset < w.leaves[i].start {
		return at(w.node)
	}
	l := w.leaves[i]
	encoded, value := l.start, 0
	for rest := l.node.Value; rest != ""; {
		plain, tag, after := cutTag(rest)
		encoded += len(appendJSONText(nil, plain))
		value += len(plain)
		if offset < encoded+len(tag) || after == "" {
			break
		}
		encoded, value, rest = encoded+len(tag), value+len(tag), after
	}
	return r.src.locate(l.node, value+max(offset-encoded, 0))
}

// checkJSON warns about a body that can never be the JSON that its Content-Type says.
func (r *reader) checkJSON(w *written, t *selmer.Template) {
	if text, constant := t.Constant(); constant {
		if strings.TrimSpace(text) == "" {
			return
		}
		if e := notJSON(text); e != nil {
			r.warn(r.place(w, e.offset), CodeBodyNotJSON, "correct it, or change the Content-Type", "the Content-Type says JSON, but the body is not: %s", e.what)
		}
		return
	}
	filled, simple := fillTags(w.text)
	if simple {
		if e := notJSON(string(filled)); e != nil {
			r.warn(r.place(w, e.offset), CodeBodyNotJSON, "correct it, or change the Content-Type", "the Content-Type says JSON, but this body never is, whatever its variables are: %s", e.what)
		}
		return
	}
	rendered := false
	for _, probe := range []selmer.Value{selmer.Nil(), selmer.ObjectOf(probeObject{}), selmer.List([]selmer.Value{selmer.Int(1)}), selmer.String("1")} {
		out, err := t.Append(nil, probeScope{probe})
		if err != nil {
			continue
		}
		rendered = true
		if json.Valid(out) {
			return
		}
	}
	if rendered {
		r.warn(r.place(w, 0), CodeBodyNotJSON, "correct it, or change the Content-Type", "the Content-Type says JSON, but this body was not JSON with any of the values that were tried")
	}
}

// notJSON returns why text is not JSON, or nil.
func notJSON(text string) *jsonSyntaxError {
	if json.Valid([]byte(text)) {
		return nil
	}
	_, err := readJSON(text)
	if err == nil {
		return nil
	}
	return asJSONError(err)
}

// fillTags replaces the tags of a template by values of the same length, so that places in the result are places in
// the template: digits, which are a number outside of texts and text inside, or a text instead of a key. It is not
// simple when the template has tags other than values and comments.
func fillTags(s string) (filled []byte, simple bool) {
	filled = []byte(s)
	for i := 0; i < len(s); {
		plain, tag, after := cutTag(s[i:])
		start := i + len(plain)
		end := start + len(tag)
		i = end
		if tag == "" {
			break
		}
		fill := byte('1')
		switch tag[1] {
		case '%':
			return nil, false
		case '#':
			fill = ' '
		}
		for k := start; k < end; k++ {
			filled[k] = fill
		}
		before := strings.TrimRight(string(filled[:start]), " \t\r\n")
		if fill == '1' && strings.HasPrefix(strings.TrimLeft(after, " \t\r\n"), ":") && (strings.HasSuffix(before, "{") || strings.HasSuffix(before, ",")) {
			filled[start], filled[end-1] = '"', '"'
		}
	}
	return filled, true
}

// probeScope has the same value for every name.
type probeScope struct{ value selmer.Value }

func (s probeScope) Lookup(string) (selmer.Value, bool) { return s.value, true }

func (s probeScope) Context() selmer.Value { return selmer.Nil() }

// probeObject is a map that has the number 1 for every key.
type probeObject struct{}

func (probeObject) Get(string) (selmer.Value, bool) { return selmer.Int(1), true }

func (probeObject) Entries() []selmer.Entry { return nil }
