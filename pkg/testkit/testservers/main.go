// Command testservers starts fresh Postgres, Redis and S3 servers on free ports of loopback, runs a command with TEST_POSTGRES_URL,
// TEST_REDIS_URL and TEST_S3_URL set to them, and stops them whatever happens. A variable that is set already is
// left as it is, and its server is not started. It ends with the command's exit code.
//
//	testservers -- go test ./...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/mocloud/mocloud/pkg/testkit/internal/server"
)

// stopTimeout is how long the command may take to stop before it is killed.
const stopTimeout = 15 * time.Second

// main stays on its thread: the system ends the servers when the thread that started them is gone.
func main() {
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code, err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testservers:", err)
	}
	os.Exit(code)
}

func run(ctx context.Context, args []string) (code int, err error) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 2, errors.New("which command? testservers -- COMMAND [ARGUMENT…]")
	}
	env := os.Environ()
	for _, s := range []struct {
		variable string
		create   func() (*server.Process, error)
	}{
		{"TEST_POSTGRES_URL", server.Postgres},
		{"TEST_REDIS_URL", server.Redis},
		{"TEST_S3_URL", server.S3},
	} {
		if os.Getenv(s.variable) != "" {
			continue
		}
		process, createErr := s.create()
		if createErr != nil {
			return 1, fmt.Errorf("%w (or set %s)", createErr, s.variable)
		}
		defer func() { err = errors.Join(err, process.Remove()) }()
		if err := process.Start(ctx); err != nil {
			return 1, err
		}
		env = append(env, s.variable+"="+process.URL)
	}
	return command(ctx, env, args)
}

// command runs the command in this terminal; when ctx ends it is asked to stop, as Ctrl-C asks.
func command(ctx context.Context, env, args []string) (int, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopTimeout
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(exit.ExitCode(), 1), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
