package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/secret"
)

// TestNothingPrintsIt puts a secret where they leak: nested in structs, in every verb, in logs and in JSON.
func TestNothingPrintsIt(t *testing.T) {
	const value = "hunter2hunter2"
	s := secret.New(value)
	holder := struct {
		Name    string
		Token   secret.String
		pointer *secret.String
	}{"x", s, &s}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+" "+verb+" "+verb+"\n", s, &s, holder)
	}
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		log.Info("configured", "api_token", s, "holder", holder, "pointer", &s)
	}
	if err := json.NewEncoder(&out).Encode(map[string]any{"token": s, "holder": holder}); err != nil {
		t.Fatal(err)
	}
	hex := fmt.Sprintf("%x", value)
	if strings.Contains(out.String(), value) || strings.Contains(out.String(), hex) {
		t.Errorf("the secret is in:\n%s", out.String())
	}
	if s.Reveal() != value || s.Empty() {
		t.Errorf("Reveal = %q, Empty = %t", s.Reveal(), s.Empty())
	}
}

func TestZero(t *testing.T) {
	var s secret.String
	if s.Reveal() != "" || !s.Empty() {
		t.Errorf("the zero secret is %q", s.Reveal())
	}
	if err := s.UnmarshalText([]byte("x")); err != nil || s.Reveal() != "x" {
		t.Errorf("UnmarshalText: %q, %v", s.Reveal(), err)
	}
}
