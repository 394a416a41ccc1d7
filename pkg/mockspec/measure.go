package mockspec

import "gopkg.in/yaml.v3"

// cost is what a node costs to a reader who follows every alias.
type cost struct {
	nodes, depth int
}

// meter adds up costs. A node that has an anchor is measured once, so that measuring takes time in proportion to the
// text even when the text stands for billions of values.
type meter struct {
	limits Limits
	known  map[*yaml.Node]cost
	open   map[*yaml.Node]bool // anchors that are being measured: meeting one again is a cycle
	bad    *yaml.Node          // where a limit was exceeded
	cycle  bool
}

// measure refuses a document whose aliases, taken together, stand for too much, or for themselves. After it every
// reader may follow aliases freely.
func (r *reader) measure(root *yaml.Node) bool {
	m := meter{limits: r.o.Limits, known: map[*yaml.Node]cost{}, open: map[*yaml.Node]bool{}}
	c := m.node(root, 1)
	switch {
	case m.cycle:
		r.fail(at(m.bad), CodeRecursiveAlias, "delete the alias", "the alias `*%s` is inside the value that it repeats", m.bad.Value)
	case m.bad != nil || c.depth > r.o.Limits.Depth:
		r.fail(at(first(m.bad, root)), CodeTooDeep, "nest less", "values are nested deeper than %d levels", r.o.Limits.Depth)
	case c.nodes > r.o.Limits.Nodes:
		r.fail(at(root), CodeTooManyValues, "use fewer aliases", "with its aliases the document has more than %d values", r.o.Limits.Nodes)
	default:
		return true
	}
	return false
}

func first(a, b *yaml.Node) *yaml.Node {
	if a != nil {
		return a
	}
	return b
}

// node returns the cost of n, which stands at the given level.
func (m *meter) node(n *yaml.Node, level int) cost {
	if m.bad != nil {
		return cost{}
	}
	if level > m.limits.Depth {
		m.bad = n
		return cost{}
	}
	if n.Kind == yaml.AliasNode {
		if m.open[n.Alias] {
			m.bad, m.cycle = n, true
			return cost{}
		}
		return m.anchored(n.Alias, level)
	}
	if n.Anchor != "" {
		return m.anchored(n, level)
	}
	return m.content(n, level)
}

func (m *meter) anchored(n *yaml.Node, level int) cost {
	if c, ok := m.known[n]; ok {
		return c
	}
	m.open[n] = true
	c := m.content(n, level)
	delete(m.open, n)
	m.known[n] = c
	return c
}

func (m *meter) content(n *yaml.Node, level int) cost {
	c := cost{nodes: 1}
	for _, child := range n.Content {
		got := m.node(child, level+1)
		c.nodes = min(c.nodes+got.nodes, m.limits.Nodes+1) // saturates
		c.depth = max(c.depth, got.depth)
	}
	c.depth++
	return c
}
