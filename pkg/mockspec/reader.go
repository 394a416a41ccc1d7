package mockspec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// reader turns YAML nodes into a Mock and collects what it has to complain about. One reader reads one document
// and is used by one goroutine.
type reader struct {
	o     Options
	src   source
	diags []Diagnostic
	mock  *Mock
	tree  []*yaml.Node // the documents
	// trusted skips the checks that need the text of the document or cost more than reading it: the document is
	// our own line form, and was checked when it was made.
	trusted bool
	// folder is what relative paths of external bodies start from.
	folder string
	// states are the names of the state.
	states map[string]bool
	// pending collects the templates of the item that is being read, to be checked when all of the item is known.
	pending    *deferred
	inReaction bool // what is read now sees a WebSocket's message
	patterns   int  // instructions of the regular expressions of the item's conditions
	full       bool // no more diagnostics are taken
}

// fail reports an error at p. The sentence says what, and what to do; fix is the shortest form of the latter.
func (r *reader) fail(p Position, code, fix, format string, args ...any) {
	r.report(Error, p, code, fix, format, args...)
}

// warn reports something that does not stop publication.
func (r *reader) warn(p Position, code, fix, format string, args ...any) {
	r.report(Warning, p, code, fix, format, args...)
}

func (r *reader) report(s Severity, p Position, code, fix, format string, args ...any) {
	if r.full || r.trusted && s == Warning {
		return
	}
	d := Diagnostic{File: r.o.Name, Line: max(p.Line, 1), Column: max(p.Column, 1), Severity: s, Code: code, Message: fmt.Sprintf(format, args...), Fix: fix}
	if len(r.diags) == r.o.Limits.Problems {
		r.full = true
		d.Severity, d.Code, d.Fix = Error, CodeTooManyProblems, ""
		d.Message = fmt.Sprintf("there are more than %d problems; the rest is not shown", r.o.Limits.Problems)
	}
	r.spanned(&d)
	r.diags = append(r.diags, d)
}

// sorted returns the diagnostics in the order of the document.
func (r *reader) sorted() []Diagnostic {
	slices.SortStableFunc(r.diags, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	r.numbered()
	return r.diags
}

// at is the position of a node.
func at(n *yaml.Node) Position { return Position{n.Line, n.Column} }

// follow returns the node that an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// isNull reports whether nothing, `null` or `~` was written.
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// isBlank reports whether n is null or an empty text.
func isBlank(n *yaml.Node) bool { return isNull(n) || n.Kind == yaml.ScalarNode && n.Value == "" }

// pair is one entry of a map after merge keys.
type pair struct {
	key, value *yaml.Node
}

// pairs returns the entries of a map in order: merge keys are followed, and of two equal keys of one map the first
// one counts, the second is reported.
func (r *reader) pairs(n *yaml.Node) []pair {
	out := make([]pair, 0, len(n.Content)/2)
	var index map[string]int // of out, once it is long enough to need one
	find := func(name string) int {
		if index == nil {
			return slices.IndexFunc(out, func(p pair) bool { return p.key.Value == name })
		}
		if i, ok := index[name]; ok {
			return i
		}
		return -1
	}
	add := func(k, v *yaml.Node) {
		out = append(out, pair{k, v})
		switch {
		case index != nil:
			index[k.Value] = len(out) - 1
		case len(out) == 16:
			index = make(map[string]int, len(n.Content)/2)
			for i, p := range out {
				index[p.key.Value] = i
			}
		}
	}
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := follow(n.Content[i]), follow(n.Content[i+1])
		if k.Tag == "!!merge" {
			merges = append(merges, v)
			continue
		}
		if k.Kind == yaml.MappingNode && k.Style&n.Style&yaml.FlowStyle != 0 {
			r.fail(at(n), CodeBadKey, "put the value in quotes", "a value that begins with `{{` must be in quotes: YAML takes the braces for maps")
			continue
		}
		if k.Kind != yaml.ScalarNode {
			r.fail(at(n.Content[i]), CodeBadKey, "use text as the key", "a key must be text, not %s", nodeName(k))
			continue
		}
		if len(k.Value) > r.o.Limits.Key {
			r.fail(at(n.Content[i]), CodeBadKey, "shorten the key", "this key has %d characters; the limit is %d", len(k.Value), r.o.Limits.Key)
			continue
		}
		if j := find(k.Value); j >= 0 {
			r.fail(at(n.Content[i]), CodeDuplicateKey, "delete one of them", "`%s` is written twice in this map; the first one is on line %d", brief(k.Value), out[j].key.Line)
			continue
		}
		add(k, v)
	}
	for _, m := range merges {
		sources := []*yaml.Node{m}
		if m.Kind == yaml.SequenceNode {
			sources = m.Content
		}
		for _, s := range sources {
			if s = follow(s); s.Kind != yaml.MappingNode {
				r.fail(at(s), CodeBadMerge, "", "`<<` takes a map, an alias of a map, or a list of them, not %s", nodeName(s))
				continue
			}
			for _, p := range r.pairs(s) {
				if find(p.key.Value) < 0 {
					add(p.key, p.value)
				}
			}
		}
	}
	return out
}

// object reads a map that has the keys of t, calling each for every known key in the order of the document. It
// reports unknown and missing keys, and returns which keys were written or meant, as bits.
func (r *reader) object(n *yaml.Node, t *table, each func(k *key, name, value *yaml.Node)) (seen uint32) {
	if n.Kind != yaml.MappingNode {
		if isNull(n) {
			r.fail(at(n), CodeWrongType, "", "%s is empty; it needs %s", t.name, t.keyList())
		} else {
			r.fail(at(n), CodeWrongType, "", "%s must be a map with %s, not %s", t.name, t.keyList(), nodeName(n))
		}
		return 0
	}
	pairs := r.pairs(n)
	misplaced := r.tooFarLeft(pairs, t)
	for _, p := range pairs {
		i := t.find(p.key.Value)
		if misplaced[p.key] {
			if i >= 0 {
				seen |= 1 << i // what it lacks stands beside it
			}
			continue
		}
		if i < 0 {
			if meant := r.unknownKey(p.key, t); meant >= 0 {
				seen |= 1 << meant // one complaint is enough
			}
			continue
		}
		k := &t.keys[i]
		if k.unread {
			r.warn(at(p.key), CodeUnknownKey, "use `latency`", "`%s` is not supported and has no effect: use `latency`", k.name)
			continue
		}
		if k.instead != "" {
			r.fail(at(p.key), CodeUnknownKey, k.instead, "`%s` is not known here: %s", k.name, k.instead)
			continue
		}
		if k.later {
			r.fail(at(p.key), CodeUnknownKey, "delete it", "`%s` is not supported yet: delete it", k.name)
			continue
		}
		if k.ours && r.compat() {
			r.warn(at(p.key), CodeUnknownKey, "delete it, or `compat`", "`%s` has no effect in compat mode: moclojer 0.4 does not know it", k.name)
			continue
		}
		seen |= 1 << i
		each(k, p.key, p.value)
	}
	for i := range t.keys {
		if k := &t.keys[i]; k.missing != "" && seen&(1<<i) == 0 {
			r.fail(at(n), k.missing, "add `"+k.name+":`", "%s has no `%s`: add one", t.name, k.name)
		}
	}
	return seen
}

// unknownKey reports a key that t does not have: an error when it is likely a slip, because then something that the
// author meant would be missing, else a warning, because other programs may know the key. It returns the index of the
// key that was meant, or -1.
func (r *reader) unknownKey(k *yaml.Node, t *table) int {
	if strings.HasPrefix(k.Value, "x-") {
		return -1
	}
	names := make([]string, 0, len(t.keys))
	for i := range t.keys {
		names = append(names, t.keys[i].name)
	}
	if s := suggest(k.Value, names); s != "" {
		r.fail(at(k), CodeUnknownKey, "write `"+s+"`", "unknown key `%s`: did you mean `%s`?", brief(k.Value), s)
		r.mend(k.Value, s)
		return t.find(s)
	}
	if home := homeOf(k.Value, t); home != nil {
		r.warn(at(k), CodeMisplacedKey, "move it into "+home.name, "`%s` has no effect in %s: move it into %s", brief(k.Value), t.name, home.name)
		return -1
	}
	r.warn(at(k), CodeUnknownKey, "delete it", "unknown key `%s` has no effect: %s has %s", brief(k.Value), t.name, t.keyList())
	return -1
}

// homeOf returns the table near t that has a key called name: where somebody who wrote it in t may have meant it.
func homeOf(name string, t *table) *table {
	var near []*table
	switch t {
	case endpointTable:
		near = []*table{responseTable}
	case responseTable, rateLimitTable, latencyTable, webhookTable:
		near = []*table{endpointTable}
	case entryTable:
		near = []*table{endpointTable}
	case externalTable:
		near = []*table{responseTable, endpointTable}
	case websocketTable:
		near = []*table{onConnectTable}
	}
	for _, h := range near {
		if h.find(name) >= 0 {
			return h
		}
	}
	return nil
}

// keyList names the keys of t for a sentence.
func (t *table) keyList() string {
	var names []string
	for i := range t.keys {
		if !t.keys[i].unread && !t.keys[i].later && t.keys[i].instead == "" {
			names = append(names, "`"+t.keys[i].name+"`")
		}
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// nodeName says what a node is in the words of somebody who writes YAML.
func nodeName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	default:
	}
	switch n.Tag {
	case "!!null":
		return "null"
	case "!!bool":
		return "a boolean"
	case "!!int", "!!float":
		return "a number"
	}
	return "text"
}

// brief shortens text of the document for a sentence and makes it one line.
func brief(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, s)
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}
