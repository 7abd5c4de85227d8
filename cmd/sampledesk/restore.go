package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sampledesk/store"
)

// restore puts a backup where the store is to be.
type restore struct {
	storeFlags
	File string `arg:"" help:"The backup."`
}

// Run copies the backup, checks the copy, puts it in place, and says what is still to do.
func (r *restore) Run(ctx context.Context, s streams) error {
	if err := store.Check(r.Store); err != nil {
		return usageError{err}
	}
	if store.Shared(r.Store) {
		return usagef("a backup is a file of the store \"bolt:PATH\": restore it to one. A database is restored by its own means (pg_restore, or from its log)")
	}
	path, err := filepath.Abs(boltPath(r.Store))
	if err != nil {
		return err
	}
	takeAwayPartial(path) // of a restore that was killed, whatever becomes of this one
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = errors.New("there is a store already, and a restore never writes over one; stop the desk and move the store away first")
		}
		return fmt.Errorf("restoring to %s: %w", path, err)
	}
	if conn, err := dialBeside(ctx, path+".sock"); err == nil {
		_ = conn.Close()
		return fmt.Errorf("restoring to %s: a desk runs there, though its store was taken away; stop it first", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("restoring to %s: %w", path, err)
	}
	made, err := writeAside(ctx, path, s, func(w io.Writer) error { return r.copy(ctx, w, s) })
	if err != nil {
		return fmt.Errorf("restoring %s to %s: %w; nothing was changed", r.File, path, diskWords(err))
	}
	_, _ = fmt.Fprintf(s.out, "Restored to %s: %s. It was read through and is whole.\n", path, told(made))
	if made.Outdated {
		_, _ = fmt.Fprintln(s.out, "It is of an older version: the next start brings it up to date, which may take minutes, and keeps it as it was beside it.")
	}
	_, err = fmt.Fprintln(s.out, r.fits(made))
	return err
}

// copy writes the backup to w. One that a desk works on is no backup: its copy would be of many instants.
func (r *restore) copy(ctx context.Context, w io.Writer, s streams) error {
	file, err := os.Open(r.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is no file")
	case claimFile(file) != nil:
		return errors.New("a desk has it open; take a backup of it with sampledesk backup")
	}
	p := newProgress(s, "copying", info.Size(), "")
	defer p.end()
	_, err = io.Copy(&countingWriter{to: contextWriter{ctx, w}, told: p.at}, file)
	return err
}

// contextWriter writes until its context ends.
type contextWriter struct {
	ctx context.Context
	to  io.Writer
}

// Write implements io.Writer.
func (w contextWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.to.Write(p)
}

// fits tells whether the key that the desk would use opens the tokens, and if not what to do.
func (r *restore) fits(made store.Contents) string {
	const anew = "or connect the shops anew"
	if len(made.Authorisations) == 0 {
		return "No shop is connected in it."
	}
	if _, err := os.Stat(boltPath(r.Store) + keyEnd); r.Key == "" && errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("To do: put the key of that store at %s (mode 0600) or set SAMPLEDESK_KEY to it, %s.", boltPath(r.Store)+keyEnd, anew)
	}
	key, err := loadKey(r.Key, r.Store)
	switch {
	case err != nil:
		return fmt.Sprintf("To do: the key cannot be read (%v). Set SAMPLEDESK_KEY to the key of that store, %s.", err, anew)
	case !key.Opens(made.Authorisations):
		return fmt.Sprintf("To do: the key that is set does not open its tokens. Set SAMPLEDESK_KEY to the key that the backup was made with, %s.", anew)
	}
	return "The key opens its tokens. If TikTok turns them away, since they were renewed after the backup, connect the shops anew."
}
