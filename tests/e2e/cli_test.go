package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestCommandLine runs the scripts of testdata/script with mocloud on the PATH.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", string(binaries)+string(os.PathListSeparator)+env.Getenv("PATH"))
			return nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// TestRunFile: `mocloud run` serves a file without any cloud, reloads it when it is edited, keeps the last good one, and stops.
func TestRunFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mock.yml")
	write := func(content string) {
		t.Helper()
		check(t, os.WriteFile(file, []byte(content), 0o600))
	}
	write(cloud.Answering("one"))
	_, port, err := net.SplitHostPort(cloud.FreeAddress(t))
	check(t, err)
	p := cloud.NewProcess(t, binaries, "mocloud", nil, "run", file, "--port", port, "--watch")
	p.Start()
	client := &http.Client{Timeout: time.Minute}
	t.Cleanup(client.CloseIdleConnections)
	becomes := func(want string) {
		t.Helper()
		cloud.Eventually(t, "it answers "+want, func() error {
			answer, err := cloud.Get(t.Context(), client, "http://127.0.0.1:"+port+"/answer")
			if err == nil && answer.Body != want {
				err = fmt.Errorf("%d %q", answer.Status, answer.Body)
			}
			return err
		})
	}
	becomes("one")
	write(cloud.Answering("two"))
	becomes("two")
	write("- endpoint: [")
	cloud.Eventually(t, "it says what is wrong", func() error {
		if said := p.Stdout() + p.Stderr(); !strings.Contains(said, file+":1:") {
			return fmt.Errorf("it says:\n%s", said)
		}
		return nil
	})
	becomes("two")
	write(cloud.Answering("three"))
	becomes("three")
	if code := p.Stop(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}
