package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// checkParameters refuses parameters that are no text. Postgres cannot keep or compare them.
func checkParameters(c echo.Context, op *operation) error {
	check := func(in, name, text string) error {
		if isText(text) {
			return nil
		}
		return badRequest(name, "The %s parameter %s is not text: it must be UTF-8 without zero characters.", in, name)
	}
	for _, name := range c.ParamNames() {
		if err := check("path", name, c.Param(name)); err != nil {
			return err
		}
	}
	for name, values := range c.QueryParams() {
		for _, text := range values {
			if err := check("query", strings.ToValidUTF8(name, "?"), text); err != nil {
				return err
			}
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

// checkBody refuses JSON that is no text, or has texts in it that are none. The decoder would change what is not UTF-8
// silently.
func checkBody(r *http.Request, body []byte) error {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return nil
	}
	if !utf8.Valid(body) {
		return apperr.New(apperr.Invalid, "The request's body is not UTF-8.").WithField("content")
	}
	if !bytes.Contains(body, []byte(`\u0000`)) {
		return nil
	}
	var decoded any
	_ = json.Unmarshal(body, &decoded) // what cannot be decoded is found by the validator
	if field, found := zero("", decoded); found {
		return apperr.New(apperr.Invalid, "The body's %s is not text: it has a zero character.", field).WithField(field)
	}
	return nil
}

// zero finds a text with a zero character in a decoded body, and where.
func zero(at string, v any) (string, bool) {
	below := func(name string) string {
		return strings.TrimPrefix(at+"."+strings.ReplaceAll(name, "\x00", ""), ".")
	}
	switch v := v.(type) {
	case string:
		return at, strings.ContainsRune(v, 0)
	case []any:
		for i, item := range v {
			if where, found := zero(below(strconv.Itoa(i)), item); found {
				return where, true
			}
		}
	case map[string]any:
		for name, item := range v {
			where, found := zero(below(name), item)
			if found || strings.ContainsRune(name, 0) {
				return where, true
			}
		}
	}
	return "", false
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
