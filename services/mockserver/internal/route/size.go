package route

import "unsafe"

// Size is about how many bytes the tree takes, without what it leads to.
func (t *Tree[E]) Size() int64 { return t.root.size() }

func (n *node[E]) size() int64 {
	size := int64(unsafe.Sizeof(*n)) + int64(cap(n.literals.slots))*int64(unsafe.Sizeof(literal[E]{}))
	for _, l := range n.literals.slots {
		if l.node != nil {
			size += allocated(len(l.text)) + l.node.size()
		}
	}
	for i := range n.params {
		size += int64(unsafe.Sizeof(n.params[i])) + n.params[i].node.size()
		if m := n.params[i].mix; m != nil {
			size += int64(unsafe.Sizeof(*m)) + 32*int64(len(m.Texts)+len(m.Params))
		}
	}
	return size + n.ends.size() + n.rest.size()
}

// size is that of the methods after the first, which is where the node is.
func (m *methods[E]) size() (size int64) {
	for at := m.more; at != nil; at = at.more {
		size += int64(unsafe.Sizeof(*at))
	}
	return size
}

// allocated is about what so many bytes take when they are allocated for themselves.
func allocated(n int) int64 { return int64(n+15) &^ 15 }
