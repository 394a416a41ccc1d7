package filesource

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// curl is a line for a shell that an endpoint answers: the first GET endpoint, else the first of all; "" without endpoints.
func curl(server string, mock *mockspec.Mock) string {
	if len(mock.Endpoints) == 0 {
		return ""
	}
	e := &mock.Endpoints[0]
	for i := range mock.Endpoints {
		if mock.Endpoints[i].Method == "GET" {
			e = &mock.Endpoints[i]
			break
		}
	}
	line := []string{"curl", "-i"}
	if strings.HasPrefix(server, "https:") {
		line[1] += "k" // the certificate may be one's own
	}
	switch {
	case e.Method == "HEAD":
		line[1] += "I" // with -X curl would wait for a body
	case e.Method == "GET" && e.Body == nil:
	case e.Method == "POST" && e.Body != nil:
	default:
		line = append(line, "-X", e.Method)
	}
	if e.Host != "" {
		line = append(line, "-H", quoted("Host: "+e.Host))
	}
	if e.Body != nil {
		body, err := json.Marshal(exampleValue(e.Body.Schema, maxDepth))
		if err == nil { // it is made of plain values
			line = append(line, "-H", quoted("Content-Type: application/json"), "-d", quoted(string(body)))
		}
	}
	target := server + examplePath(&e.Path)
	var query []string
	for _, f := range e.Query {
		if !f.Optional {
			query = append(query, url.QueryEscape(f.Name)+"="+url.QueryEscape(example(f.Type)))
		}
	}
	if len(query) > 0 {
		target += "?" + strings.Join(query, "&")
	}
	return strings.Join(append(line, quoted(target)), " ")
}

// quoted is s as one word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func examplePath(p *mockspec.Path) string {
	var path strings.Builder
	for _, seg := range p.Segments {
		path.WriteByte('/')
		switch {
		case seg.Wildcard:
			path.WriteString("any/thing")
		case seg.Mix != nil:
			for i, text := range seg.Mix.Texts {
				path.WriteString(url.PathEscape(text))
				if i < len(seg.Mix.Params) {
					path.WriteString(example(seg.Mix.Params[i].Type))
				}
			}
		case seg.Param != "" && seg.Type == mockspec.TypeString:
			path.WriteString("world")
		case seg.Param != "":
			path.WriteString(example(seg.Type))
		default:
			path.WriteString(url.PathEscape(seg.Literal))
		}
	}
	return path.String()
}

func example(t mockspec.ParamType) string {
	switch t {
	case mockspec.TypeInt:
		return "1"
	case mockspec.TypeUUID:
		return "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
	case mockspec.TypeDate:
		return "2026-01-31"
	case mockspec.TypeBoolean:
		return "true"
	case mockspec.TypeFloat, mockspec.TypeDouble:
		return "1.5"
	case mockspec.TypeString:
	}
	return "text"
}

// maxDepth bounds how deep an example body is.
const maxDepth = 32

// exampleValue is a JSON value that fits a schema: the values of the sample itself where they are known.
func exampleValue(s *mockspec.Schema, depth int) any {
	switch {
	case s == nil || depth == 0:
		return nil
	case s.Example != "":
		return json.RawMessage(s.Example)
	}
	switch s.Kind {
	case mockspec.SchemaObject:
		object := map[string]any{}
		for _, f := range s.Fields {
			if !f.Optional {
				object[f.Name] = exampleValue(f.Schema, depth-1)
			}
		}
		return object
	case mockspec.SchemaArray:
		if s.Items == nil {
			return []any{}
		}
		return []any{exampleValue(s.Items, depth-1)}
	case mockspec.SchemaInteger:
		return 1
	case mockspec.SchemaNumber:
		return 1.5
	case mockspec.SchemaBoolean:
		return true
	case mockspec.SchemaString, mockspec.SchemaAny:
	}
	return "text"
}
