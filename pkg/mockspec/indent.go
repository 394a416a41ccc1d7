package mockspec

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// badIndent recognises the slip that everybody makes once: what belongs into `endpoint` or `websocket` stands beside it.
func (r *reader) badIndent(n *yaml.Node) bool {
	pairs := r.pairs(n)
	for _, p := range pairs {
		i := itemTable.find(p.key.Value)
		if i < 0 || itemTable.keys[i].child != endpointTable && itemTable.keys[i].child != websocketTable {
			continue
		}
		for _, beside := range pairs {
			if itemTable.find(beside.key.Value) < 0 && itemTable.keys[i].child.find(beside.key.Value) >= 0 {
				r.indent(beside.key, p.key.Value, p.value)
				return true
			}
		}
	}
	return false
}

// tooFarLeft recognises the same slip one level deeper: a key without a value, and beside it what belongs into it. It returns
// the keys that this is about, by what stands there; nil if there are none.
func (r *reader) tooFarLeft(pairs []pair, t *table) map[*yaml.Node]bool {
	var found map[*yaml.Node]bool
	for _, p := range pairs {
		i := t.find(p.key.Value)
		if i < 0 || !isNull(p.value) || p.value.Value != "" || !t.keys[i].isMap() {
			continue
		}
		for _, beside := range pairs {
			if found[beside.key] || t.find(beside.key.Value) >= 0 || !t.keys[i].takes(beside.key.Value) {
				continue
			}
			if found == nil {
				found = map[*yaml.Node]bool{}
			}
			if !found[p.key] {
				r.indent(beside.key, p.key.Value, p.value)
			}
			found[p.key], found[beside.key] = true, true
		}
	}
	return found
}

// isMap reports whether the value of k has keys that this package knows what to do with.
func (k *key) isMap() bool {
	return k.kind == kindObject || k.kind == kindList || k.kind == kindLatency || k.kind == kindLimit || k.kind == kindCORS || k.kind == kindHeaders || k.kind == kindQuery
}

// takes reports whether a map that is the value of k may have the key.
func (k *key) takes(name string) bool {
	switch k.kind {
	case kindObject, kindList, kindLatency, kindLimit, kindCORS:
		return k.child.find(name) >= 0
	case kindHeaders:
		return isToken(name) && !strings.HasPrefix(name, "x-")
	case kindQuery:
		return !strings.HasPrefix(name, "x-")
	default:
		return false
	}
}

// indent reports a key that stands beside the map that it belongs into.
func (r *reader) indent(k *yaml.Node, outer string, inside *yaml.Node) {
	by := 2
	if inside.Kind == yaml.MappingNode && inside.Style&yaml.FlowStyle == 0 && inside.Column > k.Column {
		by = inside.Column - k.Column
	}
	r.fail(at(k), CodeBadIndent, indentFix(by), "`%s` belongs in `%s`: indent it, and what follows, by %d more spaces", brief(k.Value), outer, by)
}

func indentFix(by int) string { return "indent by " + strconv.Itoa(by) + " more spaces" }
