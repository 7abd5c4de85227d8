//go:build unix

package main

import (
	"os"
	"syscall"
)

// forOwner gives a socket the mode 0600 before it has a name.
func forOwner(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) })
}

// claimFile says of a file that a living process has it. It is a shared lock, beside which the store's own reading locks
// go; it ends with the process.
func claimFile(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
}

// isUnclaimed tells whether no living process has a file.
func isUnclaimed(file *os.File) bool {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
