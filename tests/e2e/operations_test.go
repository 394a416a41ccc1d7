package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestEveryOperationIsCalled: no operation of the API is without a test here that calls it through the generated client.
func TestEveryOperationIsCalled(t *testing.T) {
	t.Parallel()
	var tests strings.Builder
	for _, pattern := range []string{"*_test.go", "../internal/cloud/*.go"} {
		files, err := filepath.Glob(pattern)
		check(t, err)
		for _, f := range files {
			src, err := os.ReadFile(f)
			check(t, err)
			tests.Write(src)
		}
	}
	document, err := openapi3.NewLoader().LoadFromFile("../../services/api/openapi/openapi.yaml")
	check(t, err)
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			name := strings.ToUpper(operation.OperationID[:1]) + operation.OperationID[1:]
			called := regexp.MustCompile(`\.` + name + `(With\w*Body)?(WithResponse)?\(`)
			if !called.MatchString(tests.String()) {
				t.Errorf("%s (%s %s) is called by no test", operation.OperationID, method, path)
			}
		}
	}
}
