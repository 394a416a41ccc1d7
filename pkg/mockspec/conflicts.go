package mockspec

import "strings"

// finish looks for endpoints that never answer because another one always does.
func (r *reader) finish() {
	if r.trusted {
		return
	}
	seen := make(map[string]*Path, len(r.mock.Endpoints)+len(r.mock.WebSockets))
	check := func(key string, p *Path, what string, always bool) {
		other, ok := seen[key]
		switch {
		case !ok && !always: // what it leaves is another's
		case !ok:
			seen[key] = p
		case yields(other, p) && always:
			seen[key] = p
			r.warn(other.Pos, CodeDuplicateEndpoint, "delete one of them", "%s on line %d matches the same requests, so this one never answers", what, p.Pos.Line)
		default:
			r.warn(p.Pos, CodeDuplicateEndpoint, "delete one of them", "%s is already defined on line %d, so this one never answers", what, other.Pos.Line)
		}
	}
	var buf []byte
	for i := range r.mock.Endpoints {
		e := &r.mock.Endpoints[i]
		buf = append(append(append(buf[:0], e.Method...), ' '), e.Host...)
		check(string(appendShape(buf, &e.Path)), &e.Path, e.Method+" "+brief(e.Host+e.Path.Raw), e.Always())
	}
	for i := range r.mock.WebSockets {
		w := &r.mock.WebSockets[i]
		buf = append(append(buf[:0], "WS "...), w.Host...)
		check(string(appendShape(buf, &w.Path)), &w.Path, "the websocket "+brief(w.Host+w.Path.Raw), true)
	}
}

// yields reports whether of two paths with one shape the first, although written before, does not answer: float and
// double take the same values, and float is tried first.
func yields(a, b *Path) bool {
	for i := range min(len(a.Segments), len(b.Segments)) { // one may have a slash at its end
		if a.Segments[i].Type != b.Segments[i].Type {
			return a.Segments[i].Type == TypeDouble
		}
		if mix := a.Segments[i].Mix; mix != nil {
			for j := range mix.Params {
				if t := mix.Params[j].Type; t != b.Segments[i].Mix.Params[j].Type {
					return t == TypeDouble
				}
			}
		}
	}
	return false
}

// appendShape writes what a path matches: two paths with one shape match the same requests.
func appendShape(dst []byte, p *Path) []byte {
	segments := p.Segments
	if n := len(segments); n > 0 && segments[n-1] == (Segment{}) { // one slash at the end makes no difference
		segments = segments[:n-1]
	}
	for _, s := range segments {
		dst = append(dst, '/')
		switch {
		case s.Wildcard:
			dst = append(dst, '*')
		case s.Mix != nil:
			dst = append(append(dst, ':'), strings.ReplaceAll(s.Mix.Shape(), "/", "%2F")...)
		case s.Param == "":
			dst = append(dst, strings.ReplaceAll(s.Literal, "/", "%2F")...)
		case s.Type == TypeDouble:
			dst = append(append(dst, ':'), TypeFloat...)
		default:
			dst = append(append(dst, ':'), s.Type...)
		}
	}
	return dst
}
