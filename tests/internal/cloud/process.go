package cloud

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/testkit/port"
)

// patience bounds everything that a test waits for. A loaded machine takes long for what else takes moments, so that it is only
// there to end a test that would wait forever: what has to be quick is no matter of tests on such a machine, see Report.
const patience = 2 * time.Minute

// Process is one program that can be killed and started again. Its methods fail the test. It is not safe for concurrent use.
type Process struct {
	Name string

	t      testing.TB
	path   string
	args   []string
	env    []string
	stdout *buffer
	stderr *buffer

	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// NewProcess describes a program of binaries; Start starts it. What it still runs at the end of the test is killed, and what it
// said is shown if the test failed.
func NewProcess(t testing.TB, binaries Binaries, name string, env []string, args ...string) *Process {
	t.Helper()
	p := &Process{
		Name: name, t: t, path: filepath.Join(string(binaries), name), args: args, stdout: &buffer{}, stderr: &buffer{},
		env: append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...),
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s said:\n%s%s", name, p.stdout, p.stderr)
		}
	})
	return p
}

// Set gives the program more in its environment, from its next start on; what comes last counts.
func (p *Process) Set(env ...string) { p.env = append(p.env, env...) }

// Start starts the program; it does not wait for anything.
func (p *Process) Start() { p.start(nil) }

// StartAs starts the program as another user.
func (p *Process) StartAs(uid, gid uint32) { p.start(&syscall.Credential{Uid: uid, Gid: gid}) }

func (p *Process) start(credential *syscall.Credential) {
	p.t.Helper()
	cmd := exec.Command(p.path, p.args...) //nolint:noctx // The cleanup of NewProcess ends it.
	cmd.Dir = p.t.TempDir()
	if credential != nil {
		cmd.Dir = "/" // the other user may not enter the test's folders
	}
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, p.stdout, p.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // the exit code is in cmd.ProcessState
	}()
	p.cmd, p.done = cmd, done
}

// Kill ends the process as kill -9 does. It does nothing to one that has ended.
func (p *Process) Kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill() // it may have ended by itself
		<-p.done
	}
}

// Pause has the process sleep, as a machine that is short of everything does, until Resume or Kill.
func (p *Process) Pause() { p.signal(syscall.SIGSTOP) }

// Resume wakes a process that Pause put to sleep.
func (p *Process) Resume() { p.signal(syscall.SIGCONT) }

func (p *Process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("%v to %s: %v", s, p.Name, err)
	}
}

// Stop asks the process to stop as Ctrl-C does and returns its exit code, which is not 0 if that takes longer than promised.
func (p *Process) Stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatalf("stop %s: %v", p.Name, err)
	}
	return p.Wait()
}

// Wait waits for the process to end by itself and returns its exit code.
func (p *Process) Wait() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.Kill()
		p.t.Fatalf("%s still ran after %v", p.Name, patience)
	}
	return p.cmd.ProcessState.ExitCode()
}

// Running tells whether the process has not ended.
func (p *Process) Running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Stdout is everything that the process and those before it wrote to standard output.
func (p *Process) Stdout() string { return p.stdout.String() }

// Stderr is everything that the process and those before it wrote to standard error.
func (p *Process) Stderr() string { return p.stderr.String() }

// buffer is a bounded writer that may be read while a process writes to it: it keeps the end.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

var _ io.Writer = (*buffer)(nil)

const maxOutput = 1 << 20 // bytes

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.text.Len() > maxOutput {
		kept := b.text.String()[maxOutput/2:]
		b.text.Reset()
		b.text.WriteString("…" + kept)
	}
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// FreeAddress is one of loopback that nobody else gets before the end of the test, for a program that the test starts, and starts again.
func FreeAddress(t testing.TB) string {
	t.Helper()
	reserved, err := port.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := reserved.Release(); err != nil {
			t.Error(err)
		}
	})
	return reserved.Address()
}

// Eventually calls try until it returns nil; the test fails with its last error when it does not.
func Eventually(t testing.TB, what string, try func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) || t.Context().Err() != nil {
			t.Fatalf("%s: not within %v: %v", what, patience, errors.Join(err, t.Context().Err()))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// String is what to call the process in messages.
func (p *Process) String() string { return fmt.Sprintf("%s %s", p.Name, strings.Join(p.args, " ")) }
