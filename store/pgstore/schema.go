package pgstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"sampledesk/workflow"
)

// The migrations are numbered from 1 on without gaps, and are never changed once a version was released. Each begins where
// the one before left the database. One that says so in its first line leaves older desks their work:
//
//	-- older desks may go on from N
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

const olderMayGoOn = "-- older desks may go on from "

// migration is a step from one schema to the next.
type migration struct {
	number int
	oldest int // the oldest schema whose desks may go on beside it
	sql    string
}

// allMigrations are those that this desk knows, in order.
var allMigrations = func() (all []migration) {
	files, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic(err)
	}
	for i, file := range files {
		text, err := migrationFiles.ReadFile(file)
		if err != nil {
			panic(err)
		}
		m, err := migrationOf(i+1, string(text))
		if err != nil {
			panic(fmt.Sprintf("%s: %v", file, err))
		}
		all = append(all, m)
	}
	return all
}()

// migrationOf reads a migration. What was broken by one before it stays broken: see oldestBeside.
func migrationOf(number int, sql string) (m migration, err error) {
	m = migration{number: number, oldest: number, sql: sql}
	if rest, ok := strings.CutPrefix(sql, olderMayGoOn); ok {
		first, _, _ := strings.Cut(rest, "\n")
		m.oldest, err = strconv.Atoi(strings.TrimSpace(first))
	}
	return m, err
}

// newest is the schema that this desk works with.
func (s *Store) newest() int { return len(s.migrations) }

// oldestBeside is the oldest schema whose desks may go on after the migrations beyond one, before which it was another.
func (s *Store) oldestBeside(has, before int) int {
	for _, m := range s.migrations[has:] {
		before = max(before, m.oldest)
	}
	return before
}

// newerError tells that the database was made by a Sample Desk newer than this one.
type newerError struct{ has, knows int }

func (e newerError) Error() string {
	return fmt.Sprintf("the database was made ready for a newer Sample Desk (schema %d, this one knows %d); nothing was changed in it: update this one", e.has, e.knows)
}

// migrateWait is how long a desk waits for another that migrates.
const migrateWait = 10 * time.Minute

// migrate brings the schema up to date. Of several desks that begin at once, one does it, and the others find it done.
func (s *Store) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, migrateWait)
	defer cancel()
	for tries := 0; ; tries++ {
		err := s.migrateOnce(ctx)
		switch meaning(err) {
		case conflict, collision: // two made the first table at once
			if tries < 20 {
				pause(ctx, tries, mostPause)
				continue
			}
		default:
		}
		return err
	}
}

// migrateOnce does what is missing, all in one transaction, holding the row that has the schema's number. It is serializable
// as the updates are: one that began before it, on a desk that goes on, is as if it were over before, or is run again.
func (s *Store) migrateOnce(ctx context.Context) (err error) {
	has, oldest, err := s.schemaNow(ctx)
	if err != nil || has >= s.newest() {
		return errors.Join(err, s.tooOld(has, oldest))
	}
	return pgx.BeginTxFunc(ctx, s.conns(), pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
		if has > 0 {
			if err := tx.QueryRow(ctx, "SELECT version, oldest FROM desk_schema FOR UPDATE").Scan(&has, &oldest); err != nil {
				return err
			}
		} else if has, oldest, err = schemaOf(ctx, tx); err != nil {
			return err
		}
		if has >= s.newest() { // another was quicker
			return s.tooOld(has, oldest)
		}
		oldest = s.oldestBeside(has, oldest)
		if err := olderGone(ctx, tx, has, oldest); err != nil {
			return err
		}
		began := time.Now()
		for _, m := range s.migrations[has:] {
			if _, err := tx.Conn().PgConn().Exec(ctx, m.sql).ReadAll(); err != nil {
				return fmt.Errorf("migration %d: %w", m.number, err)
			}
		}
		if _, err := tx.Exec(ctx, "UPDATE desk_schema SET version = $1, oldest = $2", s.newest(), oldest); err != nil {
			return err
		}
		s.log.InfoContext(ctx, "brought the database's schema up to date", "store", s.name, "from", has, "to", s.newest(), "took", time.Since(began))
		return nil
	})
}

// tooOld tells that this desk cannot work with a schema.
func (s *Store) tooOld(has, oldest int) error {
	if oldest > s.newest() {
		return newerError{has: has, knows: s.newest()}
	}
	return nil
}

// olderGone refuses to migrate while desks work that could not go on. Those that begin meanwhile wait for the lock.
func olderGone(ctx context.Context, tx pgx.Tx, has, oldest int) error {
	if has == 0 || oldest <= has {
		return nil
	}
	var working int
	var hosts string
	err := tx.QueryRow(ctx, "SELECT count(*), coalesce(string_agg(host, ', ' ORDER BY host), '') FROM desks WHERE schema < $1 AND seen_at > clock_timestamp() - make_interval(secs => $2::float8)",
		oldest, workflow.DeskGone.Seconds()).Scan(&working, &hosts)
	if err != nil || working == 0 {
		return err
	}
	return fmt.Errorf("an older Sample Desk works on this database (%s), and could not go on with the schema of this one: stop it, and start this one a minute later", hosts)
}

// schemaNow returns the number of the database's schema, zero for a database without one, and the oldest whose desks may
// go on.
func (s *Store) schemaNow(ctx context.Context) (has, oldest int, err error) {
	return schemaOf(ctx, s.conns())
}

func schemaOf(ctx context.Context, from interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}) (has, oldest int, err error) {
	var there bool
	if err := from.QueryRow(ctx, "SELECT to_regclass('desk_schema') IS NOT NULL").Scan(&there); err != nil || !there {
		return 0, 0, err
	}
	err = from.QueryRow(ctx, "SELECT version, oldest FROM desk_schema").Scan(&has, &oldest)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, fmt.Errorf("%w: desk_schema has no row", errDamaged)
	}
	return has, oldest, err
}
