package openapi

import "slices"

// shaper makes the sample of a request body: what every request that the document allows has in common.
type shaper struct {
	im   *importer
	left int
	path []*value // schemas that are being looked at, so that a circle ends
}

// anything is the sample of what may be anything.
func anything() *value { return &value{} }

// shape is the sample of a schema: a value of its kind if it allows one kind only, else anything. An object has what must be
// there.
func (s *shaper) shape(schema *value, depth int) *value {
	s.left--
	s.im.made++
	schema = s.im.schema(schema)
	if schema == nil || s.left < 0 || depth > maxBodyDepth || slices.Contains(s.path, schema) {
		return anything()
	}
	switch k := s.im.kindsOf(schema); {
	case k == isObject:
		s.path = append(s.path, schema)
		defer func() { s.path = s.path[:len(s.path)-1] }()
		return s.object(schema, depth)
	case k == isList:
		s.path = append(s.path, schema)
		defer func() { s.path = s.path[:len(s.path)-1] }()
		return s.list(schema, depth)
	case k == isInteger:
		return integer(1)
	case k&isNumeric == k:
		return numberOf("1.5")
	case k == isText:
		return textOf(placeholder)
	case k == isBool:
		return boolean(true)
	}
	return anything()
}

func (s *shaper) list(schema *value, depth int) *value {
	out := listOf()
	if items := s.im.element(schema, 0, 0); items != nil && len(schema.list("prefixItems")) == 0 {
		if item := s.shape(items, depth+1); item.kind != kindNull {
			out.items = append(out.items, item)
		}
	}
	return out
}

func (s *shaper) object(schema *value, depth int) *value {
	out := emptyObject()
	for _, name := range s.required(schema, nil, 0) {
		if len(name) > maxKey || name == "" || name[len(name)-1] == '?' || out.find(name) >= 0 {
			continue
		}
		property := s.im.property(schema, name, 0)
		if s.im.schema(property).isTrue("readOnly") {
			continue
		}
		out.set(name, s.shape(property, depth+1))
	}
	return out
}

// required are the names of the properties that must be there, of all schemas that the object has to fit.
func (s *shaper) required(schema *value, names []string, depth int) []string {
	schema = s.im.schema(schema)
	if schema == nil || depth > maxBodyDepth || len(names) > maxBodyValues {
		return names
	}
	for _, part := range schema.list("allOf") {
		names = s.required(part, names, depth+1)
	}
	for _, name := range schema.list("required") {
		if name.kind == kindText {
			names = append(names, name.text)
		}
	}
	return names
}

// requestBody is a sample of the body that callers must send, with the fields that must be there, or nil: then bodies are
// not checked. The media types of a body are alternatives, so a sample is one that all of them share.
func (im *importer) requestBody(op *value, parameters []*value) *value {
	var found *value
	for i, sample := range im.samples(op, parameters) {
		if sample == nil || i > 0 && !equal(found, sample) {
			return nil
		}
		found = sample
	}
	if found == nil || found.kind != kindObject && found.kind != kindList || len(found.items) == 0 {
		return nil // it requires nothing that could be checked
	}
	return found
}

// samples has one sample for each media type of the request body; nil for one whose bodies cannot be checked.
func (im *importer) samples(op *value, parameters []*value) (found []*value) {
	if im.version == 2 {
		return im.samples2(op, parameters)
	}
	body := im.resolve(op.get("requestBody"))
	content := body.get("content")
	if !body.isTrue("required") || content == nil || content.kind != kindObject {
		return nil
	}
	for i, media := range content.keys {
		described := im.resolve(content.items[i])
		var sample *value
		switch kind := base(media); {
		case isExactlyJSON(kind):
			sample = im.sample(described.get("schema"))
		case kind == "application/x-www-form-urlencoded":
			sample = im.form(described.get("schema"), func(name string) *value { return im.resolve(described.get("encoding").get(name)) })
		}
		found = append(found, sample)
	}
	return found
}

// samples2 is samples for Swagger 2, where a parameter is the body, or several are the fields of a form.
func (im *importer) samples2(op *value, parameters []*value) (found []*value) {
	form := emptyObject()
	for _, p := range parameters {
		switch {
		case p.string("in") == "body" && p.isTrue("required"):
			for _, media := range im.consumes(op) {
				if !isExactlyJSON(base(media)) {
					return nil
				}
			}
			return []*value{im.sample(p.get("schema"))}
		case p.string("in") == "formData" && p.isTrue("required") && p.string("type") != "file" && p.string("name") != "":
			form.set(p.string("name"), p)
		}
	}
	if len(form.items) == 0 {
		return nil
	}
	schema := emptyObject()
	schema.set("type", textOf("object"))
	schema.set("properties", form)
	required := listOf()
	for _, name := range form.keys {
		required.items = append(required.items, textOf(name))
	}
	schema.set("required", required)
	return []*value{im.form(schema, form.get)}
}

// consumes are the media types of an operation's request in Swagger 2.
func (im *importer) consumes(op *value) (found []string) {
	list := op.get("consumes")
	if list == nil {
		list = im.root.get("consumes")
	}
	if list == nil || list.kind != kindList {
		return nil
	}
	for _, media := range list.items {
		found = append(found, media.text)
	}
	return found
}

func (im *importer) sample(schema *value) *value {
	if schema == nil {
		return nil
	}
	s := shaper{im: im, left: maxBodyValues}
	return s.shape(schema, 0)
}

// form is the sample of a form. Objects that are no deepObject are spread over several fields or are JSON, in ways that one name does
// not show, so they are not checked; encodingOf says how a field is written.
func (im *importer) form(schema *value, encodingOf func(name string) *value) *value {
	sample := im.sample(schema)
	if sample == nil || sample.kind != kindObject {
		return nil
	}
	out := emptyObject()
	for i, name := range sample.keys {
		field, encoding := sample.items[i], encodingOf(name)
		property := im.property(schema, name, 0)
		kinds, style := im.kindsOf(property), encoding.string("style")
		switch {
		case kinds&^isNull == isObject && style == "deepObject": // name[property]
		case kinds&isObject != 0, style == "deepObject":
			continue
		case kinds == isList && im.kindsOf(im.element(property, 0, 0))&(isObject|isList) != 0:
			continue
		case kinds == isList && !im.repeats(encoding, "form"), encoding.string("contentType") != "" && isJSON(encoding.string("contentType")):
			field = textOf(placeholder) // several values in one text
		case im.schema(property).isTrue("allowEmptyValue"):
			field = textOf(placeholder)
		}
		out.set(name, field)
	}
	return out
}

// repeats reports whether a list is written as one value for each element, given the style that is the default.
func (im *importer) repeats(how *value, style string) bool {
	if im.version == 2 {
		return how.string("collectionFormat") == "multi"
	}
	if s := how.string("style"); s != "" {
		style = s
	}
	explode := how.get("explode")
	return style == "form" && (explode == nil || explode.text != "false")
}

// isExactlyJSON reports whether bodies of a media type are JSON and nothing else.
func isExactlyJSON(base string) bool {
	return base == "application/json" || base == "text/json" || len(base) > 5 && base[len(base)-5:] == "+json"
}
