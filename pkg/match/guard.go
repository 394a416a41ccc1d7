package match

import (
	"strings"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// Guard says who may ask. It is immutable and safe for concurrent use.
type Guard struct {
	of []*Condition // one must hold
	// The schemes that it names.
	basic, bearer, jwt bool
}

// Verdict is what a guard makes of a request.
type Verdict struct {
	Status    int      // 0: it may pass; else 401 or 403
	Challenge []string // WWW-Authenticate
	Why       string
}

// guards are the texts that stand for conditions.
func guards() []string { return []string{"basic", "bearer", "jwt", "none"} }

// CompileGuard compiles `auth`, as JSON: a condition, a list of which one must hold, or one of the texts basic, bearer, jwt and none.
// The guard is nil when it lets everybody pass.
func CompileGuard(v selmer.Value, o Options) (g *Guard, size int, problems []Problem) {
	k := &compiler{options: o, lines: MaxLines}
	g = &Guard{}
	if v.Kind() == selmer.KindList {
		if len(v.Items()) == 0 {
			k.problem(CodeCondition, false, "write conditions, or `none`", "the list of conditions is empty, so every request would be refused")
		}
		for i, item := range v.Items() {
			k.in(i, func() { g.add(k, item, false) })
		}
	} else {
		g.add(k, v, true)
	}
	if k.size > MaxInstructions {
		k.problem(CodePattern, false, "use fewer or smaller repetitions", "the regular expressions are too large together")
	}
	if len(g.of) == 0 {
		g = nil
	} else {
		g.of[0].names = append(g.of[0].names, k.names...)
	}
	return g, k.size, k.problems
}

func (g *Guard) add(k *compiler, v selmer.Value, alone bool) {
	if v.Kind() == selmer.KindString {
		switch name := v.String(); name {
		case "none":
			if !alone {
				k.problem(CodeCondition, false, "delete the others", "`none` lets everybody pass, so it cannot be combined with conditions")
			}
			return
		case "basic", "bearer", "jwt":
			v = selmer.Map([]selmer.Entry{{Key: name, Value: selmer.Map([]selmer.Entry{{Key: "absent", Value: selmer.Bool(false)}})}})
		default:
			if !strings.ContainsAny(name, " =<>") {
				if near := nearest(name, guards()); near != "" {
					k.problem(CodeCondition, false, "write `"+near+"`", "`auth` cannot be `%s`: did you mean `%s`?", shorten(name), near)
				} else {
					k.problem(CodeCondition, false, "write a condition", "`auth` is a condition, a list of them, `basic`, `bearer`, `jwt` or `none`, not `%s`", shorten(name))
				}
				return
			}
		}
	}
	c := k.condition(v, 1)
	for _, n := range k.names {
		switch n.Root() {
		case "basic":
			g.basic = true
		case "bearer":
			g.bearer = true
		case "jwt":
			g.jwt = true
		}
	}
	g.of = append(g.of, c)
}

// Names returns what the guard reads.
func (g *Guard) Names() []Name {
	if g == nil {
		return nil
	}
	var out []Name
	for _, c := range g.of {
		out = append(out, c.names...)
	}
	return out
}

// UsesState tells whether the guard names the state.
func (g *Guard) UsesState() bool { return g.need(needsState) }

// Heavy tells whether the guard looks into the body.
func (g *Guard) Heavy() bool { return g.need(needsBody) }

func (g *Guard) need(n needs) bool {
	if g == nil {
		return false
	}
	for _, c := range g.of {
		if c.need(n) {
			return true
		}
	}
	return false
}

// Check says whether a request may pass.
func (g *Guard) Check(s Subject) Verdict {
	if g == nil {
		return Verdict{}
	}
	for _, c := range g.of {
		if c.Holds(s) {
			return Verdict{}
		}
	}
	v := Verdict{Status: 401}
	for i, c := range g.of {
		if i > 0 {
			v.Why += "; or "
		}
		if i == 3 {
			v.Why += "…"
			break
		}
		v.Why += c.Why(s)
	}
	if _, ok := s.Lookup("jwt"); ok && g.jwt {
		v.Status = 403
		return v
	}
	if g.basic {
		v.Challenge = append(v.Challenge, `Basic realm="mock"`)
	}
	if g.bearer || g.jwt {
		challenge := `Bearer realm="mock"`
		if _, came := s.Lookup("bearer"); came {
			challenge += `, error="invalid_token"`
		}
		v.Challenge = append(v.Challenge, challenge)
	}
	return v
}
