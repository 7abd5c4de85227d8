package main

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/pgstore/pgtest"
)

// database is a PostgreSQL of a test's own, of which a standby may be held ready, and the ways to it.
type database struct {
	t       *testing.T
	cluster *pgtest.Cluster
	direct  string        // the address, as a superuser and past the way
	way     *pgtest.Proxy // of all desks
	address string        // what the desks are given
}

// role is whom the desks are to the database.
const role = "few"

// newDatabase starts a database that loses nothing when it ends at once, in a folder of the given one.
func newDatabase(t *testing.T, place string) *database {
	pgtest.New(t) // or the test is skipped
	cluster, err := pgtest.StartIn(place, "synchronous_commit = on")
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	pgtest.Do(t, cluster.URL, "CREATE ROLE "+role+" LOGIN; CREATE SCHEMA desk AUTHORIZATION "+role)
	direct := pgtest.With(cluster.URL, "search_path", "desk")
	d := &database{t: t, cluster: cluster, direct: direct, way: pgtest.Through(t, direct)}
	at, err := url.Parse(d.way.URL)
	require.NoError(t, err)
	at.User = url.User(role)
	d.address = at.String()
	return d
}

func (d *database) do(sql string) { pgtest.Do(d.t, d.direct, sql) }

// trouble is something that happens to a database, and passes.
type trouble struct {
	name       string
	begin, end func()
	says       string // what /readyz tells meanwhile, as nothing can be saved; empty: something may be
}

// away is what is told of a database that is gone.
const away = "the database does not answer"

// troubles are those that pass by themselves.
func (d *database) troubles() []trouble {
	return []trouble{
		{"the network loses everything", d.way.Cut, d.way.Open, away},
		{"connections are refused", d.way.Close, d.way.Open, away},
		{"the database is restarted", d.cluster.Stop, func() { require.NoError(d.t, d.cluster.Again()) }, away},
		{"the database is frozen", func() { require.NoError(d.t, d.cluster.Freeze()) }, func() { require.NoError(d.t, d.cluster.Thaw()) }, away},
		{"the database only reads", func() { d.readOnly("on") }, func() { d.readOnly("off") }, "the database only reads"},
		{"no connection is left", func() { d.limit("0") }, func() { d.limit("-1") }, "the database has no connection left"},
		{"the network is slow", func() { d.way.Slow(300 * time.Millisecond) }, d.way.Open, ""},
	}
}

func (d *database) readOnly(is string) {
	d.do("ALTER SYSTEM SET default_transaction_read_only = " + is)
	d.do("SELECT pg_reload_conf()")
}

// limit says how many connections the desks may have, and ends those that they do have.
func (d *database) limit(n string) {
	d.do("ALTER ROLE " + role + " CONNECTION LIMIT " + n)
	d.do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + role + "'")
}

// withStandby holds a standby ready, and gives the desks the addresses of both. What the returned function does is what
// whoever watches over databases does: the first one is gone for good, and the other one takes its place.
func (d *database) withStandby() (failOver trouble) {
	standby, err := d.cluster.Standby("synchronous_standby_names = ''")
	require.NoError(d.t, err)
	d.t.Cleanup(standby.Close)
	d.do("ALTER SYSTEM SET synchronous_standby_names = '*'")
	d.do("SELECT pg_reload_conf()")
	second := pgtest.Through(d.t, standby.URL)
	one, err := url.Parse(d.way.URL)
	require.NoError(d.t, err)
	two, err := url.Parse(second.URL)
	require.NoError(d.t, err)
	d.address = "postgres://" + role + "@" + one.Host + "," + two.Host + one.Path + "?" + one.RawQuery + "&target_session_attrs=read-write"
	return trouble{"another database takes over", func() { d.way.Cut(); d.cluster.Stop() }, func() { require.NoError(d.t, standby.Promote()) }, away}
}

// small mounts a disk of so many bytes. Where that is not allowed the test is skipped.
func small(t *testing.T, size string) string {
	folder, err := os.MkdirTemp("", "sampledesk-small-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(folder, 0o755))
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size+",mode=0777"); err != nil {
		t.Skipf("no disk of a size of our own: %v", err)
	}
	t.Cleanup(func() {
		for range 50 { // the database is about to end
			if err := syscall.Unmount(folder, 0); !errors.Is(err, syscall.EBUSY) {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	return folder
}

// fill is the trouble that a disk is full.
func fill(t *testing.T, folder string) trouble {
	filler := filepath.Join(folder, "filler")
	return trouble{"the disk is full", func() {
		file, err := os.Create(filler)
		require.NoError(t, err)
		for _, n := range []int{1 << 20, 1 << 12} {
			for piece := []byte(strings.Repeat("x", n)); err == nil; {
				_, err = file.Write(piece)
			}
			require.ErrorIs(t, err, syscall.ENOSPC)
			err = nil
		}
		require.NoError(t, file.Close())
	}, func() { require.NoError(t, os.Remove(filler)) }, ""}
}
