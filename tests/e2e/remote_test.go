package e2e_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestRemoteCommands runs the scripts of testdata/remote: the commands that call a server, on each way to run one.
func TestRemoteCommands(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		hello := published(t, c, "hello-cli", cloud.Answering("hello"))
		mocks, err := url.Parse(hello.URL)
		check(t, err)
		testscript.Run(t, testscript.Params{
			Dir: filepath.Join("testdata", "remote"),
			Setup: func(env *testscript.Env) error {
				env.Setenv("PATH", string(binaries)+string(os.PathListSeparator)+env.Getenv("PATH"))
				env.Setenv("XDG_CONFIG_HOME", env.WorkDir)
				env.Setenv("PORT", mocks.Port())
				for _, v := range c.Environ() {
					name, value, _ := strings.Cut(v, "=")
					env.Setenv(name, value)
				}
				return nil
			},
			RequireExplicitExec: true,
			RequireUniqueNames:  true,
		})
	})
}
