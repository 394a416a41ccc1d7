package validate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/validate"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

const (
	good = "- endpoint:\n    path: /a\n    response: {}\n"
	odd  = "- endpoint:\n    path: /a/:id\n    response: {body: '{{path-params.idd}}'}\n"
	bad  = "- endpoint:\n    path: /a\n    response:\n      statsu: 404\n"
	spec = "openapi: 3.0.0\npaths:\n  /a/{id}:\n    get: {operationId: a}\n"
)

// run runs the command in a folder that has the files, and returns what it printed and its error.
func run(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"good.yml": good, "odd.yml": odd, "bad.yml": bad, "openapi.yaml": spec,
		"mocks.yaml": "a: {status: 200}\n", "badmocks.yaml": "a: {status: 99}\n",
	} {
		if err := os.WriteFile(filepath.Join(".", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := validate.Command()
	c.SilenceErrors, c.SilenceUsage = true, true
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetIn(strings.NewReader(stdin))
	c.SetArgs(args)
	err := c.Execute()
	return out.String(), err
}

func TestValidate(t *testing.T) {
	const (
		oddLine = "odd.yml:3:23: warning UNDECLARED_VARIABLE: the path has no parameter `idd`: did you mean `path-params.id`?\n"
		badLine = "bad.yml:4:7: error UNKNOWN_KEY: unknown key `statsu`: did you mean `status`?\n"
	)
	for _, c := range []struct {
		name, args, stdin string
		want, wantErr     string
		status            int
	}{
		{name: "good", args: "good.yml"},
		{name: "a warning is no failure", args: "odd.yml", want: oddLine},
		{name: "an error is one, without a message of its own", args: "bad.yml", want: badLine, status: exit.Invalid},
		{name: "several files", args: "good.yml bad.yml odd.yml", want: badLine + oddLine, status: exit.Invalid},
		{name: "standard input", args: "-", stdin: good},
		{name: "no such file", args: "none.yml", status: exit.Failed, wantErr: "open none.yml: no such file or directory"},
		{name: "a file that cannot be read does not hide the others", args: "none.yml bad.yml", want: badLine, status: exit.Failed, wantErr: "open none.yml: no such file or directory"},
		{name: "OpenAPI", args: "openapi.yaml --mocks mocks.yaml"},
		{name: "OpenAPI with an error in the mocks", args: "openapi.yaml --mocks badmocks.yaml", want: "badmocks.yaml:1:13: error BAD_STATUS: `status` must be a number from 200 to 599, not `99`\n", status: exit.Invalid},
		{name: "OpenAPI without mocks, which answers its examples", args: "openapi.yaml"},
		{name: "mocks for two documents", args: "good.yml odd.yml --mocks mocks.yaml", status: exit.Usage, wantErr: "--mocks needs exactly one FILE, an OpenAPI document"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := run(t, c.stdin, strings.Fields(c.args)...)
			if out != c.want {
				t.Errorf("printed\n%swant\n%s", out, c.want)
			}
			if status := exit.Status(err); status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			if err != nil && err.Error() != c.wantErr {
				t.Errorf("error %v, want %q", err, c.wantErr)
			}
		})
	}
}

func TestValidateJSON(t *testing.T) {
	out, err := run(t, "", "--json", "good.yml")
	if err != nil || out != "[]\n" {
		t.Errorf("%q, %v", out, err)
	}
	out, err = run(t, "", "--json", "bad.yml")
	var ds []mockspec.Diagnostic
	if e := json.Unmarshal([]byte(out), &ds); e != nil || err == nil || len(ds) != 1 {
		t.Fatalf("%s, %v, %v", out, err, e)
	}
	want := mockspec.Diagnostic{
		File: "bad.yml", Line: 4, Column: 7, Severity: mockspec.Error, Code: mockspec.CodeUnknownKey, Message: "unknown key `statsu`: did you mean `status`?", Fix: "write `status`",
		EndLine: 4, EndColumn: 13, Item: 1, Edit: &mockspec.Edit{Line: 4, Column: 7, EndLine: 4, EndColumn: 13, Text: "status"},
	}
	if !reflect.DeepEqual(ds[0], want) {
		t.Errorf("%+v", ds[0])
	}
}
