package bot_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// reporting are shops that want the week, in a zone east of here.
func reporting() []workflow.Shop {
	return withSettings(workflow.Settings{Weekly: true, Zone: "Europe/Berlin"})
}

// someWeek lets a few things happen: three requests, of which one is approved, posted and bought through, and one rejected.
func (w *world) someWeek() {
	w.t.Helper()
	for _, id := range []string{"1001", "1002", "1003"} {
		w.request(id)
	}
	wait(time.Hour)
	w.accepted(memberOne, "1001", view.ActionApprove)
	w.command(memberTwo, view.CommandSamples, "reject 1002 2")
	wait(time.Minute)
	w.moved("1001", workflow.StatusShipped)
	w.moved("1001", workflow.StatusContentPending)
	_, err := w.engine.FindContent(w.t.Context(), keyOf("1001"), []workflow.Content{
		{ID: "1", Format: "VIDEO", At: time.Now(), Orders: workflow.OptionalNumber{Value: 7, Shared: true}},
	}, time.Now())
	require.NoError(w.t, err)
	synctest.Wait()
}

// onMonday lets the clock run to Monday, when the week is told.
func (w *world) onMonday() {
	w.t.Helper()
	w.sleep(time.Until(time.Date(2026, 11, 23, 8, 0, 5, 0, time.UTC))) // nine there
	require.NoError(w.t, w.engine.Weekly(w.t.Context(), shopID, time.Now()))
	wait(time.Minute)
}

// shown is the file that a message shows; empty: none.
func shown(t *testing.T, m message) string {
	t.Helper()
	var blocks []struct {
		File struct {
			ID string `json:"id"`
		} `json:"slack_file"`
	}
	require.NoError(t, json.Unmarshal(m.Blocks, &blocks))
	for _, b := range blocks {
		if b.File.ID != "" {
			return b.File.ID
		}
	}
	return ""
}

// fetch gets a file's bytes, as whoever has the bot's token can.
func (w *world) fetch(id string) []byte {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.base+"/files/"+id, nil)
	require.NoError(w.t, err)
	r.Header.Set("Authorization", "Bearer "+w.details.BotToken)
	got, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer func() { _ = got.Body.Close() }()
	require.Equal(w.t, http.StatusOK, got.StatusCode)
	data, err := io.ReadAll(got.Body)
	require.NoError(w.t, err)
	return data
}

func TestTheWeekIsToldOnMondayOnceAndAsAPicture(t *testing.T) {
	inBubble(t, setup{shops: reporting(), instant: true}, func(t *testing.T, w *world) {
		w.someWeek()
		w.onMonday()
		require.NoError(t, w.engine.Weekly(t.Context(), shopID, time.Now()))
		wait(time.Minute)

		told := w.said(workflow.KindWeeklyReport)
		require.Len(t, told, 1)
		m := told[0]
		require.Equal(t, samples, m.Channel)
		require.Equal(t, "sampledesk_notice", m.Metadata.Type)
		require.Equal(t, shopID, m.Metadata.Payload["shop"])
		require.Equal(t, "Samples, the week 16 to 22 November 2026: 3 received, 2 decided, 1 shipped, 1 posted, 0 wasted", m.Text)
		words := wording(t, m.Blocks)
		require.Contains(t, words, "*2* decided (0 the week before): 1 approved, 1 rejected")
		require.Contains(t, words, "*1 h* median time to decide")
		require.Contains(t, words, "*1* posted (0 the week before), with 7 paid orders so far")
		require.True(t, strings.HasPrefix(string(w.fetch(shown(t, m))), "\x89PNG"))
		require.Len(t, w.calls("files.completeUploadExternal"), 1)
		require.Empty(t, w.deadLetters())
	})
}

func TestTheWeekIsToldOnceWhateverFailsOnTheWay(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	for name, s := range map[string]struct {
		fault   object
		reopen  bool
		picture bool
	}{
		"an answer is lost":               {object{"method": "chat.postMessage", "do": "apply_then_drop", "times": 1}, false, true},
		"Slack is down":                   {object{"method": "chat.postMessage", "do": "status", "status": 503, "times": 3}, false, true},
		"the desk starts again":           {object{"method": "chat.postMessage", "do": "apply_then_drop", "times": 1}, true, true},
		"an upload fails once":            {object{"method": "files.getUploadURLExternal", "do": "status", "status": 503, "times": 1}, false, true},
		"no upload ever succeeds":         {object{"method": "files.completeUploadExternal", "do": "error", "error": "internal_error", "times": 100}, false, false},
		"Slack does not know what befell": {object{"method": "chat.postMessage", "do": "error", "error": "internal_error", "times": 1}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, setup{shops: reporting(), instant: true}, func(t *testing.T, w *world) {
				w.someWeek()
				w.fault(s.fault)
				if s.reopen {
					w.onMonday()
					w.reopen()
				} else {
					w.onMonday()
				}
				wait(20 * time.Minute)
				told := w.said(workflow.KindWeeklyReport)
				require.Len(t, told, 1)
				require.Equal(t, s.picture, shown(t, told[0]) != "")
				require.Empty(t, w.deadLetters())
			})
		})
	}
}

func TestTheWeekGoesWithoutAPictureWhereTheDeskMayUploadNone(t *testing.T) {
	may := slices.DeleteFunc(slices.Clone(bot.Scopes), func(s string) bool { return s == "files:write" })
	inBubble(t, setup{shops: reporting(), instant: true, scopes: may}, func(t *testing.T, w *world) {
		w.someWeek()
		w.onMonday()
		told := w.said(workflow.KindWeeklyReport)
		require.Len(t, told, 1)
		require.Empty(t, shown(t, told[0]))
		require.Contains(t, told[0].Text, "3 received")
	})
}

func TestTheWeekGoesWithoutAPictureThatSlackDoesNotShow(t *testing.T) {
	inBubble(t, setup{shops: reporting(), instant: true}, func(t *testing.T, w *world) {
		w.someWeek()
		wait(time.Until(time.Date(2026, 11, 23, 8, 0, 5, 0, time.UTC)))
		require.NoError(t, w.engine.Weekly(t.Context(), shopID, time.Now()))
		wait(2 * time.Second)
		require.Empty(t, w.said(workflow.KindWeeklyReport), "the picture rests")
		file := w.calls("files.completeUploadExternal")[0].Args["files"].([]any)[0].(object)["id"].(string)
		form := url.Values{"token": {w.details.BotToken}, "file": {file}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.details.APIURL+"files.delete", strings.NewReader(form.Encode()))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		gone, err := w.client.Do(r)
		require.NoError(t, err)
		require.NoError(t, gone.Body.Close())
		wait(time.Minute)
		told := w.said(workflow.KindWeeklyReport)
		require.Len(t, told, 1)
		require.Empty(t, shown(t, told[0]))
		require.Contains(t, told[0].Text, "3 received")
	})
}

func TestTheWeekNamesItsShopWhereAChannelServesSeveral(t *testing.T) {
	shops := append(reporting(), workflow.Shop{ID: "7495540735365777508", Name: "Nimbus Home", InitialSyncDone: true})
	inBubble(t, setup{shops: shops, instant: true}, func(t *testing.T, w *world) {
		w.someWeek()
		w.onMonday()
		told := w.said(workflow.KindWeeklyReport)
		require.Len(t, told, 1)
		require.Contains(t, told[0].Text, "for the shop Glow Shop")
	})
}

func TestAQuietWeekIsOneSentenceAndAnUnwantedOneNone(t *testing.T) {
	inBubble(t, setup{shops: reporting()}, func(t *testing.T, w *world) {
		w.onMonday()
		told := w.said(workflow.KindWeeklyReport)
		require.Len(t, told, 1)
		require.Contains(t, wording(t, told[0].Blocks), "A quiet week")
		require.Empty(t, w.calls("files.getUploadURLExternal"))
	})
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.someWeek()
		w.onMonday()
		require.Empty(t, w.said(workflow.KindWeeklyReport))
	})
}

func TestTheWeekOfAShopThatIsNewComparesNothing(t *testing.T) {
	shops := reporting()
	shops[0].SeenAt = bubbleStart.Add(-24 * time.Hour)
	inBubble(t, setup{shops: shops, instant: true}, func(t *testing.T, w *world) {
		w.someWeek()
		w.onMonday()
		words := wording(t, w.said(workflow.KindWeeklyReport)[0].Blocks)
		require.NotContains(t, words, "the week before)")
		require.Contains(t, words, "Sample Desk has known this shop since")
	})
}

// direct are the messages with a person, and the lines of the files there.
func (w *world) direct(who string) (said []message, lines []map[string]string) {
	w.t.Helper()
	for _, c := range w.state().Channels {
		if c.User != who {
			continue
		}
		for _, m := range c.Messages {
			said = append(said, m)
			for _, f := range m.Files {
				lines = append(lines, w.sheet(fmt.Sprint(f["id"]))...)
			}
		}
	}
	return said, lines
}

// sheet reads a file of requests.
func (w *world) sheet(id string) (lines []map[string]string) {
	w.t.Helper()
	text, marked := strings.CutPrefix(string(w.fetch(id)), "\ufeff")
	require.True(w.t, marked)
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(w.t, err)
	for _, cells := range all[1:] {
		line := map[string]string{}
		for i, cell := range cells {
			line[all[0][i]] = cell
		}
		lines = append(lines, line)
	}
	return lines
}

func TestTheNumbersComeAsAFileToWhoAsksForIt(t *testing.T) {
	inBubble(t, setup{shops: reporting(), instant: true}, func(t *testing.T, w *world) {
		w.someWeek()
		require.Contains(t, w.command(memberOne, view.CommandSamples, "stats 30 days as a CSV"), view.StatsFileComes)
		wait(10 * time.Second)
		said, lines := w.direct(memberOne)
		require.Len(t, said, 2)
		require.Equal(t, "3 requests of the last 30 days, as a file", said[0].Text)
		require.Equal(t, "sampledesk_notice", said[0].Metadata.Type)
		require.Equal(t, []string{"1001", "1002", "1003"}, []string{lines[0]["application id"], lines[1]["application id"], lines[2]["application id"]})
		require.Equal(t, []string{"Completed", "Reject", "Sample application review pending"}, []string{lines[0]["status"], lines[1]["status"], lines[2]["status"]})
		require.Equal(t, []string{"approved", "rejected", ""}, []string{lines[0]["verdict"], lines[1]["verdict"], lines[2]["verdict"]})
		require.Equal(t, []string{"Member One", "Member Two", ""}, []string{lines[0]["decided by"], lines[1]["decided by"], lines[2]["decided by"]})
		require.Equal(t, []string{"", "Product taken offline", ""}, []string{lines[0]["reason"], lines[1]["reason"], lines[2]["reason"]})
		require.Equal(t, "2026-11-22 10:00", lines[0]["asked"], "as the clocks there show it")
		require.Equal(t, "2026-11-22 11:00", lines[0]["decided"])
		for _, came := range []string{"shipped", "delivered", "posted"} {
			require.NotEmpty(t, lines[0][came])
			require.Empty(t, lines[1][came])
		}
		require.Equal(t, []string{"7", "", ""}, []string{lines[0]["paid orders"], lines[1]["paid orders"], lines[2]["paid orders"]})
		require.Empty(t, w.calls("conversations.open"), "the desk need not be allowed that")
	})
}

func TestAFileOfAnEmptyPeriodIsNone(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.command(memberOne, view.CommandSamples, "stats csv 2026-01-01")
		w.command(memberOne, view.CommandSamples, "stats 2026-01-01 csv")
		wait(10 * time.Second)
		said, _ := w.direct(memberOne)
		require.Empty(t, said)
		require.Contains(t, w.told(memberOne), view.StatsFileEmpty)
	})
}

func TestTheButtonOfTheWeekSendsItsFileOncePerClick(t *testing.T) {
	inBubble(t, setup{shops: reporting(), instant: true}, func(t *testing.T, w *world) {
		w.someWeek()
		w.onMonday()
		w.request("2001") // is of the week after
		m := w.said(workflow.KindWeeklyReport)[0]
		w.fault(object{"socket": "duplicate", "times": 1})
		click := func(who string) {
			require.True(t, w.act(object{"user": who, "do": "click", "channel": samples, "ts": m.TS, "action_id": view.ActionStatsFile}).OK)
			wait(10 * time.Second)
		}
		click(memberTwo)
		said, lines := w.direct(memberTwo)
		require.Len(t, said, 2)
		require.Len(t, lines, 3)
		told := w.told(memberTwo)
		require.Equal(t, view.StatsFileComes, told[len(told)-1])

		for _, who := range []string{guest, stranger} {
			click(who)
			said, _ := w.direct(who)
			require.Empty(t, said)
			require.Equal(t, []string{view.StatsFileDenied}, w.told(who))
		}
	})
}

func TestTheButtonBelowTheNumbersSendsWhatTheyCount(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.someWeek()
		words := w.command(memberOne, view.CommandSamples, "stats today")
		require.Contains(t, words, "*3* received")
		all := w.state().Ephemerals
		wait(time.Hour)
		w.request("2001") // came after the answer
		require.True(t, w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": all[len(all)-1].TS, "action_id": view.ActionStatsFile}).OK)
		wait(10 * time.Second)
		_, lines := w.direct(memberOne)
		require.Len(t, lines, 3)
	})
}

func TestAFileThatCannotBeSentSaysSo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		wait(time.Minute)
		w.fault(object{"method": "files.completeUploadExternal", "do": "error", "error": "internal_error", "times": 9})
		w.command(memberOne, view.CommandSamples, "stats csv")
		wait(time.Minute)
		require.Contains(t, w.told(memberOne), view.StatsFileFailed)
	})
}
