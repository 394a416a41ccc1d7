package env

import (
	"errors"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/secret"
)

func seal(t *testing.T, key string) *Seal {
	t.Helper()
	s, err := NewSeal(secret.New(key))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A secret opens for its own workspace and name alone, and with its own key alone.
func TestSeal(t *testing.T) {
	s := seal(t, strings.Repeat("k", MinKey))
	sealed, err := s.Close("w", "TOKEN", "abc12345")
	if err != nil || strings.Contains(sealed, "abc") {
		t.Fatalf("%q, %v", sealed, err)
	}
	again, err := s.Close("w", "TOKEN", "abc12345")
	if err != nil || again == sealed {
		t.Errorf("sealed twice it looks the same: %q, %v", again, err)
	}
	if value, err := s.Open("w", "TOKEN", sealed); value != "abc12345" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
	for what, open := range map[string]func() (string, error){
		"another workspace": func() (string, error) { return s.Open("w2", "TOKEN", sealed) },
		"another name":      func() (string, error) { return s.Open("w", "TOKEN2", sealed) },
		"another key":       func() (string, error) { return seal(t, strings.Repeat("j", MinKey)).Open("w", "TOKEN", sealed) },
		"nothing":           func() (string, error) { return s.Open("w", "TOKEN", "") },
		"no base64":         func() (string, error) { return s.Open("w", "TOKEN", "%") },
	} {
		if value, err := open(); value != "" || err == nil {
			t.Errorf("%s: %q, %v", what, value, err)
		}
	}
}

func TestKeys(t *testing.T) {
	if _, err := NewSeal(secret.New(strings.Repeat("k", MinKey-1))); err == nil {
		t.Error("a key that is too short")
	}
	none := seal(t, "")
	if _, err := none.Close("w", "A", "12345678"); !errors.Is(err, ErrNoKey) {
		t.Error(err)
	}
	if _, err := none.Open("w", "A", "x"); !errors.Is(err, ErrNoKey) {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"A": true, "_a1": true, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false, "": false, "1A": false, "a-b": false, "a.b": false, "é": false, "A\n": false,
	} {
		if ValidName(name) != ok {
			t.Errorf("%q", name)
		}
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		value  string
		secret bool
		ok     bool
	}{
		{"", false, true},
		{strings.Repeat("v", MaxValue), false, true},
		{strings.Repeat("v", MaxValue+1), false, false},
		{"a\x00", false, false},
		{"a\xff", false, false},
		{strings.Repeat("s", MinSecret), true, true},
		{strings.Repeat("s", MinSecret-1), true, false},
		{"", true, false},
	} {
		if (Check(c.value, c.secret) == "") != c.ok {
			t.Errorf("%.10q, secret %t: %q", c.value, c.secret, Check(c.value, c.secret))
		}
	}
}

// A secret is masked as it is, and as it is written in JSON, queries and paths; what is no secret is not.
func TestMask(t *testing.T) {
	s := NewSet(map[string]string{"A": `se"cret/1 &`, "B": `se"cret/1 &2`, "C": "public-value"}, map[string]bool{"A": true, "B": true})
	for text, want := range map[string]string{
		`x se"cret/1 & y`:               "x [redacted] y",
		`se"cret/1 &2`:                  "[redacted]", // the longer one, not the shorter and a rest
		`{"a":"se\"cret/1 &"}`:          `{"a":"[redacted]"}`,
		`{"a":"se\"cret/1 \u0026"}`:     `{"a":"[redacted]"}`,
		`?a=se%22cret%2F1+%26&b=1`:      `?a=[redacted]&b=1`,
		`/se%22cret%2F1%20&/x`:          `/[redacted]/x`,
		`public-value se"cret/2`:        `public-value se"cret/2`,
		``:                              ``,
		`se"cret/1 &se"cret/1 &, twice`: `[redacted][redacted], twice`,
	} {
		if got := s.Mask(text); got != want {
			t.Errorf("%s: %s, not %s", text, got, want)
		}
	}
	var none *Set
	if none.Mask("x") != "x" || none.HasSecrets() || none.Entries() != nil {
		t.Error("an empty set")
	}
	if _, ok := none.Get("A"); ok {
		t.Error("a variable in an empty set")
	}
}

// What cannot be opened is missing, and the rest is there.
func TestOpen(t *testing.T) {
	s := seal(t, strings.Repeat("k", MinKey))
	good, err := s.Close("w", "GOOD", "12345678")
	if err != nil {
		t.Fatal(err)
	}
	set, err := Open("w", map[string]Variable{"GOOD": {Sealed: good}, "BAD": {Sealed: good}, "PLAIN": {Value: "p"}}, s)
	if err == nil || !strings.Contains(err.Error(), "BAD") || strings.Contains(err.Error(), "12345678") {
		t.Errorf("%v", err)
	}
	if len(set.Entries()) != 2 || set.Mask("12345678 p") != "[redacted] p" {
		t.Errorf("%v", set.Entries())
	}
}
