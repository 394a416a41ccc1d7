package e2e_test

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestConsoleApart: the console's main flows pass on the services apart, too. It takes Node, Chromium and the console's files, and is
// asked for with CONSOLE_FLOWS, the names of the flows.
func TestConsoleApart(t *testing.T) {
	flows := strings.Fields(os.Getenv("CONSOLE_FLOWS"))
	if len(flows) == 0 {
		t.Skip("run it with `make test-web-apart`")
	}
	api, mocks, token := cloud.Start(t, binaries, cloud.Apart).Addresses()
	_, port, err := net.SplitHostPort(mocks)
	check(t, err)
	run := exec.CommandContext(t.Context(), "npm", append([]string{"run", "--silent", "e2e", "--"}, flows...)...)
	run.Dir = "../../web"
	run.Env = append(os.Environ(), "MOCLOUD_URL="+api, "MOCLOUD_TOKEN="+token, "MOCLOUD_MOCKS_PORT="+port)
	out, err := run.CombinedOutput()
	t.Logf("%s", out)
	check(t, err)
}
