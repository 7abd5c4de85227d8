package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sampledesk/store"
)

// # What backups defend against
//
// A disk that dies, a hand that slips, and a release that turns out bad. A backup holds the names and messages of creators
// and people, so it has the mode 0600 like the store. TikTok's tokens are in it as they are in the store, sealed: who finds
// a backup alone cannot act at TikTok. The key is not in it, neither as a file nor in a name, so it has to be kept apart.
// A file is never written over, neither by a backup nor by a restore, and half a file never has a whole one's name. What is
// left: whoever has the backup and the key has everything.

// backup writes a copy of the store.
type backup struct {
	storeFlags
	File string `arg:"" help:"The file to make. It must not be there yet."`
}

// Run writes the copy, checks it, and says what else has to be kept.
func (b *backup) Run(ctx context.Context, s streams) error {
	path, err := filepath.Abs(b.File)
	if err != nil {
		return err
	}
	made, err := writeBackup(ctx, path, s, func(w io.Writer) error {
		return performIn(ctx, b.storeFlags, "snapshot", &snapshot{}, streams{out: w, err: s.err, columns: s.columns})
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "Backed up to %s: %s. It was read back and is whole.\n%s\n", path, told(made), b.keyApart())
	return err
}

// told tells what is in a store's file.
func told(c store.Contents) string {
	return fmt.Sprintf("%s, %d requests of %d shops", size(c.Bytes), c.Applications, c.Shops)
}

// keyApart says where the key is that the backup does not hold.
func (f storeFlags) keyApart() string {
	path, given := strings.CutPrefix(string(f.Key), "file:")
	switch {
	case f.Key == "":
		path = boltPath(f.Store) + keyEnd
	case !given:
		return "The key is not in it: keep the value of SAMPLEDESK_KEY in another place. Without it the shops have to be connected again."
	}
	return "The key is not in it: keep a copy of " + path + " in another place. Without it the shops have to be connected again."
}

// snapshot writes the store, as it is at one instant, to the standard output.
type snapshot struct{ existing }

func (*snapshot) perform(ctx context.Context, at place, s streams) error {
	db, ok := at.store.(interface {
		Snapshot(context.Context, io.Writer, func(int64)) error
	})
	if !ok {
		return errors.New("this store is backed up with its own tools")
	}
	var p *progress
	counted := &countingWriter{to: s.out, told: func(n int64) { p.at(n) }}
	err := db.Snapshot(ctx, counted, func(all int64) { p = newProgress(s, "copying", all, "") })
	if p != nil {
		p.end()
	}
	return err
}

// countingWriter tells how many bytes went through it.
type countingWriter struct {
	to   io.Writer
	n    int64
	told func(int64)
}

// Write implements io.Writer.
func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	c.told(c.n)
	return n, err
}

// SetWriteDeadline bounds the writing, where what it writes to can be bound.
func (c *countingWriter) SetWriteDeadline(t time.Time) error {
	if timed, ok := c.to.(interface{ SetWriteDeadline(time.Time) error }); ok {
		return timed.SetWriteDeadline(t)
	}
	return os.ErrNoDeadline
}

// writeBackup has fill write a store's file, reads it back, and only then gives it its name.
func writeBackup(ctx context.Context, path string, s streams, fill func(io.Writer) error) (store.Contents, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = errors.New("it is there already, and nothing is ever written over; name another file")
		}
		return store.Contents{}, fmt.Errorf("backing up to %s: %w", path, err)
	}
	made, err := writeAside(ctx, path, s, fill)
	if err != nil {
		return made, fmt.Errorf("backing up to %s: %w; nothing was kept there", path, diskWords(err))
	}
	return made, nil
}

// writeAside fills a new file beside the path, syncs and verifies it, and then puts it there. Where anything fails nothing
// stays behind; what a process left that was killed is taken away by the next.
func writeAside(ctx context.Context, path string, s streams, fill func(io.Writer) error) (made store.Contents, err error) {
	takeAwayPartial(path)
	file, err := os.CreateTemp(filepath.Dir(path), partialName(path))
	if err != nil {
		return made, err
	}
	partial := file.Name()
	defer func() {
		_ = file.Close()
		if err != nil {
			_ = os.Remove(partial)
		}
	}()
	if err := claimFile(file); err != nil {
		return made, err
	}
	if err := errors.Join(file.Chmod(0o600), fill(file)); err != nil {
		return made, err
	}
	if err := file.Sync(); err != nil {
		return made, err
	}
	if made, err = verified(ctx, partial, s); err != nil {
		return made, err
	}
	return made, store.Place(partial, path)
}

// partialName is how a file is called that is not whole yet.
func partialName(path string) string { return "." + filepath.Base(path) + ".*.partial" }

// takeAwayPartial takes away what processes left that were killed: what a living one writes is claimed.
func takeAwayPartial(path string) {
	left, _ := filepath.Glob(filepath.Join(escaped(filepath.Dir(path)), escaped("."+filepath.Base(path))+".*.partial"))
	for _, name := range left {
		if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if file, err := os.Open(name); err == nil {
			if isUnclaimed(file) {
				_ = os.Remove(name)
			}
			_ = file.Close()
		}
	}
}

// escaped writes a path so that Glob takes it as it is.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// verified reads a store's file from end to end.
func verified(ctx context.Context, path string, s streams) (store.Contents, error) {
	p := newProgress(s, "checking", 0, "")
	if info, err := os.Stat(path); err == nil {
		p = newProgress(s, "checking", info.Size(), "")
	}
	defer p.end()
	return store.Verify(ctx, path, func(done, _ int64) { p.at(done) })
}

// diskWords makes a sentence of what a disk says.
func diskWords(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("the disk is full (%w)", err)
	}
	return err
}
