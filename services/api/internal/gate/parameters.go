package gate

import (
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// checkParameters refuses parameters that are no text, which Postgres cannot keep or compare, and those of the query that
// the operation does not have, or that are there twice: what was misspelt would be passed over in silence.
func checkParameters(c echo.Context, op *Operation) error {
	check := func(in, name, text string) error {
		if isText(text) {
			return nil
		}
		return BadRequest(name, "The %s parameter %s is not text: it must be UTF-8 without NUL characters.", in, name)
	}
	for _, name := range c.ParamNames() {
		if err := check("path", name, c.Param(name)); err != nil {
			return err
		}
	}
	for name, values := range c.QueryParams() {
		for _, text := range values {
			if err := check("query", printed(name), text); err != nil {
				return err
			}
		}
		switch repeated, known := op.query[name]; {
		case !known:
			return BadRequest(printed(name), "There is no query parameter %q here.", printed(name))
		case len(values) > 1 && !repeated:
			return BadRequest(name, "The query parameter %s is given twice.", name)
		}
	}
	for _, p := range op.route.Operation.Parameters {
		if p.Value.In == "header" {
			if err := check("header", p.Value.Name, c.Request().Header.Get(p.Value.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// printed is the name of a parameter as it can be repeated in an answer.
func printed(name string) string { return strings.ToValidUTF8(name[:min(len(name), 100)], "?") }

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
