package cloud

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stopTimeout is how long a process may take to stop when it is asked to (the promise is 10 s).
const stopTimeout = 10 * time.Second

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

// Stop asks the process to stop as Ctrl-C does and returns its exit code; the test fails if that takes longer than promised.
func (p *Process) Stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatalf("stop %s: %v", p.Name, err)
	}
	return p.Wait(stopTimeout)
}

// Wait waits for the process to end by itself and returns its exit code.
func (p *Process) Wait(timeout time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(timeout):
		p.Kill()
		p.t.Fatalf("%s still ran after %v", p.Name, timeout)
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

// freeAddress is one of loopback that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

// Eventually calls try until it returns nil; the test fails with its last error when that takes longer than timeout.
func Eventually(t testing.TB, timeout time.Duration, what string, try func() error) {
	t.Helper()
	deadline := time.Now().Add(timeout)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) || t.Context().Err() != nil {
			t.Fatalf("%s: not within %v: %v", what, timeout, errors.Join(err, t.Context().Err()))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// String is what to call the process in messages.
func (p *Process) String() string { return fmt.Sprintf("%s %s", p.Name, strings.Join(p.args, " ")) }
