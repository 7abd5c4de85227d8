package pgstore

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// Newest is the schema that this desk works with.
var Newest = len(allMigrations)

// Cleared are the tables that Clear empties.
const Cleared = filled

// WithMigration has the store be of a later desk, which knows one migration more.
func WithMigration(sql string) Option {
	return func(s *Store) {
		m, err := migrationOf(len(s.migrations)+1, sql)
		if err != nil {
			panic(err)
		}
		s.migrations = append(slices.Clone(s.migrations), m)
	}
}

// Configured changes how the store reaches its database.
func Configured(fn func(*pgxpool.Config)) Option { return func(s *Store) { s.configure = fn } }

// RoundTrip stands before statements that are sent together.
const RoundTrip = "-- batch"

// Traced has fn told of every statement before it is sent.
func Traced(fn func(sql string, args []any)) Option {
	return Configured(func(c *pgxpool.Config) { c.ConnConfig.Tracer = tracer(fn) })
}

type tracer func(sql string, args []any)

func (t tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	t(data.SQL, data.Args)
	return ctx
}

func (t tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (t tracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	t(RoundTrip, nil)
	for _, q := range data.Batch.QueuedQueries {
		t(q.SQL, q.Arguments)
	}
	return ctx
}

func (t tracer) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (t tracer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// Tidy does at once what is done every few seconds.
func (s *Store) Tidy() { s.tidy() }

// Statements are those of the package that are no migrations, for who reads them.
func Migrations() (all []string) {
	for _, m := range allMigrations {
		all = append(all, m.sql)
	}
	return all
}

// Connections is how many connections the store has ever made.
func (s *Store) Connections() int64 { return s.conns().Stat().NewConnsCount() }

// Examination is what was read of a database.
type Examination = examination

// Judged judges a good database with one thing changed.
func Judged(change func(*Examination)) Examined {
	f := examination{
		version: "17.2", number: 170_002, encoding: "UTF8", schema: "public", role: "desk", owns: true, makes: true, has: 1, oldest: 1, knows: 1,
		isolation: "serializable", most: 100, roleMost: -1, eachTakes: 16, clocks: time.Minute,
	}
	change(&f)
	return f.judged()
}

// WithVersion is a server of another version.
func WithVersion(number int, version, encoding string) func(*Examination) {
	return func(f *Examination) { f.number, f.version, f.encoding = number, version, encoding }
}

// WithIsolation is an engine that gives less than it was asked for.
func WithIsolation(level string) func(*Examination) {
	return func(f *Examination) { f.isolation = level }
}

// WithClock is a clock that is ahead.
func WithClock(by time.Duration) func(*Examination) { return func(f *Examination) { f.ahead = by } }

// WithPrepared is a pooler to which prepared statements would be sent.
func WithPrepared(f *Examination) { f.pooled, f.told = true, true }

// PasswordOf is what an address leads in with.
func PasswordOf(t *testing.T, address string) string {
	config, err := configOf(address)
	require.NoError(t, err)
	return config.ConnConfig.Password
}
