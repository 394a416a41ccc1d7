package wiremock

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
)

// tag is a Handlebars expression with two or three braces.
var tag = regexp.MustCompile(`\{\{\{?([^{}]*)\}?\}\}`)

// name is a name that a template of a mock can have.
var name = regexp.MustCompile(`^[A-Za-z_][\w-]*$`)

// jsonPath is a call of the helper of that name with a path of plain names.
var jsonPath = regexp.MustCompile(`^jsonPath\s+request\.body\s+['"]\$((?:\.[A-Za-z_][\w-]*|\[\d+\])+)['"]$`)

// templates translates the Handlebars of texts. What mocks have nothing like stays as it was written, and is noted.
func (t *translator) templates(at *source.Node) func(string) string {
	return func(text string) string {
		var b strings.Builder
		end := 0
		for _, found := range tag.FindAllStringSubmatchIndex(text, -1) {
			b.WriteString(draft.Inert(text[end:found[0]]))
			end = found[1]
			expression := strings.TrimSpace(text[found[2]:found[3]])
			if strings.HasPrefix(expression, "!") { // a comment
				continue
			}
			if translated := t.expression(expression); translated != "" {
				b.WriteString("{{" + translated + "}}")
				continue
			}
			t.m.Loss(at, "`%s` is sent as written: mocks have no equivalent", draft.Line(text[found[0]:found[1]], 80))
			b.WriteString(draft.Inert(text[found[0]:found[1]]))
		}
		b.WriteString(draft.Inert(text[end:]))
		return b.String()
	}
}

// expression is an expression of Handlebars as mocks have it, or "".
func (t *translator) expression(text string) string {
	if m := jsonPath.FindStringSubmatch(text); m != nil {
		return "json-params" + strings.NewReplacer("[", ".", "]", "").Replace(m[1]) + "|safe"
	}
	if strings.HasPrefix(text, "randomValue") && strings.Contains(strings.ToUpper(text), "UUID") {
		return "uuid"
	}
	switch text {
	case "request.body":
		return "request.body|safe"
	case "request.method", "request.path", "request.host":
		return text
	case "request.clientIp":
		return "request.ip"
	case "request.url":
		return "request.path"
	case "now":
		return "now"
	}
	parts := strings.Split(strings.NewReplacer(".[", ".", "[", ".", "]", "", "'", "").Replace(text), ".")
	if len(parts) == 4 && parts[3] == "0" {
		parts = parts[:3]
	}
	if len(parts) != 3 || parts[0] != "request" || !name.MatchString(parts[2]) && parts[1] != "pathSegments" && parts[1] != "path" {
		return ""
	}
	switch parts[1] {
	case "query", "requestParams":
		return "query-params." + parts[2]
	case "headers":
		return "header-params." + parts[2]
	case "cookies":
		return "cookies." + parts[2]
	case "path", "pathSegments":
		if parameter := draft.Parameter(parts[2]); slices.Contains(t.params, parameter) {
			return "path-params." + parameter
		}
	}
	return ""
}
