//go:build !unix

package main

import "syscall"

// forOwner does nothing where files have no modes.
func forOwner(_, _ string, _ syscall.RawConn) error { return nil }
