package mockspec

import (
	"path"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/files"
)

// Body is a body as written: nothing, text, a YAML value that means JSON, or external content.
type Body struct {
	Pos  Position
	Kind BodyKind
	// Template is the body as a template in default mode. For a YAML value it is its compact JSON text in which
	// template tags inside strings are kept as written (not JSON-escaped), so that they can be compiled.
	Template string
	// JSON is, for a YAML value only, the plain JSON text (tags JSON-escaped like any other text): what moclojer renders.
	JSON     string
	External *External
}

// BodyKind says how a body was written.
type BodyKind uint8

// The kinds of body.
const (
	BodyNone BodyKind = iota
	BodyText
	BodyJSON // a YAML map, list, number, boolean or null
	BodyExternal
)

// External is a body that is loaded from elsewhere.
type External struct {
	Provider  string // "json" or "xlsx"
	Path      Text   // a file of the workspace or an http(s) URL; a template
	SheetName string // xlsx only; "" means the first sheet
}

// Folder returns the folder that a path outside of the workspace begins with, and whether Path is such a path: absolute,
// or with "..". The folder is what the document fixes, before any template: what a request puts into the rest of the path
// stays below it. It is "" if that is nothing, or the root of the disk. A hosted mock has no such folder.
func (x *External) Folder() (folder string, leaves bool) {
	fixed := x.Path.Raw
	if strings.Contains(fixed, "://") {
		return "", false
	}
	for _, open := range []string{"{{", "{%", "{#"} {
		fixed, _, _ = strings.Cut(fixed, open)
	}
	fixed = fixed[:strings.LastIndexByte(fixed, '/')+1]
	leaves = strings.HasPrefix(x.Path.Raw, "/") || slices.Contains(strings.Split(fixed, "/"), "..")
	if fixed = strings.TrimRight(fixed, "/"); !leaves || path.Clean("/"+fixed) == "/" && strings.HasPrefix(x.Path.Raw, "/") {
		return "", leaves
	}
	return fixed, true
}

// Sample is the declared shape of a request body, taken from the sample that the document gives.
type Sample struct {
	Pos    Position
	Schema *Schema
}

// Schema is the shape of a JSON value.
type Schema struct {
	Pos    Position
	Kind   SchemaKind
	Fields []SchemaField // objects, in order
	Items  *Schema       // arrays; nil when the sample array is empty

	// Example is the sample's own value as JSON, where the value is no object and no array. It is kept only if Options.Examples says so.
	Example string
}

// SchemaField is one declared member of an object.
type SchemaField struct {
	Name     string
	Schema   *Schema
	Optional bool // a body without it fits all the same
}

// SchemaKind is the JSON type of a Schema.
type SchemaKind string

// The kinds of a Schema. SchemaAny accepts everything.
const (
	SchemaAny     SchemaKind = "any"
	SchemaObject  SchemaKind = "object"
	SchemaArray   SchemaKind = "array"
	SchemaString  SchemaKind = "string"
	SchemaInteger SchemaKind = "integer"
	SchemaNumber  SchemaKind = "number"
	SchemaBoolean SchemaKind = "boolean"
)

// Externals returns all that the mock loads from elsewhere.
func (m *Mock) Externals() []*External {
	var out []*External
	add := func(b *Body) {
		if b.External != nil {
			out = append(out, b.External)
		}
	}
	if d := m.Settings.Defaults; d != nil {
		for i := range d.Responses {
			add(&d.Responses[i].Body)
		}
	}
	if errors := m.Settings.Errors; errors != nil {
		for i := range errors.All {
			add(&errors.All[i].Response.Body)
		}
	}
	for i := range m.Settings.State {
		if rows := m.Settings.State[i].Rows; rows != nil {
			out = append(out, rows)
		}
	}
	for i := range m.Endpoints {
		e := &m.Endpoints[i]
		for j := range e.Responses {
			add(&e.Responses[j].Body)
		}
		add(&e.Response.Body)
	}
	return out
}

// Files are the names of the workspace's files that the mock names, sorted. A path that is a template names a file only when
// somebody calls, so that it is none of them.
func (m *Mock) Files() []string {
	var names []string
	for _, body := range m.Externals() {
		path := body.Path.Raw
		if strings.Contains(path, "://") || strings.Contains(path, "{{") || strings.Contains(path, "{%") {
			continue
		}
		if name, wrong := files.Clean(path); wrong == "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
