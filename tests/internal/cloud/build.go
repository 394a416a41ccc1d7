// Package cloud runs mocloud as black-box tests see it: as `mocloud up`, or as five processes with Postgres, Redis and an S3 server,
// with a client of its HTTP API and one of its mocks.
package cloud

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Binaries is a folder with the programs under test.
type Binaries string

// mocloud is the program that a person runs; the others are the services.
const mocloud = "mocloud"

// services in the order in which they start.
func services() []string { return []string{"proxy", "api", "yamlgen", "mockserver", "cloudops"} }

// Main builds the programs, gives them to the tests and runs them. Call it from TestMain:
//
//	func TestMain(m *testing.M) { cloud.Main(m, &binaries) }
func Main(m *testing.M, binaries *Binaries) {
	code, err := run(m, binaries)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func run(m *testing.M, binaries *Binaries) (int, error) {
	dir, err := os.MkdirTemp("", "mocloud-bin-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a leftover in the temporary folder is no failure
	// Other users run the programs too, where a test needs somebody who may not write.
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // It holds programs, no secrets.
		return 1, err
	}
	if err := build(dir, "cmd", mocloud); err != nil {
		return 1, err
	}
	for _, service := range services() {
		if err := build(dir, filepath.Join("services", service), filepath.Join("cmd", service)); err != nil {
			return 1, err
		}
	}
	*binaries = Binaries(dir)
	return m.Run(), nil
}

// build builds a program in its module by itself, with the settings of `go build work`, which filled the build cache.
func build(dir, module, program string) error {
	cmd := exec.Command("go", "build", "-tags="+os.Getenv("TEST_BUILD_TAGS"), "-ldflags=-s -w", "-o", dir+string(filepath.Separator), "./"+program) //nolint:noctx // The test's own timeout ends it.
	cmd.Dir = filepath.Join(repository(), module)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s in %s: %w\n%s", program, module, err, out)
	}
	return nil
}

// repository is the root of the source tree that this file is in.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}
