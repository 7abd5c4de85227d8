//go:build linux

package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func init() {
	roles["hemmed in"] = writeHemmedIn
	roles["hemmed in from the start"] = openHemmedIn
}

// hem is how large a file the hemmed in may write: a disk that is full, as far as it can tell.
const hem = 256 << 10

// hemmed runs fn while no file of this process may grow beyond size.
func hemmed(size uint64, fn func() error) error {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: before.Max}); err != nil {
		return err
	}
	return errors.Join(fn(), syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before))
}

// writeHemmedIn does deeds until no more fit, and tells how many did; then it tries once more, reads, and goes on in
// freedom for two more deeds.
func writeHemmedIn(ctx context.Context, path string) error {
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	n := 0
	err = hemmed(hem, func() error {
		var full error
		for ; full == nil; n++ {
			full = s.Update(ctx, deed(n))
		}
		n--
		fmt.Println(n)
		fmt.Println(full)
		if s.Update(ctx, deed(n)) == nil {
			return errors.New("the same deed fits now")
		}
		return s.View(ctx, func(tx workflow.Tx) error {
			_, err := tx.Application(applicationKeyOf(n - 1))
			return err
		})
	})
	for i := range 2 {
		err = errors.Join(err, s.Update(ctx, deed(n+i)))
	}
	return errors.Join(err, s.Close())
}

func TestAFullDiskIsAnErrorAndLosesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	c := startChild(t, "hemmed in", path)
	n := number(t, c.line(t))
	require.Greater(t, n, 10)
	says := c.line(t)
	require.Contains(t, says, "writing to the store "+path)
	require.Contains(t, says, "file too large")
	c.end(t)

	s := opened(t, path)
	requireConsistent(t, s)
	peace := peaceful{path: filepath.Join(dir, "peace.db")}
	peace.require(t, n+2, s)
}

// openHemmedIn tells what opening a store says where not even an empty one fits.
func openHemmedIn(ctx context.Context, path string) error {
	return hemmed(uint64(os.Getpagesize()), func() error {
		_, err := Open(ctx, path)
		fmt.Println(strings.ReplaceAll(fmt.Sprint(err), "\n", " "))
		return nil
	})
}

func TestAStoreThatFindsNoRoomToBeMadeSaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	c := startChild(t, "hemmed in from the start", path)
	says := c.line(t)
	require.Contains(t, says, "the store "+path+" cannot be opened")
	require.Contains(t, says, "file too large")
	c.end(t)
}
