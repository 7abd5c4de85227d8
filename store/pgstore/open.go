package pgstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/semaphore"
)

// Option changes how a store is opened.
type Option func(*Store)

// WithLog has what takes long, and what was done to the database, logged.
func WithLog(log *slog.Logger) Option { return func(s *Store) { s.log = log } }

// How a store behaves where its address does not say it.
const (
	defaultConns = 16 // of a desk: half for updates, the rest for what people read
	connectWait  = 2 * time.Second
)

// Is tells whether an address is one of a PostgreSQL database.
func Is(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// Check tells what is wrong with an address, in a sentence for the operator that does not repeat it.
func Check(address string) error {
	_, err := configOf(address)
	return err
}

// configOf reads an address.
func configOf(address string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil { // whose text quotes the address, and what it hides of it is not ours to promise
		return nil, errors.New("the store's address cannot be read: it has the form postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=require, with what is special in the password written as %XX")
	}
	if !strings.Contains(address, "pool_max_conns=") {
		config.MaxConns = defaultConns
	}
	if config.ConnConfig.ConnectTimeout == 0 || !strings.Contains(address, "connect_timeout=") {
		config.ConnConfig.ConnectTimeout = connectWait
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "sampledesk"
	}
	if config.PingTimeout == 0 {
		config.PingTimeout = silent
	}
	config.ConnConfig.DialFunc = dialer(config.ConnConfig.ConnectTimeout)
	config.MaxConnLifetimeJitter = 5 * time.Minute // so that desks that began together do not connect anew together
	return config, nil
}

// Redacted is an address without what is secret in it.
func Redacted(address string) string {
	at, err := url.Parse(address)
	if err != nil {
		return "a PostgreSQL database"
	}
	kept := url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}
	if at.User != nil {
		kept.User = url.User(at.User.Username())
	}
	return kept.String()
}

// Open opens the store in a database, and brings its schema up to date. Errors are sentences for the operator, and do not
// repeat the password. A database that does not answer is an error: whoever starts a desk wants to know.
func Open(ctx context.Context, address string, options ...Option) (*Store, error) {
	config, err := configOf(address)
	if err != nil {
		return nil, err
	}
	s := &Store{name: Redacted(address), log: slog.New(slog.DiscardHandler), stop: make(chan struct{}), self: rand.Text(), migrations: allMigrations}
	for _, option := range options {
		option(s)
	}
	if err := s.choose(ctx, config, strings.Contains(address, "default_query_exec_mode=")); err != nil {
		return nil, fmt.Errorf("opening the store %s: %w", s.name, sentence(err))
	}
	config.BeforeConnect = func(context.Context, *pgx.ConnConfig) error { return s.way.may(time.Now()) }
	config.ConnConfig.Tracer = &s.way
	if s.configure != nil {
		s.configure(config)
	}
	s.config = config
	if err := s.connect(ctx); err != nil {
		return nil, fmt.Errorf("opening the store %s: %w", s.name, sentence(err))
	}
	s.turns = semaphore.NewWeighted(updatesOf(config.MaxConns))
	s.width = updatesOf(config.MaxConns)
	if err := s.prepare(ctx); err != nil {
		s.closeConns()
		return nil, fmt.Errorf("opening the store %s: %w", s.name, sentence(err))
	}
	s.work.Go(s.tidyUp)
	return s, nil
}

// planning are the settings under which the statements are planned. In an update every read is to be one by an index, since
// what is read by another way counts as resting on the whole table. What is forbidden and done all the same, since there is
// no other way, counts as very dear, and would be compiled first, which takes longer than all else.
var planning = map[string]string{
	"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "enable_bitmapscan": "off", "enable_sort": "off", "jit": "off",
}

// choose finds out whether a pooler stands before the database, which gives each transaction another session: then nothing
// may be left in a session, neither prepared statements nor settings. A pooler has connections of its own to the database,
// so the process that answers is not the one that the connection began with.
func (s *Store) choose(ctx context.Context, config *pgxpool.Config, told bool) error {
	probe := config.ConnConfig.Copy()
	probe.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(ctx, probe)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var process uint32
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&process); err != nil {
		return err
	}
	if s.pooled = process != conn.PgConn().PID(); !told {
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
		if s.pooled {
			config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
		}
	}
	s.pooled = s.pooled || config.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeExec
	if !s.pooled {
		maps.Copy(config.ConnConfig.RuntimeParams, planning)
	}
	return nil
}

// updatesOf is how many updates of a desk run at once: more would only be in each other's way.
func updatesOf(conns int32) int64 { return int64(min(max(conns/2, 1), 8)) }

// prepare looks whether the database can be used, and migrates it.
func (s *Store) prepare(ctx context.Context) error {
	var encoding string
	var number int
	err := s.conns().QueryRow(ctx, "SELECT current_setting('server_encoding'), current_setting('server_version_num')::int").Scan(&encoding, &number)
	switch {
	case err != nil:
		return err
	case encoding != "UTF8":
		return fmt.Errorf("the database's encoding is %s, and has to be UTF8: create it with ENCODING 'UTF8' TEMPLATE template0", encoding)
	case number < oldestServer:
		return fmt.Errorf("the server is of PostgreSQL %d, and has to be of %d or later", number/10_000, oldestServer/10_000)
	}
	if err := s.setClock(ctx); err != nil {
		return err
	}
	return s.migrate(ctx)
}

// oldestServer is the first version of PostgreSQL that has what the statements use.
const oldestServer = 130_000
