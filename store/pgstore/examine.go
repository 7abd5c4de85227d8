package pgstore

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"sampledesk/workflow"
)

// Finding is one thing that was looked at.
type Finding struct {
	What  string
	Found string
	Do    string // what to do about it; empty: all is well
}

// Examined is what is known of a database after looking at it.
type Examined struct {
	Findings []Finding
	Ready    bool // a desk can open it, and changes nothing in its schema by that
	Empty    bool // a desk can open it, and makes its tables
}

// Examine looks whether desks can work on a database, and changes nothing in it. Clocks may differ by so much.
func Examine(ctx context.Context, address string, clocks time.Duration) Examined {
	config, err := configOf(address)
	if err != nil {
		return Examined{Findings: []Finding{{What: reach, Found: err.Error(), Do: "set SAMPLEDESK_STORE anew"}}}
	}
	f := examination{name: Redacted(address), eachTakes: int(config.MaxConns), clocks: clocks, knows: len(allMigrations)}
	f.told = strings.Contains(address, "default_query_exec_mode=") && config.ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeExec
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	began := time.Now()
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return Examined{Findings: []Finding{unreached(f.name, err)}}
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	f.took = time.Since(began)
	if err := f.read(ctx, conn); err != nil {
		return Examined{Findings: []Finding{unreached(f.name, err)}}
	}
	return f.judged()
}

// examination is what was read of a database.
type examination struct {
	name      string
	took      time.Duration // to connect
	eachTakes int           // connections, of a desk
	clocks    time.Duration // how far clocks may be apart
	knows     int           // the newest schema that this desk knows
	told      bool          // the address wants prepared statements

	version, encoding          string
	number                     int
	schema, role               string // where the tables are, or would be; empty: nowhere
	owns, makes                bool   // all tables; may make some
	lacks                      []string
	has, oldest                int // of the schema
	pooled                     bool
	transactions               error // why a transaction is none
	isolation                  string
	reads                      bool
	ahead                      time.Duration // the database's clock, of ours
	most, used, roleMost, ours int           // connections; roleMost -1: no limit
	desks                      int           // that gave a sign of life
}

// read reads them, each by a statement that leaves nothing behind.
func (f *examination) read(ctx context.Context, conn *pgx.Conn) (err error) {
	var process uint32
	asked := time.Now()
	var now time.Time
	if err := conn.QueryRow(ctx, `SELECT clock_timestamp(), pg_backend_pid(), split_part(current_setting('server_version'), ' ', 1), current_setting('server_version_num')::int,
		current_setting('server_encoding'), coalesce(current_schema()::text, ''), current_user::text, pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean`).
		Scan(&now, &process, &f.version, &f.number, &f.encoding, &f.schema, &f.role, &f.reads); err != nil {
		return err
	}
	f.ahead = now.Sub(asked.Add(time.Since(asked) / 2))
	f.pooled = process != conn.PgConn().PID()
	if err := f.readRights(ctx, conn); err != nil {
		return err
	}
	if err := f.readConnections(ctx, conn); err != nil {
		return err
	}
	f.transactions = f.readTransaction(ctx, conn)
	return nil
}

// readRights reads what the role may do with the tables, or with the schema while there are none.
func (f *examination) readRights(ctx context.Context, conn *pgx.Conn) error {
	if f.schema == "" {
		return nil
	}
	var there bool
	if err := conn.QueryRow(ctx, "SELECT has_schema_privilege(current_schema(), 'CREATE'), to_regclass('desk_schema') IS NOT NULL").Scan(&f.makes, &there); err != nil || !there {
		return err
	}
	tables := append(strings.FieldsFunc(filled, func(r rune) bool { return strings.ContainsRune(", \n\t", r) }), "desk_schema")
	err := conn.QueryRow(ctx, `SELECT coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), false),
		coalesce(array_agg(c.relname::text ORDER BY c.relname) FILTER (WHERE NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
			AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))), '{}')
		FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname::text = ANY ($1::text[])`, tables).Scan(&f.owns, &f.lacks)
	if err != nil || len(f.lacks) > 0 {
		return err
	}
	if f.has, f.oldest, err = schemaOf(ctx, conn); err != nil {
		return err
	}
	return conn.QueryRow(ctx, "SELECT count(*) FROM desks WHERE seen_at > clock_timestamp() - make_interval(secs => $1::float8)", workflow.DeskGone.Seconds()).Scan(&f.desks)
}

// readConnections reads how many there may be and how many there are, of which some are the role's own.
func (f *examination) readConnections(ctx context.Context, conn *pgx.Conn) error {
	return conn.QueryRow(ctx, `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - coalesce(current_setting('reserved_connections', true)::int, 0),
		(SELECT sum(numbackends)::int FROM pg_stat_database), (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
		(SELECT count(*)::int FROM pg_stat_activity WHERE usename = current_user)`).Scan(&f.most, &f.used, &f.roleMost, &f.ours)
}

// readTransaction tries a transaction as an update is one.
func (f *examination) readTransaction(ctx context.Context, conn *pgx.Conn) (err error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	var kept string
	if err := tx.QueryRow(ctx, "SELECT set_config('lock_timeout', '4321ms', true)").Scan(&kept); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, "SELECT current_setting('lock_timeout'), current_setting('transaction_isolation')").Scan(&kept, &f.isolation); err != nil {
		return err
	}
	if kept != "4321ms" {
		return errors.New("a setting does not last for a transaction")
	}
	return nil
}
