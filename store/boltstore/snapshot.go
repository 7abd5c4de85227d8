package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"sampledesk/workflow"
)

// Snapshot writes a copy of the whole file to w as it is at this instant: a file that Open takes. Began is told how many
// bytes come.
//
// While the copy is under way updates go on, and the pages that they would use again stay with the copy, so the file may
// grow by what is written meanwhile; that room is used again later. So that a reader who has stopped reading cannot keep
// them for ever, a copy may take a minute and a second more for each megabyte, and is given up then.
func (s *Store) Snapshot(ctx context.Context, w io.Writer, began func(size int64)) (err error) {
	defer s.edge(&err)()
	tx, err := s.begin(ctx, false)
	if err != nil {
		return err
	}
	defer tx.close()
	size := tx.tx.Size()
	if began != nil {
		began(size)
	}
	enough := time.Minute + time.Duration(size>>20)*time.Second
	ctx, cancel := context.WithTimeout(ctx, enough)
	defer cancel()
	if timed, ok := w.(interface{ SetWriteDeadline(time.Time) error }); ok {
		_ = timed.SetWriteDeadline(time.Now().Add(enough)) // a regular file has none, and needs none
	}
	to := &watchedWriter{ctx: ctx, to: w}
	_, err = tx.tx.WriteTo(to)
	if to.err != nil {
		err = to.err // bbolt keeps the text of some alone
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("copying the store %s was given up after %s, as the copy was taken in too slowly: %w", s.path, enough, err)
	}
	return err
}

// watchedWriter writes until its context ends, and keeps the error with which it stopped.
type watchedWriter struct {
	ctx context.Context
	to  io.Writer
	err error
}

// Write implements io.Writer.
func (w *watchedWriter) Write(p []byte) (n int, err error) {
	if err = w.ctx.Err(); err == nil {
		n, err = w.to.Write(p)
	}
	if err != nil {
		w.err = err
	}
	return n, err
}

// Contents is what Verify found in a file.
type Contents struct {
	Outdated       bool // it is of an older make, and is rebuilt when it is opened
	Bytes          int64
	Shops          int
	Applications   int
	Authorisations []workflow.Authorisation
}

// Verify reads the file of a store that nobody has open, from end to end, and changes nothing in it. Read, which may be
// nil, is told how many of its bytes were looked at, roughly. Errors are sentences for the operator.
func Verify(ctx context.Context, path string, read func(done, all int64)) (Contents, error) {
	c, err := verify(ctx, path, read)
	if err != nil {
		return Contents{}, explain(path, err)
	}
	return c, nil
}

func verify(ctx context.Context, path string, read func(done, all int64)) (c Contents, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return c, err
	case !info.Mode().IsRegular():
		return c, errNoFile
	case info.Size() == 0: // bbolt would make a store of it
		return c, bolterrors.ErrInvalid
	}
	c.Bytes = info.Size()
	var db *bbolt.DB
	err = guarded(func() error {
		db, err = bbolt.Open(path, 0, &bbolt.Options{ReadOnly: true, Timeout: time.Nanosecond, FreelistType: bbolt.FreelistArrayType})
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return c, ErrInUse
	case err != nil:
		return c, err
	}
	err = guarded(func() error {
		s := &Store{db: db, path: path, file: info}
		if s.open, err = os.Open(path); err != nil {
			return err
		}
		defer func() { _ = s.open.Close() }()
		tx, err := db.Begin(false)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		t := &transaction{tx: tx, ctx: ctx, recent: &recent{}, leases: &leases{}, shared: &shared{}}
		if err := errors.Join(s.whole(t, info.Size()), s.freePagesWhole(t)); err != nil {
			return err
		}
		return t.readThrough(&c, read)
	})
	if errors.Is(err, errBroken) {
		return c, err // bbolt may hold locks of its own, and would wait for them to close
	}
	return c, errors.Join(err, db.Close())
}

// readThrough reads everything and fills in what it finds.
func (t *transaction) readThrough(c *Contents, read func(done, all int64)) error {
	has, err := t.version()
	switch {
	case err != nil:
		return err
	case has == 0:
		return errForeign
	case has > schema:
		return newerError{has: has, knows: schema}
	}
	c.Outdated = has < schema || string(t.bucket(schemaBucket).Get(rulesKey)) != rules()
	done, keys := int64(0), 0
	err = t.tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			if done, keys = done+int64(len(k)+len(v)), keys+1; keys%1000 == 0 {
				if err := t.alive(); err != nil {
					return err
				}
				if read != nil {
					read(min(done, c.Bytes), c.Bytes)
				}
			}
			return c.see(has, name, k, v)
		})
	})
	if err != nil {
		return err
	}
	for err := range t.tx.Check() {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return nil
}

// see counts a value of a file of a schema, and decodes those without which a desk would not start.
func (c *Contents) see(has int, bucket, key, value []byte) error {
	switch {
	case bytes.Equal(bucket, shopsBucket):
		c.Shops++
		_, err := decode[workflow.Shop](value)
		return err
	case bytes.Equal(bucket, authorisationsBucket):
		a, err := decode[workflow.Authorisation](value)
		c.Authorisations = append(c.Authorisations, a)
		return err
	case bytes.Equal(bucket, applicationsBucket):
		if _, _, isEntry := keyIn(has, key); isEntry {
			return nil
		}
		c.Applications++
		_, err := decode[workflow.Application](value)
		return err
	}
	return nil
}

// Sync makes lasting under which name a file is.
func Sync(path string) error { return syncFolder(path) }

// Place puts the finished file at from under the name to, where nothing may be, lastingly: fs.ErrExist if something is.
func Place(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		return errors.Join(os.Remove(from), syncFolder(to))
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: %w", to, fs.ErrExist)
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) { // a disk that knows no second names
		return fmt.Errorf("%s is there already: %w", to, fs.ErrExist)
	}
	return errors.Join(os.Rename(from, to), syncFolder(to))
}
