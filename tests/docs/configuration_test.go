package docs

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the generated documents")

// setting is one environment variable of a service.
type setting struct {
	field, key, kind, fallback, text string
	required, isSecret               bool
}

func TestConfigurationDocument(t *testing.T) {
	var out bytes.Buffer
	out.WriteString(`# Configuration

<!-- Generated from the services' Config structs; do not edit. -->

Every service reads its settings from environment variables and from nothing else. For each variable ` + "`KEY`, `KEY_FILE`" + ` may name a
file that holds the value, as orchestrators hand out secrets. A service that finds a mistake, or a variable with its own prefix
that is no setting, reports everything that is wrong and does not start.

` + "`mocloud up`" + ` takes the same variables, and flags for the most common ones (` + "`mocloud up --help`" + `). It decides by itself where the database,
Redis and the object store are (` + "`DATABASE_URL`, `REDIS_URL`, `OBJECT_STORE_URL` and `REDIS_PREFIX`" + ` have no effect), and how the
services reach each other. While only its own machine can connect, it lifts the rates (` + "`API_RATE_ADDRESS`, `API_RATE_ACCOUNT`" + `)
and quotas (` + "`API_QUOTA_MOCKS`, `…_ENDPOINTS`, `…_CONTENT`, `…_FILES`" + `), and lets webhooks reach programs on the machine
(` + "`PROXY_FORWARD_ALLOW`, `PROXY_FORWARD_PORTS`" + `), unless these are set; ` + "`PROXY_FORWARD_ALLOW=none`" + ` keeps webhooks off
the machine. ` + "`mocloud run`" + ` takes the ` + "`MOCKSERVER_…`" + ` variables.

## Every service

| variable | default | meaning |
|---|---|---|
| ` + "`OPS_ADDR`" + ` | ` + "`:9090`" + ` | where ` + "`/livez`, `/readyz`, `/metrics` and `/debug/pprof`" + ` answer; keep it private |
| ` + "`LOG_LEVEL`" + ` | ` + "`info`" + ` | ` + "`debug`, `info`, `warn` or `error`" + `; logs are JSON lines, or text on a terminal |
`)
	for _, service := range []string{"api", "yamlgen", "mockserver", "cloudops", "proxy"} {
		settings := settingsOf(t, filepath.Join("..", "..", "services", service))
		if len(settings) == 0 {
			t.Fatalf("no settings found for %s", service)
		}
		fmt.Fprintf(&out, "\n## %s\n\n| variable | default | meaning |\n|---|---|---|\n", service)
		for _, s := range settings {
			fallback := "none"
			switch {
			case s.required:
				fallback = "required"
			case s.fallback != "":
				fallback = "`" + s.fallback + "`"
			}
			text := s.text
			if s.isSecret {
				text += " (secret)"
			}
			fmt.Fprintf(&out, "| `%s` | %s | %s |\n", s.key, fallback, strings.ReplaceAll(text, "|", `\|`))
		}
	}
	path := filepath.Join("..", "..", "docs", "configuration.md")
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, out.Bytes()) {
		t.Errorf("docs/configuration.md is not what the Config structs say; run make generate (%v)", err)
	}
}

// fieldName is a word with capitals inside, as only names of fields have them.
var fieldName = regexp.MustCompile(`\b[A-Z][a-z]+[A-Z][A-Za-z]+\b`)

// settingsOf reads the fields with an env tag from the root package of a service and from its main.
func settingsOf(t *testing.T, dir string) []setting {
	t.Helper()
	var settings []setting
	structs := map[string]*ast.StructType{}
	var roots []string
	for _, pattern := range []string{filepath.Join(dir, "cmd/*/main.go"), filepath.Join(dir, "*.go"), "../../pkg/backend/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				spec, ok := n.(*ast.TypeSpec)
				if !ok {
					return true
				}
				if st, ok := spec.Type.(*ast.StructType); ok && parsed.Name.Name == "backend" {
					structs["backend."+spec.Name.Name] = st
				} else if ok {
					structs[spec.Name.Name] = st
					if spec.Name.Name == "environment" || spec.Name.Name == "Config" {
						roots = append(roots, spec.Name.Name)
					}
				}
				return true
			})
		}
	}
	for _, root := range roots {
		settings = append(settings, fieldsOf(structs, root, "")...)
	}
	// Comments name fields, documents name variables.
	var names []string
	for _, s := range settings {
		names = append(names, s.field, "`"+s.key+"`")
	}
	variables := strings.NewReplacer(names...)
	for i := range settings {
		s := &settings[i]
		s.text = fieldName.ReplaceAllStringFunc(s.text, variables.Replace)
	}
	return settings
}

func fieldsOf(structs map[string]*ast.StructType, name, prefix string) []setting {
	var settings []setting
	for _, field := range structs[name].Fields.List {
		var tag reflect.StructTag
		if field.Tag != nil {
			unquoted, err := strconv.Unquote(field.Tag.Value)
			if err == nil {
				tag = reflect.StructTag(unquoted)
			}
		}
		kind := typeName(field.Type)
		env, ok := tag.Lookup("env")
		if env == "-" {
			continue
		}
		if !ok {
			if nested, known := structs[kind]; known && nested != nil && len(field.Names) > 0 {
				settings = append(settings, fieldsOf(structs, kind, prefix+tag.Get("envPrefix"))...)
			}
			continue
		}
		key, options, _ := strings.Cut(env, ",")
		text := field.Doc.Text()
		if text == "" {
			text = field.Comment.Text()
		}
		text = strings.Join(strings.Fields(text), " ")
		if len(field.Names) == 1 {
			text = strings.TrimPrefix(text, field.Names[0].Name+" is ")
			text = strings.TrimPrefix(text, field.Names[0].Name+" are ")
			text = strings.TrimPrefix(text, field.Names[0].Name+" ")
		}
		settings = append(settings, setting{
			field: field.Names[0].Name, key: prefix + key, kind: kind, fallback: tag.Get("envDefault"), text: strings.TrimSuffix(text, "."),
			required: strings.Contains(options, "required") || strings.Contains(options, "notEmpty"),
			isSecret: strings.HasSuffix(kind, "secret.String"),
		})
	}
	return settings
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.ArrayType:
		return "[]" + typeName(e.Elt)
	}
	return ""
}
