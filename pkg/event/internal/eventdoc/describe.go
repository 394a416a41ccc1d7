package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// kind is an event type with everything that the documents say of it.
type kind struct {
	event.Kind
	typ     event.Type
	version int
	stream  event.Stream
	doc     string // a sentence or more, without the struct's name
	fields  []field
	sample  json.RawMessage // a whole envelope
}

// field is a field of a payload.
type field struct {
	name     string
	typ      string // of JSON: "string", "integer", "boolean", "time", "array of string", "array of object"
	optional bool
	doc      string
	fields   []field // of the objects, if it holds some
}

// describe joins the registry with the doc comments and samples in folder source.
func describe(source string) ([]kind, error) {
	docs, err := parseDocs(source)
	if err != nil {
		return nil, err
	}
	var kinds []kind
	for _, k := range event.Kinds() {
		d := kind{Kind: k, typ: k.Payload.EventType(), version: k.Payload.EventVersion(), stream: k.Payload.EventStream()}
		d.sample, err = os.ReadFile(filepath.Join(source, "testdata", fmt.Sprintf("%s.v%d.json", d.typ, d.version)))
		if err != nil {
			return nil, fmt.Errorf("%s has no sample: %w", d.typ, err)
		}
		t := reflect.TypeOf(k.Payload)
		d.doc = strings.TrimPrefix(docs[t.Name()], t.Name()+" ")
		if d.doc == "" {
			return nil, fmt.Errorf("struct %s has no doc comment", t.Name())
		}
		d.doc = strings.ToUpper(d.doc[:1]) + d.doc[1:]
		if d.fields, err = fieldsOf(t, docs); err != nil {
			return nil, fmt.Errorf("%s: %w", d.typ, err)
		}
		kinds = append(kinds, d)
	}
	return kinds, nil
}

// parseDocs returns the comments of the package's structs ("MockUpdated") and of their fields ("MockUpdated.Hosts").
func parseDocs(source string) (map[string]string, error) {
	paths, err := filepath.Glob(filepath.Join(source, "*.go"))
	if err != nil {
		return nil, err
	}
	docs := map[string]string{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			for _, spec := range gen.Specs {
				collect(docs, gen, spec)
			}
		}
	}
	return docs, nil
}

func collect(docs map[string]string, gen *ast.GenDecl, spec ast.Spec) {
	typ, ok := spec.(*ast.TypeSpec)
	if !ok {
		return
	}
	docs[typ.Name.Name] = oneLine(gen.Doc.Text() + typ.Doc.Text())
	body, ok := typ.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range body.Fields.List {
		for _, name := range f.Names {
			docs[typ.Name.Name+"."+name.Name] = oneLine(f.Doc.Text() + f.Comment.Text())
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func fieldsOf(t reflect.Type, docs map[string]string) ([]field, error) {
	var fields []field
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			return nil, fmt.Errorf("field %s has no name in JSON", f.Name)
		}
		d := field{name: name, optional: strings.Contains(options, "omit"), doc: docs[t.Name()+"."+f.Name]}
		elem := f.Type
		if elem.Kind() == reflect.Slice {
			elem, d.typ = elem.Elem(), "array of "
		}
		if elem.Kind() == reflect.Pointer && d.optional {
			elem = elem.Elem()
		}
		switch {
		case elem == reflect.TypeFor[time.Time]():
			d.typ += "time"
		case elem.Kind() == reflect.String:
			d.typ += "string"
		case elem.Kind() == reflect.Bool:
			d.typ += "boolean"
		case isInteger(elem.Kind()):
			d.typ += "integer"
		case elem.Kind() == reflect.Struct:
			d.typ += "object"
			var err error
			if d.fields, err = fieldsOf(elem, docs); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("field %s is of a type that the documents do not know: %s", f.Name, f.Type)
		}
		fields = append(fields, d)
	}
	return fields, nil
}

func isInteger(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Uint64 }
