package gate

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
)

const (
	// maxDrained bounds what is read of a body that is too large, in bytes.
	maxDrained = 16 << 20
	// maxPublicBody bounds the bodies of operations that anybody may call, in bytes: a name, a password, a token.
	maxPublicBody = 32 << 10
)

// validBody is a request body that was read, decoded and validated. The generated handlers take its value and decode nothing.
type validBody struct {
	io.ReadCloser

	value any
}

// ValidatedValue is what the generated handlers look for.
func (b validBody) ValidatedValue() any { return b.value }

// validate holds a request to the document. Its body is decoded here and nowhere else, unless it is no JSON.
func (g *Gate) validate(c echo.Context, op *Operation, body []byte) error {
	var value any
	if len(body) > 0 {
		var err error
		if value, err = decodeBody(c.Request(), body); err != nil {
			return err
		}
	}
	if err := checkParameters(c, op); err != nil {
		return err
	}
	params := make(map[string]string, len(c.ParamNames()))
	for _, name := range c.ParamNames() {
		params[name] = c.Param(name)
	}
	r := c.Request()
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: op.route, Options: &openapi3filter.Options{ExcludeRequestBody: true},
	})
	if err != nil {
		return explainParameter(err)
	}
	if op.body == nil {
		return nil
	}
	if err := checkValue(r, op.body, body, value); err != nil {
		return err
	}
	if len(body) > 0 {
		r.Body = validBody{io.NopCloser(bytes.NewReader(body)), value}
	}
	return nil
}

// read reads a body to its end, unless it is no JSON. It is bounded.
func (g *Gate) read(c echo.Context, op *Operation) ([]byte, error) {
	r := c.Request()
	if op.raw || r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	most := g.cfg.MaxBody
	if op.public {
		most = min(most, maxPublicBody)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, most))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		// A caller who is still sending would see a connection that breaks rather than the response.
		_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
		return nil, err
	}
	if err != nil {
		return nil, BadRequest("", "The request's body ended early.")
	}
	return body, nil
}

// checkValue holds a decoded body to its schema, and fills in the schema's defaults.
func checkValue(r *http.Request, described *openapi3.RequestBody, body []byte, value any) error {
	if len(body) == 0 {
		if described.Required {
			return BadRequest("", "This operation needs a body in JSON.")
		}
		return nil
	}
	kind := r.Header.Get("Content-Type")
	media := described.Content.Get(kind)
	if media == nil {
		return unsupported("", "The body's Content-Type %q is not supported here; use application/json.", kind)
	}
	err := media.Schema.Value.VisitJSON(value, openapi3.VisitAsRequest(), openapi3.DefaultsSet(func() {}))
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*openapi3.SchemaError](err)
	if !ok {
		return BadRequest("", "The body is not valid: it cannot be read.")
	}
	if field := fieldOf(e); field != "" {
		return BadRequest(field, "The body's %s is not valid: %s.", field, e.Reason)
	}
	return BadRequest("", "The body is not valid: %s.", orElse(e.Reason, "it cannot be read"))
}

// explainParameter puts what the validator found about a parameter into a sentence.
func explainParameter(err error) error {
	e, ok := errors.AsType[*openapi3filter.RequestError](err)
	if !ok || e.Parameter == nil {
		return BadRequest("", "The request does not fit the API's contract.")
	}
	p, reason := e.Parameter, e.Reason
	if schema, ok := errors.AsType[*openapi3.SchemaError](e.Err); ok {
		if reason = schema.Reason; p.Example != nil && schema.SchemaField == "pattern" {
			return BadRequest(p.Name, "The %s parameter %s is not valid: write it like %v. %s", p.In, p.Name, p.Example, p.Description)
		}
	}
	return BadRequest(p.Name, "The %s parameter %s is not valid: %s.", p.In, p.Name, orElse(reason, "it cannot be read"))
}

// unsupportedField is how the validator calls a field that an object does not have.
var unsupportedField = regexp.MustCompile(`^property "(.+)" is unsupported$`)

// fieldOf is where in the body a rule was broken.
func fieldOf(e *openapi3.SchemaError) string {
	at := e.JSONPointer()
	if m := unsupportedField.FindStringSubmatch(e.Reason); m != nil {
		at = append(at, m[1])
	}
	return strings.Join(at, ".")
}

func unsupported(header, format string, args ...any) error {
	err := apperr.New(apperr.Invalid, format, args...)
	if header != "" {
		err = err.WithField(header)
	}
	return &statusError{http.StatusUnsupportedMediaType, codeUnsupportedMediaType, err}
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
