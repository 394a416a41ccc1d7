package selmer

import (
	"errors"
	"fmt"
	"strings"
)

// condition is what an {% if %} tests.
type condition struct {
	offset int
	kind   conditionKind
	negate bool
	args   []operand
	fault  error
}

type conditionKind uint8

const (
	condFault    conditionKind = iota
	condTruth                  // one operand that is not nil, false, "" or "false"
	condAny                    // one of the operands is true
	condAll                    // all operands are true
	condEqual                  // as numbers if both look like numbers, else as texts
	condAllEqual               // all operands are the same text
	condGreater
	condLess
	condGreaterEqual
	condLessEqual
)

// operand is a text as written, or an expression.
type operand struct {
	fixed bool
	text  string
	expr  expr
}

var errNoCondition = errors.New("the tag `if` needs a condition: one value, `not` and a value, `any a b`, `all a b`, or three words such as `a = 1`")

func (c *compiler) addCondition(cond condition) int {
	c.t.conditions = append(c.t.conditions, cond)
	return len(c.t.conditions) - 1
}

func (c *compiler) badCondition(offset int, err error) condition {
	c.problem(offset, err)
	return condition{offset: offset, fault: err}
}

// newCondition compiles the words of an if. Selmer judges them when it comes to the test, so faults are kept for then.
func (c *compiler) newCondition(args []string, offset int) condition {
	cond := condition{offset: offset}
	if len(args) > 0 && args[0] == "not" {
		cond.negate = true
		args = args[1:]
	}
	switch {
	case len(args) == 1:
		cond.kind = condTruth
		cond.args = c.expressions(args, offset)
	case len(args) > 0 && (args[0] == "any" || args[0] == "all"):
		cond.kind = condAny
		if args[0] == "all" {
			cond.kind = condAll
		}
		cond.args = c.expressions(args[1:], offset)
	case len(args) == 3 && args[1] == "=":
		cond.kind = condEqual
		cond.args = []operand{c.operand(args[0], offset), c.operand(args[2], offset)}
	case len(args) == 3:
		kind, ok := comparison(args[1])
		if !ok {
			return c.badCondition(offset, unknownOperator(args[1]))
		}
		cond.kind = kind
		cond.args = []operand{c.numericOperand(args[0], offset, looksNumeric(args[0])), c.numericOperand(args[2], offset, looksNumeric(args[2]) && !looksNumeric(args[0]))}
	default:
		return c.badCondition(offset, errNoCondition)
	}
	return cond
}

func comparison(op string) (conditionKind, bool) {
	switch op {
	case ">":
		return condGreater, true
	case "<":
		return condLess, true
	case ">=":
		return condGreaterEqual, true
	case "<=":
		return condLessEqual, true
	default:
		return condFault, false
	}
}

func unknownOperator(op string) error {
	switch op {
	case "==":
		return errors.New("there is no operator `==`: write a single `=`")
	case "!=":
		return errors.New("there is no operator `!=`: write `not a = b`")
	case "and", "&&":
		return fmt.Errorf("there is no operator `%s`: write `all a b`, or nest two `if`s", op)
	case "or", "||":
		return fmt.Errorf("there is no operator `%s`: write `any a b`", op)
	default:
		return fmt.Errorf("there is no operator `%s`: the operators are = > < >= <=, with spaces around", op)
	}
}

func (c *compiler) expressions(args []string, offset int) []operand {
	out := make([]operand, len(args))
	for i, arg := range args {
		out[i].expr = c.lazyExpr(arg, offset)
	}
	return out
}

// operand is a side of an equality: quoted texts, :keywords and numbers stand for themselves.
func (c *compiler) operand(arg string, offset int) operand {
	switch {
	case strings.HasPrefix(arg, `"`):
		return operand{fixed: true, text: arg[1:max(1, len(arg)-1)]}
	case strings.HasPrefix(arg, ":"), looksNumeric(arg):
		return operand{fixed: true, text: arg}
	default:
		return operand{expr: c.lazyExpr(arg, offset)}
	}
}

// numericOperand is a side of a comparison; of two numbers only the first is taken as written.
func (c *compiler) numericOperand(arg string, offset int, fixed bool) operand {
	if fixed {
		return operand{fixed: true, text: arg}
	}
	return operand{expr: c.lazyExpr(arg, offset)}
}

// looksNumeric is -?[0-9]*\.?[0-9]+.
func looksNumeric(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, fraction, dot := strings.Cut(s, ".")
	if dot {
		return (whole == "" || allDigits(whole)) && allDigits(fraction)
	}
	return allDigits(whole)
}

func (r *renderer) test(c *condition) (bool, error) {
	result, err := r.testPositive(c)
	return result != c.negate, err
}

func (r *renderer) testPositive(c *condition) (bool, error) {
	if c.fault != nil {
		return false, r.errorAt(c.offset, c.fault)
	}
	switch c.kind {
	case condTruth:
		return r.truth(&c.args[0].expr)
	case condAny, condAll:
		for i := range c.args {
			ok, err := r.truth(&c.args[i].expr)
			if err != nil {
				return false, err
			}
			if ok == (c.kind == condAny) {
				return c.kind == condAny, nil
			}
		}
		return c.kind == condAll, nil
	case condEqual:
		return r.testEqual(c)
	case condAllEqual:
		return r.testAllEqual(c)
	default:
		return r.testOrder(c)
	}
}

// truth reports whether the operand is true. Its text need not be made for that: no text but "" and "false" is false, escaped or not.
func (r *renderer) truth(e *expr) (bool, error) {
	v, err := r.eval(e)
	if !e.literal && (!e.raw || r.t.options.Escaping != HTML) {
		v, _ = unwrap(v)
	}
	return truthy(v), err
}

// truthy is everything but nil, false, "" and "false".
func truthy(v Value) bool {
	switch v.kind {
	case KindNil:
		return false
	case KindBool:
		return v.Bool()
	case KindString:
		s := v.String()
		return s != "" && s != "false"
	default:
		return true
	}
}

func (r *renderer) side(o *operand) (Value, error) {
	if o.fixed {
		return String(o.text), nil
	}
	return r.operand(&o.expr)
}

func (r *renderer) testEqual(c *condition) (bool, error) {
	a, err := r.side(&c.args[0])
	if err != nil {
		return false, err
	}
	b, err := r.side(&c.args[1])
	if err != nil {
		return false, err
	}
	aNumeric, err := r.numericText(a, c.offset)
	if err != nil {
		return false, err
	}
	if aNumeric {
		bNumeric, err := r.numericText(b, c.offset)
		if err != nil {
			return false, err
		}
		if bNumeric {
			x, _ := parseDouble(a.String())
			y, _ := parseDouble(b.String())
			return x == y, nil
		}
	}
	return r.equal(a, b)
}

// numericText reports whether a value is a text that looks like a number. Other values than texts, nil and false cannot be asked.
func (r *renderer) numericText(v Value, offset int) (bool, error) {
	switch {
	case v.kind == KindString:
		return looksNumeric(v.String()), nil
	case v.IsNil() || v.kind == KindBool && !v.Bool():
		return false, nil
	case r.t.options.Escaping != HTML:
		return isNumber(v) && looksNumeric(v.String()), nil
	default:
		return false, r.errorAt(offset, errNotText)
	}
}

var errNotText = errors.New("only texts can be compared: leave out `safe`")

func (r *renderer) testAllEqual(c *condition) (bool, error) {
	var first Value
	for i := range c.args {
		v, err := r.side(&c.args[i])
		if err != nil {
			return false, err
		}
		if i == 0 {
			first = v
		} else if same, err := r.equal(first, v); err != nil {
			return false, err
		} else if !same {
			// Selmer evaluates all operands; only a fault in a later one could tell.
			for j := i + 1; j < len(c.args); j++ {
				if _, err := r.side(&c.args[j]); err != nil {
					return false, err
				}
			}
			return false, nil
		}
	}
	return true, nil
}

var (
	errMissingSide = errors.New("one side of the comparison is missing")
	errNotOrdered  = errors.New("only numbers can be ordered")
)

// testOrder compares as numbers. A missing variable is less than nothing and more than nothing, but against another variable
// that is there it is an error.
func (r *renderer) testOrder(c *condition) (bool, error) {
	var numbers [2]float64
	var there [2]bool
	for i := range c.args {
		v, err := r.side(&c.args[i])
		if err != nil {
			return false, err
		}
		if v, err = notEmpty(v); err != nil {
			return false, r.errorAt(c.offset, err)
		}
		if v.IsNil() {
			continue
		}
		there[i] = true
		f, ok := parseDouble(v.String())
		if v.kind != KindString || !ok {
			return false, r.errorAt(c.offset, fmt.Errorf("`%s` is not a number: %w", clip(v.String()), errNotOrdered))
		}
		numbers[i] = f
	}
	if !there[0] || !there[1] {
		if there[0] == there[1] || c.args[0].fixed || c.args[1].fixed {
			return false, nil
		}
		return false, r.errorAt(c.offset, errMissingSide)
	}
	a, b := numbers[0], numbers[1]
	switch c.kind {
	case condGreater:
		return a > b, nil
	case condLess:
		return a < b, nil
	case condGreaterEqual:
		return a >= b, nil
	default:
		return a <= b, nil
	}
}

// clip shortens a value for a message.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
