package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/up"
)

// escaped is a path as a part of a URL.
func escaped(path string) string { return "//" + (&url.URL{Path: path}).EscapedPath() }

// others are the permissions that data and secrets give to nobody: any to everybody on the machine, and writing to a group.
const others fs.FileMode = 0o027

// dataFolder examines the permissions of a data folder. It reports whether there is a database in it that can be examined.
func (e *examination) dataFolder(path string) bool {
	const check = "data folder"
	before := len(e.findings)
	probe, err := os.CreateTemp(path, ".doctor-*")
	if err == nil {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	if err != nil {
		e.wrong(check, exit.Message(err), "Make the folder writable for the user that runs mocloud: chown -R USER "+exit.Quoted(path))
	}
	e.private(check, path)
	started := false
	for _, name := range []string{"mocloud.db", "admin-token", "lock"} {
		file, err := os.OpenFile(filepath.Join(path, name), os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		started = started || name == "mocloud.db" && err == nil
		if err != nil {
			e.wrong(check, exit.Message(err), "Give the file to the user that runs mocloud: chown -R USER "+exit.Quoted(path))
			continue
		}
		_ = file.Close() // nothing was written
		if name == "admin-token" {
			e.private(check, file.Name())
		}
	}
	if len(e.findings) == before {
		e.ok(check, exit.Quoted(path))
	}
	if !started && len(e.findings) == before+1 && e.findings[before].state == "ok" {
		e.skipped("database", "there is none yet; `mocloud up` creates it")
	}
	return started
}

// secretFiles examines the files that KEY_FILE variables name.
func (e *examination) secretFiles() {
	const check = "secret files"
	before, files := len(e.findings), 0
	for _, path := range up.SettingFiles(e.environ) {
		if _, err := os.Stat(path); err != nil {
			continue // the check of the settings says so
		}
		files++
		if !mounted(path) {
			e.private(check, path)
		}
	}
	if files > 0 && len(e.findings) == before {
		e.ok(check, fmt.Sprintf("%d, for their owner and group only", files))
	}
}

// mounted reports whether an orchestrator put a file there: with permissions of its own, in a container where nobody else is.
func mounted(path string) bool {
	if slices.ContainsFunc([]string{"/run/secrets/", "/var/run/secrets/"}, func(dir string) bool { return strings.HasPrefix(path, dir) }) {
		return true
	}
	target, err := os.Readlink(path)
	return err == nil && strings.HasPrefix(target, "..data/") // Kubernetes
}

// private reports a file or folder that other users of the machine can get at.
func (e *examination) private(check, path string) {
	info, err := os.Stat(path)
	if err != nil {
		e.wrong(check, exit.Message(err), "")
		return
	}
	if open := info.Mode().Perm() & others; open != 0 {
		e.wrong(check, fmt.Sprintf("other users can read or change %s (its mode is %04o)", exit.Quoted(path), info.Mode().Perm()), fmt.Sprintf("chmod %04o %s", info.Mode().Perm()&^others, exit.Quoted(path)))
	}
}
