package match

import (
	"errors"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Check holds a value, as encoding/json decodes it with numbers as json.Number, against the schema. It says what does not fit, the
// first that is found; "" if all does.
func (s *Schema) Check(v any) string {
	err := s.validate(v)
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return leaf(e)
	}
	return err.Error()
}
