package docs_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/api/openapi"
)

var (
	snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	// things have ids and slugs; a text or a number with such a name does not say which.
	things = []string{"mock", "workspace", "account", "domain", "file", "token", "invitation", "session"}
	// unused are words that have another one in the glossary.
	unused = []string{"answer", "informative", "settings", "missed"}
	verb   = regexp.MustCompile(`^(list|get|create|update|put|delete|accept|check|claim|decline|diff|duplicate|export|format|import|leave|move|preview|publish|restore|retry|rollback|search|stream|try|unpublish|validate|verify)[A-Z]`)
)

// meant excuses names, with the reason.
var meant = map[string]string{
	"SignIn.token":          "the token itself",
	"SignInMethods.token":   "whether one signs in with a token",
	"NewAccount.invitation": "the secret itself",
	"domain.created.token":  "the token of the proof itself",
	"domains.token":         "the token of the proof itself",
}

// check says what is wrong with a name; scalar: it stands for a text or a number.
func check(at, name string, scalar bool) string {
	if _, ok := meant[at+"."+name]; ok {
		return ""
	}
	switch parts := strings.Split(name, "_"); {
	case !snake.MatchString(name):
		return "is not snake_case"
	case scalar && slices.Contains(things, name):
		return "does not say whether it is an id or a slug"
	case slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(unused, p) }):
		return "has another word in the glossary of docs/architecture.md"
	}
	return ""
}

func TestVocabularyOfTheContract(t *testing.T) {
	doc, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	for name, schema := range doc.Components.Schemas {
		checkSchema(t, name, schema)
	}
	for path, item := range doc.Paths.Map() {
		for _, p := range item.Parameters {
			checkParameter(t, path, p.Value)
		}
		for method, op := range item.Operations() {
			at := method + " " + path
			if !verb.MatchString(op.OperationID) {
				t.Errorf("%s: the operation %s begins with no verb of the glossary", at, op.OperationID)
			}
			for _, p := range op.Parameters {
				checkParameter(t, at, p.Value)
			}
		}
	}
}

func checkParameter(t *testing.T, at string, p *openapi3.Parameter) {
	t.Helper()
	if p.In == "path" && (p.Name == "id" || p.Name == "slug") {
		t.Errorf("%s: the parameter %s does not say whose", at, p.Name)
	}
	if p.In == "header" || p.In == "cookie" {
		return
	}
	if wrong := check(at, p.Name, true); wrong != "" {
		t.Errorf("%s: the parameter %s %s", at, p.Name, wrong)
	}
	checkEnum(t, at+" "+p.Name, p.Schema)
}

func checkSchema(t *testing.T, at string, schema *openapi3.SchemaRef) {
	t.Helper()
	if schema == nil || schema.Value == nil {
		return
	}
	checkEnum(t, at, schema)
	for name, property := range schema.Value.Properties {
		kind := property.Value.Type
		if wrong := check(at, name, kind.Is("string") || kind.Is("integer") || kind.Is("boolean")); wrong != "" {
			t.Errorf("%s.%s %s", at, name, wrong)
		}
		if property.Ref == "" {
			checkSchema(t, at+"."+name, property)
		}
	}
	if items := schema.Value.Items; items != nil && items.Ref == "" {
		checkSchema(t, at+"[]", items)
	}
	for _, part := range schema.Value.AllOf {
		if part.Ref == "" {
			checkSchema(t, at, part)
		}
	}
}

// checkEnum looks at values that name states and kinds. Scopes have a colon, orders a minus, record types are as DNS writes them.
func checkEnum(t *testing.T, at string, schema *openapi3.SchemaRef) {
	t.Helper()
	for _, value := range schema.Value.Enum {
		text, _ := value.(string)
		text = strings.TrimPrefix(text, "-")
		for part := range strings.SplitSeq(text, ":") {
			if !snake.MatchString(part) && part != "*" && part != "TXT" && part != "CNAME" && part != "ALIAS" {
				t.Errorf("%s: the value %q is not snake_case", at, value)
			}
		}
	}
}

func TestVocabularyOfEvents(t *testing.T) {
	for _, kind := range event.Kinds() {
		checkStruct(t, string(kind.Payload.EventType()), reflect.TypeOf(kind.Payload))
	}
	checkStruct(t, "a comment line of the unified mock", reflect.TypeFor[unified.Mock]())
}

func checkStruct(t *testing.T, at string, typ reflect.Type) {
	t.Helper()
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return
	}
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		kind := f.Type.Kind()
		if wrong := check(at, name, kind == reflect.String || kind == reflect.Int || kind == reflect.Uint64); wrong != "" {
			t.Errorf("%s: %s %s", at, name, wrong)
		}
		checkStruct(t, at, f.Type)
	}
}

// The columns as all migrations together leave them.
func TestVocabularyOfSQL(t *testing.T) {
	paths, err := filepath.Glob("../../services/api/internal/store/migrations/*.sql")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	columns := map[string]bool{} // "table.column"
	statement := regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);|ALTER TABLE (\w+) (ADD|DROP|RENAME) COLUMN (\w+)(?: TO (\w+))?`)
	column := regexp.MustCompile(`(?m)^    ([a-z]\w*) `)
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range statement.FindAllStringSubmatch(string(raw), -1) {
			for _, c := range column.FindAllStringSubmatch(m[2], -1) {
				columns[m[1]+"."+c[1]] = true
			}
			switch at := m[3] + "." + m[5]; m[4] {
			case "ADD":
				columns[at] = true
			case "DROP":
				delete(columns, at)
			case "RENAME":
				if !columns[at] {
					t.Errorf("%s renames %s, which is not there", path, at)
				}
				delete(columns, at)
				columns[m[3]+"."+m[6]] = true
			}
		}
	}
	if !columns["mocks.version"] || !columns["requests.response_size"] {
		t.Fatalf("the columns are not read: %v", columns)
	}
	for at := range columns {
		table, name, _ := strings.Cut(at, ".")
		if wrong := check(table, name, true); wrong != "" {
			t.Errorf("the column %s %s", at, wrong)
		}
	}
}
