package match

import (
	"regexp"
	"strings"

	"github.com/mocloud/mocloud/pkg/budget"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// operator is what a value is asked.
type operator uint8

const (
	opEquals operator = iota
	opContains
	opMatches
	opLT
	opLTE
	opGT
	opGTE
	opSchema
)

// words are the operators as they are written, and in sentences.
func (o operator) words() (name, sentence string) {
	switch o {
	case opContains:
		return "contains", "contain"
	case opMatches:
		return "matches", "match"
	case opLT:
		return "lt", "less than"
	case opLTE:
		return "lte", "at most"
	case opGT:
		return "gt", "more than"
	case opGTE:
		return "gte", "at least"
	case opSchema:
		return "schema", "fit the schema"
	default:
		return "equals", ""
	}
}

// line is one line of a condition: values, and what one of them must be.
type line struct {
	left  *left
	tests []test
	// presence is what `absent` says: 0 nothing, 1 true, -1 false.
	presence int8
	need     needs
}

// test is one operator and its value.
type test struct {
	op     operator
	oneOf  []operand // one of them
	regexp *regexp.Regexp
	size   int    // of regexp, in instructions
	source string // of regexp
	schema *Schema
	bare   bool // written without an operator
}

// What a test costs, in the bytes and elements of [budget.Budget.Scan].
const (
	budgetOf    = 1_000_000 // bounds the comparisons of one `contains`
	mostWeight  = 4 << 20   // more than a budget pays for
	timesSchema = 4         // a value is decoded once more for a schema
	timesBody   = 2         // the whole body is read as JSON or XML
)

// skim is what it costs to search a text.
func skim(i item) int {
	if isText(i.value) {
		return len(i.value.String())
	}
	return 1
}

func (l *line) needs() needs { return l.need }

func (l *line) holds(e *evaluation) bool {
	items := l.left.values(e)
	if l.presence != 0 && (len(items) == 0) != (l.presence > 0) {
		return false
	}
	if len(l.tests) == 0 {
		return true
	}
	if len(items) > 1 && l.wholeList(items, e) {
		return true
	}
	for i := range items {
		if l.passes(items[i], e) {
			return true
		}
	}
	return false
}

// wholeList tells whether several texts of one name are the list that `equals` asks for.
func (l *line) wholeList(items []item, e *evaluation) bool {
	if len(l.tests) != 1 || l.tests[0].op != opEquals || l.tests[0].bare {
		return false
	}
	want := l.tests[0].oneOf[0].value(e)
	if !isList(want) || len(want.Items()) != len(items) {
		return false
	}
	for i, w := range want.Items() {
		if !items[i].equal(w) {
			return false
		}
	}
	return true
}

func (l *line) passes(i item, e *evaluation) bool {
	for n := range l.tests {
		if !l.tests[n].passes(i, e, l.left.whole) {
			return false
		}
	}
	return true
}

func (t *test) passes(i item, e *evaluation, whole bool) bool {
	switch t.op {
	case opMatches:
		return t.match(i, e)
	case opSchema:
		if !e.scan(timesSchema * selmer.Weigh(i.value, mostWeight)) {
			return false
		}
		ok, steps := t.schema.fits(i)
		return e.budget.Spend(steps) == nil && ok
	default:
	}
	for n := range t.oneOf {
		want := t.oneOf[n].value(e)
		if !e.scan(min(selmer.Weigh(i.value, mostWeight), selmer.Weigh(want, mostWeight))) {
			return false
		}
		var ok bool
		switch t.op {
		case opEquals:
			ok = i.equal(want) || whole && e.scan(timesBody*len(e.Body().Raw())) && equalBodies(e.Body(), want)
		case opContains:
			left := budgetOf
			ok = e.scan(skim(i)) && i.contains(want, &left) && e.scan(budgetOf-left)
		default:
			var order int
			if order, ok = i.compare(want); ok {
				ok = t.op == opLT && order < 0 || t.op == opLTE && order <= 0 || t.op == opGT && order > 0 || t.op == opGTE && order >= 0
			}
		}
		if ok {
			return true
		}
	}
	return false
}

func (t *test) match(i item, e *evaluation) bool {
	switch i.value.Kind() {
	case selmer.KindString, selmer.KindChar, selmer.KindInt, selmer.KindBigInt, selmer.KindDecimal, selmer.KindFloat, selmer.KindBool, selmer.KindKeyword:
	default:
		return false
	}
	re, size := t.regexp, t.size
	if re == nil { // a template
		var err error
		if re, size, err = compileWhole(t.oneOf[0].value(e).String()); err != nil || !e.scan(budget.PerStep*size) {
			return false
		}
	}
	text := i.value.String()
	return e.scan(len(text)*(1+size/8)) && re.MatchString(text)
}

// compileWhole compiles a regular expression that must match all of a text. Size is how many instructions it has.
func compileWhole(source string) (re *regexp.Regexp, size int, err error) {
	if size, err = expressionSize(source); err != nil {
		return nil, 0, err
	} else if size > MaxInstructions {
		return nil, 0, errTooLarge
	}
	re, err = regexp.Compile(`\A(?:` + source + `)\z`)
	return re, size, err
}

// equalBodies compares the whole body as JSON or as XML, if both sides are that.
func equalBodies(b *Body, want selmer.Value) bool {
	if !isText(want) {
		v, err := b.whole()
		return err == nil && equalValues(v, want)
	}
	text := want.String()
	switch trimmed := strings.TrimSpace(text); {
	case trimmed == "":
	case trimmed[0] == '<':
		wanted, err := parseXML([]byte(text))
		if err != nil {
			return false
		}
		tree, err := b.xml()
		return err == nil && equalXML(tree, wanted)
	default:
		wanted, err := selmer.ParseJSON([]byte(text))
		if err != nil {
			return false
		}
		v, err := b.whole()
		return err == nil && equalValues(v, wanted)
	}
	return false
}

// why names the value and what was expected.
func (l *line) why(e *evaluation) string {
	items := l.left.values(e)
	name := l.left.text()
	if len(items) == 0 {
		if l.left.json != nil || l.left.whole || strings.HasPrefix(l.left.source, "json-params") {
			if problem := l.bodyProblem(e); problem != "" {
				return name + ": " + problem
			}
		}
		if l.left.xml != nil {
			if _, err := e.Body().xml(); err != nil {
				return name + ": " + err.Error()
			}
		}
		return name + " is missing, expected " + l.expectation(e)
	}
	if l.presence > 0 {
		return name + " is present: it is " + showItem(items[0])
	}
	var shown []string
	for i, item := range items {
		if i == 3 {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, showItem(item))
	}
	came := strings.Join(shown, ", ")
	for n := range l.tests {
		t := &l.tests[n]
		failed := true
		for i := range items {
			failed = failed && !t.passes(items[i], e, l.left.whole)
		}
		if failed || n == len(l.tests)-1 {
			return name + " is " + came + t.unlike(items[0], e)
		}
	}
	return name + " is " + came
}

func (l *line) bodyProblem(e *evaluation) string {
	if l.left.json != nil {
		if _, err := e.Body().json(); err != nil {
			return err.Error()
		}
		return ""
	}
	return e.JSONProblem()
}

// unlike ends a sentence that begins with the value.
func (t *test) unlike(i item, e *evaluation) string {
	switch t.op {
	case opMatches:
		source := t.source
		if t.regexp == nil {
			source = t.oneOf[0].value(e).String()
		}
		return ", which does not match `" + shorten(source) + "` as a whole"
	case opSchema:
		if why := t.schema.why(i.value); why != "" {
			return ", which does not fit the schema: " + why
		}
		return ", which does not fit the schema"
	case opContains:
		return ", which does not contain " + t.wanted(e)
	case opEquals:
		return ", not " + t.wanted(e)
	default:
		_, words := t.op.words()
		return ", not " + words + " " + t.wanted(e)
	}
}

func (t *test) wanted(e *evaluation) string {
	const most = 5
	var all []string
	for i := range t.oneOf {
		if i == most {
			all = append(all, "…")
			break
		}
		all = append(all, show(t.oneOf[i].value(e)))
	}
	return strings.Join(all, " or ")
}

// expectation says what a missing value should have been.
func (l *line) expectation(e *evaluation) string {
	if len(l.tests) == 0 {
		return "it to be present"
	}
	var all []string
	for n := range l.tests {
		t := &l.tests[n]
		switch t.op {
		case opMatches:
			all = append(all, "a match of `"+shorten(t.source)+"`")
		case opSchema:
			all = append(all, "a value that fits the schema")
		case opContains:
			all = append(all, "a value that contains "+t.wanted(e))
		case opEquals:
			all = append(all, t.wanted(e))
		default:
			_, words := t.op.words()
			all = append(all, words+" "+t.wanted(e))
		}
	}
	return strings.Join(all, " and ")
}

// expected says it without a request.
func (l *line) expected() string {
	switch {
	case l.presence > 0:
		return "is missing"
	case l.presence < 0 && len(l.tests) == 0:
		return "is there"
	}
	var all []string
	for n := range l.tests {
		t := &l.tests[n]
		words, _ := t.op.words()
		if t.source != "" {
			words += " `" + shorten(t.source) + "`"
		} else if len(t.oneOf) > 0 && t.oneOf[0].fixed() {
			words += " " + show(t.oneOf[0].constant)
		}
		all = append(all, words)
	}
	return strings.Join(all, " and ")
}

func showItem(i item) string {
	if i.text {
		return shorten(quote(i.value.String()))
	}
	return show(i.value)
}

func show(v selmer.Value) string { return shorten(string(v.AppendJSON(nil))) }

func quote(s string) string { return string(selmer.String(s).AppendJSON(nil)) }

const maxShown = 80

// shorten keeps what is shown within bounds.
func shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	end := maxShown
	for end > 0 && s[end]&0xc0 == 0x80 {
		end--
	}
	return s[:end] + "…"
}
