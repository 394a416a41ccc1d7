package selmer

import "testing"

// TestNames keeps the lists of names, from which suggestions are made, in step with what exists.
func TestNames(t *testing.T) {
	t.Parallel()
	const all = 57 + 6 // Selmer's; and timestamp, get, find, page, shift, base64
	seen := map[string]bool{}
	for _, name := range filterNames() {
		if _, ok := filterNamed(name); !ok {
			t.Errorf("the filter %s does not exist", name)
		}
		seen[name] = true
	}
	if len(seen) != all {
		t.Errorf("%d filters, want %d", len(seen), all)
	}
	for _, name := range tagNames() {
		err := newCompiler("", Options{}.withDefaults()).tag(name, []string{"a", "in", "b"}, 0)
		if e, ok := err.(*Error); ok && e.Message == newCompiler("", Options{}).unknownTag(name, 0).(*Error).Message { //nolint:errorlint // made here
			t.Errorf("the tag %s does not exist", name)
		}
	}
}

func TestNilScope(t *testing.T) {
	t.Parallel()
	tmpl, err := Compile(`{{a}}{% for x in "ab" %}{{x}}{{forloop.parentloop}}{{forloop.previous.x}}{% endfor %}{% style "/x" %}{{.}}`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tmpl.Append(nil, nil); err != nil || string(got) != `aba<link href="/x" rel="stylesheet" type="text/css" />` {
		t.Errorf("got %s (%v)", got, err)
	}
}
