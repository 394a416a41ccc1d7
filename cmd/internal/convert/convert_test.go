package convert

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

func TestImport(t *testing.T) {
	t.Parallel()
	const petstore = "../../../examples/moclojer/openapi/petstore-expanded.yaml"
	run := func(stdin string, args ...string) (string, string, error) {
		var out, told bytes.Buffer
		c := ImportCommand()
		c.SetArgs(args)
		c.SetIn(strings.NewReader(stdin))
		c.SetOut(&out)
		c.SetErr(&told)
		c.SilenceErrors, c.SilenceUsage = true, true
		err := c.Execute()
		return out.String(), told.String(), err
	}
	out, told, err := run("", petstore, "--prefix", "/api")
	if err != nil || told != "" || !strings.Contains(out, "path: /api/pets/:id|int\n") {
		t.Errorf("%v %s\n%s", err, told, out)
	}
	if m, problems := mockspec.Parse([]byte(out), mockspec.Options{}); len(problems) > 0 || len(m.Endpoints) != 4 {
		t.Errorf("%d endpoints, %v", len(m.Endpoints), problems)
	}
	src, err := os.ReadFile(petstore)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pets.yml")
	if out, _, err := run(string(src), "-", "-o", file); err != nil || out != "" {
		t.Errorf("%v %s", err, out)
	}
	if written, err := os.ReadFile(file); err != nil || !strings.Contains(string(written), "path: /pets/:id|int\n") {
		t.Errorf("%v %s", err, written)
	}
	if out, told, err := run("openapi: 3.0.0\n", "-"); exit.Status(err) != exit.Invalid || out != "" || !strings.HasPrefix(told, "stdin:1:1: error NO_OPERATIONS: ") {
		t.Errorf("%v %q %q", err, told, out)
	}
	if _, _, err := run("", "none.yaml"); err == nil {
		t.Error("a file that is not there was imported")
	}
}
