//go:build unix

package main

import "syscall"

// forOwner gives a socket the mode 0600 before it has a name.
func forOwner(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) })
}
