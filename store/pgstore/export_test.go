package pgstore

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
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
	t("-- batch", nil)
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
