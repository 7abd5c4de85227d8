package pgstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"sampledesk/store/pgstore"
	"sampledesk/store/pgstore/pgtest"
	"sampledesk/workflow"
)

func withUser(address, name string) string {
	at, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	at.User = url.User(name)
	return at.String()
}

func inDatabase(address, name string) string {
	at, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	at.Path = "/" + name
	return at.String()
}

func schemaOf(t *testing.T, address string) string {
	t.Helper()
	at, err := url.Parse(address)
	require.NoError(t, err)
	return at.Query().Get("search_path")
}

// forbidden is what no statement has: it belongs to a session, or only one engine knows it.
var forbidden = regexp.MustCompile(`(?i)\b(pg_(try_)?advisory\w*|listen|notify|unlisten|pg_notify|prepare|deallocate|discard|temp|temporary|declare|set\s+session|lastval|currval|load)\b`)

func TestNoStatementRestsOnASession(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	quoted := regexp.MustCompile("(?s)`[^`]*`|\"(?:[^\"\\\\\n]|\\\\.)*\"")
	statement := regexp.MustCompile(`(?i)\b(select|insert|update|delete|begin|with)\b.*`)
	seen := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, q := range quoted.FindAllString(string(text), -1) {
			if statement.MatchString(q) {
				seen++
				require.NotRegexp(t, forbidden, q, file)
			}
		}
	}
	require.Greater(t, seen, 60)
	for _, sql := range pgstore.Migrations() {
		require.NotRegexp(t, forbidden, regexp.MustCompile(`'(?:[^']|'')*'`).ReplaceAllString(regexp.MustCompile(`--.*`).ReplaceAllString(sql, ""), "''"))
	}
	require.Regexp(t, forbidden, "SELECT pg_advisory_xact_lock(1)")
	require.Regexp(t, forbidden, "LISTEN changes")
}

// seen gathers the statements that a store sends.
type seen struct {
	mu  sync.Mutex
	all map[string][]any
}

func (s *seen) note(sql string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all != nil && !strings.HasPrefix(sql, "--") {
		s.all[sql] = args
	}
}

func TestWhatPeopleWaitForIsReadByIndexes(t *testing.T) {
	address := pgtest.URL(t)
	var sent seen
	s := opened(t, address, pgstore.Traced(sent.note))
	filled(t, s, 3000)
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		for i := range 400 {
			a := waiter(i)
			if err := tx.Append(workflow.Entry{Key: a.Key, At: noon, Event: workflow.OnReported}); err != nil {
				return err
			}
			e := workflow.Effect{ID: workflow.EffectID(fmt.Sprint(i)), Lane: workflow.CardLane(a.Key), Kind: workflow.ShowCard, Shop: glow}
			if err := tx.Enqueue(e); err != nil {
				return err
			}
			if err := tx.PutConversation(workflow.Conversation{Shop: glow, Creator: workflow.CreatorKey(fmt.Sprint(i)), ID: fmt.Sprint(i)}); err != nil {
				return err
			}
		}
		return nil
	}))
	pgtest.Do(t, address, "ANALYZE")

	sent.mu.Lock()
	sent.all = map[string][]any{}
	sent.mu.Unlock()
	e := quietEngine(s)
	for _, c := range clickers(3, 30) {
		for range 10 {
			require.NoError(t, c.click(t.Context(), e))
		}
		require.NoError(t, c.takeBack(t.Context(), e))
	}
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
		k := waiter(7).Key
		_, err := tx.Applications(workflow.QueueOf(glow), "", 20)
		require.NoError(t, err)
		_, err = tx.Latest(workflow.CreatorOf("id:open_3"), 5)
		require.NoError(t, err)
		_, _, err = tx.Stamps(workflow.LiveOf(glow), "", 50)
		require.NoError(t, err)
		_, err = tx.Count(workflow.QueueOf(glow))
		require.NoError(t, err)
		_, err = tx.CountTo(workflow.QueueOf(glow), workflow.DueBy(noon))
		require.NoError(t, err)
		_, err = tx.Totals(glow, noon.AddDate(0, 0, -7), noon.Add(-20*time.Minute))
		require.NoError(t, err)
		_, _, err = tx.History(k, "", 20)
		require.NoError(t, err)
		_, err = tx.ConversationNumbered(glow, "7")
		require.NoError(t, err)
		_, _, err = tx.WaitingConversations(glow, "", 5)
		require.NoError(t, err)
		_, err = tx.Lane(workflow.CardLane(k))
		require.NoError(t, err)
		return nil
	}))
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		e, err := tx.Claim("300", noon, noon.Add(time.Minute))
		require.NoError(t, err)
		return tx.Release(e)
	}))
	sent.mu.Lock()
	defer sent.mu.Unlock()
	explained := 0
	for sql, args := range sent.all {
		if strings.HasPrefix(sql, "BEGIN") || sql == "COMMIT" || sql == "ROLLBACK" || strings.Contains(sql, "set_config") {
			continue
		}
		explained++
		for _, scan := range scansOf(t, address, sql, args) {
			require.NotContains(t, scan, "Seq Scan", "%s", sql)
		}
	}
	require.Greater(t, explained, 20)
}

// scansOf returns how a statement reads its tables, by the planner's own choice.
func scansOf(t *testing.T, address, sql string, args []any) (scans []string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for _, set := range []string{"SET enable_hashjoin = off", "SET enable_mergejoin = off", "SET enable_seqscan = off", "SET enable_bitmapscan = off", "SET enable_sort = off"} {
		_, err := conn.Exec(t.Context(), set)
		require.NoError(t, err)
	}
	var text string
	require.NoError(t, conn.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+sql, args...).Scan(&text), sql)
	var plans []struct{ Plan node }
	require.NoError(t, json.Unmarshal([]byte(text), &plans))
	for _, p := range plans {
		p.Plan.walk(func(n node) {
			if n.Relation != "" {
				scans = append(scans, n.Type+" on "+n.Relation)
			}
		})
	}
	return scans
}

type node struct {
	Type     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Plans    []node
}

func (n node) walk(fn func(node)) {
	fn(n)
	for _, p := range n.Plans {
		p.walk(fn)
	}
}

func TestADecisionIsFiveRoundTrips(t *testing.T) {
	var trips atomic.Int64
	s := opened(t, pgtest.Recycled(t), pgstore.Traced(func(sql string, _ []any) {
		if sql == pgstore.RoundTrip {
			trips.Add(1)
		}
	}))
	filled(t, s, 2)
	e, c := quietEngine(s), clickers(1, 2)[0]
	require.NoError(t, c.click(t.Context(), e)) // statements are prepared
	before := trips.Load()
	require.NoError(t, c.click(t.Context(), e))
	require.EqualValues(t, 5, trips.Load()-before)
}
