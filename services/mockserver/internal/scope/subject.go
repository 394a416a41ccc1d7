package scope

import (
	"encoding/base64"
	"errors"
	"net"
	"strings"

	"github.com/mocloud/mocloud/pkg/budget"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// more is what only some requests need of a scope.
type more struct {
	body    match.Body
	claimed bool // claims holds what the token says
	claims  selmer.Value
}

func (s *Scope) extra() *more {
	if s.more == nil {
		s.more = &more{}
		s.more.body.Reset(s.raw())
	}
	return s.more
}

// raw is the body, or the message of a WebSocket.
func (s *Scope) raw() []byte {
	if s.Message != nil {
		return []byte(*s.Message)
	}
	return s.Request.Body
}

// Body implements match.Subject.
func (s *Scope) Body() *match.Body { return &s.extra().body }

// JSONProblem implements match.Subject.
func (s *Scope) JSONProblem() string {
	if _, err := s.JSON(); err == nil || errors.Is(err, ErrNoBody) {
		return ""
	}
	if problem := s.Body().Problem(); problem != "" {
		return problem
	}
	return "the body cannot be read: " + s.err.Error()
}

// AppendTexts implements match.Subject.
func (s *Scope) AppendTexts(dst []string, root, key string) ([]string, bool) {
	if s.spend(root, key) != nil {
		return dst, true
	}
	switch root {
	case "query-params":
		pairs := s.query.read()
		for i := range pairs {
			if pairs[i].key == key {
				dst = append(dst, pairs[i].value)
			}
		}
	case "header-params", "headers":
		values := s.Request.Header.Values(key)
		if dst = append(dst, values...); len(values) == 0 && strings.EqualFold(key, "host") {
			dst = append(dst, s.Request.Host)
		}
	case "path-params":
		for i := range s.params.Path {
			if s.params.Path[i].Name == key && i < len(s.captured) {
				dst = append(dst, s.captured[i])
			}
		}
	case "cookies":
		s.eachCookie(func(name, value string) {
			if name == key {
				dst = append(dst, value)
			}
		})
	case "prefer":
		if text, ok := s.preference(key); ok {
			dst = append(dst, text)
		}
	case "request":
		if v, ok := s.request.Get(key); ok {
			dst = append(dst, v.String())
		}
	case "json-params":
		v, err := s.JSON()
		if err != nil || !s.form {
			return dst, false
		}
		field, ok := v.Get(key)
		switch {
		case !ok:
		case field.Kind() == selmer.KindMap: // a file
			return dst, false
		case field.Kind() == selmer.KindList:
			for _, one := range field.Items() {
				dst = append(dst, one.String())
			}
		default:
			dst = append(dst, field.String())
		}
	default:
		return dst, false
	}
	return dst, true
}

// spend takes what it costs to look for a name of two parts.
func (s *Scope) spend(root, key string) error {
	n := budget.PerStep / 8
	switch root {
	case "query-params":
		n += s.query.Cost(key)
	case "header-params", "headers":
		n += s.header.Cost(key)
	case "path-params":
		n += s.path.Cost(key)
	case "cookies":
		n += (*cookieParams)(s).Cost(key)
	case "prefer":
		n += (*preferences)(s).Cost(key)
	case "request":
		n += s.request.Cost(key)
	}
	return s.budget.Scan(n)
}

// eachCookie calls yield for every cookie of the request.
func (s *Scope) eachCookie(yield func(name, value string)) {
	n := 0
	for _, line := range s.Request.Header.Values("Cookie") {
		for line != "" && n < maxPairs {
			var one string
			one, line, _ = strings.Cut(line, ";")
			name, value, ok := strings.Cut(strings.TrimSpace(one), "=")
			if n++; !ok {
				continue
			}
			if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
				value = value[1 : len(value)-1]
			}
			yield(name, value)
		}
	}
}

// cookieParams is the object cookies.
type cookieParams Scope

// Cost implements selmer.Costly.
func (c *cookieParams) Cost(string) int {
	n := c.Request.Header.Len()
	for _, line := range c.Request.Header.Values("Cookie") {
		n += len(line)
	}
	return n
}

// Get implements selmer.Object.
func (c *cookieParams) Get(key string) (v selmer.Value, ok bool) {
	s := (*Scope)(c)
	s.eachCookie(func(name, value string) {
		if name == key && !ok {
			v, ok = s.text(value), true
		}
	})
	return v, ok
}

// Entries implements selmer.Object.
func (c *cookieParams) Entries() []selmer.Entry {
	s := (*Scope)(c)
	var entries []selmer.Entry
	seen := map[string]bool{}
	s.eachCookie(func(name, value string) {
		if !seen[name] {
			seen[name] = true
			entries = append(entries, selmer.Entry{Key: name, Value: s.text(value)})
		}
	})
	return entries
}

func found(text string, ok bool) (selmer.Value, bool) {
	if !ok {
		return selmer.Nil(), false
	}
	return selmer.String(text), true
}

// authorization returns what follows the scheme in the Authorization header.
func (s *Scope) authorization(scheme string) (string, bool) {
	values := s.Request.Header.Values("Authorization")
	if len(values) == 0 || len(values[0]) <= len(scheme) || !strings.EqualFold(values[0][:len(scheme)], scheme) || values[0][len(scheme)] != ' ' {
		return "", false
	}
	return strings.TrimSpace(values[0][len(scheme):]), true
}

func (s *Scope) bearer() (string, bool) { return s.authorization("Bearer") }

// basic returns user:password.
func (s *Scope) basic() (string, bool) {
	encoded, ok := s.authorization("Basic")
	if !ok {
		return "", false
	}
	text, err := base64.StdEncoding.DecodeString(encoded)
	return string(text), err == nil
}

// maxToken is the size of the largest token that is read.
const maxToken = 16 << 10

// claims returns what the bearer token says, if it is a JSON Web Token. Its signature is not looked at.
func (s *Scope) claims() (selmer.Value, bool) {
	m := s.extra()
	if m.claimed {
		return m.claims, !m.claims.IsNil()
	}
	m.claimed = true
	token, ok := s.bearer()
	parts := strings.Split(token, ".")
	if !ok || len(token) > maxToken || len(parts) != 3 {
		return selmer.Nil(), false
	}
	if head, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[0], "=")); err != nil || isUnsigned(head) {
		return selmer.Nil(), false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return selmer.Nil(), false
	}
	if v, err := selmer.ParseJSON(payload); err == nil && v.Kind() == selmer.KindMap {
		m.claims = v
	}
	return m.claims, !m.claims.IsNil()
}

// isUnsigned tells a token that says of itself that nobody signed it, or whose head is none.
func isUnsigned(head []byte) bool {
	v, err := selmer.ParseJSON(head)
	if err != nil {
		return true
	}
	alg, ok := v.Get("alg")
	return !ok || strings.EqualFold(alg.String(), "none")
}

// graphQL returns the request as GraphQL has it: from the body, or from the query of the URL.
func (s *Scope) graphQL() (selmer.Value, bool) {
	first := func(name string) string {
		for _, p := range s.query.read() {
			if p.key == name {
				return p.value
			}
		}
		return ""
	}
	document, operation, variables := "", "", ""
	if len(s.raw()) == 0 {
		document, operation, variables = first("query"), first("operationName"), first("variables")
	}
	return s.Body().GraphQL(document, operation, variables)
}

// SessionHeader names the session of a request.
const SessionHeader = "X-Mocloud-Session"

// SessionName is the name of the request's session; false for that of everybody who names none.
func (r *Request) SessionName() (string, bool) {
	if r.Session != "" {
		return r.Session, true
	}
	if values := r.Header.Values(SessionHeader); len(values) > 0 && values[0] != "" {
		return values[0], true
	}
	return "", false
}

// IP returns the address of who asks, without a port.
func (r *Request) IP() string {
	if r.IPHeader != "" {
		if values := r.Header.Values(r.IPHeader); len(values) > 0 {
			// A proxy appends, so only what the last one wrote can be trusted.
			last := values[len(values)-1]
			return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		}
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}
