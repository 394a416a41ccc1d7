//go:build !console

package console

import "io/fs"

// FS returns the files of the console, nil if the program was built without them.
func FS() fs.FS { return nil }
