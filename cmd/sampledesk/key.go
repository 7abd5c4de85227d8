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
	"time"

	"sampledesk/affiliate/bridge"
	"sampledesk/store"
	"sampledesk/workflow"
)

// keyCmd is what can be done with the key.
type keyCmd struct {
	Rotate rotate `cmd:"" help:"Seal everything with a new key. Where the key is a file it is replaced, and the one before kept beside it for the backups."`
}

// rotate seals everything with a new key.
type rotate struct {
	storeFlags
	New string `env:"SAMPLEDESK_KEY_NEW" placeholder:"FILE" help:"A file with the new key, or - for standard input. By default a new one is made, which needs a key in a file."`
}

// mostOfKey is how much is read of what should be a key.
const mostOfKey = 4 << 10

// Run reads the new key, if it is given, and has it take the place of the other.
func (r *rotate) Run(ctx context.Context, s streams) error {
	t := &rotation{By: whoAsks()}
	if r.New != "" {
		in := s.in
		if r.New != "-" {
			file, err := os.Open(r.New)
			if err != nil {
				return fmt.Errorf("reading the new key: %w", err)
			}
			defer func() { _ = file.Close() }()
			in = file
		}
		if in == nil {
			return usagef("--new -: there is no standard input")
		}
		text, err := io.ReadAll(io.LimitReader(in, mostOfKey))
		if err != nil {
			return fmt.Errorf("reading the new key: %w", err)
		}
		if _, err := bridge.ParseKey(string(text)); err != nil {
			return usagef("--new: %w", err)
		}
		t.New = strings.TrimSpace(string(text))
	}
	return performIn(ctx, r.storeFlags, "key rotate", t, s)
}

// rotation is the task that seals everything with a new key.
type rotation struct {
	existing
	New string // the new key's text; empty: it is made
	By  string
}

// The names of key files while a key is rotated, and after.
const (
	newEnd    = ".new"
	beforeEnd = ".before-" // and the time
)

// perform is part of task. What is done in which order, so that a store opens again wherever it is broken off: the new key
// is on the disk before anything is sealed with it; everything is sealed anew in one transaction; then the key's file is
// replaced. settleKey finds out on which side of the transaction it was broken off.
func (r *rotation) perform(ctx context.Context, at place, s streams) error {
	if err := aloneAt(ctx, at.store); err != nil {
		return err
	}
	path, isFile := keyFile(at.flags)
	text := r.New
	if text == "" {
		if !isFile {
			return usagef("the key is the value of SAMPLEDESK_KEY, which a program cannot change: give the new one with --new FILE or --new -")
		}
		_, text = bridge.NewKey()
	}
	next, err := bridge.ParseKey(text)
	if err != nil {
		return usagef("the new key: %w", err)
	}
	if isFile {
		if err := writeKey(path+newEnd, text); errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there: the key is being rotated, or that was broken off; restart the desk, which finishes it, and try again", path+newEnd)
		} else if err != nil {
			return fmt.Errorf("the new key cannot be kept beside the old one, so nothing was changed: %w", diskWords(err))
		}
	}
	crashAt("the new key is kept")
	n, err := at.key.Rotate(ctx, at.store, next, func(tx workflow.Tx) error { return noteKey(tx, r.By) })
	if err != nil {
		err = fmt.Errorf("sealing with the new key: %w", err)
		if fits, _, look := at.key.Fits(context.WithoutCancel(ctx), at.store); isFile && look == nil && fits {
			err = errors.Join(err, os.Remove(path+newEnd))
		}
		return err
	}
	crashAt("everything is sealed anew")
	if !isFile {
		_, err = fmt.Fprintf(s.out, "Sealed %d secrets with the new key. To do now: set SAMPLEDESK_KEY to the new key; with the old one the desk does not start again. Backups made before need the old one.\n", n)
		return err
	}
	before, err := replaceKey(path, time.Now())
	if err != nil {
		return fmt.Errorf("everything is sealed with the new key, and its file could not be replaced (%w): move %s to %s, or restart the desk, which does it", err, path+newEnd, path)
	}
	_, err = fmt.Fprintf(s.out, "Sealed %d secrets with the new key, which is in %s. Keep a copy of it in another place.\nThe key before is in %s: backups made before need it. Delete it with the last of them.\n", n, path, before)
	return err
}

// aloneAt refuses while desks work on a store that they share: they would go on with the key that they were given.
func aloneAt(ctx context.Context, db workflow.Store) error {
	if _, is := db.(workflow.Shared); !is {
		return nil
	}
	hosts, err := desksAt(ctx, db)
	if err == nil && len(hosts) > 0 {
		err = fmt.Errorf("desks work on this store (on %s), each with the key that it was given at its start: stop them all, rotate the key a minute later, and start them with the new one", strings.Join(hosts, ", "))
	}
	return err
}

// crashAt is called between the steps of a rotation: tests end the program there.
var crashAt = func(string) {}

// noteKey keeps in the shops' history that the key was rotated.
func noteKey(tx workflow.Tx, by string) error {
	shops, err := tx.Shops()
	if err != nil {
		return err
	}
	for _, shop := range shops {
		err := tx.Append(workflow.Entry{
			At: time.Now(), Key: workflow.Key{Shop: shop.ID}, Event: workflow.OnKeyRotated, By: workflow.Actor{Surface: workflow.FromShell}, Text: "by " + by,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keyFile returns the file that the key is in, if it is in one.
func keyFile(f storeFlags) (path string, isFile bool) {
	if f.Key == "" {
		return boltPath(f.Store) + keyEnd, true
	}
	return strings.CutPrefix(string(f.Key), "file:")
}

// replaceKey puts the new key in the place of the one before, which gets a name of its own. At no moment there is none.
func replaceKey(path string, now time.Time) (before string, err error) {
	if before, err = setKeyAside(path, now); err != nil {
		return "", err
	}
	crashAt("the key before has a name")
	if err := os.Rename(path+newEnd, path); err != nil {
		return "", err
	}
	return before, store.Sync(path)
}

// setKeyAside gives the key a second name, by the time, unless it has one from a rotation that was broken off.
func setKeyAside(path string, now time.Time) (before string, err error) {
	if info, err := os.Stat(path); err == nil {
		others, _ := filepath.Glob(escaped(path+beforeEnd) + "*")
		for _, other := range others {
			if o, err := os.Stat(other); err == nil && os.SameFile(o, info) {
				return other, nil
			}
		}
	}
	name := path + beforeEnd + now.UTC().Format("20060102T150405Z")
	before = name
	for n := 2; ; n++ {
		err := os.Link(path, before)
		if err != nil && !errors.Is(err, fs.ErrExist) { // a disk that knows no second names
			var text []byte
			if text, err = os.ReadFile(path); err == nil {
				err = writeKey(before, strings.TrimSpace(string(text)))
			}
		}
		if !errors.Is(err, fs.ErrExist) {
			return before, err
		}
		before = fmt.Sprintf("%s.%d", name, n)
	}
}

// settleKey finishes a rotation that was broken off, or takes it back: the new key is the key if it alone opens what is
// sealed.
func settleKey(ctx context.Context, f storeFlags, db workflow.Store) error {
	path, isFile := keyFile(f)
	if _, err := os.Stat(path + newEnd); !isFile || err != nil {
		return nil //nolint:nilerr // nothing was broken off
	}
	next, err := readKey(path + newEnd)
	if err != nil { // it was broken off while it was written, before anything was sealed with it
		return os.Remove(path + newEnd)
	}
	was, err := readKey(path)
	if err != nil {
		return err
	}
	fits, _, err := was.Fits(ctx, db)
	if err != nil {
		return err
	}
	if fits {
		return os.Remove(path + newEnd)
	}
	if fits, _, err = next.Fits(ctx, db); err != nil || !fits {
		return err // neither is: that is told where a token is needed
	}
	_, err = replaceKey(path, time.Now())
	return err
}

// writeKey writes a key's text to a new file, lastingly and for this user alone.
func writeKey(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text + "\n")
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return store.Sync(filepath.Clean(path))
}
