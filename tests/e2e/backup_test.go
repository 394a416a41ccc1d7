package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestBackup puts the database back to what it was, as docs/guides/backup.md says: what was published then answers, what came later
// is gone, and publishing goes on.
func TestBackup(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		backup, restore := withMocloud(t, c)
		if c.DatabaseURL != "" {
			backup, restore = withPostgresTools(t, c)
		}
		kept := published(t, c, "kept", cloud.Answering("before"))
		deleted := published(t, c, "deleted-later", cloud.Answering("still there"))
		backup()
		kept = edited(t, c, kept, cloud.Answering("after"))
		later := published(t, c, "later", cloud.Answering("never backed up"))
		check(t, c.Delete(t.Context(), deleted.ID))
		restore()

		check(t, c.WaitFor(t.Context(), kept.ID, 1, cloud.Published))
		check(t, c.WaitFor(t.Context(), deleted.ID, 1, cloud.Published))
		answers(t, c, kept.URL+"/answer", "before")
		answers(t, c, deleted.URL+"/answer", "still there")
		gone(t, c, later, "/answer")
		kept = edited(t, c, kept, cloud.Answering("edited after the restore"))
		answers(t, c, kept.URL+"/answer", "edited after the restore")
	})
}

// withMocloud backs `mocloud up` up, while it runs.
func withMocloud(t *testing.T, c *cloud.Cloud) (backup, restore func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.tar.gz")
	mocloud := filepath.Join(string(binaries), "mocloud")
	return func() {
			execute(t, nil, mocloud, "backup", "--data", c.Data(), file)
		}, func() {
			c.StopAll()
			check(t, os.Rename(c.Data(), c.Data()+".old"))
			execute(t, nil, mocloud, "backup", "restore", "--data", c.Data(), file)
			c.StartAll()
		}
}

// withPostgresTools backs the services apart up. Only the api stops meanwhile: mocks keep answering.
func withPostgresTools(t *testing.T, c *cloud.Cloud) (backup, restore func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.dump")
	mocloud := filepath.Join(string(binaries), "mocloud")
	return func() {
			execute(t, nil, "pg_dump", "--format=custom", "--file="+file, c.DatabaseURL)
		}, func() {
			if code := c.Process("api").Stop(); code != 0 {
				t.Fatalf("the api ended with %d", code)
			}
			execute(t, nil, "pg_restore", "--clean", "--if-exists", "--single-transaction", "--dbname="+c.DatabaseURL, file)
			execute(t, []string{"DATABASE_URL=" + c.DatabaseURL}, mocloud, "migrate", "--restored")
			c.Process("api").Start()
			c.WaitReady("api")
		}
}

func execute(t *testing.T, env []string, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
}
