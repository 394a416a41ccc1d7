// Package check holds the packaging of deploy to its contracts: what a platform would refuse is refused here, and every setting is one
// that the services know.
package check

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// settings are the variables that docs/configuration.md lists.
func settings(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z][A-Z0-9_]+)`").FindAllStringSubmatch(string(text), -1) {
		known[m[1]], known[m[1]+"_FILE"] = true, true
	}
	if len(known) < 100 {
		t.Fatalf("docs/configuration.md lists %d settings only", len(known)/2)
	}
	return known
}

// setting checks that name is a setting, and that a secret is not written down.
func setting(t *testing.T, known map[string]bool, where, name, value string) {
	t.Helper()
	if !known[name] {
		t.Errorf("%s sets %s, which no service knows", where, name)
	}
	if regexp.MustCompile(`TOKEN|SECRET|PASSWORD|DATABASE_URL|REDIS_URL|OBJECT_STORE_URL`).MatchString(name) && value != "" && !strings.Contains(value, "${") && !strings.HasPrefix(value, "EV[") {
		t.Errorf("%s has the value of %s in it", where, name)
	}
}
