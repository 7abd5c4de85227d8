package bot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// tick has the clock look at what is due, and lets everything be said.
func (w *world) tick() {
	w.t.Helper()
	_, err := w.engine.Tick(w.t.Context(), shopID, time.Now())
	require.NoError(w.t, err)
	wait(15 * time.Second)
}

// until lets the time run on to so long before a deadline, and has the clock look then.
func (w *world) until(by time.Time, before time.Duration) {
	w.t.Helper()
	w.sleep(time.Until(by.Add(-before)))
	w.tick()
}

// steps are the deadlines' steps that were told of an application, in order.
func (w *world) steps(id string) (told []string) {
	w.t.Helper()
	for _, m := range w.said(workflow.KindDeadline) {
		if m.Metadata.Payload["application"] == id {
			told = append(told, fmt.Sprint(m.Metadata.Payload["step"]))
		}
	}
	return told
}

// lastStep is the deadline's step that was told last.
func (w *world) lastStep() message {
	w.t.Helper()
	all := w.said(workflow.KindDeadline)
	require.NotEmpty(w.t, all)
	return all[len(all)-1]
}

// loud tells whether a message in a thread was shown in the channel too.
func (w *world) loud(m message) bool {
	w.t.Helper()
	for _, c := range w.calls("chat.postMessage") {
		if strings.Contains(fmt.Sprint(c.Args["metadata"]), fmt.Sprint(m.Metadata.Payload["effect"])) {
			return fmt.Sprint(c.Args["reply_broadcast"]) == "true"
		}
	}
	w.t.Fatal("no call posted it")
	return false
}

// due brings an application that has to be decided in so long.
func (w *world) due(id string, in time.Duration) (by time.Time) {
	w.t.Helper()
	r := pending(id)
	r.ReviewBy = time.Now().Add(in).UTC().Truncate(time.Second)
	w.report(id, r)
	return r.ReviewBy
}

// moved reports an application in another status.
func (w *world) moved(id string, s workflow.Status, change ...func(*workflow.Snapshot)) {
	w.t.Helper()
	wait(time.Second)
	r := w.application(id).Snapshot
	r.Status = s
	for _, c := range change {
		c(&r)
	}
	w.report(id, r)
}

func (w *world) endSweep() {
	w.t.Helper()
	require.NoError(w.t, w.engine.EndSweep(w.t.Context(), shopID, time.Now()))
	wait(5 * time.Second)
}

func TestTheDeskRaisesItsVoiceStepByStep(t *testing.T) {
	shops := withSettings(workflow.Settings{
		Steps: []time.Duration{9 * time.Hour, 5 * time.Hour, 2 * time.Hour, 30 * time.Minute}, Reviewers: []workflow.PersonID{memberOne, guest, outsider}, Groups: []workflow.GroupID{reviewers},
	})
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		by := w.due("1001", 10*time.Hour)
		for _, step := range []struct {
			before time.Duration
			name   string
			loud   bool
			named  []string
		}{
			{9 * time.Hour, "9h", false, nil},
			{5 * time.Hour, "5h", false, []string{"<@" + memberOne + ">", "<!subteam^" + reviewers + ">"}},
			{2 * time.Hour, "2h", true, nil},
			{30 * time.Minute, "30m", true, []string{"<@" + admin + ">"}},
		} {
			w.until(by, step.before)
			w.tick()
			m := w.lastStep()
			require.Equal(t, step.name, m.Metadata.Payload["step"])
			require.Equal(t, w.card("1001").TS, m.Thread)
			require.Equal(t, step.loud, w.loud(m), step.name)
			words := wording(t, m.Blocks)
			require.Equal(t, len(step.named), strings.Count(words, "<@")+strings.Count(words, "<!subteam"), "only who can act is called: %s", words)
			for _, name := range step.named {
				require.Contains(t, words, name)
			}
		}
		require.Equal(t, []string{"9h", "5h", "2h", "30m"}, w.steps("1001"))
	})
}

func TestWhereNobodyIsNamedASentenceSaysWhoCanAct(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.due("1001", 24*time.Hour)
		wait(10 * time.Second)
		w.tick()
		words := wording(t, w.lastStep().Blocks)
		require.True(t, w.loud(w.lastStep()), "a thread that names nobody reaches nobody")
		require.Contains(t, words, "Everyone in this channel can act")
		require.NotContains(t, words, "<@")
	})
}

func TestADecisionSilencesWhatTheDeskCouldNotSayInTime(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		by := w.due("1001", 50*time.Hour)
		w.fault(object{"method": "chat.postMessage", "do": "status", "status": 503, "times": 1000})
		w.until(by, 48*time.Hour)
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.fault(object{"method": "chat.postMessage", "times": 0})
		wait(30 * time.Minute)
		require.Empty(t, w.steps("1001"))
		require.Empty(t, w.deadLetters())
	})
}

func TestADeskThatCouldNotSpeakForADaySaysTheLatestStepOnly(t *testing.T) {
	steps := []time.Duration{4 * time.Hour, 3 * time.Hour, 2 * time.Hour, time.Hour}
	inBubble(t, setup{shops: withSettings(workflow.Settings{Steps: steps})}, func(t *testing.T, w *world) {
		by := w.due("1001", 5*time.Hour)
		w.fault(object{"method": "chat.postMessage", "do": "status", "status": 503, "times": 100_000})
		w.until(by, steps[0])
		w.until(by, steps[1])
		w.until(by, steps[2])
		w.fault(object{"method": "chat.postMessage", "times": 0})
		wait(30 * time.Minute)
		require.Equal(t, []string{"2h"}, w.steps("1001"))
	})
}

func TestAStepWhoseAnswerWasLostIsSaidOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		by := w.due("1001", 50*time.Hour)
		w.fault(object{"method": "chat.postMessage", "do": "apply_then_drop", "times": 1})
		w.until(by, 48*time.Hour)
		wait(5 * time.Minute)
		require.Equal(t, []string{"48h"}, w.steps("1001"))
	})
}

func TestManyDeadlinesAtOnceAreOneMessageWithoutWhatWasDecidedMeanwhile(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for i := range 8 {
			w.due(fmt.Sprint(1001+i), 24*time.Hour+time.Minute)
		}
		wait(time.Minute)
		require.NoError(t, w.engine.EndSweep(t.Context(), shopID, time.Now()))
		w.fault(object{"method": "chat.postMessage", "do": "status", "status": 503, "times": 1000})
		wait(2 * time.Minute)
		w.tick()
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.fault(object{"method": "chat.postMessage", "times": 0})
		wait(30 * time.Minute)
		told := w.said(workflow.KindMorning)
		require.Len(t, told, 1, "a start is one occasion")
		require.Empty(t, w.said(workflow.KindDeadline))
		require.Contains(t, told[0].Text, "7 requests expire within 48 hours")
		words := wording(t, told[0].Blocks)
		require.Contains(t, words, "Everyone in this channel can act")
		require.Equal(t, 7, strings.Count(words, "GMV not shared"), words)
	})
}

func TestAStepThatMeansPeopleIsANewMessageForAllThatComeToItWithTheirButtons(t *testing.T) {
	shops := withSettings(workflow.Settings{Steps: []time.Duration{9 * time.Hour, 5 * time.Hour, 2 * time.Hour, 30 * time.Minute}})
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		by := w.due("1001", 10*time.Hour)
		for i := range 11 {
			w.due(fmt.Sprint(1002+i), 10*time.Hour)
		}
		w.morning()
		wait(time.Minute)
		day := w.said(workflow.KindMorning)
		require.Len(t, day, 1)
		require.Contains(t, day[0].Text, "12 requests expire within 48 hours")
		w.until(by, 5*time.Hour)
		w.tick()
		step := w.lastStep()
		require.Len(t, w.said(workflow.KindDeadline), 1)
		require.Equal(t, "5h", step.Metadata.Payload["step"])
		require.Empty(t, step.Thread)
		require.Contains(t, step.Text, "12 requests expire within 5 hours; first: Glow Daily")
		require.Contains(t, step.Text, "5 hours left")
		require.Equal(t, 10, strings.Count(string(step.Blocks), `"approve"`), "ten have their buttons")
		require.Contains(t, wording(t, step.Blocks), "And 2 more")

		decide := func(who, action string, m message, n int) sight {
			return w.act(object{"user": who, "do": "click", "channel": samples, "ts": m.TS, "action_id": action, "value": w.targets(m)[n]})
		}
		first := w.targets(step)[0]
		require.True(t, decide(guest, view.ActionApprove, step, 0).OK)
		wait(time.Second)
		require.Len(t, w.told(guest), 1, "a guest decides nothing")
		require.True(t, decide(memberOne, view.ActionApprove, step, 0).OK)
		wait(5 * time.Second)
		require.Contains(t, wording(t, w.lastStep().Blocks), "*approved* by <@"+memberOne+">, can still be undone")
		require.Contains(t, w.lastStep().Text, "11 requests")
		require.Contains(t, wording(t, w.said(workflow.KindMorning)[0].Blocks), "*approved* by <@"+memberOne+">")
		seen := w.act(object{"user": memberTwo, "do": "click", "channel": samples, "ts": step.TS, "action_id": view.ActionApprove, "value": first})
		require.True(t, seen.OK)
		wait(time.Second)
		require.Len(t, w.told(memberTwo), 1, "the first decision wins")
		wait(time.Minute)
		require.Len(t, w.said(workflow.KindDeadline), 1)
		require.Len(t, w.said(workflow.KindMorning), 1)
		require.Empty(t, w.deadLetters())
	})
}

// targets are the values of a message's buttons to approve, in order.
func (w *world) targets(m message) (all []string) {
	w.t.Helper()
	var blocks []struct {
		Elements []struct {
			Action string `json:"action_id"`
			Value  string `json:"value"`
		} `json:"elements"`
	}
	require.NoError(w.t, json.Unmarshal(m.Blocks, &blocks))
	for _, b := range blocks {
		for _, e := range b.Elements {
			if e.Action == view.ActionApprove {
				all = append(all, e.Value)
			}
		}
	}
	return all
}

func TestWhatExpiredIsOneMessageADayWithItsWorth(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for i, gmv := range []string{"1000.50", "9000", ""} {
			r := pending(fmt.Sprint(1001 + i))
			r.ReviewBy, r.Creator.GMV = time.Now().Add(100*time.Hour), workflow.Money{Amount: gmv, Currency: "USD"}
			w.report(fmt.Sprint(1001+i), r)
		}
		w.accepted(memberOne, "1003", view.ActionApprove)
		wait(time.Minute)
		w.moved("1001", workflow.StatusOverdueCancelled)
		w.moved("1002", workflow.StatusOverdueCancelled)
		w.moved("1003", workflow.StatusAwaitingShipment)
		wait(2 * time.Minute)
		told := w.said(workflow.KindExpired)
		require.Len(t, told, 1)
		require.Contains(t, told[0].Text, "2 requests expired without a decision; their creators sold $10.0K in the last 30 days.")
		w.due("1004", 50*time.Hour)
		w.moved("1004", workflow.StatusOverdueCancelled)
		wait(2 * time.Minute)
		later := w.said(workflow.KindExpired)
		require.Len(t, later, 1, "once a day")
		require.Equal(t, told[0].TS, later[0].TS)
		require.Contains(t, later[0].Text, "3 requests expired")
		require.Empty(t, w.deadLetters())
	})
}

func TestTheBacklogIsOneMessageThatCountsDown(t *testing.T) {
	shops := oneShop()
	shops[0].InitialSyncDone = false
	inBubble(t, setup{shops: shops, instant: true}, func(t *testing.T, w *world) {
		var all []engine.Observation
		for i := range 33 {
			r := pending(fmt.Sprint(1001 + i))
			r.ReviewBy = time.Now().Add(100*time.Hour + time.Duration(i)*time.Minute)
			all = append(all, engine.Observation{ID: workflow.ApplicationID(fmt.Sprint(1001 + i)), Reported: workflow.Reported{At: time.Now(), Began: time.Now(), Snapshot: r, First: true}})
		}
		_, err := w.engine.Observe(t.Context(), shopID, all)
		require.NoError(t, err)
		w.endSweep()
		wait(2 * time.Minute)
		told := w.said(workflow.KindBacklog)
		require.Len(t, told, 1)
		require.Contains(t, told[0].Text, "3 more pending requests")
		require.Equal(t, "3", told[0].Metadata.Payload["waiting"])
		for left := 2; left >= 0; left-- {
			w.accepted(memberOne, fmt.Sprint(1001+left), view.ActionApprove)
			w.endSweep()
			wait(time.Minute)
			now := w.said(workflow.KindBacklog)
			require.Len(t, now, 1, "it is edited")
			require.Equal(t, told[0].TS, now[0].TS)
			require.Equal(t, fmt.Sprint(left), now[0].Metadata.Payload["waiting"])
			require.Equal(t, left == 0, strings.Contains(now[0].Text, "The backlog is empty"), now[0].Text)
		}
	})
}

func (w *world) morning() {
	w.t.Helper()
	require.NoError(w.t, w.engine.Morning(w.t.Context(), shopID, time.Now()))
	wait(5 * time.Second)
}

func TestTheMorningIsEditedAsItsItemsAreHandled(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.due("1001", 5*time.Hour)
		rich := pending("1002")
		rich.ReviewBy, rich.Creator.GMV = time.Now().Add(6*time.Hour), workflow.Money{Amount: "9000", Currency: "USD"}
		rich.Creator.Nickname = "Kitchen Finds"
		w.report("1002", rich)
		w.due("1003", 30*time.Hour)
		w.due("1004", 90*time.Hour)
		w.morning()
		w.morning()
		told := w.said(workflow.KindMorning)
		require.Len(t, told, 1, "once a day")
		require.Contains(t, told[0].Text, "2 requests expire within 6 hours, 1 more within 48; first: Kitchen Finds (GMV $9.0K")
		words := wording(t, told[0].Blocks)
		require.Less(t, strings.Index(words, "Kitchen Finds"), strings.Index(words, "Glow Daily"), "the most valuable first")
		require.NotContains(t, words, " done")

		w.accepted(memberOne, "1002", view.ActionApprove)
		w.accepted(memberTwo, "1003", view.ActionReject, string(workflow.NotMatch))
		wait(time.Minute)
		edited := w.said(workflow.KindMorning)
		require.Len(t, edited, 1, "it is edited, not posted again")
		words = wording(t, edited[0].Blocks)
		require.Contains(t, words, "*approved* by <@"+memberOne+">")
		require.Contains(t, edited[0].Text, "1 of 3 done")
	})
}

func TestAMorningWithoutAnythingDueIsQuiet(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.due("1001", 90*time.Hour)
		w.morning()
		require.Empty(t, w.said(workflow.KindMorning))
	})
}

func TestTheSettingsOfTheClockAreKeptAndSurviveTheDialog(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		overview := w.settings(admin)
		w.send(admin, w.sectionOf(admin, overview, view.SettingsTimes), object{
			view.ActionSettingsHours: view.HoursEveryDay, view.ActionSettingsHoursFrom: "08:30", view.ActionSettingsHoursTo: "17:00",
		})
		w.send(admin, w.sectionOf(admin, overview, view.SettingsMessages), object{
			view.ActionSettingsNudge: "  How do you\r\nlike it? ", view.ActionSettingsWeekly: view.WeeklyMonday, view.ActionSettingsKeep: "24",
		})
		w.send(admin, w.sectionOf(admin, overview, view.SettingsShipments), object{view.ActionSettingsMoveDays: "5", view.ActionSettingsPostDays: "21"})
		require.Contains(t, wording(t, w.dialog(overview).Blocks), "*Days to post*: 14 days → 21 days")
		kept := w.shopOf(shopID).Settings
		require.Equal(t, workflow.Settings{
			Version: 3, Welcomed: true, HoursFrom: "08:30", HoursTo: "17:00", Weekends: true, MoveDays: 5, PostDays: 21, Nudge: "How do you\nlike it?", Weekly: true, KeepMonths: 24,
		}, kept)
		for _, section := range []view.SettingsSection{view.SettingsTimes, view.SettingsShipments, view.SettingsMessages} {
			w.send(admin, w.sectionOf(admin, overview, section), object{})
		}
		require.Equal(t, kept, w.shopOf(shopID).Settings)

		w.send(admin, w.sectionOf(admin, overview, view.SettingsTimes), object{view.ActionSettingsHours: view.HoursAny})
		w.send(admin, w.sectionOf(admin, overview, view.SettingsMessages), object{view.ActionSettingsNudge: nil, view.ActionSettingsWeekly: view.WeeklyNever, view.ActionSettingsKeep: view.KeepAll})
		require.Equal(t, workflow.Settings{Version: 5, Welcomed: true, MoveDays: 5, PostDays: 21}, w.shopOf(shopID).Settings)
	})
}

func TestASettingOfTheClockThatCannotBeIsComplainedAboutAtItsField(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		hours := func(from, to any) object {
			return object{view.ActionSettingsHours: view.HoursWeekdays, view.ActionSettingsHoursFrom: from, view.ActionSettingsHoursTo: to}
		}
		for _, c := range []struct {
			values      object
			field, says string
		}{
			{hours("18:00", "09:00"), view.ActionSettingsHoursFrom, view.ErrorHours},
			{hours("09:00", "09:00"), view.ActionSettingsHoursFrom, view.ErrorHours},
			{hours("09:00", nil), view.ActionSettingsHoursFrom, view.ErrorHours},
		} {
			field, says := complaint(t, w.send(admin, w.section(admin, view.SettingsTimes), c.values))
			require.Equal(t, c.field, field)
			require.Equal(t, c.says, says)
		}
		require.Equal(t, workflow.Settings{}, w.shopOf(shopID).Settings)
	})
}

func TestNamesThatOthersMadeBreakNothingThatTheClockSays(t *testing.T) {
	hostile := strings.Repeat("<!channel> *bold* ```code``` \u202e https://evil.example|x> & :tada: é\u0301\u0301 > ", 20)
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for i := range 8 {
			r := pending(fmt.Sprint(1001 + i))
			r.ReviewBy, r.Creator.Nickname, r.Product.Title, r.Product.Variant = time.Now().Add(23*time.Hour), hostile, hostile, hostile
			w.report(fmt.Sprint(1001+i), r)
		}
		wait(time.Minute)
		w.morning()
		w.tick()
		synctest.Wait()
		require.Len(t, w.said(workflow.KindMorning), 1)
		require.Empty(t, w.said(workflow.KindDeadline), "the morning told it")
		require.Empty(t, w.deadLetters())
	})
}
