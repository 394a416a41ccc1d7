//go:build compose

// Package compose_test tests the stack of docker-compose.yml as `make up` starts it: it answers, it loses nothing when each of its
// containers is restarted and killed, and what it is made of is as small and as closed as it should be.
package compose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// patience bounds every wait: images are built and databases start on small machines.
const patience = 20 * time.Minute

// stack is a Compose project of the test's own.
type stack struct {
	t       *testing.T
	folder  string // the repository
	env     string // path of its .env
	project string
}

func TestStack(t *testing.T) {
	s := start(t)
	c := cloud.Standing(t, "http://127.0.0.1:"+s.setting("API_PORT"), s.setting("MOCLOUD_ADMIN_TOKEN"))

	t.Run("the first mock answers", func(t *testing.T) {
		s.answers(t, c, "http://hello-dev.localhost:"+s.setting("MOCKS_PORT")+"/hello/world", "world")
	})
	t.Run("the console is served", func(t *testing.T) {
		answer, err := c.Call(t.Context(), "http://127.0.0.1:"+s.setting("API_PORT")+"/")
		check(t, err)
		if answer.Status != http.StatusOK || !strings.Contains(answer.Body, "<html") {
			t.Errorf("%d %.200s", answer.Status, answer.Body)
		}
	})

	const bystanders = 20
	still := make([]cloud.Mock, bystanders)
	for i := range still {
		still[i] = publish(t, c, fmt.Sprintf("still-%d", i), cloud.Answering(fmt.Sprintf("still %d", i)))
	}
	edited := publish(t, c, "edited", cloud.Answering("at first"))
	for _, service := range strings.Fields(s.compose(t, "config", "--services")) {
		for _, how := range []string{"restart", "kill"} {
			t.Run(how+" "+service, func(t *testing.T) {
				if how == "restart" {
					s.compose(t, "restart", service)
				} else {
					s.compose(t, "kill", service)
					s.compose(t, "up", "--detach", "--no-build", service)
				}
				s.ready(t)
				want := how + " " + service
				var err error
				edited, err = c.Update(t.Context(), edited.ID, cloud.Answering(want))
				check(t, err)
				check(t, c.WaitFor(t.Context(), edited.ID, edited.Revision, cloud.Published))
				s.answers(t, c, edited.URL+"/answer", want)
				for i, each := range still {
					s.answers(t, c, each.URL+"/answer", fmt.Sprintf("still %d", i))
				}
			})
		}
	}
	t.Run("no mock is lost", func(t *testing.T) {
		all, err := c.List(t.Context())
		check(t, err)
		there := map[string]bool{}
		for _, each := range all {
			there[each.Slug] = true
		}
		for _, each := range append(still, edited) {
			if !there[each.Slug] {
				t.Errorf("%s is lost", each.Slug)
			}
		}
	})
	t.Run("services are confined", func(t *testing.T) {
		for _, service := range []string{"api", "yamlgen", "mockserver", "cloudops", "proxy"} {
			id := strings.TrimSpace(s.compose(t, "ps", "--quiet", service))
			var of []struct {
				Config     struct{ User string }
				HostConfig struct {
					ReadonlyRootfs bool
					CapDrop        []string
				}
				Image string
			}
			check(t, json.Unmarshal([]byte(s.docker(t, "inspect", id)), &of))
			if got := of[0]; got.Config.User == "" || got.Config.User == "root" || !got.HostConfig.ReadonlyRootfs || len(got.HostConfig.CapDrop) == 0 {
				t.Errorf("%s runs as %q, read-only %t, without %v", service, got.Config.User, got.HostConfig.ReadonlyRootfs, got.HostConfig.CapDrop)
			}
			size, err := strconv.ParseInt(strings.TrimSpace(s.docker(t, "image", "inspect", "--format", "{{.Size}}", of[0].Image)), 10, 64)
			check(t, err)
			t.Logf("image of %s: %.1f MB", service, float64(size)/1e6)
		}
	})
	t.Run("no secret is logged", func(t *testing.T) {
		logs := s.compose(t, "logs", "--no-color")
		for _, name := range []string{"POSTGRES_PASSWORD", "REDIS_PASSWORD", "S3_SECRET_KEY", "MOCLOUD_ADMIN_TOKEN", "CLOUDOPS_PROXY_TOKEN", "MOCKSERVER_EGRESS_TOKEN"} {
			if strings.Contains(logs, s.setting(name)) {
				t.Errorf("%s is in the logs", name)
			}
		}
	})
}

// start builds and starts the stack as `make up` does, under a project and on ports of the test's own; it is removed afterwards.
func start(t *testing.T) *stack {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	s := &stack{t: t, folder: filepath.Join(filepath.Dir(file), "..", ".."), project: "mocloud-test", env: filepath.Join(t.TempDir(), "env")}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.compose(t, "ps", "--all"), s.compose(t, "logs", "--no-color", "--tail", "50"))
		}
		s.compose(t, "down", "--volumes", "--timeout", "20")
	})
	up := s.command(t, "deploy/scripts/up")
	up.Env = append(up.Env, "API_PORT="+free(t), "MOCKS_PORT="+free(t))
	out, err := up.CombinedOutput()
	if err != nil {
		t.Fatalf("make up: %v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("mocloud is up.")) || !bytes.Contains(out, []byte("/signin?code=")) {
		t.Errorf("make up ends with:\n%s", out[max(0, len(out)-2000):])
	}
	info, err := os.Stat(s.env)
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file of secrets has the mode %v", info.Mode())
	}
	return s
}

// command is a command in the repository with the stack's own settings.
func (s *stack) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), "COMPOSE_PROJECT_NAME="+s.project, "MOCLOUD_ENV_FILE="+s.env)
	return cmd
}

func (s *stack) compose(t *testing.T, args ...string) string {
	t.Helper()
	return s.docker(t, append([]string{"compose", "--env-file", s.env, "--project-name", s.project}, args...)...)
}

func (s *stack) docker(t *testing.T, args ...string) string {
	t.Helper()
	cmd := s.command(t, "docker", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// setting reads the stack's .env.
func (s *stack) setting(name string) string {
	s.t.Helper()
	content, err := os.ReadFile(s.env)
	check(s.t, err)
	for line := range strings.Lines(string(content)) {
		if value, ok := strings.CutPrefix(line, name+"="); ok {
			return strings.TrimSpace(value)
		}
	}
	s.t.Fatalf("%s is not set", name)
	return ""
}

// ready waits until every container is healthy.
func (s *stack) ready(t *testing.T) {
	t.Helper()
	s.compose(t, "up", "--detach", "--no-build", "--wait")
}

func (s *stack) answers(t *testing.T, c *cloud.Client, url, want string) {
	t.Helper()
	answer, err := c.Call(t.Context(), url)
	check(t, err)
	if answer.Status != http.StatusOK || !strings.Contains(answer.Body, want) {
		t.Errorf("%s answers %d %q, not %q", url, answer.Status, answer.Body, want)
	}
}

func publish(t *testing.T, c *cloud.Client, slug, content string) cloud.Mock {
	t.Helper()
	mock, err := c.Create(t.Context(), slug, content)
	check(t, err)
	check(t, c.Publish(t.Context(), mock.ID))
	check(t, c.WaitFor(t.Context(), mock.ID, mock.Revision, cloud.Published))
	return mock
}

// free is a port that nobody uses at the moment.
func free(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
