package gate

import (
	"encoding/base64"
	"strings"
	"testing"
)

func basic(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }

func TestCredentials(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer T": "T", "bearer T": "T", "BEARER   T ": "T",
		basic("x:T"): "T", basic(":T"): "T", basic("x:a:b"): "a:b", strings.Replace(basic("x:T"), "Basic", "bASIC", 1): "T",
		"": "", "Bearer": "", "Bearer ": "", "Bearer a b": "", "Digest T": "", "T": "", "BearerT": "", "Bearer\tT": "",
		"Basic": "", "Basic !": "", basic("x"): "", basic("x:"): "", basic("x:a b"): "", basic("x:a\n"): "",
	} {
		shown, ok := credentials([]string{header})
		if ok != (want != "") || ok && shown.Reveal() != want {
			t.Errorf("%q: %q, %t", header, shown.Reveal(), ok)
		}
	}
	if _, ok := credentials([]string{"Bearer T", "Bearer T"}); ok {
		t.Error("two headers pass")
	}
}

func FuzzCredentials(f *testing.F) {
	for _, s := range []string{"", "Bearer T", basic("x:T"), "Basic Og==", "Bearer \x00", "basic  eDpU "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		shown, ok := credentials([]string{header})
		if ok && (shown.Empty() || strings.ContainsAny(shown.Reveal(), " \t\r\n") || len(shown.Reveal()) > len(header)) {
			t.Errorf("%q: %q", header, shown.Reveal())
		}
	})
}
