package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"sampledesk/workflow"
)

// A file of an older make is not changed: what it holds is put into a new one beside it, which takes its place when it is
// whole and on the disk. So a rebuilding that breaks off at any point has changed nothing. It goes in the order of the
// keys and in many transactions, so that it needs little memory, and leaves a file without gaps.

// The buckets of schemas 1 and 2 that this one has no more.
var (
	placesBucket  = []byte("places")  // shop 0 id -> where the application stands in listings
	countsBucket  = []byte("counts")  // listing -> number of its applications
	historyBucket = []byte("history") // shop 0 id 0 sequence -> Entry
	effectsBucket = []byte("effects") // effect -> queued
)

// effectPrefixBefore is what the keys of effects in busyBucket began with in the first make of this schema; the id followed.
const effectPrefixBefore = "e"

// takenOver are the buckets that are the same in every schema but for how their values are packed: names are as they are.
// Where a file has none of that name, it is worked out or stays empty.
var takenOver = []struct {
	name   []byte
	repack func(data []byte) ([]byte, error)
}{
	{authorisationsBucket, repack[workflow.Authorisation]},
	{shopsBucket, repack[workflow.Shop]},
	{campaignsBucket, repack[workflow.Campaign]},
	{campaignNamesBucket, asItIs},
	{membersBucket, repack[workflow.Member]},
	{membershipsBucket, asItIs},
	{productsBucket, repack[workflow.Product]},
	{conversationsBucket, repack[workflow.Conversation]},
	{conversationIDsBucket, asItIs},
	{templatesBucket, repack[workflow.Templates]},
	{runsBucket, repack[workflow.Run]},
	{noticesBucket, repack[workflow.Notice]},
	{peopleBucket, repack[workflow.Person]},
	{deadLettersBucket, repack[deadLetter]},
	{appsBucket, repack[workflow.App]},
	{deliveriesBucket, asItIs},
	{looksBucket, repack[workflow.Look]},
	{rulesBucket, repack[workflow.Rules]},
	{listedBucket, repack[workflow.Listed]},
	{listsOfBucket, asItIs},
	{costsBucket, repack[workflow.Cost]},
	{talliesBucket, asItIs},
	{marksBucket, asItIs},
}

// repack packs a value as it is packed today.
func repack[T any](data []byte) ([]byte, error) {
	value, err := decode[T](data)
	if err != nil {
		return nil, err
	}
	return pack(value)
}

func asItIs(data []byte) ([]byte, error) { return data, nil }

// The bounds of what is held in memory at a time.
const (
	rebuiltAtOnce = 4 << 20 // bytes put in one transaction
	listedAtOnce  = 200_000 // places put in order
)

// tellAfter is how often the log tells how far a rebuilding is.
const tellAfter = 5 * time.Second

// rebuild puts what the file at path holds, which old has open and locked, into a new file in its place. The old one is
// kept beside it if its schema was another.
func rebuild(ctx context.Context, path string, old *bbolt.DB, log *slog.Logger) (err error) {
	fresh := path + ".rebuilding"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removed(fresh))
		}
	}()
	began := time.Now()
	has, err := fillAnew(ctx, fresh, old, log)
	if err != nil {
		return err
	}
	backup := ""
	if has != schema {
		if backup, err = setAside(path, has); err != nil {
			return fmt.Errorf("keeping the store as it was: %w", err)
		}
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	log.InfoContext(ctx, "store rebuilt", "path", path, "schema", schema, "as_it_was", backup, "took", time.Since(began).Round(time.Millisecond))
	return syncFolder(path)
}

// removed removes a file if it is there.
func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// setAside gives the file at path a second name that lasts when another takes the first, and returns that.
func setAside(path string, has int) (string, error) {
	name := fmt.Sprintf("%s.schema%d", path, has)
	for n := 2; ; n++ {
		switch err := os.Link(path, name); {
		case err == nil:
			return name, syncFolder(name)
		case !errors.Is(err, fs.ErrExist):
			return name, copied(path, name) // a disk that knows no second names
		case sameFile(path, name):
			return name, nil // from a rebuilding that broke off
		}
		name = fmt.Sprintf("%s.schema%d.%d", path, has, n)
	}
}

func sameFile(one, other string) bool {
	a, err1 := os.Stat(one)
	b, err2 := os.Stat(other)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}

// copied copies a file, for its owner alone.
func copied(from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close(), syncFolder(to))
}

// rebuilding is a new file that is being filled from an old one.
type rebuilding struct {
	ctx  context.Context
	log  *slog.Logger
	has  int
	from *bbolt.Tx
	to   *bbolt.DB

	tx  *transaction // the one under way in the new file
	put int          // the bytes put in it

	entries []entry        // places that are not put yet
	numbers map[string]int // how many applications the long listings have
	facts   []pair         // of the figures, that are not put yet

	done, all int
	told      time.Time
}

// entry is a key of a listing, with its bucket and the value there.
type entry struct{ bucket, at, value []byte }

// fillAnew fills a new file from the old one, and returns the schema that this has.
func fillAnew(ctx context.Context, path string, old *bbolt.DB, log *slog.Logger) (has int, err error) {
	from, err := old.Begin(false)
	if err != nil {
		return 0, err
	}
	defer func() { _ = from.Rollback() }()
	if has, err = (&transaction{tx: from, ctx: ctx}).version(); err != nil {
		return 0, err
	}
	// Nothing rests on the new file before it is whole, and then it is synced.
	to, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistArrayType, NoSync: true, NoGrowSync: true})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	r := &rebuilding{ctx: ctx, log: log, has: has, from: from, to: to, numbers: map[string]int{}, told: time.Now(), all: allOf(from)}
	log.InfoContext(ctx, "rebuilding the store", "path", old.Path(), "from_schema", has, "to_schema", schema, "applications", r.all)
	if err := r.run(); err != nil {
		return 0, fmt.Errorf("rebuilding it in schema %d: %w", schema, err)
	}
	return has, to.Sync()
}

// allOf returns how many applications a file holds, as far as it tells.
func allOf(from *bbolt.Tx) (all int) {
	for name, prefix := range map[string]string{string(countsBucket): "seen\x1f", string(busyBucket): "nseen\x1f"} {
		if b := from.Bucket([]byte(name)); b != nil {
			c := b.Cursor()
			for k, n := c.Seek([]byte(prefix)); bytes.HasPrefix(k, []byte(prefix)) && len(n) == 8; k, n = c.Next() {
				all += int(binary.BigEndian.Uint64(n))
			}
		}
	}
	return all
}

func (r *rebuilding) run() (err error) {
	if err := r.begin(); err != nil {
		return err
	}
	defer func() { r.tx.close() }() // after the last commit it does nothing
	if err := r.tx.make(); err != nil {
		return err
	}
	for _, b := range takenOver {
		if err := r.takeOver(b.name, b.repack); err != nil {
			return err
		}
	}
	for _, part := range []func() error{r.outbox, r.applications, r.flush, r.keepNumbers, r.flushFacts, r.keepHours, r.standings, r.waiting, r.memberships, r.products} {
		if err := part(); err != nil {
			return err
		}
	}
	return r.tx.tx.Commit()
}

func (r *rebuilding) begin() error {
	tx, err := r.to.Begin(true)
	if err != nil {
		return err
	}
	r.tx, r.put = &transaction{tx: tx, ctx: r.ctx, recent: &recent{}}, 0
	return nil
}

// keep puts something into the new file. Keys come in order, so pages are filled to the brim.
func (r *rebuilding) keep(bucket, key, value []byte) error {
	if err := r.tx.alive(); err != nil {
		return err
	}
	if r.put > rebuiltAtOnce {
		if err := r.tx.tx.Commit(); err != nil {
			return err
		}
		if err := r.begin(); err != nil {
			return err
		}
	}
	r.put += len(key) + len(value)
	b := r.tx.bucket(bucket)
	b.FillPercent = 0.95
	return b.Put(key, value)
}

// takeOver takes over a bucket, if the old file has it.
func (r *rebuilding) takeOver(name []byte, repack func([]byte) ([]byte, error)) error {
	b := r.from.Bucket(name)
	if b == nil {
		return nil
	}
	if err := r.number(b, name); err != nil {
		return err
	}
	return b.ForEach(func(k, v []byte) error {
		data, err := repack(v)
		if err != nil {
			return fmt.Errorf("under %q of %s: %w", k, name, err)
		}
		return r.keep(name, k, data)
	})
}

// number goes on with the old bucket's numbers.
func (r *rebuilding) number(from *bbolt.Bucket, to []byte) error {
	b := r.tx.bucket(to)
	return b.SetSequence(max(b.Sequence(), from.Sequence()))
}
