//go:build linux || darwin

package main

import "syscall"

// diskLeft returns how many bytes a user may still write where a file is.
func diskLeft(path string) (left uint64, known bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(path, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true // a block's size is positive
}
