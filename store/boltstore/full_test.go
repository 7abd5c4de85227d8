//go:build linux

package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func init() {
	roles["hemmed in"] = writeHemmedIn
	roles["hemmed in together"] = writeTogetherHemmedIn
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

// writeHemmedIn does changes until no more fit, and tells how many did; then it tries once more, reads, and goes on in
// freedom for two more changes.
func writeHemmedIn(ctx context.Context, path string) error {
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	n := 0
	err = hemmed(hem, func() error {
		var full error
		for ; full == nil; n++ {
			full = s.Update(ctx, change(n))
		}
		n--
		fmt.Println(n)
		fmt.Println(full)
		if s.Update(ctx, change(n)) == nil {
			return errors.New("the same change fits now")
		}
		return s.View(ctx, func(tx workflow.Tx) error {
			_, err := tx.Application(applicationKeyOf(n - 1))
			return err
		})
	})
	for i := range 2 {
		err = errors.Join(err, s.Update(ctx, change(n+i)))
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
	require.Contains(t, says, "the store "+path+" because its disk is full")
	require.Contains(t, says, "file too large")
	c.end(t)

	s := opened(t, path)
	requireConsistent(t, s)
	peace := peaceful{path: filepath.Join(dir, "peace.db")}
	peace.require(t, n+2, s)
}

// writeTogetherHemmedIn lets an update that is too large for the disk run among small ones in one batch, and tells what
// came of each.
func writeTogetherHemmedIn(ctx context.Context, path string) error {
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	large := func(tx workflow.Tx) error {
		for n := range 500 { // about the double of what fits
			if err := tx.PutApplication(arrived(100 + n)); err != nil {
				return err
			}
		}
		return nil
	}
	// The file gets pages that are free again: bbolt itself grows a file by more than what is put asks for.
	for _, title := range []string{strings.Repeat("x", 160<<10), "", "", ""} {
		err := s.Update(ctx, func(tx workflow.Tx) error { return tx.PutProduct("1", workflow.Product{ID: "1", Title: title}) })
		if err != nil {
			return err
		}
	}
	errs := make([]error, 3)
	err = hemmed(hem, func() error {
		var wg sync.WaitGroup
		err := s.Update(ctx, func(tx workflow.Tx) error {
			for i, fn := range []func(workflow.Tx) error{arrive1(0), large, arrive1(1)} {
				wg.Go(func() { errs[i] = s.Update(ctx, fn) })
				for s.turns.length() <= i {
					runtime.Gosched()
				}
			}
			return arrive1(2)(tx)
		})
		wg.Wait()
		return err
	})
	for _, e := range errs {
		fmt.Println(e)
	}
	n, err2 := changesIn(ctx, s)
	fmt.Println(n)
	return errors.Join(err, err2, s.Close())
}

func TestAnUpdateThatFillsTheDiskTakesNobodyAlong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	c := startChild(t, "hemmed in together", path)
	require.Equal(t, "<nil>", c.line(t))
	require.Contains(t, c.line(t), "file too large")
	require.Equal(t, "<nil>", c.line(t))
	require.Equal(t, 3, number(t, c.line(t)))
	c.end(t)
	requireConsistent(t, opened(t, path))
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
	require.Contains(t, says, "the disk of the store "+path+" is full")
	require.Contains(t, says, "file too large")
	c.end(t)
}
