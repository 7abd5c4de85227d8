package boltstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// errNoFile tells that something other than a file is where the store should be.
var errNoFile = errors.New("it is a folder or a device")

// makeRoom makes the folder of a file that is not there yet, for this user alone, and tells whether the file is new.
func makeRoom(path string) (isNew bool, err error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return false, errNoFile
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	return true, makeFolder(filepath.Dir(path))
}

// makeFolder makes a folder and those above it. A folder is as lasting as its entry in the one above, so those are
// synced.
func makeFolder(dir string) error {
	_, err := os.Stat(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeFolder(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(dir)
}

// syncFolder makes the entry of a file or folder in the one above it lasting.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // it knows no such thing
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
