//go:build !unix

package main

import (
	"os"
	"syscall"
)

// forOwner does nothing where files have no modes.
func forOwner(_, _ string, _ syscall.RawConn) error { return nil }

// claimFile does nothing where files have no such locks.
func claimFile(*os.File) error { return nil }

// isUnclaimed tells of no file that it may go.
func isUnclaimed(*os.File) bool { return false }
