//go:build !linux

package pgstore

import (
	"syscall"
	"time"
)

// giveUpAfter does nothing where the system has no such setting: an answer is not waited for any longer either way.
func giveUpAfter(time.Duration) func(network, address string, c syscall.RawConn) error { return nil }
