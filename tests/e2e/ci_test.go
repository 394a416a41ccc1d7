package e2e_test

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// ciJob runs shell parts of a CI template in a folder, as the CI system does, with the token of a CI job.
type ciJob struct {
	folder string
	env    []string
}

func newCIJob(t *testing.T, c *cloud.Cloud) *ciJob {
	t.Helper()
	j := &ciJob{folder: t.TempDir()}
	j.env = append(append(os.Environ(), c.Environ()...), "XDG_CONFIG_HOME="+t.TempDir(), "PATH="+string(binaries)+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := j.run("mocloud tokens create "+strings.ToLower(strings.NewReplacer("/", "-").Replace(t.Name()))+" --json --expires 1d --scope workspaces:read --scope mocks:read --scope mocks:write --scope requests:read", "")
	var made struct{ Secret string }
	if err != nil || yaml.Unmarshal([]byte(out), &made) != nil || made.Secret == "" {
		t.Fatalf("token: %v\n%s", err, out)
	}
	j.env = append(j.env, "MOCLOUD_TOKEN="+made.Secret)
	return j
}

// run runs a script with bash, which the runners of both systems use, and returns what it printed.
func (j *ciJob) run(script, variables string) (string, error) {
	var out, problems bytes.Buffer
	command := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	command.Dir, command.Stdout, command.Stderr = j.folder, &out, &problems
	command.Env = append(j.env, strings.Fields(variables)...)
	err := command.Run()
	return out.String() + problems.String(), err
}

// write writes the files of a job: a mock, and what is expected of its requests.
func (j *ciJob) write(t *testing.T, slug string) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Join(j.folder, "mocks"), 0o700))
	check(t, os.WriteFile(filepath.Join(j.folder, "mocks", slug+".yml"), []byte("- endpoint: {method: POST, path: /orders, response: {status: 201, body: ok}}\n"), 0o600))
	check(t, os.WriteFile(filepath.Join(j.folder, "expect.yml"), []byte("- if: {request.method: POST, request.path: /orders}\n  times: 1\n"), 0o600))
}

// call calls the mock as a job's tests do: at the address that the server says.
func (j *ciJob) call(t *testing.T, slug string) {
	t.Helper()
	out, err := j.run("mocloud list --json", "")
	check(t, err)
	var mocks []struct{ Slug, URL string }
	check(t, yaml.Unmarshal([]byte(out), &mocks))
	for _, m := range mocks {
		if m.Slug != slug {
			continue
		}
		at, err := url.Parse(m.URL)
		check(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:"+at.Port()+"/orders", http.NoBody)
		check(t, err)
		r.Host = at.Host
		response, err := http.DefaultTransport.RoundTrip(r)
		check(t, err)
		check(t, response.Body.Close())
		if response.StatusCode != http.StatusCreated {
			t.Fatalf("%s answers %s", m.URL, response.Status)
		}
		return
	}
	t.Fatalf("%s is not in the list:\n%s", slug, out)
}

// plays runs a whole job: it publishes, verifies before and after its tests call the mock, and names a folder that is not there.
func (j *ciJob) plays(t *testing.T, slug, push, verify, report string) {
	t.Helper()
	j.write(t, slug)
	if out, err := j.run(push, "PUSH=mocks"); err != nil {
		t.Fatalf("publish: %v\n%s", err, out)
	}
	variables := "VERIFY=" + slug + " EXPECT=expect.yml JUNIT=" + report
	out, err := j.run(verify, variables)
	if err == nil || !strings.Contains(out, "/orders") {
		t.Errorf("nobody called, yet it is verified: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(j.folder, report))
	if err != nil || !bytes.Contains(text, []byte("<failure")) {
		t.Errorf("the report has no failure: %v\n%s", err, text)
	}
	j.call(t, slug)
	if out, err := j.run(verify, variables); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
	if out, err := j.run(push, "PUSH=missing"); err == nil || !strings.Contains(out, "missing") {
		t.Errorf("a folder that is not there is published: %v\n%s", err, out)
	}
}

// TestGitHubAction runs the steps of integrations/github.
func TestGitHubAction(t *testing.T) {
	text, err := os.ReadFile("../../integrations/github/action.yml")
	check(t, err)
	var action struct {
		Inputs map[string]struct{ Description string }
		Runs   struct {
			Using string
			Steps []struct {
				Name, Run, Shell string
				Env              map[string]string
			}
		}
	}
	check(t, yaml.Unmarshal(text, &action))
	steps := map[string]string{}
	for _, s := range action.Runs.Steps {
		steps[s.Name] = s.Run
		for name, value := range s.Env {
			input := strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")
			if _, ok := action.Inputs[input]; !ok {
				t.Errorf("%s is %s, which is no input", name, value)
			}
		}
		if s.Run != "" && (s.Shell != "bash" || strings.Contains(s.Run, "${{")) {
			t.Errorf("step %q: inputs belong into variables, or what they hold would be run", s.Name)
		}
	}
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		j := newCIJob(t, c)
		if out, err := j.run(steps["Build mocloud"], ""); err != nil { // it is on the PATH
			t.Errorf("build: %v\n%s", err, out)
		}
		j.plays(t, "ci-action", steps["Publish"], steps["Verify"], "report.xml")
		for _, nothing := range []string{"Publish", "Verify"} {
			if out, err := j.run(steps[nothing], ""); err != nil || out != "" {
				t.Errorf("%s without input: %v\n%s", nothing, err, out)
			}
		}
	})
}

// TestGitLabTemplate runs the jobs of integrations/gitlab.
func TestGitLabTemplate(t *testing.T) {
	text, err := os.ReadFile("../../integrations/gitlab/mocloud.yml")
	check(t, err)
	var jobs map[string]struct {
		Extends      string
		BeforeScript []string `yaml:"before_script"`
		Script       []string
		Artifacts    struct{ Reports struct{ Junit string } }
	}
	check(t, yaml.Unmarshal(text, &jobs))
	script := func(name string) string {
		job := jobs[name]
		return strings.Join(append(jobs[job.Extends].BeforeScript, job.Script...), "\n")
	}
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		newCIJob(t, c).plays(t, "ci-gitlab", script(".mocloud-push"), script(".mocloud-verify"), jobs[".mocloud-verify"].Artifacts.Reports.Junit)
	})
}
