package flags_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocloud/mocloud/cmd/internal/flags"
)

func TestWait(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("7s", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]struct {
		wait time.Duration
		args string
	}{
		"mock.yml":                    {0, "mock.yml"},
		"mock.yml --wait":             {30 * time.Second, "mock.yml"},
		"--wait mock.yml":             {30 * time.Second, "mock.yml"},
		"mock.yml --wait 60s":         {time.Minute, "mock.yml"},
		"--wait 60s mock.yml":         {time.Minute, "mock.yml"},
		"--wait=60s mock.yml":         {time.Minute, "mock.yml"},
		"--wait=60 mock.yml":          {time.Minute, "mock.yml"},
		"--wait 60 mock.yml":          {time.Minute, "mock.yml"},
		"--wait 1m30s mock.yml":       {90 * time.Second, "mock.yml"},
		"--wait 1.5s mock.yml":        {1500 * time.Millisecond, "mock.yml"},
		"--wait 500ms a.yml b.yml":    {500 * time.Millisecond, "a.yml b.yml"},
		"--wait 7s":                   {30 * time.Second, "7s"}, // it is a file
		"a.yml --wait ./60s":          {30 * time.Second, "a.yml ./60s"},
		"--wait -- 60s":               {30 * time.Second, "60s"},
		"-- --wait 60s":               {0, "--wait 60s"},
		"a.yml --wait 2024-01-01.yml": {30 * time.Second, "a.yml 2024-01-01.yml"},
	} {
		var got time.Duration
		set := pflag.NewFlagSet("push", pflag.ContinueOnError)
		flags.Wait(set, &got, 30*time.Second, "wait")
		if err := set.Parse(flags.Join(strings.Fields(line))); err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if args := strings.Join(set.Args(), " "); got != want.wait || args != want.args {
			t.Errorf("%s: waits %s for %q", line, got, args)
		}
	}
	for _, line := range []string{"--wait=soon", "--wait=-5s", "--wait=0", "--wait=", "--wait=5x"} {
		var got time.Duration
		set := pflag.NewFlagSet("push", pflag.ContinueOnError)
		flags.Wait(set, &got, 30*time.Second, "wait")
		if err := set.Parse([]string{line}); err == nil || !strings.Contains(err.Error(), "write a duration such as 60s") {
			t.Errorf("%s: %v", line, err)
		}
	}
}
