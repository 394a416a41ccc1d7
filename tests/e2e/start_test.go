package e2e_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestCannotStart: what stops `mocloud up` is explained in one sentence, with an exit code for scripts.
func TestCannotStart(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	taken := listener.Addr().String()

	corrupt := t.TempDir()
	check(t, os.WriteFile(filepath.Join(corrupt, "mocloud.db"), []byte(strings.Repeat("this is no database ", 500)), 0o600))

	locked := filepath.Join(t.TempDir(), "locked")
	check(t, os.Mkdir(locked, 0o500))
	check(t, os.Chmod(filepath.Dir(locked), 0o755))
	check(t, os.Chmod(filepath.Dir(filepath.Dir(locked)), 0o755))
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o600))

	for _, test := range []struct {
		name string
		args []string
		says []string
	}{
		{"api port in use", []string{"--data", t.TempDir(), "--api", taken}, []string{taken, "in use", "--api"}},
		{"mocks port in use", []string{"--data", t.TempDir(), "--mocks", taken}, []string{taken, "in use", "--mocks"}},
		{"ops port in use", []string{"--data", t.TempDir(), "--ops", taken}, []string{taken, "in use", "--ops"}},
		{"folder cannot be written", []string{"--data", filepath.Join(locked, "data")}, []string{filepath.Join(locked, "data"), "--data"}},
		{"folder is a file", []string{"--data", file}, []string{file}},
		{"corrupt database", []string{"--data", corrupt}, []string{filepath.Join(corrupt, "mocloud.db")}},
		{"address that is none", []string{"--data", t.TempDir(), "--api", "nowhere"}, []string{"nowhere"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"up", "--api", "127.0.0.1:0", "--mocks", "127.0.0.1:0", "--ops", "127.0.0.1:0"}, test.args...)
			p := cloud.NewProcess(t, binaries, "mocloud", nil, args...)
			if os.Geteuid() == 0 && strings.Contains(test.name, "cannot be written") {
				p.StartAs(65534, 65534) // root may write everywhere
			} else {
				p.Start()
			}
			if code := p.Wait(); code == 0 {
				t.Error("it ended with 0")
			}
			said := strings.TrimSpace(p.Stderr())
			if strings.Count(said, "\n") > 0 || !strings.HasPrefix(said, "mocloud: ") {
				t.Errorf("it said more or less than one sentence:\n%s", said)
			}
			for _, want := range test.says {
				if !strings.Contains(said, want) {
					t.Errorf("it said %q, want it to mention %q", said, want)
				}
			}
			if strings.Contains(p.Stdout(), "is up") {
				t.Error("it said that it is up")
			}
		})
	}
}

// TestSecondInstance: two processes never share a data folder.
func TestSecondInstance(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	args := []string{"up", "--data", data, "--api", "127.0.0.1:0", "--mocks", "127.0.0.1:0", "--ops", "127.0.0.1:0"}
	first := cloud.NewProcess(t, binaries, "mocloud", nil, args...)
	first.Start()
	cloud.Eventually(t, "the first is up", func() error {
		if !strings.Contains(first.Stdout(), "is up") {
			return os.ErrNotExist
		}
		return nil
	})
	second := cloud.NewProcess(t, binaries, "mocloud", nil, args...)
	second.Start()
	if code := second.Wait(); code == 0 || !strings.Contains(second.Stderr(), data) {
		t.Errorf("the second ended with %d: %s", code, second.Stderr())
	}
	if code := first.Stop(); code != 0 {
		t.Errorf("the first ended with %d", code)
	}
}

// TestPastedLines runs the commands of the banner as a person pastes them, one after the other.
func TestPastedLines(t *testing.T) {
	t.Parallel()
	c := cloud.Start(t, binaries, cloud.Embedded)
	mine := filepath.Join(t.TempDir(), "mine.yml")
	check(t, os.WriteFile(mine, []byte(cloud.Answering("mine")), 0o600))
	for _, paste := range []struct{ line, with, want string }{
		{`(?m)^ *(curl http://hello-dev\.localhost:\S+/hello/world)$`, " --silent --show-error --max-time 60", `{"hello":"world!"}`},
		{`(?m)^ *(curl http://localhost:\S+/~dev/hello/hello/world)$`, " --silent --show-error --max-time 60", `{"hello":"world!"}`},
		{`(?m)^ *(\S.* push FILE --wait)$`, "", "http://mine-dev.localhost:"},
		{`(?m)^ *(\S.* list)$`, "", "http://mine-dev.localhost:"},
	} {
		line := strings.Replace(c.Banner(paste.line), " FILE ", " "+mine+" ", 1)
		out, err := exec.CommandContext(t.Context(), "sh", "-c", line+paste.with).CombinedOutput()
		if err != nil || !strings.Contains(strings.Join(strings.Fields(string(out)), ""), paste.want) {
			t.Errorf("%s\nprints %s (%v), want %s", line, out, err, paste.want)
		}
	}
}

// TestInterrupt: Ctrl-C ends every process with 0 within 10 s, whatever is connected.
func TestInterrupt(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		mock := published(t, c, "open", cloud.Answering("x"))
		answers(t, c, mock.URL+"/answer", "x") // leaves idle connections to the api and the mock server
		stop := c.Follow()
		defer stop()
		c.StopAll()
	})
}
