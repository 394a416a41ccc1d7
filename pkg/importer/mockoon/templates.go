package mockoon

import (
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/handlebars"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
)

// The bounds of what `repeat` makes of one answer.
const (
	maxTurns = 200
	maxMade  = 128 << 10
)

// templates translates the templates of texts. What mocks have nothing like stays as it was written, and is noted.
func (r *route) templates(at *source.Node) func(string) string {
	return func(text string) string {
		if !strings.Contains(text, "{{") {
			return draft.Inert(text)
		}
		nodes, err := handlebars.Parse(text)
		if err != nil {
			r.m.Loss(at, "a text of %s is sent as written: its templates cannot be read", r.title)
			return draft.Inert(text)
		}
		w := writer{route: r, at: at, json: strings.HasPrefix(strings.TrimSpace(text), "{") && !strings.HasPrefix(strings.TrimSpace(text), "{{") || strings.HasPrefix(strings.TrimSpace(text), "[")}
		w.nodes(nodes, "")
		return w.b.String()
	}
}

// writer writes a template of a mock.
type writer struct {
	*route

	at     *source.Node
	b      strings.Builder
	json   bool // the text is JSON
	inText bool // what is written next stands in a text of JSON
}

func (w *writer) text(s string) {
	w.inText = inString(s, w.inText)
	w.b.WriteString(draft.Inert(s))
}

func (w *writer) asWritten(n *handlebars.Node) {
	w.m.Loss(w.at, "`%s` is sent as written: mocks have no equivalent", draft.Line(n.Source, 80))
	w.b.WriteString(draft.Inert(n.Source))
}

// nodes writes the parts of a template; index is what `@index` says.
func (w *writer) nodes(nodes []*handlebars.Node, index string) {
	for _, n := range nodes {
		switch {
		case n.Call == nil:
			w.text(n.Text)
		case n.Block:
			w.block(n, index)
		default:
			w.value(n, index)
		}
	}
}

// value writes a tag.
func (w *writer) value(n *handlebars.Node, index string) {
	if choices := choicesOf(n.Call); choices != nil {
		w.choose(choices)
		return
	}
	e, ok := w.expression(n.Call, index)
	switch {
	case !ok:
		w.asWritten(n)
	case e.literal:
		w.text(e.text)
	case w.json && !w.inText && e.plain:
		w.b.WriteString("{{" + e.text + "|safe}}")
	default:
		w.b.WriteString("{{" + e.text + "}}")
	}
}

// block writes a block.
func (w *writer) block(n *handlebars.Node, index string) {
	switch n.Call.Name {
	case "repeat":
		turns, ok := turnsOf(n.Call)
		if !ok {
			w.asWritten(n)
			return
		}
		if len(n.Call.Args) > 1 && n.Call.Args[1].Kind == handlebars.Word {
			w.m.Loss(w.at, "`repeat` always repeats %d times: mocks have no random number of turns", turns)
		}
		for i := range turns {
			if w.repeating++; w.repeating > maxTurns || w.b.Len() > maxMade {
				w.m.Loss(w.at, "`repeat` is cut short: an answer may have %d turns and %d KiB", maxTurns, maxMade>>10)
				return
			}
			if i > 0 && comma(n.Call) {
				w.b.WriteString(",")
			}
			w.nodes(n.Body, strconv.Itoa(i))
		}
	case "if", "unless":
		w.branch(n, index)
	default:
		w.asWritten(n)
	}
}

// branch writes a block that stands only if a condition holds.
func (w *writer) branch(n *handlebars.Node, index string) {
	condition, ok := w.condition(n.Call, index)
	if !ok {
		w.asWritten(n)
		return
	}
	then, otherwise := n.Body, n.Else
	if n.Call.Name == "unless" {
		then, otherwise = otherwise, then
	}
	before := w.inText
	w.b.WriteString("{% if " + condition + " %}")
	w.nodes(then, index)
	after := w.inText
	if len(otherwise) > 0 {
		w.b.WriteString("{% else %}")
		w.inText = before
		w.nodes(otherwise, index)
	}
	w.inText = after
	w.b.WriteString("{% endif %}")
}

// condition is the condition of `if`, which has one argument.
func (w *writer) condition(c *handlebars.Call, index string) (string, bool) {
	if len(c.Args) != 1 {
		return "", false
	}
	if inner := c.Args[0]; inner.Kind == handlebars.Inner && len(inner.Call.Args) == 2 {
		operator := ""
		switch inner.Call.Name {
		case "eq":
			operator = "="
		case "gt":
			operator = ">"
		case "gte":
			operator = ">="
		case "lt":
			operator = "<"
		case "lte":
			operator = "<="
		}
		if operator != "" {
			a, okA := w.argument(inner.Call.Args[0], index)
			b, okB := w.argument(inner.Call.Args[1], index)
			return a.operand() + " " + operator + " " + b.operand(), okA && okB && a.fits() && b.fits()
		}
	}
	e, ok := w.argument(c.Args[0], index)
	return e.text, ok && !e.literal && e.fits()
}

// choose writes one of several texts, by chance.
func (w *writer) choose(choices []string) {
	before := w.inText
	w.b.WriteString("{% with choice=random.1-" + strconv.Itoa(len(choices)) + " %}")
	for i, text := range choices {
		w.inText = before
		if i < len(choices)-1 {
			w.b.WriteString("{% if choice = " + strconv.Itoa(i+1) + " %}")
		}
		w.text(text)
		if i < len(choices)-1 {
			w.b.WriteString("{% else %}")
		}
	}
	w.b.WriteString(strings.Repeat("{% endif %}", len(choices)-1) + "{% endwith %}")
}

// maxChoices bounds the texts of which one is chosen: each is a branch within the one before.
const maxChoices = 20

// choicesOf are the texts of which a call chooses one: `oneOf (array 'a' 'b')`.
func choicesOf(c *handlebars.Call) (choices []string) {
	if c.Name != "oneOf" || len(c.Args) != 1 || c.Args[0].Kind != handlebars.Inner || c.Args[0].Call.Name != "array" {
		return nil
	}
	list := c.Args[0].Call.Args
	if len(list) < 2 || len(list) > maxChoices {
		return nil
	}
	for _, a := range list {
		if a.Kind != handlebars.Text && a.Kind != handlebars.Word {
			return nil
		}
		choices = append(choices, a.Value)
	}
	return choices
}

// turnsOf is how often `repeat` repeats: a number, or the lesser of two.
func turnsOf(c *handlebars.Call) (int, bool) {
	if len(c.Args) == 0 || c.Args[0].Kind != handlebars.Word {
		return 0, false
	}
	n, err := strconv.Atoi(c.Args[0].Value)
	return n, err == nil && n >= 0
}

// comma reports whether `repeat` writes commas between its turns.
func comma(c *handlebars.Call) bool {
	for _, a := range c.Args {
		if a.Kind == handlebars.Option && a.Value == "comma" {
			return len(a.Call.Args) == 0 || a.Call.Args[0].Value != "false"
		}
	}
	return true
}

// flatten gives the texts and tags of a template whose only blocks are `repeat`; it is false if there are others.
func (r *route) flatten(nodes []*handlebars.Node, index string, give func(plain string, tag *handlebars.Node, index string)) bool {
	for _, n := range nodes {
		switch {
		case n.Call == nil:
			give(n.Text, nil, "")
		case !n.Block && n.Call.Name == "@index" && index != "":
			give(index, nil, "")
		case !n.Block:
			give("", n, index)
		default:
			turns, ok := turnsOf(n.Call)
			if !ok || n.Call.Name != "repeat" {
				return false
			}
			for i := range turns {
				if r.repeating++; r.repeating > maxTurns {
					r.m.Loss(r.node, "`repeat` is cut short in %s: there may be %d turns", r.title, maxTurns)
					return true
				}
				if i > 0 && comma(n.Call) {
					give(",", nil, "")
				}
				if !r.flatten(n.Body, strconv.Itoa(i), give) {
					return false
				}
			}
		}
	}
	return true
}

// value is an expression of a mock's template, or a literal text.
type value struct {
	text    string
	literal bool
	plain   bool // comes as text, so that it would be put in quotes where JSON has a value
}

// operand is the value as an `if` has it.
func (v value) operand() string {
	if v.literal {
		return `"` + v.text + `"`
	}
	return v.text
}

// fits reports whether an `if` can have the value.
func (v value) fits() bool {
	if v.literal {
		return !strings.ContainsAny(v.text, "\"\\{}%")
	}
	return !strings.ContainsAny(v.text, " {}%")
}
