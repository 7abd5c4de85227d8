package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// poolerVariable has every test that asks for a database of its own reach it through a pgbouncer.
const poolerVariable = "SAMPLEDESK_TEST_POOLER"

// pooler is the process's pgbouncer, started by the first who asks, before the process's own cluster. It leads by the name
// of a database to the one of that name, gives each transaction another session, and has few of them.
var pooler = sync.OnceValues(func() (string, error) {
	program, err := poolerProgram()
	if err != nil {
		return "", err
	}
	if os.Getenv("SAMPLEDESK_TEST_POSTGRES") != "" {
		return "", errors.New("SAMPLEDESK_TEST_POSTGRES names a server, and the pgbouncer of the tests stands before one of their own")
	}
	if _, err := cluster(); err != nil {
		return "", err
	}
	return own.pool(program)
})

// poolerProgram finds pgbouncer, which a package may put where no user's PATH leads.
func poolerProgram() (string, error) {
	if path, err := exec.LookPath("pgbouncer"); err == nil {
		return path, nil
	}
	const path = "/usr/sbin/pgbouncer"
	if _, err := os.Stat(path); err != nil {
		return "", errors.New("pgbouncer is not on this machine")
	}
	return path, nil
}

// Pooled returns the address of an empty database of this test's own, through a pgbouncer that pools transactions. Where
// there is no pgbouncer, the test is skipped with one line.
func Pooled(t testing.TB) string {
	t.Helper()
	New(t)
	address, err := pooler()
	if err != nil {
		if os.Getenv(poolerVariable) != "" {
			t.Fatalf("no pooler, and %s is set: %v", poolerVariable, err)
		}
		t.Skipf("no pooler: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text()[:12])
	Do(t, own.URL, "CREATE DATABASE "+name+" TEMPLATE template0")
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	at.Path = "/" + name
	return at.String()
}

// pool starts a pgbouncer before the cluster, and waits until it answers. By the name statements
// it leads to a database one statement at a time, which no desk can work with. It ends as the cluster does.
func (c *Cluster) pool(program string) (address string, err error) {
	conf := filepath.Join(c.Folder, "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\n* = host=%[1]s user=desk\nstatements = host=%[1]s user=desk dbname=postgres pool_mode=statement\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = %[1]s\nauth_type = any\n"+
		"pool_mode = transaction\ndefault_pool_size = 8\nmax_client_conn = 1000\n", c.Folder)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil { //nolint:gosec // read by another user, and nothing is secret in it
		return "", err
	}
	input, guard, err := os.Pipe()
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(context.Background(), "/bin/sh", "-c", `"$1" -q "$2" >"$3" 2>&1 & p=$!; trap '' INT TERM HUP; read -r word; kill -KILL $p; wait $p`, //nolint:gosec // the machine's own pgbouncer
		"keeper", program, conf, filepath.Join(c.Folder, "pgbouncer.log"))
	command.Dir, command.Stdin = c.Folder, input
	command.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner, Setpgid: true}
	err = command.Start()
	_ = input.Close()
	if err != nil {
		_ = guard.Close()
		return "", err
	}
	c.poolGuard = guard
	go func() { _ = command.Wait() }()
	address = With(c.URL, "port", "6432")
	return address, untilAnswers(address, filepath.Join(c.Folder, "pgbouncer.log"))
}

// untilAnswers waits for a server that was just started.
func untilAnswers(address, log string) error {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(20 * time.Second); ; <-again.C {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		err := do(ctx, address, "SELECT 1")
		cancel()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(log)
			return fmt.Errorf("it does not start: %w: %s", err, text)
		}
	}
}
