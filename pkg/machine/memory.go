// Package machine says what the machine has that a process runs on.
package machine

import (
	"fmt"
	"os"
	"strings"
)

// unknownMemory is what a machine is taken to have that does not say.
const unknownMemory = 4 << 30

// Memory is how much memory the machine has, in bytes; 4 GiB where it does not say.
func Memory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return unknownMemory
	}
	for line := range strings.Lines(string(text)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "MemTotal: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return unknownMemory
}
