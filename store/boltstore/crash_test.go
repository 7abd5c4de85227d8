package boltstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhateverWasReportedSurvivesAKill kills a writing process again and again, and compares the file, bucket by
// bucket, with one on which the same number of changes was done in peace.
func TestWhateverWasReportedSurvivesAKill(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 442))
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	peace := peaceful{path: filepath.Join(dir, "peace.db")}
	for round := range 8 {
		c := startChild(t, "writer", path)
		c.line(t) // started
		last := peace.done - 1
		for range 1 + random.IntN(40) {
			last = number(t, c.line(t))
		}
		idle(random.IntN(200_000))
		if rest := c.kill(t); len(rest) > 0 {
			last = number(t, rest[len(rest)-1])
		}
		s := opened(t, path)
		n, err := changesIn(t.Context(), s)
		require.NoError(t, err)
		require.GreaterOrEqual(t, n, last+1, "round %d: what was reported is there", round)
		require.LessOrEqual(t, n, last+2, "round %d: at most one was kept and not reported", round)
		requireConsistent(t, s)
		peace.require(t, n, s)
		require.NoError(t, s.Close())
	}
}

// TestWhateverWasReportedOfABatchSurvivesAKill kills a process in which many write together.
func TestWhateverWasReportedOfABatchSurvivesAKill(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 1130))
	path := filepath.Join(t.TempDir(), "desk.db")
	var reported [crowd]int
	take := func(lines ...string) {
		for _, line := range lines {
			var w, n int
			if _, err := fmt.Sscan(line, &w, &n); err == nil {
				reported[w] = n
			}
		}
	}
	for round := range 6 {
		c := startChild(t, "crowd", path)
		c.line(t) // started
		for range crowd * (1 + random.IntN(20)) {
			take(c.line(t))
		}
		idle(random.IntN(200_000))
		take(c.kill(t)...)
		s := opened(t, path)
		for w := range crowd {
			n, err := seenIn(t.Context(), s, w)
			require.NoError(t, err)
			require.GreaterOrEqual(t, n, reported[w], "round %d: what was reported is there", round)
			require.LessOrEqual(t, n, reported[w]+1, "round %d: at most one was kept and not reported", round)
			reported[w] = n
		}
		requireConsistent(t, s)
		require.NoError(t, s.Close())
	}
}

func TestAKillWhileTheStoreIsMadeLeavesAFileThatOpens(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 62))
	dir := t.TempDir()
	for round := range 12 {
		path := filepath.Join(dir, strconv.Itoa(round)+".db")
		c := startChild(t, "writer", path)
		c.line(t) // started
		idle(random.IntN(5_000_000))
		kept := 0
		if rest := c.kill(t); len(rest) > 0 {
			kept = number(t, rest[len(rest)-1]) + 1
		}
		s := opened(t, path)
		n, err := changesIn(t.Context(), s)
		require.NoError(t, err)
		require.GreaterOrEqual(t, n, kept)
		requireConsistent(t, s)
		require.NoError(t, s.Close())
	}
}

// peaceful is a file on which changes are done without a disturbance, save that it is opened as often as the other.
type peaceful struct {
	path string
	done int
}

// require does changes until there are n, and then compares.
func (p *peaceful) require(t *testing.T, n int, other *Store) {
	t.Helper()
	s := opened(t, p.path)
	s.db.NoSync = true
	for ; p.done < n; p.done++ {
		require.NoError(t, s.Update(t.Context(), change(p.done)))
	}
	require.NoError(t, s.Close())
	s = opened(t, p.path) // which voids its claims, as the other's were
	require.Equal(t, wholeOf(t, s), wholeOf(t, other))
	require.NoError(t, s.Close())
}

// idle passes a moment, so that kills come at any point of a transaction.
func idle(n int) {
	x := 0
	for i := range n {
		x ^= i
	}
	sink = x
}

var sink int

func number(t *testing.T, line string) int {
	t.Helper()
	n, err := strconv.Atoi(line)
	require.NoError(t, err)
	return n
}

func TestASecondProcessIsToldThatTheStoreIsInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	c := startChild(t, "holder", path)
	require.Equal(t, "open", c.line(t))

	_, err := Open(t.Context(), path)
	require.EqualError(t, err, "the store "+path+" cannot be opened: another process uses it, and one file serves one Sample Desk at a time; stop the other one, or name another file")

	ctx, cancel := context.WithTimeout(t.Context(), patience/20)
	defer cancel()
	_, err = Open(ctx, path)
	require.ErrorIs(t, err, context.DeadlineExceeded, "its own time ended first")
	require.ErrorContains(t, err, "another process uses it")

	c.end(t)
	requireConsistent(t, opened(t, path))
}

func TestAStoreThatIsClosedMeanwhileOpens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	first := opened(t, path)
	closed := make(chan error)
	go func() { closed <- first.Close() }()
	second := opened(t, path)
	require.NoError(t, <-closed)
	require.NoError(t, second.Update(t.Context(), change(0)))
}
