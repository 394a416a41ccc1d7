package openapi

import (
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// securitySchemes collects what `auth` of endpoints asks for. Names of headers and schemes are described, what they must be is not.
type securitySchemes struct {
	names []string
	known map[string]object
}

// all are the schemes that were used, in the order in which they were found.
func (s *securitySchemes) all() object {
	var out object
	for _, name := range s.names {
		out = append(out, member{name, s.known[name]})
	}
	return out
}

// of describes who may ask: alternatives, each of them a set of schemes. Conditions on anything else are left out.
func (s *securitySchemes) of(e *mockspec.Endpoint, d *mockspec.Defaults) []object {
	auth := e.Auth.JSON
	if auth == "" && d != nil {
		auth = d.Auth.JSON
	}
	v, err := selmer.ParseJSON([]byte(auth))
	if err != nil || v.Kind() == selmer.KindString && v.String() == mockspec.GuardNone {
		return nil
	}
	alternatives := []selmer.Value{v}
	if v.Kind() == selmer.KindList {
		alternatives = v.Items()
	}
	var out []object
	for _, one := range alternatives {
		var names []string
		if one.Kind() == selmer.KindString {
			names = append(names, one.String())
		}
		for _, line := range one.Entries() {
			names = append(names, line.Key)
		}
		var needed object
		for _, name := range names {
			if scheme := s.scheme(name); scheme != "" {
				needed = append(needed, member{scheme, []string{}})
			}
		}
		if len(needed) > 0 {
			out = append(out, needed)
		}
	}
	return out
}

// scheme returns the name of the scheme that a left side asks for; "" if it is none.
func (s *securitySchemes) scheme(left string) string {
	left, _, _ = strings.Cut(left, "|")
	root, key, _ := strings.Cut(left, ".")
	var name string
	var scheme object
	switch root {
	case mockspec.GuardBasic:
		name, scheme = "basic", object{{"type", "http"}, {"scheme", "basic"}}
	case mockspec.GuardBearer:
		name, scheme = "bearer", object{{"type", "http"}, {"scheme", "bearer"}}
	case mockspec.GuardJWT:
		name, scheme = "jwt", object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}
	case "header-params", "headers":
		name, scheme = "header_"+key, apiKey("header", key)
	case "query-params":
		name, scheme = "query_"+key, apiKey("query", key)
	case "cookies":
		name, scheme = "cookie_"+key, apiKey("cookie", key)
	default:
		return ""
	}
	name = strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' {
			return c
		}
		return '_'
	}, name)
	if s.known[name] == nil {
		s.known[name] = scheme
		s.names = append(s.names, name)
	}
	return name
}

func apiKey(in, name string) object {
	return object{{"type", "apiKey"}, {"in", in}, {"name", name}}
}
