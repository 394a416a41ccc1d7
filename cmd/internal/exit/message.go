package exit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

// Message is what a user reads of err: without the words of the Go library, where it is an error of the system.
func Message(err error) string {
	message := err.Error()
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return strings.Replace(message, e.Error(), Quoted(e.Path)+": "+Reason(e.Err), 1)
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return strings.Replace(message, e.Error(), Quoted(e.New)+": "+Reason(e.Err), 1)
	}
	return message
}

// Quoted is a path as people read it.
func Quoted(path string) string {
	if path == "" || strings.ContainsAny(path, " \t\n\"") {
		return fmt.Sprintf("%q", path)
	}
	return path
}

// Reason is why something of the system failed, in plain words.
func Reason(err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return "there is no host " + e.Name
		}
		return "cannot look up the address of " + e.Name + ""
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or folder"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.Is(err, fs.ErrExist):
		return "it already exists"
	case errors.Is(err, syscall.EISDIR):
		return "it is a folder"
	case errors.Is(err, syscall.ENOTDIR):
		return "part of the path is a file"
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "the connection was reset"
	case errors.Is(err, context.DeadlineExceeded), os.IsTimeout(err):
		return "no answer in time"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
