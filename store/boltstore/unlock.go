//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package boltstore

import (
	"os"
	"syscall"
)

// unlock lets go of a file that bbolt has locked and mapped. To close it would not be enough: the lock lasts as long as
// the mapping, which nobody can reach any more.
func unlock(file *os.File) {
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
}
