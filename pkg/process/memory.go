package process

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// LimitMemory makes the garbage collector keep to nine tenths of so many bytes or, with 0, of what the container allows, so that a
// burst is collected rather than killed. GOMEMLIMIT in the environment goes before both. It returns the limit; 0: there is none.
func LimitMemory(bytes int64) int64 {
	if os.Getenv("GOMEMLIMIT") != "" {
		if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
			return limit
		}
		return 0
	}
	if bytes == 0 {
		bytes = containerMemory(os.ReadFile)
	}
	if bytes <= 0 {
		return 0
	}
	limit := bytes / 10 * 9
	debug.SetMemoryLimit(limit)
	return limit
}

// containerMemory is what the control group of this process allows, in either version; 0 if it allows everything.
func containerMemory(read func(name string) ([]byte, error)) int64 {
	const root = "/sys/fs/cgroup"
	own := "/"
	if groups, err := read("/proc/self/cgroup"); err == nil {
		for line := range strings.SplitSeq(string(groups), "\n") {
			if name, ok := strings.CutPrefix(line, "0::"); ok {
				own = name
			}
		}
	}
	least := int64(0)
	take := func(name string) {
		text, err := read(name)
		if err != nil {
			return
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is none
		const all = 1 << 60                                                 // version 1 says so when there is none
		if err == nil && n > 0 && n < all && (least == 0 || n < least) {
			least = n
		}
	}
	for dir := path.Clean("/" + own); ; dir = path.Dir(dir) { // those above bound it too
		take(path.Join(root, dir, "memory.max"))
		if dir == "/" {
			break
		}
	}
	take(path.Join(root, "memory", "memory.limit_in_bytes"))
	return least
}

// ParseBytes reads a size such as 512MiB, 2GB or 1073741824.
func ParseBytes(text string) (int64, error) {
	number := strings.TrimRight(text, "BKMGiTbkmgt")
	unit := strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(text[len(number):], "B"), "b"))
	n, err := strconv.ParseInt(number, 10, 64)
	factor, ok := map[string]int64{
		"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40,
	}[unit]
	if err != nil || !ok || n <= 0 || n > math.MaxInt64/factor {
		return 0, fmt.Errorf("%q %w", text, errSize)
	}
	return n * factor, nil
}

var errSize = errors.New("is not a size: write it like 512MiB or 2GB")
