package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/pgstore/pgtest"
)

// The environment of the long run of troubles: the first seed, and how many from there. `make failover` sets both.
const (
	failoverSeed  = "SAMPLEDESK_FAILOVER_SEED"
	failoverCount = "SAMPLEDESK_FAILOVER_COUNT"
)

// failoverSeeds returns them; without, the test is skipped.
func failoverSeeds(t *testing.T) (first, count uint64) {
	first, err := strconv.ParseUint(os.Getenv(failoverSeed), 10, 64)
	if err != nil {
		t.Skip("takes minutes: run it with make failover SEED=1 COUNT=1")
	}
	if count, err = strconv.ParseUint(os.Getenv(failoverCount), 10, 64); err != nil {
		count = 1
	}
	return first, count
}

// newDayWith is a day of two desks on a database of its own, which has begun: the cards are there.
func newDayWith(t *testing.T, db *database) *day {
	d := newDayOn(t, db.address, 1, 2, false)
	d.calm, d.sync = 3*time.Second, "@every 1s"
	d.open()
	d.until("the cards", func() bool { return d.ready() && len(d.cards()) == requestsAtDawn })
	return d
}

// tries has a person click on Approve of a card, and returns what they were told.
func (d *day) tries(who string, card message) click {
	d.note(click{Who: who, Application: card.application(), Do: "approve", From: time.Now()}, d.state(),
		order{"user": who, "do": "click", "channel": d.info["slack_channel"], "ts": card.TS, "action_id": "approve", "wait_ms": 0})
	return d.clicks[len(d.clicks)-1]
}

// pending is a card whose request can be approved.
func (d *day) pending() message {
	all := d.cards()
	i := slices.IndexFunc(all, func(m message) bool { return slices.Contains(m.controls(), "approve") })
	require.GreaterOrEqual(d.t, i, 0, "a card that can be approved")
	return all[i]
}

// endures has somebody click a few times during a trouble, and again when it has passed. What is told meanwhile is told in
// time and true; and afterwards everything is as before, without a hand.
func (d *day) endures(f trouble, clicks int) {
	who := d.people("member")[0]
	f.begin()
	var told []string
	card := d.pending()
	for range clicks {
		c := d.tries(who, card)
		told = append(told, fmt.Sprintf("%s after %d ms", c.Told, c.AckedMS))
		require.NotEqual(d.t, toldNothing, c.Told, "%s: Slack was answered in its three seconds: %+v", f.name, c)
		if f.says != "" {
			require.Equal(d.t, toldUnsaved, c.Told, "%s: %+v", f.name, c)
			require.Equal(d.t, "PENDING", d.atTikTokOf(c.Application), "%s: nothing was done", f.name)
		}
		if c.Told == toldYes {
			card = d.pending()
		}
	}
	if f.says != "" {
		d.until("it is told", func() bool {
			return strings.Contains(d.asked("/readyz"), f.says) && strings.Contains(d.asked("/metrics"), "\nsampledesk_ready 0")
		})
	}
	f.end()
	began := time.Now()
	d.until("a click that is saved after "+f.name, func() bool { return d.tries(who, card).Told != toldUnsaved })
	saved := time.Since(began) - toldWithin
	d.until("desks that are ready after "+f.name, d.ready)
	d.until("the approval at TikTok after "+f.name, func() bool { return d.atTikTokOf(card.application()) != "PENDING" })
	d.t.Logf("%s: %v; saved again after %s, all in order after %s", f.name, told, saved.Round(100*time.Millisecond), time.Since(began).Round(100*time.Millisecond))
}

// asked returns what the first desk answers.
func (d *day) asked(path string) string {
	resp, err := http.Get("http://" + d.copies[0].listen + path)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(resp.Body)
	return string(text)
}

func (d *day) atTikTokOf(application string) string {
	status, _ := d.status(application)
	return status
}

// suffer has a database be in trouble for a while.
func (d *day) suffer(f trouble) {
	f.begin()
	time.Sleep(time.Duration(500+d.dice.IntN(7000)) * time.Millisecond)
	f.end()
	d.t.Logf("%s", f.name)
	time.Sleep(time.Duration(d.dice.IntN(4000)) * time.Millisecond)
}

// ends holds at the day's end that nothing was lost, nothing done twice and nobody lied to.
func (d *day) ends() {
	d.judge(d.settle())
}

func TestClicksAreAnsweredInTimeAndTrulyWhileTheDatabaseIsInTrouble(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	db := newDatabase(t, "")
	d := newDayWith(t, db)
	defer d.keepEvidence()
	all := db.troubles()
	for _, f := range []trouble{all[0], all[2], all[5]} {
		d.endures(f, 1)
	}
	d.ends()
}

func TestEachTroubleOfTheDatabasePassesWithoutAHand(t *testing.T) {
	failoverSeeds(t)
	db := newDatabase(t, "")
	d := newDayWith(t, db)
	defer d.keepEvidence()
	for _, f := range db.troubles() {
		d.endures(f, 3)
	}
	d.ends()
}

func TestDesksFindTheDatabaseThatTakesOver(t *testing.T) {
	failoverSeeds(t)
	db := newDatabase(t, "")
	failOver := db.withStandby()
	d := newDayWith(t, db)
	defer d.keepEvidence()
	d.endures(failOver, 3)
	d.ends()
}

func TestAFullDiskLosesNothing(t *testing.T) {
	failoverSeeds(t)
	folder := small(t, "250m")
	db := newDatabase(t, folder)
	d := newDayWith(t, db)
	defer d.keepEvidence()
	d.endures(fill(t, folder), 5)
	d.ends()
}

// TestADeskThatIsCutOffLeavesItsWorkToTheOthers has one of two desks lose the database, while Slack and TikTok still reach it.
func TestADeskThatIsCutOffLeavesItsWorkToTheOthers(t *testing.T) {
	failoverSeeds(t)
	db := newDatabase(t, "")
	d := newDayOn(t, db.address, 1, 2, false)
	defer d.keepEvidence()
	own := pgtest.Through(t, db.direct)
	d.copies[0].address = own.URL
	d.calm, d.sync = 3*time.Second, "@every 1s"
	d.open()
	d.until("the cards", func() bool { return d.ready() && len(d.cards()) == requestsAtDawn })
	own.Cut()
	who := d.people("member")[0]
	var approved []string
	for len(approved) < 4 {
		card := d.pending()
		c := d.tries(who, card)
		require.NotEqual(t, toldNothing, c.Told, "%+v", c)
		if c.Told == toldYes {
			approved = append(approved, card.application())
		}
	}
	d.until("the approvals at TikTok, by the desk that is left", func() bool {
		return !slices.ContainsFunc(approved, func(id string) bool { return d.atTikTokOf(id) == "PENDING" })
	})
	own.Open()
	d.until("both desks", d.ready)
	d.ends()
}

func TestADeskThatIsToldToStopWithoutItsDatabaseStopsInTime(t *testing.T) {
	failoverSeeds(t)
	db := newDatabase(t, "")
	d := newDayWith(t, db)
	defer d.keepEvidence()
	c := d.tries(d.people("member")[0], d.pending()) // something is to be delivered
	require.Equal(t, toldYes, c.Told)
	db.way.Cut()
	d.halt(syscall.SIGTERM)
	db.way.Open()
	d.open()
	d.until("both desks", d.ready)
	d.ends()
}

// TestManyDaysOfATroubledDatabase has a few people work with three desks whose database is in trouble again and again.
func TestManyDaysOfATroubledDatabase(t *testing.T) {
	first, count := failoverSeeds(t)
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			db := newDatabase(t, "")
			d := newDayOn(t, db.address, seed, 3, false)
			d.faults = db.troubles()
			d.live()
			slowest := slices.MaxFunc(d.clicks, func(a, b click) int { return a.AckedMS - b.AckedMS })
			told := map[word]int{}
			for _, c := range d.clicks {
				told[c.Told]++
			}
			t.Logf("the slowest answer: %+v; %v", slowest, told)
			require.Zero(t, told[toldNothing], "every click was answered in time: %+v", d.clicks)
		})
	}
}

// TestADeskThatIsStartedWithoutItsDatabaseSaysSo holds that whoever starts a desk learns it: what starts it tries again.
func TestADeskThatIsStartedWithoutItsDatabaseSaysSo(t *testing.T) {
	t.Parallel()
	status, out, stderr := typed(t, "serve", "--store", "postgres://desk:hidden@127.0.0.1:1/desks", "--slack-channel", "C1", "--slack-bot-token", "xoxb-1",
		"--slack-app-token", "xapp-1", "--tiktok-app-key", "k", "--tiktok-app-secret", "s", "--key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	require.Equal(t, exitFailed, status)
	require.Contains(t, out+stderr, "the database does not answer")
	require.NotContains(t, out+stderr, "hidden")
}
