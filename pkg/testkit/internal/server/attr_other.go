//go:build unix && !linux

package server

import "syscall"

// childAttr keeps a terminal's Ctrl-C from the server, which is its owner's to stop.
func childAttr(credential *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: credential}
}

// waitStopped trusts the system that a stop signal takes effect at once.
func waitStopped(int) error { return nil }
