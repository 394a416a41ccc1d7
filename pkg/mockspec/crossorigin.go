package mockspec

import (
	"net/url"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// DefaultMaxAge is how long browsers may remember a preflight, in seconds.
const DefaultMaxAge = 600

// maxTexts bounds the lists of `cors`.
const maxTexts = 100

// cors reads who may call the mock from pages: a boolean, or a map.
func (r *reader) cors(n *yaml.Node, k *key) *CORS {
	if n.Kind != yaml.MappingNode {
		if n.Kind == yaml.SequenceNode {
			r.fail(at(n), CodeBadValue, "write `origins:` before the list", "`cors` must be true, false or a map, not a list: origins belong in its `origins`")
			return nil
		}
		on, ok := r.boolean(n, k)
		switch {
		case !ok:
			return nil
		case on:
			return &CORS{MaxAge: DefaultMaxAge}
		}
		return &CORS{Off: true}
	}
	c := &CORS{MaxAge: DefaultMaxAge}
	var credentials *yaml.Node
	r.object(n, corsTable, func(k *key, name, v *yaml.Node) {
		switch k.name {
		case "origins":
			c.Origins = r.texts(v, k.name, func(s string) (string, string) {
				if ValidOrigin(s) {
					return s, ""
				}
				return "", "an origin is a scheme and a host, such as `https://app.example.com`, or `*`"
			})
		case "methods":
			c.Methods = r.texts(v, k.name, func(s string) (string, string) {
				if s = strings.ToUpper(s); isToken(s) {
					return s, ""
				}
				return "", "write a method such as `PUT`"
			})
		case "headers", "expose":
			texts := r.texts(v, k.name, func(s string) (string, string) {
				if isToken(s) {
					return s, ""
				}
				return "", "write the name of a header"
			})
			if k.name == "headers" {
				c.Headers = texts
			} else {
				c.Expose = texts
			}
		case "credentials":
			c.Credentials, _ = r.boolean(v, k)
			credentials = name
		case "max-age":
			c.MaxAge = r.integer(v, k)
		}
	})
	if slices.Contains(c.Origins, "*") {
		c.Origins = nil
	}
	if c.Credentials && c.Origins == nil {
		r.warn(at(credentials), CodeBadValue, "name them in `origins`",
			"without `origins`, credentials are allowed only on localhost: a published mock must name the origins that may send them")
	}
	return c
}

// texts reads a text or a list of texts; check returns each as it is kept, or what to do about one that is wrong.
func (r *reader) texts(n *yaml.Node, name string, check func(string) (kept, advice string)) []string {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	if len(items) > maxTexts {
		r.fail(at(n), CodeBadValue, "write fewer", "`%s` may have at most %d entries, not %d", name, maxTexts, len(items))
		return nil
	}
	out := []string{}
	for _, item := range items {
		item = follow(item)
		text, ok := r.plain(item, "an entry of `"+name+"`")
		if !ok {
			continue
		}
		kept, advice := check(strings.TrimSpace(text))
		if advice != "" {
			r.fail(at(item), CodeBadValue, "", "`%s` cannot be in `%s`: %s", brief(text), name, advice)
			continue
		}
		out = append(out, kept)
	}
	return out
}

// ValidOrigin reports whether s is an origin, an origin whose host begins with `*.`, `*` for all of them, or `null`, which
// pages without an origin of their own send.
func ValidOrigin(s string) bool {
	if s == "*" || s == "null" {
		return true
	}
	scheme, host, ok := strings.Cut(s, "://")
	if !ok || scheme == "" {
		return false
	}
	host = strings.TrimPrefix(host, "*.")
	u, err := url.Parse(scheme + "://" + host)
	return err == nil && u.Host == host && host != "" && !strings.Contains(host, "*")
}

// errorResponses reads the answers that take the place of the server's own errors.
func (r *reader) errorResponses(n *yaml.Node) *ErrorResponses {
	if isNull(n) {
		return nil
	}
	before := r.pending
	var templates deferred
	r.pending = &templates
	out := &ErrorResponses{}
	r.object(n, errorsTable, func(k *key, _, v *yaml.Node) {
		response := r.answer(v, errorTable, nil)
		if response.Status.Pos == response.Pos && response.Status.Raw == "200" { // none is written
			response.Status.Raw = k.name
		}
		status := 0
		for _, digit := range k.name {
			status = 10*status + int(digit-'0')
		}
		out.All = append(out.All, ErrorResponse{Status: status, Response: response})
	})
	r.pending = before
	r.lint(templates, scope{path: &Path{}, compat: r.compat(), refusal: true})
	return out
}
