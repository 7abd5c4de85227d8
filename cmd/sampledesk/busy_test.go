package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
)

// busyVariable has TestABusyShop measured. `make bench-busy` sets it.
const busyVariable = "SAMPLEDESK_BENCH_BUSY"

// The measures of a busy shop.
const (
	busyRequests = 5000
	busyRound    = 10 // decisions
	decideEvery  = 500 * time.Millisecond
	askEvery     = time.Second / 6
)

// TestABusyShop measures what it does to those who decide that somebody else asks for the numbers all the time: twice a
// second somebody approves a request, first alone, and then while another person sends `/samples stats` six times a second.
func TestABusyShop(t *testing.T) {
	if os.Getenv(busyVariable) == "" {
		t.Skip("measures for a minute: run it with make bench-busy")
	}
	b := &busy{stage: newStage(t, "--seed", fmt.Sprint(busyRequests)), listen: freeAddress(t)}
	b.serve("SAMPLEDESK_SYNC=@every 1m", "SAMPLEDESK_SYNC_MESSAGES=@every 1m", "SAMPLEDESK_UNDO=10m", "SAMPLEDESK_LISTEN="+b.listen)
	require.Eventually(t, b.swept, 2*time.Minute, 250*time.Millisecond, "the first sweep")
	time.Sleep(10 * time.Second) // the first cards are posted
	ids := b.pending()
	require.Greater(t, len(ids), 200)

	var alone, beside, questions []took
	for range 4 { // in turn, so that what else the machine does is shared out
		alone, ids = append(alone, b.decide(ids[:busyRound])...), ids[busyRound:]
		asked := make(chan []took, 1)
		go func() { asked <- b.ask() }()
		beside, ids = append(beside, b.decide(ids[:busyRound])...), ids[busyRound:]
		questions = append(questions, <-asked...)
	}
	time.Sleep(2 * time.Second) // what is answered after its acknowledgement
	answered := b.answered()
	require.Zero(t, b.stop(syscall.SIGTERM))

	t.Logf("%-28s %12s %12s", "", "without", "with")
	t.Logf("%-28s %9d/%d %9d/%d", "decisions saved", b.saved(alone), len(alone), b.saved(beside), len(beside))
	for _, p := range []int{50, 99} {
		t.Logf("%-28s %12s %12s", fmt.Sprintf("acknowledged, p%d", p), percentile(alone, p), percentile(beside, p))
	}
	t.Logf("%-28s %12s %9d/%d", "questions answered", "", answered, len(questions))
	t.Logf("%-28s %12s %12s", "questions acknowledged, p99", "", percentile(questions, 99))
}

// busy is a desk that many ask at once.
type busy struct {
	*stage
	listen string
}

// took is how long something was in the acknowledging, and whether it was.
type took struct {
	id string // of the application
	d  time.Duration
	ok bool
}

func percentile(all []took, p int) time.Duration {
	var list []time.Duration
	for _, each := range all {
		list = append(list, each.d)
	}
	slices.Sort(list)
	return list[min(len(list)-1, len(list)*p/100)].Round(100 * time.Microsecond)
}

// swept tells whether the first sweep is over.
func (b *busy) swept() bool {
	var health struct {
		Shops []struct {
			LastSweep string `json:"last_sweep"`
		} `json:"shops"`
	}
	_ = send("GET", "http://"+b.listen+"/readyz", nil, &health)
	return len(health.Shops) == 1 && health.Shops[0].LastSweep != ""
}

func (b *busy) pending() (ids []string) {
	var state struct {
		Applications []sample `json:"applications"`
	}
	b.get(b.shop+"/sim/state", &state)
	for _, a := range state.Applications {
		if a.Status == "PENDING" {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// typed sends a command and waits for its acknowledgement.
func (b *busy) typed(who, text string) took {
	began := time.Now()
	var got seen
	err := send("POST", b.slack+"/sim/act", map[string]any{
		"user": who, "do": "command", "command": "/samples", "text": text, "channel": b.info["slack_channel"], "wait_ms": 0,
	}, &got)
	return took{d: time.Since(began), ok: err == nil && got.OK}
}

// every does something at a steady pace, however long it takes.
func every(pace time.Duration, times int, do func(n int) took) []took {
	all := make([]took, times)
	var work sync.WaitGroup
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := range times {
		work.Go(func() { all[n] = do(n) })
		<-tick.C
	}
	work.Wait()
	return all
}

func (b *busy) decide(ids []string) []took {
	who := b.people("member")[0]
	return every(decideEvery, len(ids), func(n int) took {
		done := b.typed(who, "approve "+ids[n])
		done.id = ids[n]
		return done
	})
}

func (b *busy) ask() []took {
	who := b.people("member")[1]
	return every(askEvery, int(busyRound*decideEvery/askEvery), func(int) took { return b.typed(who, "stats") })
}

// answered counts the answers to questions: what rode in an acknowledgement is among what its person was shown.
func (b *busy) answered() (n int) {
	var state struct {
		Ephemerals []struct {
			User string `json:"user"`
			Text string `json:"text"`
		} `json:"ephemerals"`
	}
	b.get(b.slack+"/sim/state", &state)
	for _, e := range state.Ephemerals {
		if e.User == b.people("member")[1] && strings.HasPrefix(e.Text, "Samples, ") {
			n++
		}
	}
	return n
}

// saved counts the decisions that are in the store of the stopped desk.
func (b *busy) saved(all []took) (n int) {
	b.t.Helper()
	store, err := boltstore.Open(b.t.Context(), b.store)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, store.Close()) }()
	shop := workflow.ShopID(b.info["tiktok_shop_id"].(string))
	require.NoError(b.t, store.View(b.t.Context(), func(tx workflow.Tx) error {
		for _, each := range all {
			a, err := tx.Application(workflow.Key{Shop: shop, ID: workflow.ApplicationID(each.id)})
			if err == nil && a.Decision.Phase != workflow.Undecided {
				n++
			}
		}
		return nil
	}))
	return n
}
