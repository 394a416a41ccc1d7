//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// ticks are how many /proc counts as a second of CPU; the same on every Linux.
const ticks = 100

// machine describes the machine in a few words.
func machine() (string, error) {
	cpus, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "", err
	}
	memory, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "", err
	}
	kib, err := field(memory, "MemTotal:")
	if err != nil {
		return "", err
	}
	model, cores := "unknown processor", 0
	for line := range bytes.Lines(cpus) {
		if name, ok := bytes.CutPrefix(line, []byte("model name")); ok {
			model = strings.TrimLeft(string(bytes.TrimSpace(name)), ": \t")
		}
		if bytes.HasPrefix(line, []byte("processor")) {
			cores++ // the machine's; this program may be held to some of them
		}
	}
	return fmt.Sprintf("%d cores (%s), %d GiB, %s, %s", cores, model, kib>>20, runtime.GOOS, runtime.Version()), nil
}

// field is the number after a label of a file of /proc.
func field(content []byte, label string) (int, error) {
	for line := range bytes.Lines(content) {
		if rest, ok := bytes.CutPrefix(line, []byte(label)); ok {
			return strconv.Atoi(string(bytes.Fields(rest)[0]))
		}
	}
	return 0, fmt.Errorf("there is no %s", label)
}

// memory is what a process has in memory now, and the most it ever had, in bytes.
func memory(pid int) (now, peak int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	rss, err1 := field(status, "VmRSS:")
	hwm, err2 := field(status, "VmHWM:")
	return int64(rss) << 10, int64(hwm) << 10, errors.Join(err1, err2)
}

// cpuOf is the user and system time of a process. It sums its threads, which Linux counts in nanoseconds.
func cpuOf(pid int) (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, file := range files {
		content, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue // the thread has just ended
		}
		if err != nil {
			return 0, err
		}
		on, _, _ := strings.Cut(string(content), " ")
		nanoseconds, err := strconv.ParseInt(on, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(nanoseconds)
	}
	if sum == 0 {
		return 0, fmt.Errorf("process %d has no schedstat", pid)
	}
	return sum, nil
}

// usage is how much CPU the machine has used, and how much of it is the benchmark's: this program, its parent, and everything
// that these have started.
type usage struct {
	at         time.Time
	all, bench float64 // seconds
}

func readUsage() (usage, error) {
	u := usage{at: time.Now()}
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return u, err
	}
	fields := strings.Fields(string(stat[:bytes.IndexByte(stat, '\n')])) // cpu user nice system idle iowait irq softirq steal …
	for i, f := range fields[1:9] {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return u, err
		}
		if i != 3 && i != 4 {
			u.all += n / ticks
		}
	}
	u.bench, err = family(os.Getppid())
	return u, err
}

// family is the CPU time of a process and all its descendants, in seconds, with those that have ended.
func family(root int) (float64, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	parent, seconds := map[int]int{}, map[int]float64{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it has just ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:]) // state ppid … 11: utime stime cutime cstime
		if len(fields) < 15 {
			continue
		}
		parent[pid], _ = strconv.Atoi(string(fields[1]))
		for _, f := range fields[11:15] {
			n, _ := strconv.ParseFloat(string(f), 64)
			seconds[pid] += n / ticks
		}
	}
	sum := 0.0
	for pid, s := range seconds {
		for p := pid; p > 1; p = parent[p] {
			if p == root {
				sum += s
				break
			}
		}
	}
	return sum, nil
}

// others is how many cores others used since before: what disturbed a measurement.
func (u usage) others(before usage) float64 {
	return max(0, (u.all-before.all-(u.bench-before.bench))/u.at.Sub(before.at).Seconds())
}
