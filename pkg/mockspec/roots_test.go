package mockspec

import (
	"strings"
	"testing"
)

// Everything that a template can begin with is described, with what may follow it.
func TestRootsAreDescribed(t *testing.T) {
	t.Parallel()
	found := map[string]Root{}
	for _, v := range Roots() {
		if found[v.Name] = v; !strings.HasSuffix(v.Summary, ".") {
			t.Errorf("%+v", v)
		}
	}
	for _, s := range []scope{{}, {compat: true}, {refusal: true}} {
		for _, message := range []bool{false, true} {
			for _, name := range s.roots(message) {
				v, ok := found[name]
				if !ok || v.Message && !message || v.Refusal && !s.refusal || s.compat && !v.Compat {
					t.Errorf("%s in %+v: %+v, %t", name, s, v, ok)
				}
			}
		}
	}
	if found["request"].Keys[0] != "method" || len(found["fake"].Keys) < 20 || found["json-params"].Declare != "body" {
		t.Errorf("%+v", found)
	}
}
