//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package dirstore

import "os"

// lockFile does nothing where there is no flock: there, a directory belongs to one process, and the store's own mutexes do.
func lockFile(*os.Root, string) (release func(), err error) { return func() {}, nil }
