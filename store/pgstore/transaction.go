package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// transaction is a workflow.Tx. It begins with its first statement. What is written is gathered, and sent with the next
// read or with the commit. Records that were read or written are remembered, so that what steps read twice is asked once.
type transaction struct {
	store    *Store
	ctx      context.Context
	writable bool
	conn     *pgxpool.Conn

	begun, wrote, committing bool
	handed                   bool  // whether anything was handed out
	failed                   error // what ended the transaction; all that follows is this
	fresh                    bool  // see Fill

	pending []query
	gathered

	records map[string]record             // by table and key
	effects map[workflow.EffectID]*queued // those that were read; nil: there is none
	heads   []head                        // of all kinds, once they were read
	headed  bool                          // whether they were
	lines   map[workflow.Lane][]workflow.InLine
	taken   map[workflow.EffectID]bool // ids that look new and are not
	touched map[workflow.Key]bool      // applications that were changed
}

var _ workflow.Tx = (*transaction)(nil)

// record is what a table has under a key.
type record struct {
	text  string
	there bool
}

// query is a statement with what becomes of its answer.
type query struct {
	sql  string
	args []any
	rows func(pgx.Rows) error // is given each row, where it reads
	done func(n int64)        // is told how many rows it concerned, where it does not
	why  error                // what it means if the database says that a name is taken
}

func (s *Store) begin(ctx context.Context, writable bool, taken map[workflow.EffectID]bool) *transaction {
	return &transaction{
		store: s, ctx: ctx, writable: writable, taken: taken,
		records: map[string]record{}, effects: map[workflow.EffectID]*queued{}, lines: map[workflow.Lane][]workflow.InLine{}, touched: map[workflow.Key]bool{},
	}
}

// The statements that begin a transaction. A desk that is gone must not hold up others. The settings are those of planning,
// for where they are not the session's.
const (
	beginUpdate = "BEGIN ISOLATION LEVEL SERIALIZABLE"
	beginView   = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	bounds      = "SELECT set_config('idle_in_transaction_session_timeout', '10s', true), set_config('lock_timeout', '5s', true), oldest, version FROM desk_schema WHERE only_row"
	settings    = "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)," +
		" set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true), set_config('jit', 'off', true)"
)

// alive tells, once the transaction has ended or nobody waits for it, why.
func (t *transaction) alive() error {
	if err := t.ctx.Err(); err != nil {
		return fmt.Errorf("nobody waits for the transaction any more: %w", err)
	}
	return t.failed
}

// may tells whether something of these names may be kept in this transaction.
func (t *transaction) may(what string, names ...string) error {
	if !t.writable {
		return fmt.Errorf("keeping %s: %w", what, errReadOnly)
	}
	return value.Named(what, names...)
}

// write gathers a statement.
func (t *transaction) write(sql string, args ...any) {
	t.pending = append(t.pending, query{sql: sql, args: args})
}

// ask sends what was gathered, and queries after it, all at once.
func (t *transaction) ask(queries ...*query) error {
	if err := t.alive(); err != nil {
		return err
	}
	return t.send(t.ctx, queries...)
}

// each runs one query, and hands each row to scan.
func (t *transaction) each(scan func(pgx.Rows) error, sql string, args ...any) error {
	return t.ask(&query{sql: sql, args: args, rows: scan})
}

// one runs a query that has one row at the most; false if it has none.
func (t *transaction) one(dest []any, sql string, args ...any) (found bool, err error) {
	err = t.each(func(rows pgx.Rows) error {
		found = true
		return rows.Scan(dest...)
	}, sql, args...)
	return found, err
}

// send begins the transaction if it has not begun, and sends what was gathered and the queries. An error ends it.
func (t *transaction) send(ctx context.Context, queries ...*query) error {
	t.flush()
	all := make([]*query, 0, len(t.pending)+len(queries)+2)
	if !t.begun {
		all = append(all, t.opening()...)
	}
	for i := range t.pending {
		all = append(all, &t.pending[i])
	}
	t.wrote = t.wrote || len(t.pending) > 0
	t.pending = nil
	all = append(all, queries...)
	err, began := t.exchange(ctx, all), time.Now()
	for n := 4; err != nil && !t.writable && !t.begun && !t.handed && meaning(err) == broken && time.Since(began) < viewPatience && pause(ctx, n, mostPause); n++ {
		t.drop() // nothing was handed out yet: the connection had died meanwhile, or the database is about to be back
		err = t.exchange(ctx, all)
	}
	if err != nil {
		if t.committing {
			return err
		}
		return t.fail(err)
	}
	t.begun = true
	return nil
}

// opening are the statements that begin a transaction.
func (t *transaction) opening() []*query {
	begin := []*query{{sql: beginView}}
	if t.writable {
		begin[0].sql = beginUpdate
	}
	if t.store.pooled {
		begin = append(begin, &query{sql: settings})
	}
	if !t.writable {
		return begin
	}
	return append(begin, &query{sql: bounds, rows: func(rows pgx.Rows) error {
		var any string
		var oldest, version int
		if err := rows.Scan(&any, &any, &oldest, &version); err != nil {
			return err
		}
		return t.store.tooOld(version, oldest)
	}})
}

// exchange sends queries in one go and reads the answers. A database that gives none within answerWait counts as gone.
func (t *transaction) exchange(ctx context.Context, queries []*query) error {
	began := time.Now()
	own, cancel := bounded(ctx)
	defer cancel()
	err := silence(ctx, own, t.talk(own, queries))
	if err != nil && codeOf(err) == "" && time.Since(began) >= silent {
		t.store.renew()
	}
	return err
}

func (t *transaction) talk(ctx context.Context, queries []*query) (err error) {
	if t.conn == nil {
		if t.conn, err = t.store.acquire(ctx); err != nil {
			t.conn = nil
			return unsentError{fmt.Errorf("getting a connection to the database: %w", err)}
		}
	}
	var batch pgx.Batch
	for _, q := range queries {
		batch.Queue(q.sql, q.args...)
	}
	answers := t.conn.SendBatch(ctx, &batch)
	for _, q := range queries {
		if err = t.read(answers, q); err != nil {
			if q.why != nil && codeOf(err) == uniqueViolation {
				err = q.why
			}
			break
		}
	}
	if closing := answers.Close(); err == nil {
		err = closing
	}
	return err
}

// read reads the answer to a query.
func (t *transaction) read(answers pgx.BatchResults, q *query) error {
	if q.rows == nil {
		tag, err := answers.Exec()
		if err == nil && q.done != nil {
			q.done(tag.RowsAffected())
		}
		return err
	}
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		t.handed = true
		if err := q.rows(rows); err != nil {
			return err
		}
	}
	rows.Close()
	return rows.Err()
}

// fail ends the transaction with an error, and says what that means.
func (t *transaction) fail(err error) error {
	if t.failed != nil {
		return t.failed
	}
	if cause := t.ctx.Err(); cause != nil {
		t.failed = fmt.Errorf("nobody waits for the transaction any more: %w", cause)
		return t.failed
	}
	_, taken := errors.AsType[takenError](err)
	what := meaning(err)
	switch {
	case taken:
		what = collision
	case t.writable && what == broken && codeOf(err) == readOnlyTransaction:
		t.store.renew() // the database that can be written to may be another by now
	}
	switch {
	case t.writable && what != final:
		t.failed = retryError{err, what}
	default:
		t.failed = sentence(err)
	}
	return t.failed
}

// rollbackWait is how long the end of a transaction without effect may take, before its connection is cut. Whoever waits
// for the transaction waits for that no longer than for the rest of it.
const rollbackWait = 2 * time.Second

// end gives the connection back, and undoes what was not committed.
func (t *transaction) end() {
	if t.conn == nil {
		return
	}
	conn := t.conn
	t.conn = nil
	if t.failed == nil {
		t.failed = errors.New("the transaction has ended")
	}
	if conn.Conn().IsClosed() || conn.Conn().PgConn().TxStatus() == 'I' {
		conn.Release()
		return
	}
	undone := make(chan struct{})
	go func() {
		defer close(undone)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), rollbackWait)
		defer cancel()
		if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
			_ = conn.Conn().Close(ctx)
		}
		conn.Release()
	}()
	select {
	case <-undone:
	case <-t.ctx.Done():
	}
}

// drop lets go of a connection that broke.
func (t *transaction) drop() {
	if t.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), rollbackWait)
	defer cancel()
	_ = t.conn.Conn().Close(ctx)
	t.conn.Release()
	t.conn = nil
}

// keyed joins a table and the parts of a key; no name holds a zero byte.
func keyed(table string, key ...string) string { return table + "\x00" + strings.Join(key, "\x00") }

// table is one whose rows are found by a key and hold a record.
type table struct {
	name string
	what string // for an error
	get  string // the statement that reads a record
}

// shows tells the record under a key, which may have been read before.
func (t *transaction) shows(from table, key ...string) (record, error) {
	if err := t.alive(); err != nil {
		return record{}, err
	}
	at := keyed(from.name, key...)
	if known, ok := t.records[at]; ok {
		return known, nil
	}
	if t.fresh && from.name == applicationsTable.name {
		return record{}, nil
	}
	args := make([]any, len(key))
	for i, k := range key {
		args[i] = k
	}
	var r record
	var err error
	if r.there, err = t.one([]any{&r.text}, from.get, args...); err != nil {
		return record{}, err
	}
	t.records[at] = r
	return r, nil
}

// remember takes note of what a table has under a key since a write.
func (t *transaction) remember(from table, r record, key ...string) {
	t.records[keyed(from.name, key...)] = r
}

// read returns the value under a key, or workflow.ErrNotFound. The last of optional parts of a key may be empty.
func read[T any](t *transaction, from table, key ...string) (v T, err error) {
	if err := t.alive(); err != nil {
		return v, err
	}
	if !value.Nameable(key...) {
		return v, notFound(from.what, strings.Join(key, "/"))
	}
	r, err := t.shows(from, key...)
	switch {
	case err != nil:
		return v, err
	case !r.there:
		return v, notFound(from.what, strings.Join(key, "/"))
	}
	return decode[T](r.text)
}

// list reads the records that a query returns in its first column.
func list[T any](t *transaction, sql string, args ...any) (all []T, err error) {
	err = t.each(func(rows pgx.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		v, err := decode[T](text)
		all = append(all, v)
		return err
	}, sql, args...)
	return all, err
}
