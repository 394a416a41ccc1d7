//go:build console

package console

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// FS returns the files of the console, nil if the program was built without them.
func FS() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil // not with a name that is valid
	}
	return files
}
