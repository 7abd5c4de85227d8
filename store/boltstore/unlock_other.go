//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package boltstore

import "os"

// unlock does nothing here: the lock of a file that bbolt gave up on ends with the process.
func unlock(*os.File) {}
