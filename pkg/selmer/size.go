package selmer

import "unsafe"

// Size is about how many bytes of memory the compiled template takes.
func (t *Template) Size() int64 {
	size := int64(unsafe.Sizeof(*t)) + int64(len(t.source)+len(t.text))
	size += sizeOf(t.code) + sizeOf(t.targets) + sizeOf(t.cycles) + sizeOf(t.clocks) + sizeOf(t.problems)
	for i := range t.exprs {
		size += t.exprs[i].size()
	}
	for i := range t.conditions {
		c := &t.conditions[i]
		size += int64(unsafe.Sizeof(*c)) + sizeOf(c.args)
		for j := range c.args {
			size += c.args[j].expr.size()
		}
	}
	for i := range t.loops {
		l := &t.loops[i]
		size += int64(unsafe.Sizeof(*l)) + sizeOf(l.targets) + l.source.size()
		for j := range l.filters {
			size += l.filters[j].size()
		}
	}
	for i := range t.groups {
		g := &t.groups[i]
		size += int64(unsafe.Sizeof(*g))
		for j := range g.exprs {
			size += g.exprs[j].size()
		}
	}
	for i := range t.uris {
		u := &t.uris[i]
		size += int64(unsafe.Sizeof(*u)) + u.expr.size()
		for _, e := range u.settings {
			size += e.size()
		}
	}
	for i := range t.uses {
		size += int64(unsafe.Sizeof(t.uses[i])) + sizeOf(t.uses[i].segments)
	}
	return size
}

func (e *expr) size() int64 {
	size := int64(unsafe.Sizeof(*e)) + sizeOf(e.path.segments) + sizeOf(e.filters)
	for i := range e.filters {
		size += sizeOf(e.filters[i].args)
	}
	return size
}

func sizeOf[T any](all []T) int64 {
	var one T
	return int64(cap(all)) * int64(unsafe.Sizeof(one))
}
