package mockspec

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// plain reads text that is no template.
func (r *reader) plain(n *yaml.Node, name string) (string, bool) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		r.fail(at(n), CodeWrongType, "", "%s must be text, not %s", name, nodeName(n))
		return "", false
	}
	return n.Value, true
}

// text reads a template; where is how a diagnostic calls it.
func (r *reader) text(n *yaml.Node, name string) (Text, bool) {
	s, ok := r.plain(n, name)
	return Text{r.begin(n), s}, ok
}

// line reads a template that is sent as one line: the end that a block scalar adds is not part of it.
func (r *reader) oneLine(n *yaml.Node, name string) (Text, bool) {
	t, ok := r.text(n, name)
	t.Raw = strings.TrimRight(t.Raw, "\r\n")
	if ok && strings.ContainsAny(t.Raw, "\r\n") {
		r.fail(r.src.locate(n, strings.IndexAny(t.Raw, "\r\n")), CodeBadValue, "write it on one line", "%s must be one line", name)
		return t, false
	}
	return t, ok
}

// begin is where the content of a scalar begins.
func (r *reader) begin(n *yaml.Node) Position {
	if r.trusted {
		return at(n)
	}
	return r.src.begin(n)
}

func (r *reader) choice(n *yaml.Node, k *key) (string, bool) {
	s, ok := r.plain(n, "`"+k.name+"`")
	if !ok || slices.Contains(k.values, s) {
		return s, ok
	}
	list := "`" + strings.Join(k.values, "` or `") + "`"
	if near := suggest(s, k.values); near != "" {
		r.fail(at(n), CodeBadValue, "write `"+near+"`", "`%s` cannot be `%s`: did you mean `%s`?", k.name, brief(s), near)
		r.mend(s, near)
	} else {
		r.fail(at(n), CodeBadValue, "write "+list, "`%s` cannot be `%s`: write %s", k.name, brief(s), list)
	}
	return "", false
}

func (r *reader) boolean(n *yaml.Node, k *key) (bool, bool) {
	switch {
	case n.Kind == yaml.ScalarNode && strings.EqualFold(n.Value, "true"):
		return true, true
	case n.Kind == yaml.ScalarNode && strings.EqualFold(n.Value, "false"):
		return false, true
	}
	r.fail(at(n), CodeBadValue, "write true or false", "`%s` must be true or false, not %s", k.name, r.shown(n))
	return false, false
}

// integer reads a whole number from k.min to k.max.
func (r *reader) integer(n *yaml.Node, k *key) int {
	f, ok := r.number(n, k)
	if ok && f != math.Trunc(f) {
		r.fail(at(n), CodeBadNumber, "write a whole number", "`%s` must be a whole number, not %s", k.name, brief(n.Value))
	}
	return int(f)
}

// number reads a number from k.min to k.max, or from 0 to 1 for a rate.
func (r *reader) number(n *yaml.Node, k *key) (float64, bool) {
	lo, hi := float64(k.min), float64(k.max)
	if k.kind == kindRate {
		lo, hi = 0, 1
	}
	if n.Kind == yaml.ScalarNode && len(n.Value) <= r.o.Limits.Number {
		if f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64); err == nil && f >= lo && f <= hi {
			return f, true
		}
	}
	span := strconv.FormatFloat(lo, 'f', -1, 64) + " to " + strconv.FormatFloat(hi, 'f', -1, 64)
	r.fail(at(n), CodeBadNumber, "write a number from "+span, "`%s` must be a number from %s, not %s", k.name, span, r.shown(n))
	return 0, false
}

// shown names a value for a sentence: its text when it has one.
func (r *reader) shown(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Value != "" {
		return "`" + brief(n.Value) + "`"
	}
	return nodeName(n)
}

func (r *reader) method(n *yaml.Node) string {
	s, ok := r.plain(n, "`method`")
	if !ok {
		return ""
	}
	upper := strings.ToUpper(strings.TrimSpace(s))
	if slices.Contains(methods, upper) {
		return upper
	}
	if near := suggest(upper, append(slices.Clip(methods), MethodAny)); near != "" {
		r.fail(at(n), CodeBadMethod, "write `"+near+"`", "unknown method `%s`: did you mean `%s`?", brief(s), near)
		r.mend(s, near)
	} else {
		r.fail(at(n), CodeBadMethod, "", "unknown method `%s`: the methods are %s", brief(s), strings.Join(methods, ", "))
	}
	return ""
}

// methods reads a method, `ANY`, or a list of methods, each once.
func (r *reader) methods(n *yaml.Node) []string {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		if items = n.Content; len(items) == 0 {
			r.fail(at(n), CodeBadMethod, "write a method", "the list of methods is empty")
		}
	}
	var out []string
	for _, item := range items {
		item = follow(item)
		if len(items) == 1 && item.Kind == yaml.ScalarNode && strings.EqualFold(strings.TrimSpace(item.Value), MethodAny) {
			return []string{MethodAny}
		}
		if strings.EqualFold(item.Value, MethodAny) {
			r.fail(at(item), CodeBadMethod, "write `method: ANY`", "`ANY` cannot be in a list")
			continue
		}
		m := r.method(item)
		if m != "" && slices.Contains(out, m) {
			r.fail(at(item), CodeBadMethod, "delete one of them", "the method `%s` is written twice", m)
			continue
		}
		out = append(out, m)
	}
	return out
}

// host reads a host name; a port that somebody wrote behind it is no part of it.
func (r *reader) host(n *yaml.Node) string {
	s, ok := r.plain(n, "`host`")
	if !ok {
		return ""
	}
	if hasTag(s) {
		r.warn(at(n), CodeBadHost, "delete `host`", "`host` cannot be a template, so this answers on every host, as without `host`")
		return ""
	}
	h := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), "."))
	if name, port, found := strings.Cut(h, ":"); found && digits(port) == len(port) && port != "" {
		h = name
	}
	if h == "" || len(h) > 253 || strings.HasPrefix(h, ".") || strings.Contains(h, "..") {
		ok = false
	}
	for i := range len(h) {
		c := h[i]
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_')
	}
	if h == "" {
		r.fail(at(n), CodeBadHost, "delete it", "`host` is empty: write a host name, or delete it")
	} else if !ok {
		r.fail(at(n), CodeBadHost, "write `api.example.com`", "`%s` is not a host name: write it like `api.example.com`, without scheme, path or wildcard", brief(s))
	}
	return h
}

// status reads a number from 200 to 599 or a template. A file of moclojer may have 1xx, which is a warning.
func (r *reader) status(n *yaml.Node) (Text, bool) {
	if n.Kind != yaml.ScalarNode {
		r.fail(at(n), CodeBadStatus, "write a number from 200 to 599", "`status` must be a number from 200 to 599 or a template, not %s", nodeName(n))
		return Text{}, false
	}
	t, ok := r.oneLine(n, "`status`")
	if !ok {
		return t, false
	}
	if hasTag(t.Raw) {
		r.template(n, t.Raw, textUse)
		return t, true
	}
	t.Raw = strings.TrimSpace(t.Raw)
	if code, err := strconv.Atoi(t.Raw); err != nil || code < 100 || code > 599 {
		r.fail(at(n), CodeBadStatus, "write a number from 200 to 599", "`status` must be a number from 200 to 599, not `%s`", brief(t.Raw))
		return t, false
	} else if code < 200 {
		r.warn(at(n), CodeBadStatus, "write a number from 200 to 599", "%d is not the status of a final answer, so requests are answered with 500: write a number from 200 to 599", code)
	}
	return t, true
}

// path reads a route pattern.
func (r *reader) path(n *yaml.Node) Path {
	s, ok := r.plain(n, "`path`")
	if !ok {
		return Path{}
	}
	s = strings.TrimRight(s, "\r\n")
	p, err := ParsePath(s)
	if err != nil {
		e := asPathError(err)
		r.fail(r.src.locate(n, e.Offset), e.Code, e.Fix, "%s", e.Message)
		if better := wanted(e.Fix); e.Code == CodeUnknownType {
			name, _, _ := strings.Cut(s[e.Offset:], "/")
			r.mend(name, better)
		}
		return Path{}
	}
	p.Pos = r.begin(n)
	if len(p.Raw) < len(s) && !r.trusted {
		r.warn(r.src.locate(n, len(p.Raw)), CodePathQuery, "declare them in `query`", "what follows `?` is not part of the path and has no effect: declare query parameters in `query`")
	}
	for i, seg := range p.Segments {
		if seg.Literal == "." || seg.Literal == ".." {
			r.warn(p.Pos, CodeUnreachableEndpoint, "write the path without it", "this endpoint can never match: clients take `%s` out of a path before they send it", seg.Literal)
		} else if i < len(p.Segments)-1 && seg == (Segment{}) {
			r.warn(p.Pos, CodeUnreachableEndpoint, "write one `/`", "this endpoint hardly ever matches: most clients and proxies turn `//` into `/`")
		}
	}
	return p
}

// headers reads a map of names and values; a list of values gives the header several times.
func (r *reader) headers(n *yaml.Node) []Header {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.fail(at(n), CodeWrongType, "write `Name: value`", "`headers` must be a map of names and values, not %s", nodeName(n))
		return nil
	}
	var out []Header
	for _, p := range r.pairs(n) {
		name := p.key.Value
		if !isToken(name) {
			r.fail(at(p.key), CodeBadHeader, "use letters, digits and `-`", "`%s` is not a header name: use letters, digits and `-`", brief(name))
			continue
		}
		values := []*yaml.Node{p.value}
		if p.value.Kind == yaml.SequenceNode {
			values = p.value.Content
		}
		for _, v := range values {
			v = follow(v)
			if isNull(v) {
				out = append(out, Header{Name: name, Value: Text{Pos: at(v)}, None: true})
				continue
			}
			if v.Kind != yaml.ScalarNode {
				r.fail(at(v), CodeBadHeader, "write text", "the header `%s` must be text or a list of texts, not %s", name, nodeName(v))
				continue
			}
			if t, ok := r.oneLine(v, "the header `"+name+"`"); ok {
				r.template(v, t.Raw, textUse)
				out = append(out, Header{Name: name, Value: t})
			}
		}
	}
	return out
}

// isToken reports whether s is a header name.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return false
		}
	}
	return s != "" && len(s) <= 200
}

// declared splits the name of a query parameter or of a body's field from the question mark that makes it optional.
// moclojer has no such mark: there it belongs to the name.
func (r *reader) declared(name string) (string, bool) {
	if short, optional := strings.CutSuffix(name, "?"); optional && short != "" && !r.compat() {
		return short, true
	}
	return name, false
}

// types reads the declared query parameters.
func (r *reader) types(n *yaml.Node) []Field {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.fail(at(n), CodeWrongType, "write `name: type`", "`query` must be a map of names and types, not %s", nodeName(n))
		return nil
	}
	var out []Field
	for _, p := range r.pairs(n) {
		f := Field{Pos: at(p.key), Type: TypeString}
		f.Name, f.Optional = r.declared(p.key.Value)
		if !isNull(p.value) {
			s, ok := r.plain(p.value, "the type of `"+brief(p.key.Value)+"`")
			if !ok {
				continue
			}
			if f.Type, ok = ParseType(s); !ok {
				e := unknownType(s, 0)
				r.fail(at(p.value), e.Code, e.Fix, "%s", e.Message)
				continue
			}
		}
		out = append(out, f)
	}
	return out
}
