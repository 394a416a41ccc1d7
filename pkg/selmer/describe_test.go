package selmer

import (
	"slices"
	"strings"
	"testing"
)

// Every filter and every tag is described, and nothing that there is not.
func TestEverythingIsDescribed(t *testing.T) {
	names := filterNames()
	for name := range filterSummaries {
		if !slices.Contains(names, name) {
			t.Errorf("there is no filter %s", name)
		}
	}
	for _, f := range Filters() {
		if _, ok := filterNamed(f.Name); !ok || !strings.HasSuffix(f.Summary, ".") || f.MaxArguments >= 0 && f.MaxArguments < f.MinArguments {
			t.Errorf("%+v", f)
		}
	}
	for _, tag := range Tags() {
		text := "{% " + tag.Name + " %}"
		if tag.End != "" {
			text += "{% " + tag.End + " %}"
		}
		if _, err := Compile(text, Options{}); err != nil && (strings.Contains(err.Error(), "unknown") || strings.Contains(err.Error(), "no tag")) {
			t.Errorf("%s: %v", text, err)
		}
		if !strings.HasSuffix(tag.Summary, ".") {
			t.Errorf("%+v", tag)
		}
	}
}
