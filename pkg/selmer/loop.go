package selmer

// loopState is the forloop of a running loop: an Object whose facts change from turn to turn. Nothing can hold it longer
// than the loop runs.
type loopState struct {
	r                *renderer
	l                *loop
	counter0, length int
	parent           Value
	previous         Value // the element before, if counter0 > 0
}

// Get returns one of the loop's facts.
func (s *loopState) Get(key string) (Value, bool) {
	switch key {
	case "length":
		return Int(int64(s.length)), true
	case "counter0":
		return Int(int64(s.counter0)), true
	case "counter":
		return Int(int64(s.counter0 + 1)), true
	case "revcounter":
		return Int(int64(s.length - s.counter0 - 1)), true
	case "revcounter0":
		return Int(int64(s.length - s.counter0)), true
	case "first":
		return Bool(s.counter0 == 0), true
	case "last":
		return Bool(s.counter0 == s.length-1), true
	case "parentloop":
		return s.parent, true
	case "previous":
		if s.counter0 == 0 {
			return Value{}, true
		}
		return ObjectOf(&previousTurn{r: s.r, l: s.l, item: s.previous}), true
	default:
		return Value{}, false
	}
}

// Entries returns all facts in the order in which Clojure's hash map has them.
func (s *loopState) Entries() []Entry {
	names := []string{"length", "counter0", "counter", "revcounter", "revcounter0", "first", "last", "parentloop", "previous"}
	entries := make([]Entry, len(names))
	for i, name := range names {
		v, _ := s.Get(name)
		entries[i] = Entry{Key: name, Value: v}
	}
	sortAsHashMap(entries)
	return entries
}

// previousTurn is forloop.previous: the data with the variables of the loop as they were in the turn before.
type previousTurn struct {
	r    *renderer
	l    *loop
	item Value
}

// Get returns a variable of the turn before, or of the data.
func (p *previousTurn) Get(key string) (Value, bool) {
	for i := len(p.l.targets) - 1; i >= 0; i-- {
		if t := &p.l.targets[i]; t.local.name == key {
			if v, ok := p.part(i); ok {
				v, ok = assocIn(p.r.resolveRoot(t.local.outer, key), t.rest, v)
				return v, ok
			}
		}
	}
	return p.r.scope.Lookup(key)
}

// Cost implements Costly.
func (p *previousTurn) Cost(string) int { return skimCost(p.item) + len(p.l.targets) }

func (p *previousTurn) part(i int) (Value, bool) {
	if len(p.l.targets) == 1 {
		return p.item, true
	}
	parts, _ := sequence(p.item)
	if i >= len(parts) {
		return Value{}, false
	}
	return parts[i], true
}

// Entries returns the data with the variables of the turn.
func (p *previousTurn) Entries() []Entry {
	all := p.r.context()
	for _, t := range p.l.targets {
		if v, ok := p.Get(t.local.name); ok {
			all = assoc(all, t.local.name, v)
		}
	}
	return all.Entries()
}
