package bridge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/workflow"
)

// poll polls once, and expects that all went well.
func (d *desk) poll() {
	d.t.Helper()
	d.bridge.PollMessages(d.t.Context())
	for shop, s := range d.bridge.MessagePolls() {
		require.NoError(d.t, s.Err, "shop %s", shop)
	}
}

// answer lets the creator of an application write.
func (d *desk) answer(k workflow.Key, text string) {
	d.t.Helper()
	d.act("/sim/messages", fmt.Sprintf(`{"creator_open_id":%q,"shop_id":%q,"text":%q}`, d.application(k).Snapshot.Creator.OpenID, k.Shop, text), nil)
}

// texts are what was said of creators' messages.
func texts(all []workflow.Payload) (found []string) {
	for _, s := range all {
		found = append(found, s.Inbound.Text)
	}
	return found
}

// lists are the calls that list conversations, of one status or of all.
func (d *desk) lists(status string) (found []call) {
	d.t.Helper()
	for _, c := range d.calls(listing) {
		if strings.HasSuffix(c.Path, listing) && (status == "" || c.Query["conversation_status"] == status) {
			found = append(found, c)
		}
	}
	return found
}

// colleague opens the conversation with the creator of an application in the Message Center, or answers there.
func (d *desk) colleague(k workflow.Key, does, text string) {
	d.t.Helper()
	var all struct {
		Conversations []struct {
			ID      string `json:"conversation_id"`
			Creator string `json:"creator_open_id"`
		}
	}
	d.get("/sim/conversations", &all)
	for _, c := range all.Conversations {
		if c.Creator == d.application(k).Snapshot.Creator.OpenID {
			d.act("/sim/conversations/"+c.ID+"/"+does, fmt.Sprintf(`{"text":%q}`, text), nil)
			return
		}
	}
	require.Fail(d.t, "there is no such conversation")
}

// heard are the texts that were posted, once everything is quiet.
func heard(channel *slack) []string {
	time.Sleep(time.Second)
	return texts(channel.said(workflow.KindMessage))
}

func TestWhatWasWrittenBeforeTheDeskPolledIsNotPosted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.answer(k, "long ago")
		time.Sleep(2 * time.Second)
		d.poll()
		require.Empty(t, heard(channel))
		require.Empty(t, d.calls(reading), "the past is not even read")
		d.answer(k, "today")
		d.poll()
		require.Equal(t, []string{"today"}, heard(channel))
	})
}

func TestAnAnswerIsToldOnceAndNobodyElseMarksItAsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.poll()
		d.write(k, "Hello")
		time.Sleep(time.Second)
		d.answer(k, "Hi")
		d.answer(k, "In the same second")
		for range 25 {
			d.poll()
		}
		require.Equal(t, []string{"Hi", "In the same second"}, heard(channel))
		require.Empty(t, d.calls(marking))
		for _, m := range d.truths() {
			require.Equal(t, m.From == "creator", m.Unread, "whoever answers or dismisses it marks it")
		}
		writes := d.store.written()
		d.poll()
		require.Equal(t, writes, d.store.written())
		d.restart()
		channel, _ = d.run()
		d.poll()
		require.Empty(t, heard(channel), "nor is it told again after a restart")
		d.answer(k, "And one more")
		d.poll()
		require.Equal(t, []string{"And one more"}, heard(channel))
	})
}

func TestALookWithoutNewsIsOneCallAndNoWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.write(k, "Hello")
		time.Sleep(time.Second)
		for range 30 {
			d.poll()
		}
		lists, writes := len(d.lists("")), d.store.written()
		for range 10 {
			d.poll()
		}
		require.Len(t, d.lists(""), lists+11, "one of ten is for those that were opened already")
		require.Len(t, d.lists("UNREPLIED"), 4)
		require.Empty(t, d.calls(reading))
		require.Equal(t, writes, d.store.written())
	})
}

// TestOneNewMessageAmongAThousandConversationsCostsFewCalls is about a shop whose people never open the Message Center.
func TestOneNewMessageAmongHundredsOfConversationsCostsFewCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{NoRateLimits: true})
		channel, _ := d.run()
		const many = 250
		creator := func(i int) string { return fmt.Sprintf("open-%04d", i) }
		says := func(i int, text string) {
			d.act("/sim/messages", fmt.Sprintf(`{"creator_open_id":%q,"text":%q}`, creator(i), text), nil)
		}
		for i := range many {
			d.apply(affiliatesim.Request{Status: "COMPLETED", Creator: affiliatesim.RequestedBy{OpenID: creator(i)}})
			says(i, "long ago")
		}
		time.Sleep(2 * time.Second)
		d.poll()
		pages := many / 50
		require.Len(t, d.calls(listing), 2*pages, "the first look lists all that is unread or unreplied")
		require.Empty(t, d.calls(reading), "and reads none of it")
		look := func() (listed, read int) {
			l, r := len(d.calls(listing)), len(d.calls(reading))
			d.poll()
			return len(d.calls(listing)) - l, len(d.calls(reading)) - r
		}
		says(170, "news")
		listed, read := look()
		require.Equal(t, []int{pages, 1}, []int{listed, read})
		require.Equal(t, []string{"news"}, heard(channel))
		listed, read = look()
		require.Equal(t, []int{pages, 0}, []int{listed, read}, "what was told is not read again")

		d.restart()
		channel, _ = d.run()
		says(171, "while the desk was away")
		listed, read = look()
		require.Equal(t, 2*pages, listed)
		require.LessOrEqual(t, read, 51, "of what cannot be told apart some are read at each wide look")
		require.Equal(t, []string{"while the desk was away"}, heard(channel))
	})
}

func TestAMessageThatAColleagueOpenedFirstIsToldAtTheNextWideLook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(d *desk, k workflow.Key) // what was said and seen earlier
		looks  int
		within int
	}{
		"a first message":            {func(*desk, workflow.Key) {}, 1, 10},
		"it was opened at the start": {func(*desk, workflow.Key) {}, 0, 1},
		"after an answer of ours": {func(d *desk, k workflow.Key) {
			d.answer(k, "earlier")
			d.poll()
			d.write(k, "Hello")
			time.Sleep(time.Second)
		}, 1, 10},
		"after another that nobody answered": {func(d *desk, k workflow.Key) {
			d.answer(k, "earlier")
			d.poll()
			d.colleague(k, "read", "")
		}, 1, 10},
		"after an answer of a colleague's": {func(d *desk, k workflow.Key) {
			d.answer(k, "earlier")
			d.poll()
			d.colleague(k, "reply", "Hello from the Message Center")
			d.colleague(k, "read", "")
			for range 10 {
				d.poll()
			}
		}, 1, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, k, channel := undecided(t)
				d.poll()
				c.before(d, k)
				for range c.looks {
					d.poll()
				}
				d.answer(k, "opened already")
				d.colleague(k, "read", "")
				if c.looks == 0 {
					d.restart()
					channel, _ = d.run()
				}
				for range c.within {
					d.poll()
				}
				require.Contains(t, heard(channel), "opened already")
				for range 20 {
					d.poll()
				}
				require.Equal(t, 1, strings.Count(strings.Join(heard(channel), "\n"), "opened already"))
			})
		})
	}
}

func TestAnAnswerIsToldThoughTheCountOfUnreadOnesIsTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.poll()
		d.answer(k, "one")
		d.poll()
		d.colleague(k, "read", "")
		d.poll() // it has left the list
		d.answer(k, "two")
		d.poll()
		require.Equal(t, []string{"one", "two"}, heard(channel))
		d.colleague(k, "read", "")
		d.answer(k, "three") // between two looks
		for range 10 {
			d.poll()
		}
		require.Equal(t, []string{"one", "two", "three"}, heard(channel))
	})
}

func TestWhatWasWrittenWhileTheFirstLooksFailedIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.act("/sim/faults", `{"path":"/202412/conversations","times":100,"do":"status","status":503}`, nil)
		d.bridge.PollMessages(t.Context())
		d.answer(k, "anybody there?")
		d.mendCalls()
		d.poll()
		require.Equal(t, []string{"anybody there?"}, heard(channel))
	})
}

func TestEveryNewMessageIsToldHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.poll()
		want := []string{}
		for i := range 65 {
			want = append(want, fmt.Sprint("message ", i))
			d.answer(k, want[i])
		}
		d.poll()
		require.Equal(t, want, heard(channel))
	})
}

func TestAPollThatIsCutShortLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		var keys []workflow.Key
		for range 52 {
			keys = append(keys, d.apply(affiliatesim.Request{}))
		}
		d.sweep()
		d.poll()
		for i, k := range keys {
			d.answer(k, fmt.Sprint("answer ", i))
			time.Sleep(time.Second)
		}
		for range 6 {
			reads := 0
			d.between.hold(func(r *http.Request) error {
				if strings.Contains(r.URL.Path, reading) {
					if reads++; reads > 12 {
						return http.ErrServerClosed
					}
				}
				return nil
			})
			d.bridge.PollMessages(t.Context())
		}
		d.between.meddle(nil)
		d.poll()
		time.Sleep(10 * time.Second)
		require.Len(t, heard(channel), 52)
		require.Len(t, d.calls(reading), 52, "nothing is read twice")
	})
}
