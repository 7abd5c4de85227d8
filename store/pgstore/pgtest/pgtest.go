// Package pgtest gives tests a real PostgreSQL: the one that SAMPLEDESK_TEST_POSTGRES names, or one that it starts with the
// machine's own initdb and postgres. A process has one cluster, and each test a schema of its own in it.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// empty empties all tables of the schema that a connection is in, but for the one that tells of the schema. There is little
// in them, so that takes less than making them does.
const empty = `DO $$ DECLARE t record; BEGIN
FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'desk_schema' LOOP
EXECUTE format('DELETE FROM %I', t.tablename);
END LOOP; END $$`

// used are addresses of schemas whose tests are done.
var used struct {
	sync.Mutex
	urls []string
}

// Recycled is URL of a schema that an earlier test may have used with today's tables, and that is empty again. It is for
// the many tests that change nothing of the tables themselves.
func Recycled(t testing.TB) string {
	t.Helper()
	used.Lock()
	url := ""
	if n := len(used.urls); n > 0 {
		url, used.urls = used.urls[n-1], used.urls[:n-1]
	}
	used.Unlock()
	if url == "" {
		url = URL(t)
	}
	t.Cleanup(func() {
		if os.Getenv("SAMPLEDESK_TEST_POSTGRES") != "" || t.Failed() {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := do(ctx, url, empty); err == nil {
			used.Lock()
			defer used.Unlock()
			used.urls = append(used.urls, url)
		}
	})
	return url
}

// URL returns the address of an empty schema of this test's own. Where there is no PostgreSQL the test is skipped, with one
// line that says why, and fails if REQUIRE_POSTGRES is set.
func URL(t testing.TB) string {
	t.Helper()
	if os.Getenv(poolerVariable) != "" {
		return Pooled(t)
	}
	return Schema(t, New(t))
}

// New returns the address of the database, in whose own schema nothing is to be made; see URL.
func New(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a database takes too long for a short run")
	}
	address, err := cluster()
	if err == nil {
		return address
	}
	if os.Getenv("REQUIRE_POSTGRES") != "" {
		t.Fatalf("no PostgreSQL, and REQUIRE_POSTGRES is set: %v", err)
	}
	t.Skipf("no PostgreSQL: %v", err)
	return ""
}

// Schema makes a schema in a database, and returns the address that leads into it.
func Schema(t testing.TB, address string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text()[:12])
	if err := do(t.Context(), address, "CREATE SCHEMA "+name); err != nil {
		t.Fatalf("making a schema: %v", err)
	}
	t.Cleanup(func() {
		if os.Getenv("SAMPLEDESK_TEST_POSTGRES") != "" { // our own cluster goes as a whole
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := do(ctx, address, "DROP SCHEMA IF EXISTS "+name+" CASCADE"); err != nil {
				t.Logf("dropping a schema: %v", err)
			}
		}
	})
	return With(address, "search_path", name)
}

// With returns an address with one more parameter.
func With(address, name, value string) string {
	at, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	query := at.Query()
	query.Set(name, value)
	at.RawQuery = query.Encode()
	return at.String()
}

// Do runs one statement, or several without parameters.
func Do(t testing.TB, address, sql string) {
	t.Helper()
	if err := do(t.Context(), address, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func do(ctx context.Context, address, sql string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// cluster is the process's own, started by the first who asks.
var cluster = sync.OnceValues(func() (string, error) {
	if address := os.Getenv("SAMPLEDESK_TEST_POSTGRES"); address != "" {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return address, do(ctx, address, "SELECT 1")
	}
	var err error
	if own, err = Start(); err != nil {
		return "", err
	}
	return own.URL, nil
})

// own is the process's cluster; it must not be collected while the process lasts.
var own *Cluster

// Cluster is a PostgreSQL of this process's own. It ends with the process, however that ends.
type Cluster struct {
	URL    string
	Folder string // of its data and its socket

	bin       string
	owner     *syscall.Credential
	guard     *os.File // what its keeper waits for the end of
	poolGuard *os.File // of the pgbouncer before it
	done      chan struct{}
}

// programs returns the folder that has initdb and postgres.
func programs() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(folders, func(a, b string) int { return versionOf(b) - versionOf(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append([]string{filepath.Dir(path)}, folders...)
		}
	}
	for _, folder := range folders {
		_, err1 := os.Stat(filepath.Join(folder, "initdb"))
		_, err2 := os.Stat(filepath.Join(folder, "postgres"))
		if err1 == nil && err2 == nil {
			return folder, nil
		}
	}
	return "", errors.New("initdb and postgres are neither on the PATH nor under /usr/lib/postgresql, and SAMPLEDESK_TEST_POSTGRES is not set")
}

func versionOf(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}

// unprivileged returns whom PostgreSQL is to run as, where this process is root, as whom it does not; nil: as who we are.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nobody else
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// quick are settings of a database that may lose everything.
const quick = `
fsync = off
synchronous_commit = off
full_page_writes = off
listen_addresses = ''
max_connections = 300
shared_buffers = 128MB
autovacuum_naptime = 10s
max_wal_size = 4GB
log_min_messages = fatal
timezone = 'Asia/Kathmandu'
`

// Start starts a cluster with more settings, a line each.
func Start(more ...string) (*Cluster, error) {
	return StartIn(inMemory(), more...)
}

// inMemory is where files are kept in memory, empty where the machine has no such place.
func inMemory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

// StartIn is Start in a folder of the given one.
func StartIn(place string, more ...string) (*Cluster, error) {
	c, err := newCluster(place)
	if err != nil {
		return nil, err
	}
	err = c.run("initdb", "-D", c.data(), "-U", "desk", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
	if err == nil {
		err = c.first(more...)
	}
	if err != nil {
		_ = os.RemoveAll(c.Folder)
		return nil, err
	}
	return c, nil
}

// Standby starts a cluster that follows this one, and only reads until Promote.
func (c *Cluster) Standby(more ...string) (*Cluster, error) {
	s, err := newCluster(inMemory())
	if err != nil {
		return nil, err
	}
	err = s.run("pg_basebackup", "-D", s.data(), "-R", "-X", "stream", "-c", "fast", "-d", c.URL)
	if err == nil {
		err = s.first(more...)
	}
	if err != nil {
		_ = os.RemoveAll(s.Folder)
		return nil, err
	}
	return s, nil
}

// Promote has a standby write from now on.
func (c *Cluster) Promote() error { return c.run("pg_ctl", "promote", "-w", "-D", c.data()) }

// newCluster returns a cluster that has a folder, and nothing in it.
func newCluster(place string) (*Cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, owner: owner}
	if c.Folder, err = os.MkdirTemp(place, "sampledesk-postgres-"); err != nil {
		return nil, err
	}
	if owner != nil {
		if err := os.Chown(c.Folder, int(owner.Uid), int(owner.Gid)); err != nil {
			return nil, err
		}
	}
	at := url.URL{Scheme: "postgres", User: url.User("desk"), Path: "/postgres", RawQuery: url.Values{"host": {c.Folder}}.Encode()}
	c.URL = at.String()
	return c, nil
}

// first writes the settings of a cluster that was never started, and starts it.
func (c *Cluster) first(more ...string) error {
	conf := quick + "unix_socket_directories = '" + c.Folder + "'\n" + strings.Join(more, "\n") + "\n"
	file, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString(conf)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return err
	}
	return c.begin()
}

func (c *Cluster) data() string { return filepath.Join(c.Folder, "data") }

func (c *Cluster) run(program string, args ...string) error {
	command := exec.CommandContext(context.Background(), filepath.Join(c.bin, program), args...) //nolint:gosec // the machine's own PostgreSQL
	command.Dir = c.Folder
	command.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner}
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, out)
	}
	return nil
}

// keeper runs PostgreSQL until its own input ends, which is when whoever started it has ended, or lets go of it.
const keeper = `"$1" -D "$2" >"$3" 2>&1 & pg=$!
trap '' INT TERM HUP
read -r word; [ "$word" = keep ] || gone=1
kill -QUIT $pg 2>/dev/null; wait $pg
[ -z "$gone" ] || rm -rf "$4"`

// begin starts the server and waits until it answers.
func (c *Cluster) begin() error {
	input, guard, err := os.Pipe()
	if err != nil {
		return err
	}
	log := filepath.Join(c.Folder, "log")
	command := exec.CommandContext(context.Background(), "/bin/sh", "-c", keeper, "keeper", filepath.Join(c.bin, "postgres"), c.data(), log, c.Folder) //nolint:gosec // as above
	command.Dir = c.Folder
	command.Stdin = input
	command.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner, Setpgid: true}
	err = command.Start()
	_ = input.Close()
	if err != nil {
		_ = guard.Close()
		return err
	}
	c.guard, c.done = guard, make(chan struct{})
	go func() {
		defer close(c.done)
		_ = command.Wait()
	}()
	if err := untilAnswers(c.URL, log); err != nil {
		_ = guard.Close()
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	return nil
}

// Stop stops the server at once, as a machine that fails would, and keeps its data.
func (c *Cluster) Stop() {
	_, _ = c.guard.WriteString("keep\n")
	_ = c.guard.Close()
	<-c.done
}

// Again starts the server that Stop stopped.
func (c *Cluster) Again() error { return c.begin() }

// Freeze stops all of the server's processes as they are: connections stay, and nobody answers.
func (c *Cluster) Freeze() error { return c.signal(syscall.SIGSTOP) }

// Thaw lets them go on.
func (c *Cluster) Thaw() error { return c.signal(syscall.SIGCONT) }

// signal sends a signal to the server and all that it started.
func (c *Cluster) signal(sig syscall.Signal) error {
	text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	children, err := os.ReadFile(filepath.Join("/proc", first, "task", first, "children"))
	if err != nil {
		return err
	}
	for _, field := range append([]string{first}, strings.Fields(string(children))...) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return err
		}
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// Close stops the server and removes its data.
func (c *Cluster) Close() {
	_ = c.guard.Close()
	<-c.done
	_ = os.RemoveAll(c.Folder) // where Stop came before, its keeper left it
}
