package server

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

//go:embed clock/clock.c
var clockSource []byte

// OwnClock gives a server that was not started yet a wall clock of its own, which ShiftClock moves. What it measures with
// the monotonic clock stays right, as it does when the clock of a machine is set. It needs Linux and a C compiler.
func (p *Process) OwnClock() error {
	source, library := filepath.Join(p.dir, "clock.c"), filepath.Join(p.dir, "clock.so")
	if err := os.WriteFile(source, clockSource, 0o600); err != nil {
		return err
	}
	cmd := exec.Command("cc", "-shared", "-fPIC", "-O1", "-o", library, source) //nolint:noctx // It ends by itself.
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compile a clock: %w: %s", err, out)
	}
	p.clock = filepath.Join(p.dir, "clock")
	p.env = append(p.env, "LD_PRELOAD="+library, "CLOCK_OFFSET="+p.clock)
	return p.ShiftClock(0)
}

// ShiftClock sets the server's clock that far off the machine's, at once.
func (p *Process) ShiftClock(by time.Duration) error {
	if p.clock == "" {
		return fmt.Errorf("%s has no clock of its own", p.name)
	}
	f, err := os.OpenFile(p.clock, os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // Postgres runs as somebody else.
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(by)), 0); err != nil {
		_ = f.Close() // the error that matters is err
		return err
	}
	return f.Close()
}
