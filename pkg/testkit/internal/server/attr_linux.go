package server

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// childAttr keeps a terminal's Ctrl-C from the server, which is its owner's to stop, and ends the server should its owner be killed.
func childAttr(credential *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: credential}
}

// waitStopped waits until every thread of a process has taken its stop signal: until then some go on and answer.
func waitStopped(pid int) error {
	for deadline := time.Now().Add(stopTimeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil {
			return err
		}
		if allStopped(stats) {
			return nil
		}
	}
	return fmt.Errorf("process %d did not stop within %v", pid, stopTimeout)
}

func allStopped(stats []string) bool {
	for _, stat := range stats {
		content, err := os.ReadFile(stat)
		if err != nil {
			return false // a thread has just ended
		}
		_, state, _ := bytes.Cut(content, []byte(") ")) // PID (NAME) STATE …
		if !bytes.HasPrefix(state, []byte("T")) {
			return false
		}
	}
	return len(stats) > 0
}
