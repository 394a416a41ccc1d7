package route

import (
	"hash/maphash"
	"math/bits"
)

// names is an immutable map from a name to a value: a hash trie whose nodes are shared between versions. A change costs
// a few small nodes however many names there are, and a reader of one version is never disturbed by a writer of the
// next. The nil *names is empty.
type names[V any] struct {
	bitmap uint64 // which of the 64 branches exist
	slots  []slot[V]
}

// slot is one branch: a deeper node, or the entries whose hashes agree so far.
type slot[V any] struct {
	child *names[V]
	leaf  *entry[V]
}

type entry[V any] struct {
	hash  uint64
	name  string
	value V
	next  *entry[V] // another name with the very same hash
}

const (
	hashBits   = 64
	branchBits = 6
	branchMask = 1<<branchBits - 1
)

// find looks name up without allocating.
func find[V any, K string | []byte](n *names[V], hash uint64, name K) (V, bool) {
	for rest := hash; n != nil; rest >>= branchBits {
		bit := uint64(1) << (rest & branchMask)
		if n.bitmap&bit == 0 {
			break
		}
		s := &n.slots[bits.OnesCount64(n.bitmap&(bit-1))]
		if s.child != nil {
			n = s.child
			continue
		}
		for e := s.leaf; e != nil; e = e.next {
			if e.hash == hash && e.name == string(name) {
				return e.value, true
			}
		}
		break
	}
	var none V
	return none, false
}

// with returns a map in which name has the value.
func (n *names[V]) with(hash uint64, name string, value V) *names[V] {
	return n.put(0, &entry[V]{hash: hash, name: name, value: value})
}

func (n *names[V]) put(shift uint, e *entry[V]) *names[V] {
	bit := uint64(1) << (e.hash >> shift & branchMask)
	if n == nil {
		return &names[V]{bitmap: bit, slots: []slot[V]{{leaf: e}}}
	}
	at := bits.OnesCount64(n.bitmap & (bit - 1))
	if n.bitmap&bit == 0 {
		slots := make([]slot[V], len(n.slots)+1)
		copy(slots, n.slots[:at])
		slots[at] = slot[V]{leaf: e}
		copy(slots[at+1:], n.slots[at:])
		return &names[V]{bitmap: n.bitmap | bit, slots: slots}
	}
	old := n.slots[at]
	switch {
	case old.child != nil:
		return n.replace(at, slot[V]{child: old.child.put(shift+branchBits, e)})
	case old.leaf.hash == e.hash:
		return n.replace(at, slot[V]{leaf: old.leaf.with(e)})
	}
	child := (*names[V])(nil).put(shift+branchBits, old.leaf).put(shift+branchBits, e)
	return n.replace(at, slot[V]{child: child})
}

// without returns a map in which name has no value.
func (n *names[V]) without(hash uint64, name string) *names[V] { return n.remove(0, hash, name) }

func (n *names[V]) remove(shift uint, hash uint64, name string) *names[V] {
	if n == nil || shift > hashBits {
		return n
	}
	bit := uint64(1) << (hash >> shift & branchMask)
	if n.bitmap&bit == 0 {
		return n
	}
	at := bits.OnesCount64(n.bitmap & (bit - 1))
	old := n.slots[at]
	if old.child != nil {
		child := old.child.remove(shift+branchBits, hash, name)
		if child == nil {
			return n.cut(at, bit)
		}
		return n.replace(at, slot[V]{child: child})
	}
	leaf := old.leaf.without(hash, name)
	if leaf == nil {
		return n.cut(at, bit)
	}
	return n.replace(at, slot[V]{leaf: leaf})
}

func (n *names[V]) replace(at int, s slot[V]) *names[V] {
	slots := append([]slot[V](nil), n.slots...)
	slots[at] = s
	return &names[V]{bitmap: n.bitmap, slots: slots}
}

func (n *names[V]) cut(at int, bit uint64) *names[V] {
	if len(n.slots) == 1 {
		return nil
	}
	slots := make([]slot[V], 0, len(n.slots)-1)
	slots = append(append(slots, n.slots[:at]...), n.slots[at+1:]...)
	return &names[V]{bitmap: n.bitmap &^ bit, slots: slots}
}

// with returns a chain of equal hashes in which e stands for its name.
func (chain *entry[V]) with(e *entry[V]) *entry[V] {
	first := *e
	first.next = chain.without(e.hash, e.name)
	return &first
}

func (chain *entry[V]) without(hash uint64, name string) *entry[V] {
	if chain == nil {
		return nil
	}
	rest := chain.next.without(hash, name)
	if chain.hash == hash && chain.name == name {
		return rest
	}
	kept := *chain
	kept.next = rest
	return &kept
}

func hashOf[K string | []byte](seed maphash.Seed, name K) uint64 {
	switch n := any(name).(type) {
	case string:
		return maphash.String(seed, n)
	case []byte:
		return maphash.Bytes(seed, n)
	}
	return 0
}
