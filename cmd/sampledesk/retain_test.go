package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// The creators of the tests of what is kept long enough; each is called so in all that is kept of them.
const (
	gone     = "quokka"  // all of theirs is over for long: two requests in a campaign, one outside, a conversation
	active   = "numbat"  // one request is over for long, in a campaign, one lives, and they wrote lately
	pair     = "bilby"   // of their two requests in a campaign one is over for long, one for less
	writer   = "wombat"  // they never asked for anything, and wrote long ago
	waiting  = "dugong"  // they wrote long ago, and wait for an answer
	oldLive  = "possum"  // their request has not moved for long, and lives
	lately   = "wallaby" // their request is over, and not for long
	sayingOf = " secretly says"
)

func somebody(name string) workflow.Creator {
	return workflow.Creator{OpenID: "70" + name, Username: name, Nickname: "A " + name}
}

// fillOld fills a store with what ended at some times, more of it by the way than goes in one transaction.
func fillOld(many int) func(workflow.Tx) error {
	long, lessLong := bubbleStart.AddDate(-1, -1, 0), bubbleStart.AddDate(0, -11, 0)
	return func(tx workflow.Tx) (err error) {
		put := func(errs ...error) {
			for _, e := range errs {
				if err == nil {
					err = e
				}
			}
		}
		n := 100
		request := func(name string, c workflow.CampaignID, status workflow.Status, at time.Time) {
			n++
			a := requestNumber(n)
			a.Snapshot.Creator, a.Snapshot.Status, a.Campaign = somebody(name), status, c
			a.SeenAt, a.ReportedAt, a.ChangedAt = at.Add(-time.Hour), at, at
			a.Milestones = []workflow.Milestone{{Line: workflow.LineReceived, At: a.SeenAt}, {Line: workflow.LinePosted, At: at}}
			a.Contents = []workflow.Content{{ID: fmt.Sprint(n), Text: name + sayingOf, Link: "https://example.com/" + name}}
			put(tx.PutApplication(a), tx.Append(workflow.Entry{At: at, Key: a.Key, Event: workflow.OnNoted, Text: "about " + name}),
				tx.PutNotice(workflow.Notice{
					ID: workflow.NoticeID(fmt.Sprint("n", n)), Shop: "7", Kind: workflow.KindMessage, Application: a.Key.ID, Creator: somebody(name).KeyOf("7"),
					Message: &workflow.Message{Text: name + sayingOf}, Post: workflow.Post{Channel: "C1", TS: fmt.Sprint("1.", n)},
				}),
				tx.PutRun(workflow.Run{ID: workflow.RunID(fmt.Sprint("r", n)), Shop: "7", Items: []workflow.RunItem{{Key: a.Key, Creator: somebody(name)}}}))
		}
		member := func(name string) {
			put(tx.PutMember(workflow.Member{Campaign: "c1", Creator: somebody(name).KeyOf("7"), Shown: somebody(name), AddedAt: long, Answer: name + sayingOf}))
		}
		writes := func(name string, at time.Time, waits int) {
			c := workflow.Conversation{Shop: "7", Creator: somebody(name).KeyOf("7"), Shown: somebody(name), ID: "c" + fmt.Sprint(n) + name[:1], Last: workflow.MessageMark{ID: "1", At: at}}
			said := workflow.WaitingAnswer{Since: at, Last: c.Last, Text: name + sayingOf, Count: 1}
			if c.Handled = (workflow.HandledAnswer{At: at, Was: said}); waits > 0 {
				c.Waiting, c.Handled = said, workflow.HandledAnswer{}
			}
			put(tx.PutConversation(c), tx.Append(workflow.Entry{At: at, Key: workflow.Key{Shop: "7"}, Event: workflow.OnMessageReceived, Text: name + sayingOf, Creator: c.Creator}))
		}
		put(tx.PutCampaign(workflow.Campaign{ID: "c1", Shop: "7", Name: "Spring"}))
		for _, name := range []string{gone, active, pair} {
			member(name)
		}
		for _, name := range []string{gone, writer} {
			writes(name, long, 0)
		}
		writes(waiting, long, 1)
		writes(active, lessLong, 0)
		request(gone, "c1", workflow.StatusCompleted, long)
		request(gone, "c1", workflow.StatusWithdrawn, long.Add(time.Hour))
		request(gone, "", workflow.StatusOverdueCancelled, long)
		request(active, "c1", workflow.StatusCompleted, long)
		request(active, "", workflow.StatusShipped, long)
		request(pair, "c1", workflow.StatusCompleted, long)
		request(pair, "c1", workflow.StatusRejectCancelled, lessLong)
		request(oldLive, "", workflow.StatusContentPending, long)
		request(lately, "", workflow.StatusCompleted, lessLong)
		for range many {
			request(gone, "", workflow.StatusNotShipCancelled, long)
		}
		return err
	}
}

// keeping has the shop keep for so many months.
func keeping(t *testing.T, path string, months int) {
	t.Helper()
	changed(t, path, func(tx workflow.Tx) error {
		s, err := tx.Shop("7")
		if err != nil {
			return err
		}
		s.Settings.KeepMonths = months
		return tx.PutShop(s)
	})
}

// retains has a desk look once for what was kept long enough.
func retains(ctx context.Context, t *testing.T, path string, at time.Time) (engine.Erasure, error) {
	t.Helper()
	db, err := store.Open(t.Context(), "bolt:"+path, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	return engine.New(db, nil).Retain(ctx, "7", at)
}

// countedFigures are what a store counts: a shop's sums, and how far the campaign's members are.
type countedFigures struct {
	Totals    workflow.Totals
	Standings map[workflow.Stage]int
	Stages    map[workflow.Stage]int
}

func figuresOf(t *testing.T, path string) (f countedFigures) {
	t.Helper()
	changed(t, path, func(tx workflow.Tx) (err error) {
		if f.Totals, err = tx.Totals("7", bubbleStart.AddDate(-5, 0, 0), bubbleStart.AddDate(5, 0, 0)); err != nil {
			return err
		}
		f.Stages = map[workflow.Stage]int{}
		for _, stage := range workflow.Stages {
			if f.Stages[stage], err = tx.Count(workflow.StageOf("7", stage)); err != nil {
				return err
			}
		}
		f.Standings, err = tx.Standings("c1")
		return err
	})
	return f
}

// requestsBy counts the requests that are kept under a creator's key.
func requestsBy(t *testing.T, path, name string) (n int) {
	t.Helper()
	changed(t, path, func(tx workflow.Tx) (err error) {
		n, err = tx.Count(workflow.CreatorOf(somebody(name).KeyOf("7")))
		return err
	})
	return n
}

func TestWhatAShopKeepsLongEnoughIsErasedAndNothingElse(t *testing.T) {
	t.Parallel()
	path := kept(t, 2)
	changed(t, path, fillOld(250))
	figures := figuresOf(t, path)
	require.NotZero(t, figures.Totals.In(workflow.LinePosted))
	require.Equal(t, 3, figures.Standings[workflow.StageCompleted])
	everybody := []string{gone, active, pair, writer, waiting, oldLive, lately}
	all := inStore(t, path, everybody...)

	done, err := retains(t.Context(), t, path, bubbleStart)
	require.NoError(t, err)
	require.False(t, done.Any(), "by default all is kept")
	require.Equal(t, all, inStore(t, path, everybody...))

	keeping(t, path, 24)
	done, err = retains(t.Context(), t, path, bubbleStart)
	require.NoError(t, err)
	require.False(t, done.Any(), "nothing is over for two years")
	require.Equal(t, all, inStore(t, path, everybody...))

	keeping(t, path, 12)
	done, err = retains(t.Context(), t, path, bubbleStart.Add(time.Hour))
	require.NoError(t, err)
	require.False(t, done.Any(), "the day's pass was made")
	done, err = retains(t.Context(), t, path, bubbleStart.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.Equal(t, 254, done.Requests)
	require.Equal(t, 2, done.Conversations)
	require.Empty(t, inStore(t, path, gone, writer))
	for name, requests := range map[string]int{active: 1, pair: 2, oldLive: 1, lately: 1} {
		require.Equal(t, requests, requestsBy(t, path, name), name)
	}
	before, after := strings.Join(all, "\n"), strings.Join(inStore(t, path, everybody...), "\n")
	for _, name := range []string{pair, waiting, oldLive, lately} {
		require.Equal(t, strings.Count(before, ": "+name), strings.Count(after, ": "+name), name)
	}
	require.Contains(t, after, ": "+active, "they have a live request and wrote lately")
	require.Equal(t, figures, figuresOf(t, path), "the figures stay")
	history := exported(t, path, "--what", "history")
	require.Equal(t, 254+1, strings.Count(history, ",creator erased,"), "of each request, and of the shop")
	require.Contains(t, history, "254 requests, 2 campaigns, 2 conversations; kept long enough")
	changed(t, path, func(tx workflow.Tx) error {
		waiting, err := tx.Waiting()
		require.Empty(t, waiting, "nothing is shown again in Slack")
		return err
	})

	for day := 2; day < 5; day++ {
		done, err = retains(t.Context(), t, path, bubbleStart.AddDate(0, 0, day))
		require.NoError(t, err)
		require.False(t, done.Any(), "nothing is erased twice")
	}
	done, err = retains(t.Context(), t, path, bubbleStart.AddDate(0, 2, 0))
	require.NoError(t, err)
	require.Equal(t, 3, done.Requests, "what ended later, and what waited for it")
	require.Empty(t, inStore(t, path, pair, lately))
	require.Equal(t, figures, figuresOf(t, path))
	require.Equal(t, 1, requestsBy(t, path, active))
	require.Equal(t, 1, requestsBy(t, path, oldLive))
}

func TestAnErasingOfWhatWasKeptThatIsBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	whole := kept(t, 2)
	changed(t, whole, fillOld(110))
	keeping(t, whole, 12)
	figures := figuresOf(t, whole)
	brokenOff := 0
	for steps := 4; steps < 400; steps += 7 {
		path := copied(t, whole)
		_, err := retains(newCountdown(t, steps), t, path, bubbleStart)
		require.Equal(t, figures, figuresOf(t, path), "%d: the figures stay at every moment", steps)
		if err == nil {
			break
		}
		brokenOff++
		_, err = retains(t.Context(), t, path, bubbleStart.Add(time.Minute))
		require.NoError(t, err)
		require.Empty(t, inStore(t, path, gone, writer), "%d", steps)
		require.Equal(t, figures, figuresOf(t, path), "%d", steps)
	}
	require.Greater(t, brokenOff, 3)
}

func TestTheDeskErasesOnceADayWhatWasKeptLongEnough(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		b.open()
		time.Sleep(time.Minute)
		b.close()
		path := boltPath(b.desk.Store)
		var shop workflow.Shop
		changed(b.t, path, func(tx workflow.Tx) error {
			shops, err := tx.Shops()
			if err != nil {
				return err
			}
			shop = shops[0]
			shop.Settings.KeepMonths = 12
			a := requestNumber(7)
			a.Key.Shop, a.Snapshot.Creator, a.Snapshot.Status = shop.ID, somebody(gone), workflow.StatusCompleted
			a.ChangedAt = bubbleStart.AddDate(-1, 0, -1)
			return errors.Join(tx.PutShop(shop), tx.PutApplication(a))
		})
		b.open()
		time.Sleep(retentionEvery + time.Minute)
		b.close()
		require.Empty(b.t, inStore(b.t, path, gone))
		changed(b.t, path, func(tx workflow.Tx) (err error) {
			shop, err = tx.Shop(shop.ID)
			return err
		})
		require.NotEmpty(b.t, shop.Retention.Day, "the day's pass is kept, so that a restart makes no second")
	})
}
