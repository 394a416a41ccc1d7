package render

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func run(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	c := Command()
	var out bytes.Buffer
	c.SetIn(strings.NewReader(stdin))
	c.SetOut(&out)
	c.SetErr(&out)
	c.SilenceUsage, c.SilenceErrors = true, true
	c.SetArgs(args)
	err := c.Execute()
	return out.String(), err
}

func TestRender(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, want, fault string
		args              []string
	}{
		{name: "html", want: "a&amp;lt;b\n", args: []string{"--template", "a{{x}}b", "--params", `{"x":"&lt;"}`}},
		{name: "escaped", want: "&lt;\n", args: []string{"--template", "{{x}}", "--params", `{"x":"<"}`}},
		{name: "json", want: `{"a":"\"q\"","b":1.10}` + "\n", args: []string{"--escape", "json", "--template", `{"a":"{{x}}","b":{{n}}}`, "--params", `{"x":"\"q\"","n":1.10}`}},
		{name: "none", want: "<\n", args: []string{"--escape", "none", "--template", "{{x}}\n", "--params", `{"x":"<"}`}},
		{name: "no params", want: "x\n", args: []string{"--template", "x"}},
		{name: "fault of the template", fault: "did you mean `upper`", args: []string{"--template", "{{x|uper}}"}},
		{name: "fault of the parameters", fault: "not JSON", args: []string{"--template", "x", "--params", "{"}},
		{name: "no object", fault: "not a JSON object", args: []string{"--template", "x", "--params", "[]"}},
		{name: "nothing", fault: "nothing to render", args: nil},
		{name: "escape", fault: "write html, json or none", args: []string{"--template", "x", "--escape", "xml"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := run(t, "", tc.args...)
			if tc.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fault) {
					t.Fatalf("got %q and %v, want an error with %q", got, err, tc.fault)
				}
				return
			}
			if err != nil || got != tc.want {
				t.Fatalf("got %q and %v, want %q", got, err, tc.want)
			}
		})
	}
}

// TestLines sends the recorded cases through the command, and lines that are broken or large.
func TestLines(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile("../../../pkg/selmer/testdata/selmer.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 3<<20)
	input := string(recorded) +
		`{"template":"{{a}}","params":{"a":"` + big + `"}}` + "\n\n" +
		"nonsense\n" +
		`{"params":{}}` + "\n" +
		`{"template":"no newline at the end"}`
	out, err := run(t, input, "--escape", "html", "--jsonl")
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	want := strings.Split(strings.TrimSuffix(string(recorded), "\n"), "\n")
	if len(answers) != len(want)+4 {
		t.Fatalf("%d answers for %d lines", len(answers), len(want)+4)
	}
	type result struct {
		OK    *string `json:"ok"`
		Error string  `json:"error"`
	}
	decode := func(line string) (r result) {
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%.80s: %v", line, err)
		}
		return r
	}
	for i, line := range want {
		w, got := decode(line), decode(answers[i])
		if strings.Contains(w.Error, "No filter defined with the name 'get'") {
			continue // a later Selmer has it, and so have we
		}
		if (w.OK == nil) != (got.OK == nil) || w.OK != nil && *w.OK != *got.OK {
			t.Errorf("%s\n got %s", line, answers[i])
		}
	}
	rest := answers[len(want):]
	if r := decode(rest[0]); r.OK == nil || *r.OK != big {
		t.Errorf("the big line: %.80s", rest[0])
	}
	for _, line := range rest[1:3] {
		if decode(line).Error == "" {
			t.Errorf("got %s, want an error", line)
		}
	}
	if r := decode(rest[3]); r.OK == nil || *r.OK != "no newline at the end" {
		t.Errorf("the last line: %s", rest[3])
	}
}
