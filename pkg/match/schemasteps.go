package match

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// counting makes every schema within a document count its visits: the library offers no bound, but it asks a schema's `format`
// before it goes further into it.
type counting struct {
	places  map[string]bool // JSON pointers of schemas
	refs    []string
	weights map[int]bool
	dynamic bool
}

// stepFormat is the format that counts; a visit weighs as much as there is to do in the schema itself.
func stepFormat(weight int) string { return fmt.Sprintf("mocloud-step-%d", weight) }

// schema prepares one schema and all within it.
func (c *counting) schema(v any, place string) {
	c.places[place] = true
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	weight := 1
	below := func(v any, name string) {
		weight++
		c.schema(v, place+"/"+name)
	}
	for name, v := range m {
		switch name {
		case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies":
			if all, ok := v.(map[string]any); ok {
				for key, s := range all {
					if _, isList := s.([]any); !isList {
						c.schema(s, place+"/"+name+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
					}
				}
				weight += len(all)
			}
		case "allOf", "anyOf", "oneOf", "prefixItems":
			if all, ok := v.([]any); ok {
				for i, s := range all {
					below(s, fmt.Sprintf("%s/%d", name, i))
				}
			}
		case "items":
			if all, ok := v.([]any); ok {
				for i, s := range all {
					below(s, fmt.Sprintf("%s/%d", name, i))
				}
			} else {
				below(v, name)
			}
		case "additionalItems", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
			"unevaluatedItems", "unevaluatedProperties", "contentSchema":
			below(v, name)
		case "enum":
			if all, ok := v.([]any); ok {
				weight += len(all)
			}
		case "$ref":
			if ref, ok := v.(string); ok {
				c.refs = append(c.refs, ref)
			}
		case "$dynamicRef", "$recursiveRef":
			c.dynamic = true
		}
	}
	// A format of its own moves into a schema below, where it says the same.
	if own, ok := m["format"]; ok {
		all, _ := m["allOf"].([]any)
		m["allOf"] = append(slices.Clip(all), map[string]any{"format": own})
	}
	m["format"] = stepFormat(weight)
	c.weights[weight] = true
}

// check refuses references to what does not count its visits.
func (c *counting) check() error {
	if c.dynamic {
		return errors.New("`$dynamicRef` is not supported: write `$ref`")
	}
	for _, ref := range c.refs {
		place, err := url.PathUnescape(ref)
		if err != nil || strings.HasPrefix(place, "#/") && !c.places[place] {
			return fmt.Errorf("`$ref` leads to %s, where there is no schema", shorten(ref))
		}
	}
	return nil
}
