package scope

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// Problem is one way in which a request is not what the endpoint declares.
type Problem struct {
	In       string `json:"in"`             // "query" or "body"
	Field    string `json:"field"`          // "page", "items[0].name", "" for the body as a whole
	Expected string `json:"expected"`       // "int"
	Got      string `json:"got"`            // `"abc"`, "nothing"
	Hint     string `json:"hint,omitempty"` // why a body cannot be read at all
}

// Sentence says it for a person.
func (p Problem) Sentence() string {
	what := "body field `" + p.Field + "`"
	switch {
	case p.In == "query":
		what = "query parameter `" + p.Field + "`"
	case p.Field == "":
		what = "request body"
	}
	return fmt.Sprintf("%s: expected %s, got %s", what, p.Expected, p.Got)
}

// maxProblems bounds how many problems of one request are reported.
const maxProblems = 20

// Check compares the request with the declared query parameters and body. Everything that is declared must be there.
func (s *Scope) Check(body *mockspec.Sample) []Problem {
	var problems []Problem
	for i := range s.params.Query {
		f := &s.params.Query[i]
		found := false
		for _, p := range s.query.read() {
			if p.key != f.Name {
				continue
			}
			found = true
			if !f.Type.Fits(p.value) {
				problems = append(problems, Problem{In: "query", Field: f.Name, Expected: string(f.Type), Got: quote(p.value)})
			}
		}
		if !found && !f.Optional {
			problems = append(problems, Problem{In: "query", Field: f.Name, Expected: string(f.Type), Got: "nothing"})
		}
	}
	if body != nil && body.Schema != nil {
		v, err := s.JSON()
		if err != nil {
			p := Problem{In: "body", Expected: describe(body.Schema.Kind), Got: "nothing"}
			if !errors.Is(err, ErrNoBody) {
				p.Got, p.Hint = quote(string(s.Request.Body)), err.Error()
			}
			problems = append(problems, p)
		} else {
			if s.form {
				v = listed(v, body.Schema)
				s.json = v
				v = gathered(v, body.Schema)
			}
			problems = s.check(problems, "", body.Schema, v, 0)
		}
	}
	return problems[:min(len(problems), maxProblems)]
}

// maxSchemaDepth is deeper than any document can declare.
const maxSchemaDepth = 100

func (s *Scope) check(problems []Problem, field string, schema *mockspec.Schema, v selmer.Value, depth int) []Problem {
	if len(problems) >= maxProblems || depth > maxSchemaDepth {
		return problems
	}
	asText := s.form && schema.Kind == mockspec.SchemaString && isScalar(v)
	if !asText && !fits(schema.Kind, v) {
		return append(problems, Problem{In: "body", Field: field, Expected: describe(schema.Kind), Got: show(v)})
	}
	switch schema.Kind {
	case mockspec.SchemaObject:
		for i := range schema.Fields {
			f := &schema.Fields[i]
			name := f.Name
			if field != "" {
				name = field + "." + f.Name
			}
			member, ok := v.Get(f.Name)
			if !ok {
				if !f.Optional {
					problems = append(problems, Problem{In: "body", Field: name, Expected: describe(f.Schema.Kind), Got: "nothing"})
				}
				continue
			}
			problems = s.check(problems, name, f.Schema, member, depth+1)
		}
	case mockspec.SchemaArray:
		if schema.Items == nil {
			break
		}
		for i, item := range v.Items() {
			if len(problems) >= maxProblems {
				break
			}
			problems = s.check(problems, field+"["+strconv.Itoa(i)+"]", schema.Items, item, depth+1)
		}
	case mockspec.SchemaAny, mockspec.SchemaString, mockspec.SchemaInteger, mockspec.SchemaNumber, mockspec.SchemaBoolean:
		// They have no inside.
	}
	return problems
}

func fits(kind mockspec.SchemaKind, v selmer.Value) bool {
	switch kind {
	case mockspec.SchemaObject:
		return v.Kind() == selmer.KindMap || v.Kind() == selmer.KindObject
	case mockspec.SchemaArray:
		return v.Kind() == selmer.KindList
	case mockspec.SchemaString:
		return v.Kind() == selmer.KindString
	case mockspec.SchemaBoolean:
		return v.Kind() == selmer.KindBool
	case mockspec.SchemaInteger:
		return v.Kind() == selmer.KindInt || v.Kind() == selmer.KindBigInt ||
			v.Kind() == selmer.KindDecimal && mockspec.TypeInt.Fits(v.String())
	case mockspec.SchemaAny:
		return true
	case mockspec.SchemaNumber:
		return v.Kind() == selmer.KindInt || v.Kind() == selmer.KindBigInt || v.Kind() == selmer.KindDecimal || v.Kind() == selmer.KindFloat
	}
	return false
}

// isScalar tells a form's text, which may look like a number, from its lists and files.
func isScalar(v selmer.Value) bool {
	return v.Kind() == selmer.KindDecimal || v.Kind() == selmer.KindBool
}

func describe(kind mockspec.SchemaKind) string {
	switch kind {
	case mockspec.SchemaObject, mockspec.SchemaArray, mockspec.SchemaInteger:
		return "an " + string(kind)
	case mockspec.SchemaString, mockspec.SchemaNumber, mockspec.SchemaBoolean:
		return "a " + string(kind)
	case mockspec.SchemaAny:
	}
	return "a value"
}

const maxShown = 60

// show writes a value short enough for a message.
func show(v selmer.Value) string { return shorten(string(v.AppendJSON(nil))) }

func quote(text string) string { return shorten(strconv.Quote(text)) }

func shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	end := maxShown
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
