package route

// literals leads from the text of a segment to a node. It is a hash table in one piece, because a map has parts in four places,
// each of which has to be fetched from memory. The zero value is empty; nothing is ever removed.
type literals[E any] struct {
	slots []literal[E] // a power of two, at most seven eighths of them used
	used  int
}

type literal[E any] struct {
	hash uint64
	text string
	node *node[E] // nil: the slot is free
}

// hashOfText is FNV-1a. Who chooses texts with the same hash slows only the own mock down.
func hashOfText(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}

func (l *literals[E]) find(text string) *node[E] {
	if l.used == 0 {
		return nil
	}
	return l.slot(hashOfText(text), text).node
}

// slot returns where a text is, or where it belongs.
func (l *literals[E]) slot(hash uint64, text string) *literal[E] {
	mask := uint64(len(l.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if s := &l.slots[i]; s.node == nil || s.hash == hash && s.text == text {
			return s
		}
	}
}

// add adds a text that is not there yet.
func (l *literals[E]) add(text string, to *node[E]) {
	if l.used+1 > len(l.slots)*7/8 {
		old := l.slots
		l.slots = make([]literal[E], max(2, 2*len(old)))
		for _, s := range old {
			if s.node != nil {
				*l.slot(s.hash, s.text) = s
			}
		}
	}
	hash := hashOfText(text)
	*l.slot(hash, text) = literal[E]{hash, text, to}
	l.used++
}
