package boltstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

// edge stands at the edge of every transaction. What bbolt does when damaged pages lead it astray (it panics, or touches
// memory behind the file's end), and whatever contradicts itself, becomes the sentence that the store is damaged. The
// panics of others go on.
func (s *Store) edge(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if p := recover(); p != nil {
			if !ofPages(p) {
				panic(p)
			}
			*err = fmt.Errorf("%w: %v", errBroken, p)
		}
		if found := s.damaged.Load(); found != nil && errors.Is(*err, *found) {
			*err = *found
		} else if errors.Is(*err, errBroken) || errors.Is(*err, errDamaged) {
			*err = fmt.Errorf("the store %s is damaged (%w); stop the desk and restore a backup", s.path, *err)
			s.damaged.CompareAndSwap(nil, err)
		}
	}
}

// ofPages tells whether a panic that is on its way came of the file's pages: from memory that is not there, from bbolt, or
// from what this package makes of what it reads.
func ofPages(p any) bool {
	if _, fault := p.(interface{ Addr() uintptr }); fault {
		return true
	}
	pcs := make([]uintptr, 100)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	panicked := false
	for {
		f, more := frames.Next()
		switch {
		case strings.HasPrefix(f.Function, "runtime."):
			panicked = panicked || strings.HasPrefix(f.Function, "runtime.gopanic") || strings.HasPrefix(f.Function, "runtime.panic")
		case !panicked: // what ran because of the panic
		case strings.HasPrefix(f.Function, "go.etcd.io/bbolt"):
			return true
		case strings.HasPrefix(f.Function, "sampledesk/"):
			return strings.HasPrefix(f.Function, "sampledesk/store/boltstore.") && !strings.HasSuffix(f.File, "_test.go")
		}
		if !more {
			return false
		}
	}
}

// errReplaced and errGone tell that the file under the store's path is not the one that is open: what would be kept would
// be in a file that nobody finds again.
var (
	errReplaced = errors.New("another file was put in its place while it was in use")
	errGone     = errors.New("its file was taken away while it was in use")
)

// mayBegin tells why no transaction can begin, looking at the file and at what happened to it. Size is the file's.
func (s *Store) mayBegin(writable bool) (size int64, err error) {
	if found := s.damaged.Load(); found != nil && (writable || s.stuck.Load()) {
		return 0, *found // to write more would make it worse
	}
	if s.stuck.Load() {
		return 0, errBroken
	}
	return s.present()
}

// present tells whether the file under the store's path is the one that is open, and returns its size.
func (s *Store) present() (size int64, err error) {
	least := s.size.Load() // before the look at the file, which may grow at any moment
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = errGone
	case err != nil:
		return 0, fmt.Errorf("the store %s cannot be looked at: %w", s.path, err)
	case s.file != nil && !os.SameFile(info, s.file):
		err = errReplaced
	case info.Size() < least: // looked at before bbolt touches what is not there, and holds its locks for ever
		return 0, fmt.Errorf("%w: it has %d bytes of at least %d", errBroken, info.Size(), least)
	default:
		return info.Size(), nil
	}
	return 0, fmt.Errorf("the store %s cannot be used any more: %w; stop the desk, put the file back or restore a backup, and start it again", s.path, err)
}

// whole tells whether all pages that the file speaks of are in it: a copy that broke off has its beginning only. The file
// had that size a moment ago.
func (s *Store) whole(tx *transaction, size int64) error {
	want := tx.tx.Size()
	if size < want { // it may have grown
		info, err := os.Stat(s.path)
		if err != nil {
			return err
		}
		size = info.Size()
	}
	if size < want {
		return fmt.Errorf("%w: it has %d bytes of at least %d", errBroken, size, want)
	}
	s.size.Store(tx.tx.Size())
	if tx.tx.Writable() {
		return s.freePagesWhole(tx)
	}
	return nil
}

// freePagesWhole looks at the page that lists the free ones, the one that bbolt takes unseen when it commits: where it is
// damaged, bbolt gives back billions of pages, one by one. The layout is that of bbolt's file format.
func (s *Store) freePagesWhole(tx *transaction) error {
	const header, none = 16, ^uint64(0)
	size := int64(s.db.Info().PageSize)
	var meta, page [64]byte
	if _, err := s.open.ReadAt(meta[:], size*int64((tx.tx.ID()-1)%2)); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	id, end := binary.NativeEndian.Uint64(meta[header+32:]), uint64(tx.tx.Size()/size)
	if id == none {
		return nil
	}
	if id < end {
		if _, err := s.open.ReadAt(page[:header], size*int64(id)); err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
	}
	const freelist = 0x10
	is, flags, more := binary.NativeEndian.Uint64(page[:]), binary.NativeEndian.Uint16(page[8:]), binary.NativeEndian.Uint32(page[12:])
	if is != id || flags != freelist || id+uint64(more) >= end {
		return fmt.Errorf("%w: page %d does not list the free ones", errBroken, id)
	}
	return nil
}

// mostGrowth is by how much one commit may make the file larger, beyond twice its size: far more than any does.
const mostGrowth = 1 << 30

// bound keeps bbolt, should damaged pages lead it astray, from making the file larger without end: it gives up what it
// was to commit. It is called by whoever is about to write to a file of that size, and nobody else reads the bound.
func (s *Store) bound(size int64) {
	s.db.MaxSize = int(min(2*size+s.growth, math.MaxInt))
}

// noRoom tells whether an error is that the disk, or what this user may have of it, is full.
func noRoom(err error) bool {
	for _, full := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if err != nil && (errors.Is(err, full) || strings.HasSuffix(err.Error(), ": "+full.Error())) { // bbolt keeps the text of some alone
			return true
		}
	}
	return false
}

// Health tells why the store cannot do its work, in a sentence for the operator, or nil if it can: its file is damaged,
// gone or another, or the disk is full. Where the last commit found no room it tries once more.
func (s *Store) Health(ctx context.Context) (err error) {
	defer s.edge(&err)()
	if _, err := s.mayBegin(true); err != nil {
		return err
	}
	tx, err := s.begin(ctx, false) // looks at the length too
	if err != nil {
		return err
	}
	_, err = tx.version()
	tx.close()
	if err != nil || s.full.Load() == nil {
		return err
	}
	return s.update(ctx, nil, func(t *transaction) error {
		return t.bucket(schemaBucket).Put(versionKey, strconv.AppendInt(nil, schema, 10))
	}, false)
}
