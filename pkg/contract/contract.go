package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/mocloud/mocloud/pkg/match"
)

// Contract is a compiled contract. It is immutable and safe for concurrent use.
type Contract struct {
	parameters []*parameter
	body       *body
	produces   []string // media types of the answers; nil: any
}

// Request is what a contract looks at.
type Request struct {
	Path   func(name string) (string, bool) // a parameter of the path, decoded
	Query  string
	Header http.Header
	Body   []byte
}

// Problem is something of a request that does not fit.
type Problem struct {
	In       string // query, path, header, cookie or body
	Field    string // "" for the body as a whole
	Expected string
	Got      string
	Status   int // that such a request is refused with: 400, 406 or 415
}

// Sentence says it for a person.
func (p Problem) Sentence() string {
	what := p.In + " parameter `" + p.Field + "`"
	switch p.In {
	case "body":
		what = "request body"
	case "header":
		what = "header `" + p.Field + "`"
	case "cookie":
		what = "cookie `" + p.Field + "`"
	}
	return fmt.Sprintf("%s: expected %s, got %s", what, p.Expected, p.Got)
}

// document is a contract as it is written: a part of an OpenAPI operation.
type document struct {
	Parameters  []parameterDocument `json:"parameters"`
	RequestBody *struct {
		Required bool                     `json:"required"`
		Content  map[string]mediaDocument `json:"content"`
	} `json:"requestBody"`
	Produces []string `json:"produces"`
}

type mediaDocument struct {
	Schema json.RawMessage `json:"schema"`
}

type parameterDocument struct {
	Name     string                   `json:"name"`
	In       string                   `json:"in"`
	Required bool                     `json:"required"`
	Style    string                   `json:"style"`
	Explode  *bool                    `json:"explode"`
	Empty    bool                     `json:"allowEmptyValue"`
	Schema   json.RawMessage          `json:"schema"`
	Content  map[string]mediaDocument `json:"content"`
}

// The bounds of a contract.
const (
	maxParameters = 200
	maxMediaTypes = 20
	// MaxBytes is how many bytes a contract may have.
	MaxBytes = 256 << 10
)

// Compile reads a contract.
func Compile(text []byte) (*Contract, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("the contract is too large: the limit is %d KiB", MaxBytes>>10)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var doc document
	if err := d.Decode(&doc); err != nil {
		return nil, fmt.Errorf("a contract has `parameters`, `requestBody` and `produces`, as an operation of OpenAPI has them: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if len(doc.Parameters) > maxParameters {
		return nil, fmt.Errorf("a contract has at most %d parameters", maxParameters)
	}
	c := &Contract{produces: doc.Produces}
	for _, p := range doc.Parameters {
		compiled, err := p.compile()
		if err != nil {
			return nil, fmt.Errorf("parameter `%s`: %w", p.Name, err)
		}
		c.parameters = append(c.parameters, compiled)
	}
	if doc.RequestBody == nil {
		return c, nil
	}
	if len(doc.RequestBody.Content) > maxMediaTypes {
		return nil, fmt.Errorf("a body has at most %d media types", maxMediaTypes)
	}
	c.body = &body{required: doc.RequestBody.Required, media: map[string]*schema{}}
	for name, media := range doc.RequestBody.Content {
		s, err := compileSchema(media.Schema)
		if err != nil {
			return nil, fmt.Errorf("`%s`: %w", name, err)
		}
		c.body.media[bare(name)] = s
	}
	return c, nil
}

// schema is a compiled schema, and as it is written.
type schema struct {
	compiled *match.Schema
	tree     any // to see which types it has
}

// compileSchema reads a schema; nil if there is none.
func compileSchema(text json.RawMessage) (*schema, error) {
	if len(text) == 0 {
		return nil, nil //nolint:nilnil // no schema is no demand
	}
	compiled, err := match.CompileSchema(text)
	if err != nil {
		return nil, err
	}
	s := &schema{compiled: compiled}
	if err := json.Unmarshal(text, &s.tree); err != nil {
		return nil, fmt.Errorf("the schema is not JSON: %w", err)
	}
	return s, nil
}

// Check returns what of a request does not fit, at most 20 things; none if it does.
func (c *Contract) Check(r *Request) []Problem {
	var problems []Problem
	add := func(p *Problem) {
		if p != nil && len(problems) < maxProblems {
			problems = append(problems, *p)
		}
	}
	if len(c.parameters) > 0 {
		in := &inputs{Request: r, pairs: pairsOf(r.Query)}
		for _, p := range c.parameters {
			add(p.check(in))
		}
	}
	if c.body != nil {
		add(c.body.check(r))
	}
	add(c.acceptable(r))
	return problems
}

const maxProblems = 20

// acceptable holds the Accept header against the media types of the answers.
func (c *Contract) acceptable(r *Request) *Problem {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if len(c.produces) == 0 || strings.TrimSpace(accept) == "" {
		return nil
	}
	for one := range strings.SplitSeq(accept, ",") {
		wanted, parameters, err := mime.ParseMediaType(one)
		if err != nil {
			return nil // who writes what nobody can read takes what comes
		}
		if q := parameters["q"]; q == "0" || q == "0.0" || q == "0.00" || q == "0.000" {
			continue
		}
		for _, made := range c.produces {
			if covers(wanted, bare(made)) || covers(bare(made), wanted) {
				return nil
			}
		}
	}
	return &Problem{In: "header", Field: "Accept", Expected: strings.Join(c.produces, " or "), Got: quoted(accept), Status: http.StatusNotAcceptable}
}

// covers reports whether a range of media types has one.
func covers(rang, one string) bool {
	if rang == one || rang == "*/*" {
		return true
	}
	kind, ok := strings.CutSuffix(rang, "/*")
	return ok && strings.HasPrefix(one, kind+"/")
}

// bare is a media type without its parameters.
func bare(media string) string {
	media, _, _ = strings.Cut(media, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

const maxShown = 80

// quoted is a text of a request as it is shown.
func quoted(s string) string {
	if r := []rune(s); len(r) > maxShown {
		s = string(r[:maxShown-1]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
