package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/access"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// sizesVariable names the sizes that BenchmarkSizes fills stores of, such as 1000,100000,1000000. The first is what the
// others are compared with.
const sizesVariable = "SAMPLEDESK_BENCH_SIZES"

// BenchmarkSizes measures what people wait for in a store that holds so many applications, with what it takes to open
// it and how much memory that leaves in use; and how many times the first size's each is.
func BenchmarkSizes(b *testing.B) {
	sizes := os.Getenv(sizesVariable)
	if sizes == "" {
		sizes = "1000,20000"
	}
	first := map[string]float64{}
	for text := range strings.SplitSeq(sizes, ",") {
		size, err := strconv.Atoi(text)
		require.NoError(b, err)
		b.Run(text, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "desk.db")
			began := time.Now()
			fillStore(b, path, size)
			info, err := os.Stat(path)
			require.NoError(b, err)
			b.Logf("filled with %d in %s; %d bytes of file for each", size, time.Since(began).Round(time.Millisecond), info.Size()/int64(size))
			debug.FreeOSMemory() // what filling took
			took := measured(b, path, size)
			heap, resident := memory(b)
			for b.Loop() { // the measuring is done, and what was reported before would be forgotten
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(heap, "heap-MB")
			b.ReportMetric(resident, "resident-MB")
			for what, µs := range took {
				if _, ok := first[what]; !ok {
					first[what] = µs
				}
				b.ReportMetric(µs, what+"-µs")
				b.ReportMetric(µs/first[what], what+"-x")
			}
		})
	}
}

const benchedShop workflow.ShopID = "7495540735365777507"

// The applications that wait for the team, and those that are under way: as many in each size, and spread over it. All
// others are over, as they are in a desk that has worked for years.
const (
	benchedWaiting  = 20
	benchedUnderWay = 100
)

// waitingAt returns which of so many applications is the i-th that waits.
func waitingAt(i, size int) int { return i * (size / benchedWaiting) }

// fillStore fills a store with so many applications and their histories. With TMPDIR in memory no disk keeps it waiting.
func fillStore(b *testing.B, path string, size int) {
	b.Helper()
	const atOnce = 500 // more, and the pages of a transaction get long and leave many free ones behind
	store, err := boltstore.Open(b.Context(), path)
	require.NoError(b, err)
	now := time.Now()
	for from := 0; from < size; from += atOnce {
		require.NoError(b, store.Update(b.Context(), func(tx workflow.Tx) error {
			for i := from; i < min(from+atOnce, size); i++ {
				if err := putOne(tx, i, size, now); err != nil {
					return err
				}
			}
			return tx.PutShop(workflow.Shop{ID: benchedShop, Name: "Glow Shop", InitialSyncDone: true})
		}))
	}
	require.NoError(b, store.Close())
}

// putOne puts the n-th application with its history.
func putOne(tx workflow.Tx, n, size int, now time.Time) error {
	seen := now.Add(-time.Duration(size-n) * time.Minute)
	a := workflow.Application{
		Key: benchedKey(n), SeenAt: seen, ReportedAt: seen, ChangedAt: seen, Round: 3,
		Card: workflow.Card{Wanted: true, Post: workflow.Post{Channel: "C1", TS: fmt.Sprintf("1760000000.%06d", n), Hash: "8b1a9953c4611296a827abf8c47804d7", Link: "https://glow.slack.example/archives/C1/p1760000000000000"}},
		Snapshot: workflow.Snapshot{
			ReviewBy: now.Add(24*time.Hour + time.Duration(n%10_000)*time.Minute), Approvable: true, Stock: 12, Commission: "0.15",
			Creator: workflow.Creator{
				OpenID: fmt.Sprintf("open-%d", n/3), Username: fmt.Sprintf("glow.daily%d", n/3), Nickname: "Glow Daily",
				Followers: workflow.OptionalNumber{Value: 12_400, Shared: true}, GMV: workflow.Money{Amount: "1230.50", Currency: "USD"},
			},
			Product: workflow.Product{ID: workflow.ProductID(fmt.Sprint(1729 + n%40)), Title: "Glow Serum, 30 ml", SKU: "1", Variant: "Rose"},
		},
	}
	life := []turn{{workflow.OnReported, workflow.Pending, 0}}
	switch {
	case n%(size/benchedWaiting) == 0:
		a.Snapshot.Status = workflow.StatusPending
	case n%(size/benchedUnderWay) == 1:
		a.Snapshot.Status = workflow.StatusShipped
		life = append(life, benchedLife[:4]...)
	default:
		a.Snapshot.Status, a.ContentAt = workflow.StatusCompleted, seen
		life = append(life, benchedLife...)
	}
	var history []workflow.Entry
	from := workflow.Unseen
	for _, l := range life {
		history = append(history, workflow.Entry{At: seen.Add(l.after), Key: a.Key, Event: l.event, From: from, To: l.to, Round: 1})
		from = l.to
	}
	a.Milestones = workflow.MilestonesOf(a, slices.Values(history))
	if err := errors.Join(tx.PutApplication(a), tx.PutProduct(benchedShop, a.Snapshot.Product)); err != nil {
		return err
	}
	for _, e := range history {
		if err := tx.Append(e); err != nil {
			return err
		}
	}
	return nil
}

// turn is a line of a history: what happened, where it led, and how long after the first sight.
type turn struct {
	event workflow.EventKind
	to    workflow.State
	after time.Duration
}

// benchedLife is how it goes on once an application was seen.
var benchedLife = []turn{
	{workflow.OnApproved, workflow.Queued, time.Hour}, {workflow.OnClaimed, workflow.Sending, time.Hour + 10*time.Second},
	{workflow.OnApprovalConfirmed, workflow.AwaitingShipment, time.Hour + 11*time.Second}, {workflow.OnReported, workflow.Shipped, 50 * time.Hour},
	{workflow.OnReported, workflow.Delivered, 150 * time.Hour}, {workflow.OnContentFound, workflow.Completed, 250 * time.Hour},
}

func benchedKey(n int) workflow.Key {
	return workflow.Key{Shop: benchedShop, ID: workflow.ApplicationID(fmt.Sprint(1_000_000_000 + n))}
}

// measured returns the microseconds that each thing takes.
func measured(b *testing.B, path string, size int) map[string]float64 {
	b.Helper()
	took := map[string]float64{}
	took["start"] = µsOf(b, 5, func(int) error {
		s, err := boltstore.Open(b.Context(), path)
		if err != nil {
			return err
		}
		return s.Close()
	})
	store, err := boltstore.Open(b.Context(), path)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	d, engine := deskOn(b, store), engine.New(store, nil)
	shops, err := d.access.Shops(b.Context())
	require.NoError(b, err)
	took["queue"] = µsOf(b, 50, func(int) error {
		_, err := d.queue().queueFor(b.Context(), "U0MEMBER01", shops, view.QueuePage{})
		return err
	})
	took["show"] = µsOf(b, 50, func(n int) error {
		facts, err := d.queue().find.shown(b.Context(), shops, view.ShowPage{Asked: string(benchedKey(n * 13 % size).ID)})
		if err == nil && facts.Total != 1 {
			err = fmt.Errorf("%d were found", facts.Total)
		}
		return err
	})
	took["find"] = µsOf(b, 50, func(n int) error {
		found, err := d.queue().find.all(b.Context(), shops, fmt.Sprintf("glow.daily%d", n*13%(size/3)))
		if err == nil && len(found) != 3 {
			err = fmt.Errorf("%d were found", len(found))
		}
		return err
	})
	took["words"] = µsOf(b, 50, func(n int) error {
		found, err := d.queue().find.all(b.Context(), shops, fmt.Sprintf("glow SÉRUM daily%d", size/3-1-n))
		if err == nil && len(found) == 0 {
			err = errors.New("nothing was found by words")
		}
		return err
	})
	took["home"] = µsOf(b, 50, func(int) error {
		_, err := d.home().buildHome(b.Context(), "U0MEMBER01", view.HomeState{}, nil)
		return err
	})
	require.NoError(b, ticked(b.Context(), engine))
	took["tick"] = µsOf(b, 20, func(int) error { _, err := engine.Tick(b.Context(), benchedShop, time.Now()); return err })
	took["decision"] = µsOf(b, 15, func(n int) error {
		_, err := engine.Apply(b.Context(), benchedKey(waitingAt(n, size)), workflow.Decided{
			Actor: workflow.Actor{Person: "U0MEMBER01"}, At: time.Now(), Round: 3, Verdict: workflow.Approve, Undo: 10 * time.Second,
		})
		return err
	})
	return took
}

// memory returns the mebibytes that the heap holds, and those that the process has resident but for mapped files: zero
// where the system does not tell.
func memory(b *testing.B) (heap, resident float64) {
	b.Helper()
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		_, after, _ := strings.Cut(string(status), "RssAnon:")
		if fields := strings.Fields(after); len(fields) > 0 {
			kilobytes, err := strconv.ParseFloat(fields[0], 64)
			require.NoError(b, err)
			resident = kilobytes / (1 << 10)
		}
	}
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapInuse) / (1 << 20), resident
}

// ticked has the desk do once what it does in its first minutes.
func ticked(ctx context.Context, engine *engine.Engine) error {
	for {
		told, err := engine.Tick(ctx, benchedShop, time.Now())
		if err != nil || told == 0 {
			return err
		}
	}
}

// µsOf returns the median time that something takes.
func µsOf(b *testing.B, times int, do func(n int) error) float64 {
	b.Helper()
	var all []float64
	for n := range times {
		began := time.Now()
		require.NoError(b, do(n))
		all = append(all, float64(time.Since(began).Nanoseconds())/1e3)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// benched is what surfaces on a store need.
type benched struct {
	store  workflow.Store
	access *access.Access
}

func (d benched) queue() *queueDesk {
	log := slog.New(slog.DiscardHandler)
	return &queueDesk{store: d.store, access: d.access, log: log, find: finder{store: d.store, defaults: query.Defaults{Channel: "C1"}, log: log}}
}

func (d benched) home() *homeDesk {
	return newHomeDesk(homeDesk{store: d.store, access: d.access, dismissed: &dismissed{}, log: slog.New(slog.DiscardHandler)})
}

// deskOn has surfaces work on a store, in a Slack that says that the member is in the channel.
func deskOn(b *testing.B, store workflow.Store) benched {
	b.Helper()
	answer := func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, `{"ok":true,"members":["U0MEMBER01"],"team_id":"T1","user":{"id":"U0MEMBER01","team_id":"T1"}}`)
	}
	server := httptest.NewServer(http.HandlerFunc(answer))
	b.Cleanup(server.Close)
	return benched{
		store:  store,
		access: access.New(slackapi.New(server.URL+"/", "xoxb-bench", server.Client()), store, query.Defaults{Channel: "C1"}, slog.New(slog.DiscardHandler)),
	}
}
