package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// appHome is somebody's App Home as the stand-in shows it.
type appHome struct {
	ID       string          `json:"view_id"`
	User     string          `json:"user"`
	Type     string          `json:"type"`
	Blocks   json.RawMessage `json:"blocks"`
	Metadata string          `json:"private_metadata"`
}

// homeOf is what somebody's App Home shows now; ok is false where nothing was ever published.
func (w *world) homeOf(who string) (found appHome, ok bool) {
	w.t.Helper()
	var state struct {
		Views []appHome `json:"views"`
	}
	w.ask(http.MethodGet, "/sim/state", nil, &state)
	for _, v := range state.Views {
		if v.User == who && v.Type == "home" {
			return v, true
		}
	}
	return appHome{}, false
}

// home opens somebody's App Home, lets everything come to rest and returns what they read there.
func (w *world) home(who string) string {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "home"})
	require.True(w.t, seen.OK, seen.Error)
	synctest.Wait()
	return w.reads(who)
}

// reads is every text of somebody's App Home.
func (w *world) reads(who string) string {
	w.t.Helper()
	v, ok := w.homeOf(who)
	require.True(w.t, ok, "nothing was published")
	return wording(w.t, v.Blocks)
}

// clickHome uses a control of somebody's App Home. Of several with that action id the value tells which.
func (w *world) clickHome(who, action string, value ...string) sight {
	w.t.Helper()
	v, ok := w.homeOf(who)
	require.True(w.t, ok, "nothing was published")
	request := object{"user": who, "do": "click", "view_id": v.ID, "action_id": action}
	if len(value) > 0 {
		request["value"] = value[0]
	}
	seen := w.act(request)
	require.True(w.t, seen.OK, seen.Error)
	synctest.Wait()
	return seen
}

// target is the value of the controls of an application as it is now.
func (w *world) target(id string) string {
	return view.Target{Key: keyOf(id), Round: w.application(id).Round}.String()
}

// homeControls are the action ids of somebody's App Home.
func (w *world) homeControls(who string) []string {
	w.t.Helper()
	v, _ := w.homeOf(who)
	return controls(w.t, v.Blocks)
}

// requests brings so many applications that wait, with deadlines an hour apart, first to last.
func (w *world) requests(n int) {
	w.t.Helper()
	now := time.Now()
	var all []engine.Observation
	for i := range n {
		r := pending(fmt.Sprint(1000 + i))
		r.ReviewBy = now.Add(30*time.Hour + time.Duration(i)*time.Hour).UTC()
		r.Creator.Nickname = fmt.Sprintf("Creator %02d", i+1)
		all = append(all, engine.Observation{ID: workflow.ApplicationID(fmt.Sprint(1000 + i)), Reported: workflow.Reported{At: now, Began: now, Snapshot: r}})
	}
	_, err := w.engine.Observe(w.t.Context(), shopID, all)
	require.NoError(w.t, err)
	synctest.Wait()
}

// names are the creators whom a text names, in order.
func names(text string) (found []string) {
	for line := range strings.Lines(text) {
		if _, rest, ok := strings.Cut(line, "|Creator "); ok {
			found = append(found, rest[:2])
		}
	}
	return found
}

func TestAppHomeShowsWhatWaitsSoonestDeadlineFirst(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(3)
		soon := pending("1003")
		soon.ReviewBy = time.Now().Add(2 * time.Hour).UTC()
		soon.Creator.Nickname = "Creator 00"
		w.report("1003", soon)
		text := w.home(memberOne)
		require.Equal(t, []string{"00", "01", "02", "03"}, names(text))
		require.Contains(t, text, "*4 to review* · 1 within 24 h")
		require.Contains(t, text, "1–4 of 4 · soonest deadline first")
		require.Contains(t, text, "|Open the card>")
		require.Contains(t, w.homeControls(memberOne), view.ActionApprove)
	})
}

func TestADecisionMadeInAppHomeIsFollowedThere(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(2)
		w.home(memberOne)
		w.clickHome(memberOne, view.ActionApprove, w.target("1000"))
		text := w.reads(memberOne)
		require.Contains(t, text, "Approved by <@"+memberOne+">")
		require.Contains(t, text, "Undo until then.")
		require.Contains(t, w.homeControls(memberOne), view.ActionUndo)
		require.Equal(t, workflow.FromHome, w.lastActor("1000").Surface)

		wait(20 * time.Second)
		text = w.reads(memberOne)
		require.Contains(t, text, "confirmed by TikTok")
		require.Equal(t, []string{"01", "02"}, names(text), "it stays in its place until they move on")
		require.Contains(t, text, "1–1 of 1")
		require.NotContains(t, w.homeControls(memberOne), view.ActionUndo)

		w.clickHome(memberOne, view.ActionHomeRefresh)
		require.Equal(t, []string{"02"}, names(w.reads(memberOne)))
	})
}

// lastActor is who did the latest on an application.
func (w *world) lastActor(id string) (by workflow.Actor) {
	w.t.Helper()
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) error {
		entries, _, err := tx.History(keyOf(id), "", 100)
		for _, e := range entries {
			if e.By.Person != "" {
				by = e.By
			}
		}
		return err
	}))
	return by
}

func TestARejectionFromAppHomeIsSeenThereAtOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(2)
		w.home(memberOne)
		v, _ := w.homeOf(memberOne)
		block := view.Target{Key: keyOf("1001"), Round: w.application("1001").Round}.String()
		seen := w.act(object{"user": memberOne, "do": "click", "view_id": v.ID, "action_id": view.ActionReject, "block_id": block, "value": string(workflow.OutOfStock)})
		require.NotEmpty(t, seen.ViewID, "no dialog opened: %s", seen.Error)
		require.Nil(t, complaints(t, w.submit(memberOne, seen.ViewID, object{})))
		require.Contains(t, w.reads(memberOne), "Rejected by <@"+memberOne+">")
		require.Contains(t, w.homeControls(memberOne), view.ActionUndo)
	})
}

func TestADecisionIsUndoneInAppHome(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(1)
		w.home(memberOne)
		w.home(memberTwo)
		w.clickHome(memberOne, view.ActionApprove, w.target("1000"))
		wait(4 * time.Second)
		require.Contains(t, w.reads(memberTwo), "Approved by <@"+memberOne+">", "who looks on sees it too")
		require.NotContains(t, w.homeControls(memberTwo), view.ActionUndo, "it is not theirs to undo")
		w.clickHome(memberOne, view.ActionUndo)
		require.Contains(t, w.homeControls(memberOne), view.ActionApprove)
		require.Empty(t, w.tiktok.got())
	})
}

func TestWhoOnlyLooksOnSeesNoButtonsInAppHome(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(2)
		for _, who := range []string{guest, stranger} {
			require.Equal(t, []string{"01", "02"}, names(w.home(who)))
			require.NotContains(t, w.homeControls(who), view.ActionApprove)
			require.NotContains(t, w.homeControls(who), view.ActionBulk)
			require.Contains(t, w.reads(who), view.Denied(map[string]view.Denial{guest: view.DeniedGuest, stranger: view.DeniedElsewhere}[who]))
		}
		w.home(memberOne)
		require.NotContains(t, w.homeControls(memberOne), view.ActionSettings)
		w.home(admin)
		require.Subset(t, w.homeControls(admin), []string{view.ActionApprove, view.ActionBulk, view.ActionSettings})
	})
}

func TestWhoIsInNoShopsChannelSeesNothingOfIt(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(2)
		text := w.home(outsider)
		require.Contains(t, text, "This belongs to a channel that you're not in.")
		require.NotContains(t, text, "Creator")
		require.NotContains(t, text, "Glow")
		v, _ := w.homeOf(outsider)
		require.Equal(t, "{}", v.Metadata)
		require.Equal(t, []string{view.ActionHomeRefresh}, w.homeControls(outsider))
	})
}

func TestEverybodySeesTheShopsOfTheirChannelsOnly(t *testing.T) {
	other := workflow.Shop{ID: "7495540735365777508", Name: "Nimbus Home", InitialSyncDone: true, Settings: workflow.Settings{Channel: general, Reviewers: []workflow.PersonID{memberTwo}}}
	inBubble(t, setup{shops: append(oneShop(), other)}, func(t *testing.T, w *world) {
		w.requests(1)
		r := pending("2000")
		r.Creator.Nickname = "Creator 99"
		w.reportTo(other.ID, "2000", r)
		text := w.home(memberOne)
		require.ElementsMatch(t, []string{"01", "99"}, names(text), "they are in both channels")
		require.Contains(t, text, "Shop: Nimbus Home")
		require.Equal(t, 1, strings.Count(strings.Join(w.homeControls(memberOne), " "), view.ActionApprove), "they decide in one of them")
		w.clickHome(memberOne, view.ActionHomeShop, string(other.ID))
		require.Equal(t, []string{"99"}, names(w.reads(memberOne)))
		require.Contains(t, w.reads(memberOne), "Only the shop's reviewers can decide")
		text = w.home(outsider)
		require.Equal(t, []string{"99"}, names(text), "everybody is in #general")
		require.NotContains(t, text, "Glow Shop")
	})
}

func TestARoleThatWasTakenAwayIsMissedAtTheClick(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(1)
		w.home(memberOne)
		shop := oneShop()[0]
		shop.Settings.Reviewers = []workflow.PersonID{memberTwo}
		w.put(shop)
		seen := w.clickHome(memberOne, view.ActionApprove, w.target("1000"))
		require.NotEmpty(t, seen.ViewID, "they are told in a dialog")
		require.Contains(t, wording(t, w.view(seen.ViewID).Blocks), "Only the shop's reviewers can decide")
		require.Equal(t, workflow.Pending, w.application("1000").State())
		require.NotContains(t, w.homeControls(memberOne), view.ActionApprove)
		require.Contains(t, w.log.String(), "refused")
	})
}

func TestNothingIsPublishedForThoseWhoDoNotLook(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(2)
		wait(time.Minute)
		require.Empty(t, w.calls("views.publish"))
		w.act(object{"user": memberOne, "do": "home", "tab": "messages"})
		synctest.Wait()
		require.Empty(t, w.calls("views.publish"), "the other tab shows nothing of ours")
		w.home(memberOne)
		require.Len(t, w.calls("views.publish"), 1)
		w.home(memberOne)
		w.clickHome(memberOne, view.ActionHomeRefresh)
		require.Len(t, w.calls("views.publish"), 1, "nothing has changed")
		wait(3 * time.Minute)
		w.report("1005", pending("1005"))
		wait(time.Minute)
		require.Len(t, w.calls("views.publish"), 1, "they looked long ago")
		require.Contains(t, w.home(memberOne), "*3 to review*")
	})
}

func TestWhoLooksOnSeesChangesEveryFewSecondsAtTheMost(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(2)
		w.home(memberOne)
		before := len(w.calls("views.publish"))
		for n := range 20 {
			w.report(fmt.Sprint(1100+n), pending(fmt.Sprint(1100+n)))
			wait(500 * time.Millisecond)
		}
		wait(4 * time.Second)
		require.Contains(t, w.reads(memberOne), "*22 to review*")
		published := w.calls("views.publish")[before:]
		require.LessOrEqual(t, len(published), 6)
		for i := 1; i < len(published); i++ {
			require.GreaterOrEqual(t, published[i].At.Sub(published[i-1].At), 3*time.Second-time.Millisecond)
		}
	})
}

func TestQuickOpeningsPublishTheNewestOnly(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(9)
		w.home(memberOne)
		w.fault(object{"method": "views.publish", "do": "delay", "delay_ms": 2000, "times": 1})
		v, _ := w.homeOf(memberOne)
		for _, stage := range []workflow.Stage{workflow.StageShipping, workflow.StageContent, workflow.StageCompleted, workflow.StageAwaiting} {
			w.act(object{"user": memberOne, "do": "click", "view_id": v.ID, "action_id": view.ActionHomeStage, "value": string(stage), "wait_ms": 0})
		}
		wait(5 * time.Second)
		require.Contains(t, w.reads(memberOne), "*Awaiting shipment*")
		require.LessOrEqual(t, len(w.calls("views.publish")), 3, "the one under way, and the newest")
	})
}

func TestSlacksWordOnAppHomeIsObeyed(t *testing.T) {
	cases := map[string]object{
		"slow down":              {"error": "ratelimited", "do": "error", "retry_after": 30, "times": 2},
		"somebody else's":        {"error": "hash_conflict", "do": "error", "times": 1},
		"a fault of Slack's":     {"do": "status", "status": 503, "times": 2},
		"an answer that is lost": {"do": "apply_then_drop", "times": 1},
	}
	for name, fault := range cases {
		t.Run(name, func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				w.requests(1)
				w.home(memberOne)
				fault["method"] = "views.publish"
				w.fault(fault)
				w.clickHome(memberOne, view.ActionHomeStage, string(workflow.StageShipping))
				wait(70 * time.Second)
				require.Contains(t, w.reads(memberOne), "Nothing in this state right now.")
				require.LessOrEqual(t, len(w.calls("views.publish")), 4)
			})
		})
	}
}

func TestAnAppHomeThatSlackNeverTakesIsGivenUp(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(1)
		w.fault(object{"method": "views.publish", "do": "error", "error": "not_enabled", "times": 9})
		w.act(object{"user": memberOne, "do": "home"})
		wait(time.Minute)
		require.Len(t, w.calls("views.publish"), 1)
		require.Contains(t, w.log.String(), "could not publish App Home")
	})
}

func TestADeskThatStopsWaitsForNoAppHome(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(1)
		w.fault(object{"method": "views.publish", "do": "delay", "delay_ms": 9000, "times": 1})
		w.act(object{"user": memberOne, "do": "home", "wait_ms": 0})
		began := time.Now()
		w.shut()
		require.Less(t, time.Since(began), 5*time.Second)
	})
}

func TestAFullTeamThatLooksOnStaysWithinSlacksRate(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(3)
		for range 3 {
			for _, who := range []string{admin, memberOne, memberTwo, guest, stranger} {
				w.home(who)
			}
			for n := range 30 {
				r := pending("1000")
				r.ReviewBy = r.ReviewBy.Add(time.Duration(n) * time.Minute)
				w.report("1000", r)
				wait(time.Second)
			}
		}
		for _, c := range w.calls("views.publish") {
			require.True(t, c.OK, c.Error)
		}
		require.NotContains(t, w.log.String(), "level=ERROR")
	})
}

func TestWithoutSlacksWordNobodySeesAnything(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(1)
		w.fault(object{"method": "conversations.members", "do": "delay", "delay_ms": 8000, "times": 1})
		w.act(object{"user": memberOne, "do": "home", "wait_ms": 0})
		wait(2 * time.Second)
		require.NotContains(t, w.reads(memberOne), "Creator")
		require.Contains(t, w.reads(memberOne), view.HomeUnchecked)
		wait(10 * time.Second)
		w.clickHome(memberOne, view.ActionHomeRefresh)
		require.Equal(t, []string{"01"}, names(w.reads(memberOne)))
	})
}
