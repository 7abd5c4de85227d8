package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// How long Open waits for another process to let go of the file, and how often it looks: a process that is stopping
// needs a moment to do so.
const (
	patience = time.Second
	look     = 50 * time.Millisecond
)

// Option says how a store is opened.
type Option func(*opening)

// WithLog has the log told of what takes long: an older file that is rebuilt.
func WithLog(log *slog.Logger) Option { return func(o *opening) { o.log = log } }

type opening struct{ log *slog.Logger }

// Open opens the store in the file at path, and makes it, with its folder, if it is not there. It waits about a second
// for another process to let go of it, or until ctx ends. It voids all claims, since whoever held them had the file. An
// older file is rebuilt first, which may take minutes; as it was, it is then beside the new one. Errors are sentences for
// the operator.
func Open(ctx context.Context, path string, options ...Option) (*Store, error) {
	o := opening{log: slog.New(slog.DiscardHandler)}
	for _, option := range options {
		option(&o)
	}
	if path == "" {
		return nil, errors.New("the store's file has no name")
	}
	s, err := o.open(ctx, path)
	if err != nil {
		return nil, explain(path, err)
	}
	return s, nil
}

func (o opening) open(ctx context.Context, path string) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	isNew, err := makeRoom(path)
	if err != nil {
		return nil, err
	}
	if isNew {
		if err := begun(path); err != nil {
			return nil, err
		}
	}
	s, err := prepared(ctx, path)
	if errors.Is(err, errOutdated) {
		err = guarded(func() error { return rebuild(ctx, path, s.db, o.log) })
		if err = errors.Join(err, s.db.Close()); err != nil {
			return nil, err
		}
		s, err = prepared(ctx, path)
	}
	if err == nil && isNew {
		err = syncFolder(path)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil && s != nil {
		_ = s.db.Close()
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// begun puts an empty bolt file at path, unless another process is quicker. It is whole when it gets its name: bbolt writes
// several pages, and a file with only some of them would be taken for somebody else's.
func begun(path string) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".making")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := file.Close(); err != nil {
		return err
	}
	db, err := bbolt.Open(file.Name(), 0o600, nil)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	if err := Place(file.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// prepared opens the file and brings it to where updates can begin. With errOutdated it returns the store too, which is
// then good for nothing but to be rebuilt.
func prepared(ctx context.Context, path string) (*Store, error) {
	db, file, err := lock(ctx, path)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, open: file, path: path, growth: mostGrowth}
	if s.file, err = file.Stat(); err == nil {
		err = guarded(func() error { return s.prepare(ctx) })
	}
	if errors.Is(err, errBroken) {
		unlock(file) // bbolt may hold locks of its own, and would wait for them to close
		return nil, err
	}
	if err != nil && !errors.Is(err, errOutdated) {
		_ = db.Close()
		return nil, err
	}
	return s, err
}

// ErrInUse tells that another process has the file.
var ErrInUse = errors.New("another process uses it")

// lock opens the file as soon as no other process has it.
func lock(ctx context.Context, path string) (*bbolt.DB, *os.File, error) {
	enough := time.NewTimer(patience)
	defer enough.Stop()
	for {
		db, file, err := open(path)
		if !errors.Is(err, bolterrors.ErrTimeout) {
			return db, file, err
		}
		select {
		case <-time.After(look):
		case <-enough.C:
			return nil, nil, ErrInUse
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("%w (%w)", ErrInUse, ctx.Err())
		}
	}
}

// open opens the file, or returns bolterrors.ErrTimeout at once if another process has it.
func open(path string) (db *bbolt.DB, file *os.File, err error) {
	err = guarded(func() error {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout:         time.Nanosecond,
			FreelistType:    bbolt.FreelistArrayType, // the other kind sorts all free pages at each commit
			InitialMmapSize: roomToGrow(path),
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				var err error
				file, err = os.OpenFile(name, flag, mode)
				return file, err
			},
		})
		if err == nil {
			db.AllocSize = growth
		}
		return err
	})
	if err == nil && file != nil && !isStill(file, path) {
		_ = db.Close()
		return nil, nil, bolterrors.ErrTimeout // another process put a new file in its place meanwhile
	}
	if errors.Is(err, errBroken) && file != nil {
		unlock(file) // bbolt did not live to do it
		_ = file.Close()
	}
	return db, file, err
}

// roomToGrow is how much address space is taken for the file: where it grows beyond that, whoever writes waits for all who
// read. It costs no memory; on Windows it would cost the disk, and elsewhere than on 64 bits there is not enough.
func roomToGrow(path string) int {
	const least = 1 << 30
	if runtime.GOOS == "windows" || strconv.IntSize < 64 {
		return 0
	}
	if info, err := os.Stat(path); err == nil {
		return int(max(least, 2*info.Size()))
	}
	return least
}

// growth is by how many bytes a file grows at once. bbolt's own 16 MB would be the size of every file from its first change
// on, as more address space is taken than that.
const growth = 1 << 20

// isStill tells whether the file that is open is the one that the path names.
func isStill(file *os.File, path string) bool {
	held, err1 := file.Stat()
	named, err2 := os.Stat(path)
	return err1 != nil || err2 != nil || os.SameFile(held, named)
}

// errBroken tells that the pages of a file lead nowhere.
var errBroken = errors.New("its pages lead nowhere")

// guarded runs fn, and turns into errBroken what bbolt does when it is led astray by damaged pages: it panics, or
// touches memory behind the file's end.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errBroken, p)
		}
	}()
	return fn()
}

// prepare checks that the file is whole and ours, makes what is not there, and voids all claims. For a file of an older
// make it returns errOutdated.
func (s *Store) prepare(ctx context.Context) error {
	tx, err := s.begin(ctx, true)
	if err != nil {
		return err
	}
	defer tx.close()
	made, err := tx.settled()
	if err != nil {
		return err
	}
	grown, err := tx.add()
	if err != nil {
		return err
	}
	voided, err := tx.voidClaims()
	if err != nil {
		return fmt.Errorf("voiding the claims: %w", err)
	}
	named, err := tx.nameAnew()
	if err != nil {
		return fmt.Errorf("naming the campaigns: %w", err)
	}
	if !made && !grown && !voided && !named {
		return nil
	}
	return s.commit(tx)
}

// explain makes a sentence of what kept the store at path from being opened.
func explain(path string, err error) error {
	newer, isNewer := errors.AsType[newerError](err)
	switch {
	case isNewer:
		return fmt.Errorf("the store %s cannot be used: %w; nothing was changed in it. Use that version, or another store", path, newer)
	case errors.Is(err, ErrInUse):
		return fmt.Errorf("the store %s cannot be opened: %w, and one file serves one Sample Desk at a time; stop the other one, or name another file", path, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("opening the store %s was given up: %w", path, err)
	case errors.Is(err, errNoFile):
		return fmt.Errorf("the store %s cannot be opened: %w; name a file", path, err)
	case errors.Is(err, errForeign):
		return fmt.Errorf("the store %s cannot be used: %w; nothing was changed in it", path, err)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, errBroken), errors.Is(err, errDamaged):
		return fmt.Errorf("the store %s is no Sample Desk store, or it is damaged (%w); restore a backup, or name another file", path, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the store %s may not be read and written by this user: %w", path, err)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("the store %s is where nothing can be written: %w", path, err)
	case noRoom(err):
		return fmt.Errorf("the disk of the store %s is full: %w", path, err)
	default:
		return fmt.Errorf("the store %s cannot be opened: %w", path, err)
	}
}
