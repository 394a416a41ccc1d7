package match

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// MaxSchema is how many bytes a JSON Schema may have.
const MaxSchema = 64 << 10

// maxSchemaSteps bounds the work of one validation: a schema that leads to itself in several ways takes, without a bound, time that
// grows exponentially with the depth of what it is held against.
const maxSchemaSteps = 200_000

// Schema is a compiled JSON Schema. It is safe for concurrent use; one validation at a time.
type Schema struct {
	mu     sync.Mutex
	schema *jsonschema.Schema
	steps  int // left in this validation
}

// noLoader refuses every document that is not at hand.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("`$ref` leads out of the schema, to %s", strings.TrimPrefix(url, "mock:///"))
}

const schemaURL = "mock:///schema"

// CompileSchema reads a JSON Schema, of draft 2020-12 unless it names another.
func CompileSchema(text []byte) (*Schema, error) {
	if len(text) > MaxSchema {
		return nil, fmt.Errorf("the schema is too large: the limit is %d KiB", MaxSchema>>10)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, errors.New("the schema is not JSON")
	}
	s := &Schema{}
	counted := counting{places: map[string]bool{}, weights: map[int]bool{}}
	counted.schema(doc, "#")
	if err := counted.check(); err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(noLoader{})
	c.UseRegexpEngine(boundedRegexp)
	for weight := range counted.weights {
		c.RegisterFormat(&jsonschema.Format{Name: stepFormat(weight), Validate: func(any) error {
			if s.steps -= weight; s.steps < 0 {
				panic(errTooMuchWork) //nolint:forbidigo // there is no other way out of the library; validate recovers
			}
			return nil
		}})
	}
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, sentence(err)
	}
	if s.schema, err = c.Compile(schemaURL); err != nil {
		return nil, sentence(err)
	}
	return s, nil
}

var errTooMuchWork = errors.New("it takes too long to check")

// validate holds a decoded value against the schema.
func (s *Schema) validate(v any) (err error) {
	_, err = s.measure(v)
	return err
}

// measure also says how many steps that took.
func (s *Schema) measure(v any) (steps int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = maxSchemaSteps
	defer func() {
		steps = maxSchemaSteps - s.steps
		if r := recover(); r != nil {
			err = errTooMuchWork
		}
	}()
	return 0, s.schema.Validate(v)
}

func boundedRegexp(s string) (jsonschema.Regexp, error) {
	if size, err := expressionSize(s); err != nil {
		return nil, err
	} else if size > MaxInstructions {
		return nil, errors.New("the regular expression is too large")
	}
	return regexp.Compile(s)
}

// sentence makes one line of the library's error, without the addresses that it names.
func sentence(err error) error {
	if e, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if v, ok := errors.AsType[*jsonschema.ValidationError](e.Err); ok {
			return errors.New("this is not a JSON Schema: " + leaf(v))
		}
	}
	text := strings.ReplaceAll(err.Error(), "\n", " ")
	text = strings.ReplaceAll(text, "'"+schemaURL+"#'", "the schema")
	return errors.New(strings.ReplaceAll(text, schemaURL, "schema"))
}

// fits tells whether an item fits, and how many steps that took. What came as text is tried as JSON, then as text.
func (s *Schema) fits(i item) (ok bool, steps int) {
	if !i.text {
		steps, err := s.measure(toAny(i.value))
		return err == nil, steps
	}
	text := i.value.String()
	if v, err := decodeJSON([]byte(text)); err == nil {
		if steps, err = s.measure(v); err == nil {
			return true, steps
		}
	}
	more, err := s.measure(text)
	return err == nil, steps + more
}

// why tells what does not fit, the first that is found.
func (s *Schema) why(v selmer.Value) string {
	err := s.validate(toAny(v))
	e, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return ""
	}
	return leaf(e)
}

// leaf says the first thing that does not fit, and where.
func leaf(e *jsonschema.ValidationError) string {
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	at := strings.Join(e.InstanceLocation, ".")
	text := e.Error()
	if _, after, ok := strings.Cut(text, ": "); ok {
		text = after
	}
	if at == "" {
		return oneLine(text)
	}
	return "`" + shorten(at) + "`: " + oneLine(text)
}

func oneLine(s string) string { return shorten(strings.Join(strings.Fields(s), " ")) }
