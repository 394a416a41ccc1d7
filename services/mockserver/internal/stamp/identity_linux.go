package stamp

import (
	"fmt"
	"io/fs"
	"syscall"
)

// identity is which file it is, and when anything about it changed last.
func identity(info fs.FileInfo) string {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d-%d-%d.%d", s.Dev, s.Ino, s.Ctim.Sec, s.Ctim.Nsec)
}
