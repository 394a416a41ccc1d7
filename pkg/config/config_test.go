package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/secret"
)

type nested struct {
	Wait time.Duration `env:"WAIT" envDefault:"3s"`
}

type sample struct {
	URL    string        `env:"URL,required"`
	Token  secret.String `env:"TOKEN"`
	Nested nested        `envPrefix:"N_"`
}

func (s *sample) Validate() error {
	if s.URL == "bad" {
		return errors.New("URL: must not be bad")
	}
	return nil
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load[sample]([]string{"URL=http://x", "TOKEN_FILE=" + file, "N_WAIT=7s"})
	if err != nil {
		t.Fatal(err)
	}
	if got.URL != "http://x" || got.Token.Reveal() != "s3cret" || got.Nested.Wait != 7*time.Second {
		t.Errorf("Load = %s %q %v", got.URL, got.Token.Reveal(), got.Nested.Wait)
	}
	if s := fmt.Sprintf("%v %+v %#v", got, got, got.Token); strings.Contains(s, "s3cret") {
		t.Errorf("the secret is printed: %s", s)
	}
}

func TestLoadReportsEveryProblem(t *testing.T) {
	_, err := config.Load[sample]([]string{"TOKEN=a", "TOKEN_FILE=/nowhere", "N_WAIT=soon"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"TOKEN_FILE are both set", "URL", "soon"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
	if _, err := config.Load[sample]([]string{"URL=bad"}); err == nil || !strings.Contains(err.Error(), "must not be bad") {
		t.Errorf("Validate was not asked: %v", err)
	}
}

func TestUnknown(t *testing.T) {
	type settings struct {
		Rate   int    `env:"API_RATE_ADDRESS"`
		Quota  int    `env:"API_QUOTA_MOCKS"`
		Prefix string `env:"REDIS_PREFIX"`
		Nested nested `envPrefix:"API_N_"`
	}
	for kv, want := range map[string]string{
		"API_RATE_ADDRESS=1":         "",
		"API_RATE_ADDRESS_FILE=/x":   "",
		"API_N_WAIT=3s":              "",
		"REDIS_PREFIXES=x":           "", // of another prefix
		"API_PORT=tcp://10.0.0.1:80": "",
		"API_SERVICE_HOST=10.0.0.1":  "",
		"API_PORT_3000_TCP_ADDR=a":   "",
		"API_SERVICE_PORT_HTTP=3000": "",
		"API_RATE_ADDRES=1":          "API_RATE_ADDRES is not a setting; did you mean API_RATE_ADDRESS?", //nolint:misspell // it is what is corrected
		"API_QUOTA_MOCK=1":           "API_QUOTA_MOCK is not a setting; did you mean API_QUOTA_MOCKS?",
		"API_N_WIAT=1":               "API_N_WIAT is not a setting; did you mean API_N_WAIT?",
		"API_KEY=1":                  "API_KEY is not a setting; docs/configuration.md lists them",
	} {
		got := ""
		if err := config.Unknown[settings]([]string{kv}, "API_"); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q instead of %q", kv, got, want)
		}
		slip := config.Slips[settings]([]string{kv}, "API_") != nil
		if slip != strings.Contains(want, "did you mean") {
			t.Errorf("%s: a slip: %t", kv, slip)
		}
	}
}
