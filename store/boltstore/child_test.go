package boltstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// The test binary starts itself again to have a second process: childRole tells it what to be, childPath on which file.
const (
	childRole = "BOLTSTORE_CHILD"
	childPath = "BOLTSTORE_PATH"
)

// roles are what a child can be. What a role prints is what its parent reads; its error ends the process with 1.
var roles = map[string]func(ctx context.Context, path string) error{
	"writer": writeForEver,
	"crowd":  writeTogether,
	"holder": holdUntilTold,
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(childRole)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := role(context.Background(), os.Getenv(childPath)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// writeForEver does one change after the other, from where the file is, and reports each that was kept.
func writeForEver(ctx context.Context, path string) error {
	fmt.Println("started")
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	n, err := changesIn(ctx, s)
	for ; err == nil; n++ {
		if err = s.Update(ctx, change(n)); err == nil {
			fmt.Println(n)
		}
	}
	return err
}

// crowd is how many write together.
const crowd = 16

// writeTogether lets many put one application after the other, each in a shop of its own, among others whose updates
// fail; each reports what was kept as the number of its shop and how many are there.
func writeTogether(ctx context.Context, path string) error {
	fmt.Println("started")
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make([]error, crowd)
	for w := range crowd {
		wg.Go(func() {
			n, err := seenIn(ctx, s, w)
			for ; err == nil; n++ {
				_ = s.Update(ctx, func(tx workflow.Tx) error { return errors.Join(arriveIn(w, n)(tx), errors.New("no")) })
				if err = s.Update(ctx, arriveIn(w, n)); err == nil {
					fmt.Println(w, n+1)
				}
			}
			errs[w] = err
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func shopOf(w int) workflow.ShopID { return workflow.ShopID(fmt.Sprintf("crowd-%d", w)) }

// arriveIn puts the n-th application of a shop of the crowd, with its reply.
func arriveIn(w, n int) func(workflow.Tx) error {
	return func(tx workflow.Tx) error {
		a := arrived(n)
		a.Key.Shop, a.Campaign = shopOf(w), ""
		e := thread(n, 0)
		e.ID, e.Shop, e.Lane = workflow.EffectID(a.Key.String()), a.Key.Shop, workflow.ThreadLane(a.Key)
		return errors.Join(tx.PutApplication(a), tx.Append(workflow.Entry{At: at(n), Key: a.Key, Event: workflow.OnReported}), tx.Enqueue(e))
	}
}

// seenIn tells how many applications a shop of the crowd has.
func seenIn(ctx context.Context, s *Store, w int) (n int, err error) {
	err = s.View(ctx, func(tx workflow.Tx) error {
		n, err = tx.Count(workflow.SeenOf(shopOf(w)))
		return err
	})
	return n, err
}

// holdUntilTold keeps a store open until its standard input ends.
func holdUntilTold(ctx context.Context, path string) error {
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	fmt.Println("open")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return s.Close()
}

// changesIn tells how many changes a store has seen.
func changesIn(ctx context.Context, s *Store) (n int, err error) {
	err = s.View(ctx, func(tx workflow.Tx) error {
		n, err = tx.Count(workflow.LiveOf("1"))
		return err
	})
	return n, err
}

// child is a second process, and what it prints.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
}

func startChild(t *testing.T, role, path string) child {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childRole+"="+role, childPath+"="+path)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return child{cmd: cmd, stdin: stdin, lines: bufio.NewScanner(stdout)}
}

// line returns the next line that the child prints.
func (c child) line(t *testing.T) string {
	t.Helper()
	require.True(t, c.lines.Scan(), "the child has no more to say")
	return c.lines.Text()
}

// kill kills the child at once, and returns what it had printed that nobody had read.
func (c child) kill(t *testing.T) (rest []string) {
	t.Helper()
	require.NoError(t, c.cmd.Process.Kill())
	for c.lines.Scan() {
		rest = append(rest, c.lines.Text())
	}
	_ = c.cmd.Wait() // it was killed, and says so
	return rest
}

// end closes the child's standard input and waits for it to go.
func (c child) end(t *testing.T) {
	t.Helper()
	require.NoError(t, c.stdin.Close())
	require.False(t, c.lines.Scan())
	require.NoError(t, c.cmd.Wait())
}
