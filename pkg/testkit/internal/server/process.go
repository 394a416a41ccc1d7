// Package server starts Postgres, Redis and S3 servers as child processes on loopback.
package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/mocloud/mocloud/pkg/testkit/port"
)

const (
	readyTimeout = 2 * time.Minute // a loaded machine takes seconds for what else takes milliseconds
	stopTimeout  = time.Minute
	probeEvery   = 20 * time.Millisecond
	logTail      = 2000 // bytes
)

// Process is a server that can be started again on the same port and the same data. It is not safe for concurrent use.
type Process struct {
	// URL is where clients find the server; it stays the same over restarts.
	URL string

	name       string
	port       *port.Reserved
	more       *port.Reserved // a second one, if it is not nil
	dir        string         // removed by Remove
	path       string
	args       []string
	env        []string
	clock      string // the file that shifts its time, "" if it has the machine's
	credential *syscall.Credential
	stopSignal syscall.Signal
	killSignal syscall.Signal // SIGKILL if 0
	ready      func(ctx context.Context) error

	cmd   *exec.Cmd
	done  chan struct{} // closed when the process has ended
	ended error         // the result of Wait, once done is closed
}

// Start starts the process and waits until it answers.
func (p *Process) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		err := p.launch()
		if err == nil {
			err = p.waitReady(ctx)
		}
		if err == nil {
			return nil
		}
		err = errors.Join(fmt.Errorf("start %s: %w%s", p.name, err, p.tail()), p.Kill())
		// After a kill the port or the shared memory may be taken for a moment more.
		select {
		case <-ctx.Done():
			return err
		case <-time.After(probeEvery):
		}
	}
}

func (p *Process) launch() error {
	log, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd := exec.Command(p.path, p.args...) //nolint:noctx // It outlives the call; Stop and Kill end it.
	cmd.Dir = p.dir
	cmd.Env = append(append(os.Environ(), "LC_ALL=C"), p.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttr(p.credential)
	if err := cmd.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	p.cmd, p.done = cmd, make(chan struct{})
	go func() {
		defer close(p.done)
		p.ended = errors.Join(cmd.Wait(), log.Close())
	}()
	return nil
}

func (p *Process) waitReady(ctx context.Context) error {
	for {
		err := p.ready(ctx)
		select {
		case <-p.done: // whoever answers is another
			p.cmd = nil
			return fmt.Errorf("it exited unexpectedly: %w", p.ended)
		default:
		}
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(probeEvery):
		}
	}
}

// Kill ends the process in the middle of what it does and waits for its end. It does nothing to one that has ended.
func (p *Process) Kill() error {
	if p.killSignal != 0 {
		return p.end(p.killSignal)
	}
	return p.end(syscall.SIGKILL)
}

// Stop ends the process as its manual says, or kills it when it takes too long.
func (p *Process) Stop() error { return p.end(p.stopSignal) }

func (p *Process) end(signal syscall.Signal) error {
	if p.cmd == nil {
		return nil
	}
	defer func() { p.cmd = nil }()
	// One that was paused would not hear anything else.
	_ = p.cmd.Process.Signal(syscall.SIGCONT) // it may have ended by itself
	_ = p.cmd.Process.Signal(signal)
	select {
	case <-p.done: // its exit code says that it got the signal
		return nil
	case <-time.After(stopTimeout):
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	return fmt.Errorf("%s did not stop within %v and was killed%s", p.name, stopTimeout, p.tail())
}

// Pause stops the process where it is: connections stay open and nothing answers.
func (p *Process) Pause() error {
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	return waitStopped(p.cmd.Process.Pid)
}

// Resume lets a paused process go on.
func (p *Process) Resume() error { return p.signal(syscall.SIGCONT) }

func (p *Process) signal(signal syscall.Signal) error {
	if p.cmd == nil {
		return fmt.Errorf("%s is not running", p.name)
	}
	return p.cmd.Process.Signal(signal)
}

// Remove stops the process, removes its data and gives its port back.
func (p *Process) Remove() error {
	errs := []error{p.Stop(), os.RemoveAll(p.dir), p.port.Release()}
	if p.more != nil {
		errs = append(errs, p.more.Release())
	}
	return errors.Join(errs...)
}

func (p *Process) logFile() string { return filepath.Join(p.dir, "log") }

// tail is the end of the server's log, for errors.
func (p *Process) tail() string {
	content, err := os.ReadFile(p.logFile())
	if err != nil || len(content) == 0 {
		return ""
	}
	return "; it said:\n" + strings.TrimSpace(string(content[max(0, len(content)-logTail):]))
}

// place is where a server keeps its data and listens.
func place(name string) (dir string, at *port.Reserved, err error) {
	if at, err = port.Reserve(); err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp("", "mocloud-"+name+"-"); err != nil {
		return "", nil, errors.Join(err, at.Release())
	}
	return dir, at, nil
}

// find looks for a program on the PATH and then at the given places (patterns as of filepath.Glob).
func find(program, install string, places ...string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	for _, place := range places {
		matches, err := filepath.Glob(filepath.Join(place, program))
		if err != nil {
			return "", err
		}
		if len(matches) > 0 {
			return matches[len(matches)-1], nil
		}
	}
	return "", fmt.Errorf("%s is not installed: %s", program, install)
}

func dial(ctx context.Context, address string) error {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}
