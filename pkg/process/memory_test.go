package process

import (
	"os"
	"testing"
)

func TestContainerMemory(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"none":              {nil, 0},
		"without a limit":   {map[string]string{"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n"}, 0},
		"a container":       {map[string]string{"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "536870912\n"}, 512 << 20},
		"a service":         {map[string]string{"/proc/self/cgroup": "0::/a.slice/b.service\n", "/sys/fs/cgroup/a.slice/b.service/memory.max": "1000000\n", "/sys/fs/cgroup/a.slice/memory.max": "2000000"}, 1_000_000},
		"the slice above":   {map[string]string{"/proc/self/cgroup": "0::/a.slice/b.service\n", "/sys/fs/cgroup/a.slice/b.service/memory.max": "max", "/sys/fs/cgroup/a.slice/memory.max": "2000000"}, 2_000_000},
		"version 1":         {map[string]string{"/proc/self/cgroup": "5:memory:/docker/x\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n"}, 256 << 20},
		"version 1, no end": {map[string]string{"/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		"nonsense":          {map[string]string{"/proc/self/cgroup": "0::../../x", "/sys/fs/cgroup/memory.max": "-1"}, 0},
	} {
		got := containerMemory(func(name string) ([]byte, error) {
			if text, ok := c.files[name]; ok {
				return []byte(text), nil
			}
			return nil, os.ErrNotExist
		})
		if got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestParseBytes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"1": 1, "512MiB": 512 << 20, "512Mi": 512 << 20, "2GB": 2e9, "2g": 2e9, "1k": 1000, "1KiB": 1024,
		"": 0, "0": 0, "-1": 0, "1.5GB": 0, "x": 0, "1XB": 0, "MiB": 0, "9999999999TiB": 0,
	} {
		if got, err := ParseBytes(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
}
