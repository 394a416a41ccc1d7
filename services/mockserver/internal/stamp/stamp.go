// Package stamp tells cheaply whether a file on disk may have changed. Tools that set times (rsync, tar, nix) leave size and time as
// they were, so that the file's identity and the time of its last change of any kind count as well, where the system has them.
package stamp

import (
	"fmt"
	"io/fs"
)

// Of is a text that differs when the file may have changed.
func Of(info fs.FileInfo) string {
	return fmt.Sprintf("%d-%d-%s", info.ModTime().UnixNano(), info.Size(), identity(info))
}
