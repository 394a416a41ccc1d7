package mockspec

import "strings"

// finish looks for endpoints that never answer because another one always does.
func (r *reader) finish() {
	if r.trusted {
		return
	}
	seen := make(map[string]Position, len(r.mock.Endpoints)+len(r.mock.WebSockets))
	check := func(key string, pos Position, what string) {
		if first, ok := seen[key]; ok {
			r.warn(pos, CodeDuplicateEndpoint, "delete one of them", "%s is already defined on line %d, which answers: this one never does", what, first.Line)
			return
		}
		seen[key] = pos
	}
	var buf []byte
	for i := range r.mock.Endpoints {
		e := &r.mock.Endpoints[i]
		buf = append(append(append(buf[:0], e.Method...), ' '), e.Host...)
		check(string(appendShape(buf, &e.Path)), e.Path.Pos, e.Method+" "+brief(e.Host+e.Path.Raw))
	}
	for i := range r.mock.WebSockets {
		w := &r.mock.WebSockets[i]
		buf = append(append(buf[:0], "WS "...), w.Host...)
		check(string(appendShape(buf, &w.Path)), w.Path.Pos, "the websocket "+brief(w.Host+w.Path.Raw))
	}
}

// appendShape writes what a path matches: two paths with one shape match the same requests.
func appendShape(dst []byte, p *Path) []byte {
	for _, s := range p.Segments {
		dst = append(dst, '/')
		switch {
		case s.Wildcard:
			dst = append(dst, '*')
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
