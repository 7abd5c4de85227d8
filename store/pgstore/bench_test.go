package pgstore_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/store/pgstore"
	"sampledesk/store/pgstore/pgtest"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

const (
	glow   workflow.ShopID = "7495540735365777507"
	people                 = 64
	slice                  = 2 * time.Second // how long each of those that are compared works in its turn
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// waiter is the nth application, which waits for the team and has a card.
func waiter(n int) workflow.Application {
	at := noon.Add(-time.Duration(n) * time.Minute)
	return workflow.Application{
		Key:    workflow.Key{Shop: glow, ID: workflow.ApplicationID(strconv.Itoa(7_380_000_000 + n))},
		SeenAt: at, ReportedAt: at, ChangedAt: at, Round: 1,
		Snapshot: workflow.Snapshot{
			Status: workflow.StatusPending, ReviewBy: noon.Add(time.Duration(60+n%5000) * time.Minute), Approvable: true, Stock: 12, Commission: "0.15",
			Creator: workflow.Creator{OpenID: "open_" + strconv.Itoa(n/2), Username: "creator_" + strconv.Itoa(n/2), Nickname: "Creator " + strconv.Itoa(n/2)},
			Product: workflow.Product{ID: workflow.ProductID(strconv.Itoa(1729 + n%20)), SKU: "1", Title: "Glow Daily Vitamin C Serum", Variant: "30 ml"},
		},
		Card:       workflow.Card{Wanted: true, Post: workflow.Post{Channel: "C0SAMPLES", TS: strconv.Itoa(1_763_802_000+n) + ".000100"}},
		Milestones: []workflow.Milestone{{Line: workflow.LineReceived, At: at}},
	}
}

// filled has n applications come to a store.
func filled(b testing.TB, s workflow.Store, n int) {
	b.Helper()
	require.NoError(b, s.Update(b.Context(), func(tx workflow.Tx) error {
		return tx.PutShop(workflow.Shop{ID: glow, Name: "Glow Atelier", InitialSyncDone: true})
	}))
	for from := 0; from < n; from += 500 {
		require.NoError(b, s.Update(b.Context(), func(tx workflow.Tx) error {
			for i := from; i < min(from+500, n); i++ {
				if err := tx.PutApplication(waiter(i)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// clicker is somebody who decides requests of their own, one after the other.
type clicker struct {
	who    workflow.Actor
	apps   []workflow.Key
	rounds []int
	next   int
}

func clickers(n, applications int) []*clicker {
	all := make([]*clicker, n)
	for i := range all {
		all[i] = &clicker{who: workflow.Actor{Person: workflow.PersonID("U" + strconv.Itoa(i)), Surface: workflow.FromCard}}
	}
	for i := range applications {
		c := all[i%n]
		c.apps, c.rounds = append(c.apps, waiter(i).Key), append(c.rounds, 1)
	}
	return all
}

// errNothingLeft says that somebody has decided all that is theirs.
var errNothingLeft = errors.New("nothing is left to decide")

// click decides the next request.
func (c *clicker) click(ctx context.Context, e *engine.Engine) error {
	if c.next == len(c.apps) {
		return errNothingLeft
	}
	i := c.next
	c.next++
	after, err := e.Apply(ctx, c.apps[i], workflow.Decided{Actor: c.who, At: noon, Round: c.rounds[i], Verdict: workflow.Approve, Undo: 10 * time.Second})
	if err == nil {
		c.rounds[i] = after.Round
	}
	return err
}

// takeBack takes back all that somebody decided.
func (c *clicker) takeBack(ctx context.Context, e *engine.Engine) error {
	for i := range c.next {
		after, err := e.Apply(ctx, c.apps[i], workflow.Undone{Actor: c.who, At: noon, Round: c.rounds[i]})
		if err != nil {
			return err
		}
		c.rounds[i] = after.Round
	}
	c.next = 0
	return nil
}

// rateOf returns how many times a second that many do something at once.
func rateOf(b *testing.B, n int, do func(i int) error) float64 {
	b.Helper()
	began, count := time.Now(), atomic.Int64{}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			for time.Since(began) < slice {
				if err := do(i); errors.Is(err, errNothingLeft) {
					return
				} else if err != nil {
					b.Error(err)
					return
				}
				count.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(count.Load()) / time.Since(began).Seconds()
}

func quietEngine(s workflow.Store) *engine.Engine {
	return engine.New(s, nil, engine.LogTo(slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))))
}

// lasting is a database that keeps what it says that it kept.
func lasting(b *testing.B) string {
	b.Helper()
	if address := os.Getenv("SAMPLEDESK_TEST_POSTGRES"); address != "" {
		return pgtest.Schema(b, address)
	}
	c, err := pgtest.Start("fsync = on", "synchronous_commit = on", "full_page_writes = on")
	if err != nil {
		b.Skipf("no PostgreSQL: %v", err)
	}
	b.Cleanup(c.Close)
	return pgtest.Schema(b, c.URL)
}

// BenchmarkDecisions compares what 64 people who click at once get: on one desk, two and three on PostgreSQL, on one desk
// on bbolt, and what plain transactions of the same rows do by themselves, each statement sent for itself, as one would
// write them.
func BenchmarkDecisions(b *testing.B) {
	const applications = 6400
	address := lasting(b)
	desks := make([]*engine.Engine, 3)
	stores := make([]*pgstore.Store, 3)
	for i := range desks {
		stores[i] = opened(b, address)
		desks[i] = quietEngine(stores[i])
	}
	filled(b, stores[0], applications)
	bolt, err := boltstore.Open(b.Context(), filepath.Join(b.TempDir(), "desk.db"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, bolt.Close()) })
	filled(b, bolt, applications)
	onBolt := quietEngine(bolt)
	pgtest.Do(b, address, "ANALYZE")
	shared, alone := clickers(people, applications), clickers(people, applications)
	plain := newPlain(b, address)

	_ = rateOf(b, people, func(i int) error { return shared[i].click(b.Context(), desks[i%3]) }) // connections are made, and statements prepared
	_ = rateOf(b, people, func(i int) error { return plain.click(b.Context(), i) })
	for _, c := range shared {
		require.NoError(b, c.takeBack(b.Context(), desks[0]))
	}

	var rates [5]float64
	rounds := 0.0
	for b.Loop() {
		for n := range 3 {
			rates[n] += rateOf(b, people, func(i int) error { return shared[i].click(b.Context(), desks[i%(n+1)]) })
			for _, c := range shared {
				require.NoError(b, c.takeBack(b.Context(), desks[0]))
			}
		}
		rates[3] += rateOf(b, people, func(i int) error { return alone[i].click(b.Context(), onBolt) })
		for _, c := range alone {
			require.NoError(b, c.takeBack(b.Context(), onBolt))
		}
		rates[4] += rateOf(b, people, func(i int) error { return plain.click(b.Context(), i) })
		rounds++
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(rates[0]/rounds, "one_desk/s")
	b.ReportMetric(rates[1]/rates[0], "two_desks/one")
	b.ReportMetric(rates[2]/rates[0], "three_desks/one")
	b.ReportMetric(rates[0]/rates[4], "one_desk/plain")
	b.ReportMetric(max(rates[0], rates[1], rates[2])/rates[4], "best/plain")
	b.ReportMetric(rates[3]/rounds, "bbolt/s")
	b.ReportMetric(rates[4]/rounds, "plain/s")
	conflicts := 0
	for _, s := range stores {
		conflicts += s.Conflicts()
	}
	b.ReportMetric(float64(conflicts)/(rates[0]+rates[1]+rates[2])/slice.Seconds(), "conflicts/click")
}

// plain writes the rows of a decision without a desk.
type plain struct {
	pool *pgxpool.Pool
	made atomic.Int64
	next [people]int
}

func newPlain(b *testing.B, address string) *plain {
	b.Helper()
	config, err := pgxpool.ParseConfig(address)
	require.NoError(b, err)
	config.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	return &plain{pool: pool}
}

// click runs the plain transaction of a person's next request, again while others are in its way.
func (p *plain) click(ctx context.Context, i int) error {
	n := i + people*(p.next[i]%100)
	p.next[i]++
	for {
		err := pgx.BeginTxFunc(ctx, p.pool, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error { return p.rows(ctx, tx, n) })
		told, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || told.Code != "40001" && told.Code != "40P01" {
			return err
		}
	}
}

// rows reads and writes what a decision does.
func (p *plain) rows(ctx context.Context, tx pgx.Tx, n int) error {
	k := waiter(n).Key
	var text, shop string
	if err := tx.QueryRow(ctx, "SELECT record FROM shops WHERE id = $1", k.Shop).Scan(&shop); err != nil {
		return err
	}
	creator := waiter(n).Snapshot.Creator.KeyOf(k.Shop)
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{"SELECT record FROM rules WHERE shop = $1", []any{k.Shop}},
		{"SELECT record FROM members WHERE creator = $1", []any{creator}},
		{"SELECT list FROM listed WHERE shop = $1 AND creator = $2", []any{k.Shop, creator}},
		{"SELECT a.record FROM places p JOIN applications a ON a.shop = p.shop AND a.id = p.application WHERE p.listing = $1 ORDER BY p.sort DESC LIMIT 20", []any{workflow.CreatorOf(creator)}},
	} {
		found, err := tx.Query(ctx, s.sql, s.args...)
		if err != nil {
			return err
		}
		for found.Next() {
			if err := found.Scan(&text); err != nil {
				return err
			}
		}
		if err := found.Err(); err != nil {
			return err
		}
	}
	if err := tx.QueryRow(ctx, "SELECT record FROM applications WHERE shop = $1 AND id = $2", k.Shop, k.ID).Scan(&text); err != nil {
		return err
	}
	made := p.made.Add(1)
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE applications SET phase = 'queued', decided_at = now(), record = $3 WHERE shop = $1 AND id = $2", []any{k.Shop, k.ID, text}},
		{"DELETE FROM places WHERE listing = $1 AND sort = $2", []any{"plain queue", fmt.Sprint(n)}},
		{"INSERT INTO places (listing, sort, shop, application) VALUES ($1, $2, $3, $4)", []any{"plain", fmt.Sprint(made), k.Shop, k.ID}},
		{"INSERT INTO counts (listing, part, n) VALUES ('plain', '', 1), ('plain queue', '', -1)", nil},
		{"INSERT INTO history (shop, application, event, person, record) VALUES ($1, $2, 'approved', 'U1', $3)", []any{k.Shop, k.ID, shop}},
		{"INSERT INTO effects (id, lane, scatter, kind, priority, shop, application, notice, parked, attempt, begun, record) VALUES ($1, $2, $6, 'review', 0, '', '', '', false, 0, false, $3), ($4, $5, $7, 'card', 0, '', '', '', false, 0, false, $3)",
			[]any{fmt.Sprint("plain a", made), fmt.Sprint("plain a", made), shop, fmt.Sprint("plain b", made), fmt.Sprint("plain b", made), int32(made * 7919), int32(made * 104729)}},
	} {
		if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// sizes are those of SAMPLEDESK_BENCH_SIZES.
func sizes(b *testing.B) (all []int) {
	b.Helper()
	for text := range strings.SplitSeq(cmp.Or(os.Getenv("SAMPLEDESK_BENCH_SIZES"), "1000,20000"), ",") {
		n, err := strconv.Atoi(text)
		require.NoError(b, err)
		all = append(all, n)
	}
	return all
}

// BenchmarkSizes measures what people wait for in databases of several sizes, and compares it with the first: the median
// of each.
func BenchmarkSizes(b *testing.B) {
	first := map[string]time.Duration{}
	for _, n := range sizes(b) {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			address := lasting(b)
			s := opened(b, address)
			began := time.Now()
			filled(b, s, n)
			s.Tidy()
			b.Logf("%d applications were put in %s", n, time.Since(began).Round(time.Second))
			e := quietEngine(s)
			c := clickers(1, min(n, 1000))[0]
			for b.Loop() {
				for _, do := range waitedFor(b, s, e, c, n) {
					took := median(b, do.fn)
					if first[do.name] == 0 {
						first[do.name] = took
					}
					b.ReportMetric(float64(took.Microseconds()), do.name+"_us")
					b.ReportMetric(float64(took)/float64(first[do.name]), do.name+"/first")
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(bytesOf(b, address))/float64(n), "B/application")
		})
	}
}

// bytesOf returns how much the tables and indexes of a schema take.
func bytesOf(b *testing.B, address string) (n int64) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), address)
	require.NoError(b, err)
	defer func() { _ = conn.Close(b.Context()) }()
	require.NoError(b, conn.QueryRow(b.Context(),
		"SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace").Scan(&n))
	return n
}

type waited struct {
	name string
	fn   func() error
}

func waitedFor(b *testing.B, s *pgstore.Store, e *engine.Engine, c *clicker, n int) []waited {
	b.Helper()
	view := func(fn func(workflow.Tx) error) func() error { return func() error { return s.View(b.Context(), fn) } }
	return []waited{
		{"queue", view(func(tx workflow.Tx) error {
			_, err1 := tx.Applications(workflow.QueueOf(glow), "", 20)
			_, err2 := tx.Count(workflow.QueueOf(glow))
			return errors.Join(err1, err2)
		})},
		{"show", view(func(tx workflow.Tx) error {
			k := waiter(n / 2).Key
			_, err1 := tx.Application(k)
			_, _, err2 := tx.History(k, "", 50)
			return errors.Join(err1, err2)
		})},
		{"home", view(func(tx workflow.Tx) error {
			_, err1 := tx.Applications(workflow.StageOf(glow, workflow.StageReview), "", 10)
			_, err2 := tx.Latest(workflow.SeenOf(glow), 10)
			_, _, err3 := tx.Stamps(workflow.LiveOf(glow), "", 100)
			return errors.Join(err1, err2, err3)
		})},
		{"stats", view(func(tx workflow.Tx) error {
			_, err := tx.Totals(glow, noon.AddDate(0, 0, -7), noon)
			return err
		})},
		{"tick", view(func(tx workflow.Tx) error {
			_, err1 := tx.Applications(workflow.DueOf(glow), "", 50)
			_, err2 := tx.Heads(workflow.ShowCard, noon, func(workflow.Head) bool { return true })
			return errors.Join(err1, err2)
		})},
		{"decision", func() error { return c.click(b.Context(), e) }},
	}
}

// median returns the median time that something takes.
func median(b *testing.B, fn func() error) time.Duration {
	b.Helper()
	var all []time.Duration
	for range 101 {
		began := time.Now()
		require.NoError(b, fn())
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
