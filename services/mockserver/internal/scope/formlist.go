package scope

import (
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// listed makes a list of each single value of a form whose field is declared as one: a form cannot tell a list of one from
// a value.
func listed(form selmer.Value, schema *mockspec.Schema) selmer.Value {
	if schema.Kind != mockspec.SchemaObject {
		return form
	}
	entries := slices.Clone(form.Entries())
	for i := range schema.Fields {
		if schema.Fields[i].Schema.Kind != mockspec.SchemaArray {
			continue
		}
		for j := range entries {
			if entries[j].Key == schema.Fields[i].Name && entries[j].Value.Kind() != selmer.KindList {
				entries[j].Value = selmer.List([]selmer.Value{entries[j].Value})
			}
		}
	}
	return selmer.Map(entries)
}

// spread reports whether a list or a map is spread over fields of its own, as in `ids[]=1` and `card[number]=2`.
func spread(form selmer.Value, f *mockspec.SchemaField) bool {
	if f.Schema.Kind != mockspec.SchemaArray && f.Schema.Kind != mockspec.SchemaObject {
		return false
	}
	for _, e := range form.Entries() {
		if rest, ok := strings.CutPrefix(e.Key, f.Name); ok && strings.HasPrefix(rest, "[") {
			return true
		}
	}
	return false
}
