package caller_test

import (
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/proxy/internal/caller"
)

func TestSet(t *testing.T) {
	s, err := caller.Parse(secret.New("a:0123456789abcdef,\nb:fedcba9876543210:x \n"))
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]string{
		"0123456789abcdef": "a", "fedcba9876543210:x": "b", "": "", "0123456789abcde": "", "0123456789abcdef0": "", "a:0123456789abcdef": "",
	} {
		got, err := s.ByToken(token)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", token, got, err)
		}
	}
	if s.Check("a", "0123456789abcdef") != nil || s.Check("b", "0123456789abcdef") == nil || s.Check("", "") == nil {
		t.Error("Check does not bind a token to its name")
	}
	empty, err := caller.Parse(secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := empty.ByToken(""); err == nil {
		t.Error("an empty set knows somebody")
	}
}

func TestParseProblems(t *testing.T) {
	for _, list := range []string{"justatoken-0123456789", ":0123456789abcdef", "a b:0123456789abcdef", "a:short", "a:0123456789abcdef,a:fedcba9876543210,a:0123456789fedcba", "a+b:0123456789abcdef"} {
		_, err := caller.Parse(secret.New(list))
		if err == nil {
			t.Errorf("%q: no error", list)
			continue
		}
		for _, token := range []string{"0123456789", "short ", "fedcba"} {
			if strings.Contains(err.Error(), token) {
				t.Errorf("%q: the error shows the token: %v", list, err)
			}
		}
	}
}

// While a token is replaced, the old one and the new one are both the caller's.
func TestReplacingAToken(t *testing.T) {
	s, err := caller.Parse(secret.New("a:0123456789abcdef,a:fedcba9876543210,b:0123456789fedcba"))
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"0123456789abcdef", "fedcba9876543210"} {
		if got, err := s.ByToken(token); got != "a" || err != nil || s.Check("b", token) == nil {
			t.Errorf("%q, %v", got, err)
		}
	}
}
