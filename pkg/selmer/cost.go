package selmer

import (
	"strconv"
	"time"

	"github.com/mocloud/mocloud/pkg/budget"
)

// MaxTime bounds one rendering where its steps did not count what it costs.
const MaxTime = 2 * time.Second

// Bounded is a Scope whose renderings share one budget, such as all of those for one request. A rendering in any other scope has
// a budget of its own.
type Bounded interface {
	// Budget is what renderings may still cost; never nil.
	Budget() *budget.Budget
}

// Costly is a Scope, or an Object, that has to go through much to find something.
type Costly interface {
	// Cost is how many bytes or entries a look-up of the key goes through; "" stands for all entries.
	Cost(key string) int
}

// budgetOf is the budget of a scope, or one of the default size.
func budgetOf(s Scope) *budget.Budget {
	if bounded, ok := s.(Bounded); ok {
		return bounded.Budget()
	}
	b := budget.Steps(defaultMaxSteps, MaxTime)
	return &b
}

// costOfLookup is what a look-up costs in itself, in the elements of [budget.Budget.Scan].
const costOfLookup = budget.PerStep / 8

// spend takes steps off the budget.
func (r *renderer) spend(steps int) error { return r.limited(r.budget.Spend(steps)) }

// scan takes the steps that it costs to look at so many bytes or elements.
func (r *renderer) scan(n int) error { return r.limited(r.budget.Scan(n)) }

// limited makes an error of the budget one of a template.
func (r *renderer) limited(err error) error {
	if err == nil && r.budget.Err() == nil {
		return nil
	}
	return stopped(r.budget.Err())
}

// stopped says in the words of a template's limits what ran out.
func stopped(err error) error {
	out := &LimitError{What: "steps", cause: err}
	if e, ok := err.(*budget.Error); ok { //nolint:errorlint // budgets return theirs bare
		if e.What == "steps" {
			out.Limit, _ = strconv.Atoi(e.Limit)
		} else {
			out.What = e.Error()
		}
	}
	return out
}

// getCost is how much is gone through to find a key of a value.
func getCost(v Value, key string) int {
	switch v.kind {
	case KindMap:
		return int(v.num)
	case KindObject:
		if c, ok := v.ref.(Costly); ok {
			return c.Cost(key)
		}
	default:
	}
	return 0
}

// skimCost is the length of a value: of a text in bytes, of what has elements in elements.
func skimCost(v Value) int {
	switch v.kind {
	case KindString, KindDecimal, KindKeyword, KindList, KindSeq, KindMap:
		return int(v.num)
	case KindObject:
		return getCost(v, "")
	case KindBigInt:
		return v.big().BitLen()
	default:
		return 1
	}
}

// skim takes what it costs to go through the elements of a value, but not into them.
func (r *renderer) skim(v Value) error { return r.scan(skimCost(v)) }

// look takes what it costs to read all of a value, or to print it.
func (r *renderer) look(v Value) error { return r.lookInto(v, 0) }

func (r *renderer) lookInto(v Value, depth int) error {
	if err := r.skim(v); err != nil || depth > maxPrintDepth {
		return err
	}
	switch v.kind {
	case KindList, KindSeq:
		for _, item := range v.Items() {
			if err := r.lookInto(item, depth+1); err != nil {
				return err
			}
		}
	case KindMap, KindObject:
		for _, e := range v.Entries() {
			if err := r.scan(len(e.Key)); err != nil {
				return err
			}
			if err := r.lookInto(e.Value, depth+1); err != nil {
				return err
			}
		}
	default:
	}
	return nil
}

// Weigh counts the bytes and elements of all of a value, up to about most.
func Weigh(v Value, most int) int { return weigh(v, most, 0) }

func weigh(v Value, most, depth int) int {
	n := 1 + skimCost(v)
	if n >= most || depth > maxPrintDepth {
		return n
	}
	switch v.kind {
	case KindList, KindSeq:
		for _, item := range v.Items() {
			if n += weigh(item, most-n, depth+1); n >= most {
				break
			}
		}
	case KindMap, KindObject:
		for _, e := range v.Entries() {
			if n += len(e.Key) + weigh(e.Value, most-n, depth+1); n >= most {
				break
			}
		}
	default:
	}
	return n
}

// equal is equal within the budget.
func (r *renderer) equal(a, b Value) (bool, error) {
	if err := r.lookEqual(a, b, 0); err != nil {
		return false, err
	}
	return equal(a, b), nil
}

// lookEqual takes what it costs to compare two values: each key of a map is looked for among those of the other.
func (r *renderer) lookEqual(a, b Value, depth int) error {
	if !a.isMap() || !b.isMap() {
		if err := r.look(a); err != nil || !isList(a) || !isList(b) || depth > maxPrintDepth {
			return err
		}
		x, y := a.Items(), b.Items()
		for i := range min(len(x), len(y)) {
			if err := r.lookEqual(x[i], y[i], depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	for _, e := range a.Entries() {
		if err := r.scan(1 + getCost(b, e.Key)); err != nil {
			return err
		}
		if other, ok := b.Get(e.Key); ok {
			if err := r.lookEqual(e.Value, other, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func isList(v Value) bool { return v.kind == KindList || v.kind == KindSeq }

// compare is compare within the budget.
func (r *renderer) compare(a, b Value) (int, error) {
	const call = 8
	n := call
	if !isList(a) && !isList(b) {
		n += skimCost(a) + skimCost(b)
	}
	if err := r.scan(n); err != nil {
		return 0, err
	}
	if a.kind != KindList || b.kind != KindList || a.num != b.num {
		return compare(a, b)
	}
	x, y := a.Items(), b.Items()
	for i := range x {
		if c, err := r.compare(x[i], y[i]); c != 0 || err != nil {
			return c, err
		}
	}
	return 0, nil
}

// reads says what a filter goes through.
type reads struct {
	shallow bool // the elements of a value, but not what is in them
	times   int  // how much more it does with each byte than to look at it
	fixed   int  // steps, whatever the value is
}

// readsOf says it for a filter of that name. The figures follow from BenchmarkFilterCosts.
func readsOf(name string) reads {
	switch name {
	case "count", "length", "count-is", "length-is", "empty?", "not-empty", "first", "last", "rand-nth", "take", "drop", "drop-last",
		"get", "page", "default", "default-if-empty", "safe", "pluralize", "range", "find", "name", "sort", "sort-reversed", "sort-by",
		"sort-by-reversed", "abbr-left", "abbr-middle", "abbr-right", "abbr-ellipsis":
		return reads{shallow: true, times: 1}
	case "upper", "lower", "capitalize", "title", "remove":
		return reads{times: 8}
	case "get-digit", "linenumbers", "hash":
		return reads{times: 2}
	case "remove-tags":
		return reads{times: 32, fixed: 100}
	case "date", "shift", "number-format", "currency-format", "double-format":
		return reads{times: 1, fixed: 1}
	default:
		return reads{times: 1}
	}
}

// charge takes what it costs to apply a filter to a value.
func (r *renderer) charge(reads *reads, v Value) error {
	if err := r.spend(1 + reads.fixed); err != nil {
		return err
	}
	if reads.shallow {
		return r.skim(v)
	}
	if err := r.look(v); err != nil {
		return err
	}
	return r.scan((reads.times - 1) * skimCost(v))
}
