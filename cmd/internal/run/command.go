package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/services/mockserver"
)

// urlVariable is where a command finds the mock. MOCLOUD_URL is taken: it names the server of the other commands.
const urlVariable = "MOCK_URL"

// The statuses that shells have for a command that cannot be run, or that a signal ended.
const (
	notExecutable = 126
	notFound      = 127
	signalled     = 128
)

// stopWithin is how long a command may take to end after SIGTERM, before it is killed.
const stopWithin = 10 * time.Second

// split tells the files from the command that follows `--`; without `--` there is none.
func split(cmd *cobra.Command, args []string) (files, command []string, err error) {
	dash := cmd.ArgsLenAtDash()
	switch {
	case dash < 0:
		return args, nil, nil
	case dash == 0:
		return nil, nil, exit.With(exit.Usage, errors.New("name at least one file to serve before --, as in `mocloud run pets.yml -- npm test`"))
	case dash == len(args):
		return nil, nil, exit.With(exit.Usage, errors.New("nothing follows --; write the command to run, as in `mocloud run pets.yml -- npm test`"))
	}
	command = args[dash:]
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil, nil, unstarted(command[0], err)
	}
	return args[:dash], command, nil
}

// unstarted says why a command cannot be run.
func unstarted(name string, err error) error {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return exit.With(notFound, fmt.Errorf("there is no command %s; check its name and your PATH", exit.Quoted(name)))
	case errors.Is(err, fs.ErrPermission):
		return exit.With(notExecutable, fmt.Errorf("%s cannot be run: permission denied", exit.Quoted(name)))
	}
	return exit.With(notExecutable, fmt.Errorf("%s cannot be run: %w", exit.Quoted(name), err))
}

// during runs the command once the service says at which URL it answers, stops the service when the command ends, and returns an
// error with the command's status, unless it is 0.
func during(ctx context.Context, cmd *cobra.Command, service *mockserver.Service, ready <-chan string, command []string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		defer stop() // without a mock the command has no business
		served <- service.Run(ctx)
	}()
	var url string
	select {
	case url = <-ready:
	case err := <-served:
		return err
	}
	child := exec.CommandContext(ctx, command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	child.Env = append(os.Environ(), urlVariable+"="+url)
	child.Cancel = func() error { return child.Process.Signal(syscall.SIGTERM) }
	child.WaitDelay = stopWithin
	err := child.Run()
	stop()
	if failed := <-served; failed != nil {
		return failed
	}
	return status(command[0], err)
}

// status gives the end of a command as an error with its status. The command itself has said what was wrong.
func status(name string, err error) error {
	if err == nil {
		return nil
	}
	ended, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return unstarted(name, err)
	}
	code := ended.ExitCode()
	if by, ok := ended.Sys().(syscall.WaitStatus); ok && by.Signaled() {
		code = signalled + int(by.Signal())
	}
	return exit.With(code, errors.New(""))
}
