package openapi

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// Options say how a document is read. The zero value is for a document that somebody sent.
type Options struct {
	Name      string // of the file, for diagnostics
	Prefix    string // put before every path, such as "/v2"
	MaxBytes  int    // of the document; 4 MiB
	MaxValues int    // of the document, aliases followed; 500,000
	// Validate makes the mock check the whole contract of requests, and their security: mockspec.ValidateStrict or ValidateWarn. "" is what
	// mocks check by themselves.
	Validate string
	// Mock is what the mock may be; only Bytes, Endpoints and Nodes count. Zero is what mockspec allows.
	Mock mockspec.Limits
}

func (o *Options) setDefaults() {
	o.MaxBytes = cmp.Or(o.MaxBytes, 4<<20)
	o.MaxValues = cmp.Or(o.MaxValues, 500_000)
	o.Mock.Bytes = cmp.Or(o.Mock.Bytes, mockspec.DefaultLimits().Bytes)
	o.Mock.Endpoints = cmp.Or(o.Mock.Endpoints, mockspec.DefaultLimits().Endpoints)
}

// Codes of diagnostics that only an import has.
const (
	CodeExternalRef  = "EXTERNAL_REFERENCE"  // a $ref to a file or an address
	CodeUnknownRef   = "UNKNOWN_REFERENCE"   // a $ref to what the document does not have
	CodeNotImported  = "NOT_IMPORTED"        // a part that a mock cannot express
	CodeSimplified   = "SIMPLIFIED"          // a part that a mock expresses only roughly
	CodeNotJSON      = "NOT_JSON"            // it begins like JSON
	CodeNoOperations = "NO_OPERATIONS"       // nothing to import
	CodeTooLong      = "TOO_LONG"            // the mock would be too large
	CodeStopped      = "STOPPED"             // it took longer than the caller waits
	codeBadMock      = "IMPORT_IS_NOT_VALID" // a fault of this package
)

// Result is what an import made.
type Result struct {
	Content   []byte // the mock, in moclojer's YAML
	Title     string // of the document; "" if it has none
	Endpoints int
}

// maxNotes bounds the notes of one import.
const maxNotes = 100

// Import makes a mock of an OpenAPI document (3.0, 3.1, or Swagger 2; YAML or JSON): an endpoint for each operation, which
// answers the operation's first good response, with the document's examples where there are any, and else with values
// made from its schemas. The same document always gives the same mock, and the mock is always valid.
//
// Diagnostics are about the document. If one is an error there is no result; the others say what was left out and why.
// Nothing but src is read. The work grows as the document does, and it ends when ctx does: then the diagnostic is CodeStopped.
func Import(ctx context.Context, src []byte, o Options) (*Result, []mockspec.Diagnostic) {
	im := newImporter(ctx, o)
	mock := im.run(src)
	if mock == nil {
		return nil, im.sorted()
	}
	return &Result{Content: im.out.Bytes(), Title: oneLine(im.root.get("info").string("title"), 200), Endpoints: len(mock.Endpoints)}, im.sorted()
}

func newImporter(ctx context.Context, o Options) *importer {
	o.setDefaults()
	return &importer{ctx: ctx, o: o, noted: map[string]bool{}, routes: map[string]bool{}, known: map[*value]kinds{}, composed: map[*value]*value{}, bodies: map[madeOf]answer{}}
}

// run writes the mock of a document, and reads it. It returns nil if there is none: the notes say why.
func (im *importer) run(src []byte) *mockspec.Mock {
	root, problems := read(im.ctx, src, im.o)
	im.root, im.notes = root, problems
	if mockspec.HasErrors(problems) || !im.accept() {
		return nil
	}
	im.readPaths()
	im.assemble()
	if im.ctx.Err() != nil {
		im.notes = []mockspec.Diagnostic{stopped(im.o)}
		return nil
	}
	if mockspec.HasErrors(im.notes) {
		return nil
	}
	content := append(bytes.TrimRight(im.out.Bytes(), "\n"), '\n')
	im.out = *bytes.NewBuffer(content)
	mock, ds := mockspec.Parse(content, mockspec.Options{Limits: im.o.Mock})
	for _, d := range ds {
		if d.Severity == mockspec.Error {
			im.note(root, mockspec.Error, codeBadMock, "the mock made from this document is not valid (line %d: %s): please report this", d.Line, d.Message)
			return nil
		}
	}
	return mock
}

// importer makes one mock of one document.
type importer struct {
	ctx     context.Context // of the one call of Import
	o       Options
	root    *value
	version int // 2, 30 or 31
	out     bytes.Buffer
	written []written
	made    int  // values made for all bodies so far
	full    bool // made has reached its bound, and that was noted
	steps   int  // schemas that may still be looked at for the operation at hand
	notes   []mockspec.Diagnostic
	noted   map[string]bool
	open    bool            // that `security` is left out was noted
	unsaid  int             // notes that there was no room for
	routes  map[string]bool // of the endpoints so far, without the names of parameters

	known    map[*value]kinds  // of schemas
	composed map[*value]*value // schemas with keywords beside their reference
	families map[*value]*family
	bodies   map[madeOf]answer // of JSON, which many answers share

	answers *mockspec.Answers // of a pair, whose endpoints check nothing; nil for an import
	ids     []string          // of all operations of a pair
}

// note adds a diagnostic, once for each place and text.
func (im *importer) note(at *value, severity mockspec.Severity, code, format string, args ...any) {
	d := mockspec.Diagnostic{File: im.o.Name, Line: 1, Column: 1, Severity: severity, Code: code, Message: fmt.Sprintf(format, args...)}
	if at != nil && at.line > 0 {
		d.Line, d.Column = at.line, at.column
	}
	switch key := d.String(); {
	case im.noted[key]:
	case len(im.notes) >= maxNotes && severity != mockspec.Error:
		im.unsaid++
	default:
		im.noted[key] = true
		im.notes = append(im.notes, d)
	}
}

func (im *importer) warn(at *value, code, format string, args ...any) {
	im.note(at, mockspec.Warning, code, format, args...)
}

func (im *importer) sorted() []mockspec.Diagnostic {
	slices.SortStableFunc(im.notes, func(a, b mockspec.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if im.unsaid > 0 {
		im.notes = append(im.notes, mockspec.Diagnostic{
			File: im.o.Name, Line: 1, Column: 1, Severity: mockspec.Warning, Code: CodeNotImported,
			Message: fmt.Sprintf("there are %d more notes like these", im.unsaid),
		})
		im.unsaid = 0
	}
	return im.notes
}

// accept checks the version and begins the mock with what it was made of.
func (im *importer) accept() bool {
	version := im.root.get("openapi")
	if version == nil {
		version = im.root.get("swagger")
	}
	text := ""
	if version != nil {
		text = version.text
	}
	switch {
	case strings.HasPrefix(text, "2."), text == "2":
		im.version = 2
	case strings.HasPrefix(text, "3.0"), text == "3":
		im.version = 30
	case strings.HasPrefix(text, "3."):
		im.version = 31
	case version == nil:
		im.note(nil, mockspec.Error, mockspec.CodeNotOpenAPI, "this is not an OpenAPI document: it has neither `openapi: 3.…` nor `swagger: \"2.0\"`")
		return false
	default:
		im.note(version, mockspec.Error, mockspec.CodeNotOpenAPI, "version `%s` of OpenAPI is not known: convert the document to version 3", oneLine(text, 40))
		return false
	}
	info := im.root.get("info")
	im.comment("", strings.TrimSpace(oneLine(info.string("title"), 200)+" "+oneLine(scalarOf(info.get("version")), 40)))
	im.comment("", im.servers())
	if im.out.Len() > 0 {
		im.out.WriteByte('\n')
	}
	if im.o.Validate != "" {
		fmt.Fprintf(&im.out, "- mocloud:\n    validate: %s\n\n", im.o.Validate)
	}
	return true
}

// servers says where the document's own servers begin, since the mock's paths begin at its address.
func (im *importer) servers() string {
	base := im.root.string("basePath")
	if servers := im.root.list("servers"); len(servers) > 0 {
		if u, err := url.Parse(servers[0].string("url")); err == nil {
			base = u.Path
		}
	}
	if base = strings.TrimSuffix(oneLine(base, 200), "/"); base == "" || base == im.o.Prefix {
		return ""
	}
	return "The document's paths are below " + base + "; here they begin at the mock's address" + map[bool]string{true: " and " + im.o.Prefix}[im.o.Prefix != ""] + "."
}

// maxSteps bounds how many schemas are looked at for one operation, however they refer to each other.
const maxSteps = 1_000_000

// schema is resolve for schemas: it returns nil when the operation has had its share of the work, or nobody waits for it.
func (im *importer) schema(v *value) *value {
	if im.steps--; im.steps < 0 || im.steps%1024 == 0 && im.ctx.Err() != nil {
		im.steps = min(im.steps, 0)
		return nil
	}
	if im.version < 31 { // what stands beside a reference has no meaning
		return im.resolve(v)
	}
	for range 16 {
		ref := v.get("$ref")
		if ref == nil || ref.kind != kindText {
			return v
		}
		if im.siblings(v) {
			return im.compose(v)
		}
		target := im.target(ref)
		if target == nil || target == v {
			return nil
		}
		v = target
	}
	return nil // a circle of references
}

// siblings reports whether keywords stand beside a reference that say more than it does.
func (im *importer) siblings(v *value) bool {
	for _, key := range v.keys {
		switch key {
		case "$ref", "$comment", "description", "summary", "title", "deprecated":
		default:
			if !strings.HasPrefix(key, "x-") {
				return true
			}
		}
	}
	return false
}

// compose is a schema with keywords beside its reference as one that is composed of both: they all apply.
func (im *importer) compose(v *value) *value {
	if c := im.composed[v]; c != nil {
		return c
	}
	ref := emptyObject()
	ref.set("$ref", v.get("$ref"))
	c := &value{kind: kindObject, line: v.line, column: v.column}
	parts := listOf(append([]*value{ref}, v.list("allOf")...)...)
	for i, key := range v.keys {
		if key != "$ref" && key != "allOf" {
			c.set(key, v.items[i])
		}
	}
	c.set("allOf", parts)
	im.composed[v] = c
	return c
}

// stopped says that nobody waits for the import any longer.
func stopped(o Options) mockspec.Diagnostic {
	return mockspec.Diagnostic{
		File: o.Name, Line: 1, Column: 1, Severity: mockspec.Error, Code: CodeStopped,
		Message: "the import was stopped before it finished",
	}
}

// resolve follows references within the document. It returns nil, and notes why, if there is nothing.
func (im *importer) resolve(v *value) *value {
	for range 16 {
		ref := v.get("$ref")
		if ref == nil || ref.kind != kindText {
			return v
		}
		target := im.target(ref)
		if target == nil || target == v {
			return nil
		}
		v = target
	}
	return nil // a circle of references
}

// target is what one reference points to, or nil.
func (im *importer) target(ref *value) *value {
	path, local := strings.CutPrefix(ref.text, "#")
	if file, fragment, ok := strings.Cut(ref.text, "#"); ok && im.o.Name != "" && strings.TrimPrefix(file, "./") == filepath.Base(im.o.Name) {
		path, local = fragment, true // the document itself, by the name of its file
	}
	if definition := im.root.get("definitions").get(ref.text); im.version == 2 && definition != nil {
		return definition // early documents name a definition without its place
	}
	if !local {
		im.warn(ref, CodeExternalRef, "`%s` is outside the document, and nothing outside it is read: put it into the document", oneLine(ref.text, 100))
		return nil
	}
	v := im.root
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if path == "" || v == nil {
			break
		}
		if name, err := url.PathUnescape(part); err == nil {
			part = name
		}
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		if v.kind != kindList {
			v = v.get(part)
		} else if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(v.items) {
			v = v.items[i]
		} else {
			v = nil
		}
	}
	if v == nil {
		im.warn(ref, CodeUnknownRef, "the document has no `%s`", oneLine(ref.text, 100))
	}
	return v
}

// isMethod reports whether a member of a path is an operation.
func isMethod(name string) bool {
	switch name {
	case "get", "put", "post", "delete", "options", "head", "patch", "trace":
		return true
	}
	return false
}

// otherMethods tells that an operation whose method mocks do not have is left out.
func (im *importer) otherMethods(name string, at *value) {
	switch {
	case name == "query" && at.kind == kindObject:
		im.warn(at, CodeNotImported, "the operation with the method QUERY is left out: mocks do not have that method")
	case name == "additionalOperations" && at.kind == kindObject:
		for i, method := range at.keys {
			im.warn(at.items[i], CodeNotImported, "the operation with the method %s is left out: mocks do not have that method", oneLine(method, 40))
		}
	}
}

// security notes, once, that the mock answers everybody although the document says who may ask.
func (im *importer) security(of *value) {
	if list := of.list("security"); len(list) > 0 && !im.open && im.o.Validate == "" {
		im.open = true
		im.warn(of.get("security"), CodeNotImported, "`security` is left out, so the mock answers everybody: add `auth` to endpoints that should not")
	}
}

// readPaths writes an endpoint for each operation.
func (im *importer) readPaths() {
	paths := im.root.get("paths")
	if paths == nil || paths.kind != kindObject {
		im.note(paths, mockspec.Error, CodeNoOperations, "the document has no `paths`, so there is nothing to answer")
		return
	}
	im.security(im.root)
	if hooks := im.root.get("webhooks"); hooks != nil {
		im.warn(hooks, CodeNotImported, "`webhooks` are left out: add `webhook` to the endpoints that should send them")
	}
	for i, path := range paths.keys {
		if strings.HasPrefix(path, "x-") {
			continue
		}
		item := im.resolve(paths.items[i])
		if item == nil || item.kind != kindObject {
			continue
		}
		for j, name := range item.keys {
			if !isMethod(name) {
				im.otherMethods(name, item.items[j])
				continue
			}
			op := im.resolve(item.items[j])
			if op == nil || op.kind != kindObject {
				im.warn(item.items[j], CodeNotImported, "%s %s is left out: the document does not have its operation", strings.ToUpper(name), oneLine(path, 100))
				continue
			}
			if im.ctx.Err() != nil {
				return
			}
			if len(im.written) == im.o.Mock.Endpoints {
				im.warn(op, CodeTooLong, "the limit is %d endpoints a mock: the rest is left out", im.o.Mock.Endpoints)
				return
			}
			im.security(op)
			im.operation(path, strings.ToUpper(name), item, op)
		}
	}
	switch outside := func(d mockspec.Diagnostic) bool { return d.Code == CodeExternalRef }; {
	case len(im.written) > 0:
	case slices.ContainsFunc(im.notes, outside):
		im.note(paths, mockspec.Error, CodeNoOperations, "the operations are in other files, and nothing outside the document is read: bundle them into one document first, for instance with `redocly bundle`")
	default:
		im.note(paths, mockspec.Error, CodeNoOperations, "`paths` has no operations, so there is nothing to answer")
	}
}
