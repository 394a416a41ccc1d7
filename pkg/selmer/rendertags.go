package selmer

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// firstOf writes the first operand that is neither missing nor empty.
func (r *renderer) firstOf(g *group) error {
	for i := range g.exprs {
		if err := r.spend(1); err != nil {
			return err
		}
		v, err := r.firstOfOperand(&g.exprs[i])
		if err == nil {
			err = r.look(v)
		}
		if err != nil {
			return err
		}
		if g.emit == emitHTML {
			items, err := notEmpty(v)
			if err != nil {
				return r.errorAt(g.offset, err)
			}
			if !items.IsNil() {
				r.appendShown(v)
				return nil
			}
			continue
		}
		if v.IsNil() || v.Len() == 0 {
			continue
		}
		r.write(v, g.emit)
		return nil
	}
	if g.emit == emitBare || g.emit == emitKey {
		r.write(Value{}, g.emit)
	}
	return nil
}

func (r *renderer) firstOfOperand(e *expr) (Value, error) {
	if r.t.options.Escaping == HTML {
		return r.operand(e)
	}
	v, err := r.eval(e)
	v, _ = unwrap(v)
	return v, err
}

var errNoSum = errors.New("a value is missing or is not a number")

func (r *renderer) sum(g *group) error {
	total := Int(0)
	for i := range g.exprs {
		if err := r.spend(1); err != nil {
			return err
		}
		v, err := r.eval(&g.exprs[i])
		if err == nil {
			err = r.look(v)
		}
		if err != nil {
			return err
		}
		if len(g.exprs) > 1 {
			if !isNumber(v) {
				return r.errorAt(g.offset, fmt.Errorf("`%s` cannot be summed: %w", g.exprs[i].source, errNoSum))
			}
			v = numeric(v)
		}
		if i == 0 {
			total = v // alone, a value is its own sum, whatever it is
			continue
		}
		if total, err = addNumbers(total, v); err != nil {
			return r.errorAt(g.offset, err)
		}
	}
	if g.emit == emitHTML {
		r.appendShown(total)
		return nil
	}
	r.write(total, g.emit)
	return nil
}

func (r *renderer) cycle(i int) error {
	c := &r.t.cycles[i]
	if len(c.words) == 0 {
		return r.errorAt(c.offset, errNoWords)
	}
	r.dst = append(r.dst, c.words[r.cycles[i]]...)
	r.cycles[i] = (r.cycles[i] + 1) % len(c.words)
	return nil
}

// clock writes the time. All the clocks of one rendering show the same moment. It is a time without a zone, as in Selmer, so
// that patterns with a zone fail.
func (r *renderer) clock(c *clock) error {
	if r.now.IsZero() {
		r.now = time.Now()
		if c, ok := r.scope.(clockScope); ok {
			r.now = c.Now()
		}
	}
	text, err := formatTime(r.now, false, c.pattern, "")
	if err != nil {
		return r.errorAt(c.offset, err)
	}
	if c.emit == emitHTML {
		r.dst = append(r.dst, text...)
		return nil
	}
	r.write(String(text), c.emit)
	return nil
}

// uri writes a script or style tag. Its address is preceded by the variable selmer/context.
func (r *renderer) uri(u *uri) error {
	address := String(u.literal)
	if u.isExpr {
		var err error
		if address, err = r.operand(&u.expr); err != nil {
			return err
		}
	}
	prefix, _ := r.scope.Lookup("selmer/context")
	text := squeezeSlashes(prefix.String() + address.String())
	if !u.script {
		r.dst = append(append(append(r.dst, `<link href="`...), text...), `" rel="stylesheet" type="text/css" />`...)
		return nil
	}
	r.dst = append(r.dst, "<script "...)
	for _, name := range []string{"async", "defer"} {
		on, err := r.setting(u, name)
		if err != nil {
			return err
		}
		if !on.IsNil() && (on.kind != KindBool || on.Bool()) {
			r.dst = append(append(r.dst, name...), ' ')
		}
	}
	kind := "application/javascript"
	if v, err := r.setting(u, "type"); err != nil {
		return err
	} else if !v.IsNil() && u.settings != nil {
		if _, ok := u.settings["type"]; ok {
			kind = v.String()
		}
	}
	r.dst = append(append(append(append(r.dst, `src="`...), text...), `" type="`...), kind...)
	r.dst = append(r.dst, `"></script>`...)
	return nil
}

func (r *renderer) setting(u *uri, name string) (Value, error) {
	if e, ok := u.settings[name]; ok {
		return r.eval(&e)
	}
	v, _ := r.scope.Lookup(name)
	return v, nil
}

// squeezeSlashes makes one slash of two, but for those that an address begins with.
func squeezeSlashes(s string) string {
	rest := strings.TrimLeft(s, "/")
	lead := s[:len(s)-len(rest)]
	if lead == "" {
		return s
	}
	return lead + strings.ReplaceAll(rest, "//", "/")
}

// debug writes the data, which Selmer does with less care for what it shows.
func (r *renderer) debug() {
	text := r.context().String()
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	r.dst = append(r.dst, "<pre>Include yogthos/json-html for prettier debugging.\n"...)
	r.dst = append(append(r.dst, text...), "</pre>"...)
}
