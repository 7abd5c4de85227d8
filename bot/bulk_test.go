package bot_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// several opens the dialog *Decide several* from the queue.
func (w *world) several(who string) string {
	w.t.Helper()
	w.command(who, view.CommandSamples, "queue")
	shown := w.state().Ephemerals
	seen := w.act(object{"user": who, "do": "click", "channel": samples, "ts": shown[len(shown)-1].TS, "action_id": view.ActionBulk})
	require.True(w.t, seen.OK, seen.Error)
	require.NotEmpty(w.t, seen.ViewID, "no dialog opened: %v", w.told(who))
	synctest.Wait()
	return seen.ViewID
}

// filter uses a filter of the dialog.
func (w *world) filter(who, dialog, action string, value any) {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "click", "view_id": dialog, "action_id": action, "value": value, "wait_ms": 0})
	require.True(w.t, seen.OK, seen.Error)
	synctest.Wait()
}

// offered are the values of the dialog's list, in their order.
func (w *world) offered(dialog string) []string {
	w.t.Helper()
	values, _ := w.initials(dialog)[view.ActionBulkChosen].([]any)
	all := make([]string, 0, len(values))
	for _, v := range values {
		id, _, _ := strings.Cut(v.(object)["value"].(string), ":")
		all = append(all, id)
	}
	return all
}

// confirming sends the first page off, and returns the second.
func (w *world) confirming(who, dialog, verdict string, more object) string {
	w.t.Helper()
	values := object{view.ActionBulkVerdict: verdict}
	maps.Copy(values, more)
	seen := w.submit(who, dialog, values)
	require.True(w.t, seen.OK, seen.Error)
	require.NotEmpty(w.t, seen.ViewID)
	require.NotEqual(w.t, dialog, seen.ViewID, "%s", seen.Response)
	return seen.ViewID
}

// progress is the one message about a run, without what of it goes on in its thread.
func (w *world) progress() message {
	w.t.Helper()
	all := slices.DeleteFunc(w.said(workflow.KindRun), func(m message) bool { return m.Metadata.Payload["page"] != nil })
	require.Len(w.t, all, 1)
	return all[0]
}

// wholeRun is all that is said of a run, page by page: the first in the channel, the others in its thread, each with the
// same kind and its number.
func (w *world) wholeRun() string {
	w.t.Helper()
	first := w.progress()
	text := wording(w.t, first.Blocks)
	further := w.thread(first.TS)
	slices.SortFunc(further, func(a, b message) int { // one that was deleted comes back below the others
		return int(a.Metadata.Payload["page"].(float64) - b.Metadata.Payload["page"].(float64))
	})
	for n, m := range further {
		require.Equal(w.t, [2]any{"run", float64(n + 2)}, [2]any{m.Metadata.Payload["kind"], m.Metadata.Payload["page"]})
		text += "\n" + wording(w.t, m.Blocks)
	}
	return text
}

func TestSeveralAreFilteredChosenAndApprovedTogether(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(7) // the deadlines are 30 to 36 h away
		tea := pending("2000")
		tea.Product, tea.Creator.Followers = workflow.Product{ID: "1730", Title: "Tea set"}, workflow.OptionalNumber{Value: 20_000, Shared: true}
		w.report("2000", tea)
		dialog := w.several(memberOne)
		require.Len(t, w.offered(dialog), 8)
		require.Contains(t, wording(t, w.view(dialog).Blocks), "8 of 8 pending requests match")

		w.filter(memberOne, dialog, view.ActionBulkFollowers, "10000")
		require.Equal(t, []string{"2000"}, w.offered(dialog))
		w.filter(memberOne, dialog, view.ActionBulkFollowers, view.BulkAny)
		w.filter(memberOne, dialog, view.ActionBulkWithin, "48")
		w.filter(memberOne, dialog, view.ActionBulkProduct, "1729")
		require.Equal(t, []string{"1000", "1001", "1002", "1003", "1004", "1005", "1006"}, w.offered(dialog), "soonest deadline first")
		require.Contains(t, wording(t, w.view(dialog).Blocks), "7 of 8 pending requests match")

		page := w.confirming(memberOne, dialog, view.BulkApprove, object{view.ActionBulkChosen: []string{"1000:0", "1002:0", "1003:0"}})
		shown := wording(t, w.view(page).Blocks)
		require.Contains(t, shown, "Approve 3 requests")
		require.Contains(t, shown, "*3* of Glow Serum, 12 samples left")
		require.Empty(t, w.said(workflow.KindRun), "nothing is decided yet")
		require.True(t, w.submit(memberOne, page, nil).OK)
		require.False(t, w.isOpen(page) || w.isOpen(dialog))
		wait(3 * time.Second) // the cards took the channel's budget
		require.Contains(t, w.progress().Text, "<@"+memberOne+"> approves 3 requests: 3 being sent")
		require.Equal(t, []string{view.ActionUndoRun}, controls(t, w.progress().Blocks))

		wait(time.Minute)
		require.Equal(t, "<@"+memberOne+"> approved 3 requests: 3 confirmed by TikTok", w.progress().Text)
		require.Empty(t, controls(t, w.progress().Blocks))
		for id, want := range map[string]workflow.State{"1000": workflow.AwaitingShipment, "1001": workflow.Pending, "1002": workflow.AwaitingShipment, "1003": workflow.AwaitingShipment} {
			require.Equal(t, want, w.application(id).State(), id)
		}
		require.Equal(t, workflow.FromBulk, w.lastActor("1000").Surface)
		require.Len(t, w.tiktok.got(), 3)
	})
}

func TestSeveralAreRejectedForOneReason(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.requests(3)
		page := w.confirming(memberTwo, w.several(memberTwo), string(workflow.OutOfStock), nil)
		require.True(t, w.submit(memberTwo, page, nil).OK)
		wait(time.Minute)
		require.Equal(t, "<@"+memberTwo+"> rejected 3 requests (Out of stock): 3 confirmed by TikTok", w.progress().Text)
		for _, r := range w.tiktok.got() {
			require.Equal(t, workflow.Review{Verdict: workflow.Reject, Reason: workflow.OutOfStock}, r)
		}
	})
}

func TestASecondDeliveryOfTheSameActionBeginsNoSecondRun(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(5)
		page := w.confirming(memberOne, w.several(memberOne), view.BulkApprove, nil)
		w.fault(object{"socket": "duplicate", "times": 1})
		require.True(t, w.submit(memberOne, page, nil).OK)
		wait(time.Minute)
		require.Contains(t, w.progress().Text, "approved 5 requests: 5 confirmed by TikTok")
		require.Len(t, w.tiktok.got(), 5)
	})
}

func TestARunEndsWithWhatWasRefusedAndWhyRowByRow(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.requests(4)
		page := w.confirming(memberOne, w.several(memberOne), view.BulkApprove, nil)
		w.accepted(memberTwo, "1000", view.ActionApprove) // somebody is quicker
		gone := pending("1001")
		gone.Status = workflow.StatusWithdrawn
		wait(time.Second)
		w.report("1001", gone)
		w.tiktok.answer(engine.Outcome{Event: workflow.RefusedForGood{At: time.Now(), Failure: workflow.Failure{Code: 16032001, Fault: workflow.FaultRegion, Message: "region"}}})
		require.True(t, w.submit(memberOne, page, nil).OK)
		wait(time.Minute)
		m := w.progress()
		require.Equal(t, "<@"+memberOne+"> approved 1 of 4 requests: 1 confirmed by TikTok, 1 refused by TikTok, 2 not decided", m.Text)
		shown := wording(t, m.Blocks)
		require.Contains(t, shown, "Creator 01> · Glow Serum: <@"+memberTwo+"> was faster")
		require.Contains(t, shown, "it was in *Withdrawn* by then")
		require.Contains(t, shown, "the creator is in a different region")
	})
}

func TestWhatOneMayNotAnyMoreIsNotDecidedTogether(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(3)
		dialog := w.several(memberOne)
		page := w.confirming(memberOne, dialog, view.BulkApprove, nil)
		shops := oneShop()
		shops[0].Settings.Reviewers = []workflow.PersonID{memberTwo}
		w.put(shops...)
		seen := w.submit(memberOne, page, nil)
		require.True(t, seen.OK, seen.Error)
		require.Contains(t, shownIn(t, seen), "Only the shop's reviewers can decide")
		wait(time.Minute)
		require.Empty(t, w.said(workflow.KindRun))
		require.Empty(t, w.tiktok.got())

		require.NotContains(t, w.command(memberOne, view.CommandSamples, "queue"), "Decide several", "nor are they offered it")
		require.Contains(t, w.command(memberTwo, view.CommandSamples, "queue"), "Decide several")
	})
}

func TestOfTwoRunsAtOnceEachRequestIsDecidedByOne(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(20)
		first := w.confirming(memberOne, w.several(memberOne), view.BulkApprove, nil)
		second := w.confirming(memberTwo, w.several(memberTwo), string(workflow.NotMatch), nil)
		done := make(chan bool, 2)
		for who, page := range map[string]string{memberOne: first, memberTwo: second} {
			go func() { done <- w.act(object{"user": who, "do": "submit", "view_id": page, "wait_ms": 0}).OK }()
		}
		require.True(t, <-done)
		require.True(t, <-done)
		wait(2 * time.Minute)
		require.Len(t, w.tiktok.got(), 20)
		told := w.said(workflow.KindRun)
		require.Len(t, told, 2)
		both := told[0].Text + told[1].Text
		require.Contains(t, both, "20 confirmed by TikTok")
		require.Contains(t, both, "20 not decided")
	})
}

func TestARunIsUndoneByWhoBeganItAndByAnAdmin(t *testing.T) {
	for who, undoes := range map[string]bool{memberOne: true, admin: true, memberTwo: false} {
		t.Run(who, func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				w.requests(3)
				require.True(t, w.submit(memberOne, w.confirming(memberOne, w.several(memberOne), view.BulkApprove, nil), nil).OK)
				require.True(t, w.press(who, w.progress(), view.ActionUndoRun).OK)
				wait(time.Minute)
				if undoes {
					require.Equal(t, "<@"+memberOne+"> wanted to approve 3 requests: 3 undone", w.progress().Text)
					require.Empty(t, w.tiktok.got())
					return
				}
				require.Contains(t, w.lastTold(who), "Only <@"+memberOne+">")
				require.Len(t, w.tiktok.got(), 3)
			})
		})
	}
}

func TestARunThatWentOutCannotBeUndone(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(2)
		require.True(t, w.submit(memberOne, w.confirming(memberOne, w.several(memberOne), view.BulkApprove, nil), nil).OK)
		begun := w.progress()
		wait(time.Minute)
		require.True(t, w.press(memberOne, begun, view.ActionUndoRun).OK)
		require.Contains(t, w.lastTold(memberOne), "There is nothing left to undo")
		require.Len(t, w.tiktok.got(), 2)
	})
}

// crowd has requests wait in a shop, in one transaction.
func (w *world) crowd(n int, change func(i int, r *workflow.Snapshot)) {
	w.t.Helper()
	var all []engine.Observation
	now := time.Now()
	for i := range n {
		id := fmt.Sprint(1000 + i)
		r := pending(id)
		if change != nil {
			change(i, &r)
		}
		all = append(all, engine.Observation{ID: workflow.ApplicationID(id), Reported: workflow.Reported{At: now, Began: now, First: true, Snapshot: r}})
	}
	_, err := w.engine.Observe(w.t.Context(), shopID, all)
	require.NoError(w.t, err)
}

func TestAllThatMatchAreTakenHoweverManyAndGoThroughARestart(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.crowd(230, func(i int, r *workflow.Snapshot) {
			r.Creator.Nickname = strings.Repeat("<!channel>&*_نور👩\u200d🍳", 8)
			r.Product.Title = strings.Repeat("> `x` ", 20)
			r.Approvable = i != 7
		})
		dialog := w.several(memberOne)
		require.Contains(t, wording(t, w.view(dialog).Blocks), "230 of 230 pending requests match")
		require.Empty(t, w.offered(dialog), "nothing is chosen: all are taken")
		now := time.Now()
		for range 120 {
			w.tiktok.answer(engine.Outcome{Event: workflow.RefusedForGood{At: now, Failure: workflow.Failure{Code: 16021999, Message: strings.Repeat("No. ", 100)}}})
		}
		page := w.confirming(memberOne, dialog, view.BulkApprove, nil)
		shown := wording(t, w.view(page).Blocks)
		require.Contains(t, shown, "Approve 229 requests")
		require.Contains(t, shown, "1 can't be approved on TikTok right now")
		_, err := w.engine.Apply(t.Context(), workflow.Key{Shop: shopID, ID: "1003"}, workflow.Decided{ // somebody is quicker
			Actor: workflow.Actor{Person: memberTwo}, At: now, Verdict: workflow.Approve, Undo: time.Hour,
		})
		require.NoError(t, err)
		require.True(t, w.submit(memberOne, page, nil).OK)
		w.reopen()
		wait(25 * time.Minute)
		require.Contains(t, w.progress().Text, "approved 108 of 229 requests: 108 confirmed by TikTok, 120 refused by TikTok, 1 not decided")
		require.Len(t, w.tiktok.got(), 228)
		whole := w.wholeRun()
		require.Contains(t, whole, "<@"+memberTwo+"> was faster")
		require.Equal(t, 101, strings.Count(whole, "• "), "what went wrong can be read, a hundred of a kind")
		require.Contains(t, whole, "and 20 more")
		for _, method := range []string{"chat.update", "chat.postMessage"} {
			for _, c := range w.calls(method) {
				require.NotEqual(t, "msg_blocks_too_long", c.Error)
			}
		}
	})
}

func TestTheMessageOfALongRunIsNotKeptWaitingByItsCards(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.crowd(300, nil)
		wait(time.Minute) // the first have cards
		w.tiktok.every = 200 * time.Millisecond
		page := w.confirming(memberOne, w.several(memberOne), view.BulkApprove, nil)
		require.True(t, w.submit(memberOne, page, nil).OK)
		confirmed := regexp.MustCompile(`(\d+) confirmed by TikTok`)
		for range 5 {
			wait(10 * time.Second)
			told := 0
			if m := confirmed.FindStringSubmatch(w.progress().Text); m != nil {
				told, _ = strconv.Atoi(m[1])
			}
			require.InDelta(t, len(w.tiktok.got()), told, 30, "it counts up, however many cards wait to be shown")
		}
	})
}

func TestThePreviewIsPagedThroughAndWhatIsLeftOutStaysOut(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.crowd(130, func(_ int, r *workflow.Snapshot) { r.Product.Title = "Lamp" })
		dialog := w.several(memberOne)
		leaving := object{view.ActionBulkLeftOut: []string{"1000:0", "1001:0"}}
		w.filter(memberOne, dialog, view.ActionBulkPage, nil)
		shown := wording(t, w.view(dialog).Blocks)
		require.Contains(t, shown, "Back")
		require.Contains(t, shown, "Next 10")

		page := w.confirming(memberOne, dialog, view.BulkJoin, leaving)
		shown = wording(t, w.view(page).Blocks)
		require.Contains(t, shown, "Add 128 requests to a campaign")
		require.True(t, w.submit(memberOne, page, object{view.ActionName: "Autumn"}).OK)
		wait(2 * time.Minute)
		require.Equal(t, "<@"+memberOne+"> added 128 requests to the campaign Autumn: 128 added", w.progress().Text)
		require.Empty(t, w.application("1001").Campaign)
		require.NotEmpty(t, w.application("1129").Campaign)
		require.Equal(t, [2]any{"joins", "done"}, [2]any{w.progress().Metadata.Payload["run"], w.progress().Metadata.Payload["state"]})
	})
}

func TestOfManyOnlySomeCanBeTakenAndAllTheSameFilterIsUsed(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.crowd(150, func(i int, r *workflow.Snapshot) {
			r.Creator.Followers = workflow.OptionalNumber{Value: float64(i * 1000), Shared: true}
		})
		dialog := w.several(memberOne)
		page := w.confirming(memberOne, dialog, view.BulkApprove, object{view.ActionBulkChosen: []string{"1000:0", "1002:0"}})
		require.Contains(t, wording(t, w.view(page).Blocks), "Approve 2 requests")

		other := w.several(memberTwo)
		w.filter(memberTwo, other, view.ActionBulkMore, nil)
		w.filter(memberTwo, other, view.ActionBulkFollowersMost, "10000")
		require.Len(t, w.offered(other), 11, "and all of them are chosen")
		page = w.confirming(memberTwo, other, string(workflow.NotMatch), nil)
		require.True(t, w.submit(memberTwo, page, nil).OK)
		wait(2 * time.Minute)
		require.Equal(t, "<@"+memberTwo+"> rejected 11 requests (Doesn't fit what we look for): 11 confirmed by TikTok", w.progress().Text)
	})
}

func TestOfTwoFiltersChangedAtOnceBothHold(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(3)
		big := pending("2000")
		big.Creator.Followers, big.Creator.GMV = workflow.OptionalNumber{Value: 20_000, Shared: true}, workflow.Money{Amount: "7000", Currency: "USD"}
		w.report("2000", big)
		small := big
		small.Creator.OpenID, small.Creator.GMV = "open-2001", workflow.Money{Amount: "70", Currency: "USD"}
		w.report("2001", small)
		dialog := w.several(memberOne)
		w.fault(object{"method": "views.update", "do": "delay", "delay_ms": 400, "times": 2})
		for _, change := range []object{{"action_id": view.ActionBulkFollowers, "value": "10000"}, {"action_id": view.ActionBulkGMV, "value": "1000"}} {
			act := object{"user": memberOne, "do": "click", "view_id": dialog, "wait_ms": 0}
			maps.Copy(act, change)
			require.True(t, w.act(act).OK)
		}
		wait(5 * time.Second)
		require.Equal(t, []string{"2000"}, w.offered(dialog))
	})
}

func TestGuestsDecideNothingTogether(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(3)
		require.NotContains(t, w.command(guest, view.CommandSamples, "queue"), "Decide several")
		w.command(memberOne, view.CommandSamples, "queue")
		own := w.state().Ephemerals
		w.changeUser(memberOne, object{"is_restricted": true})
		wait(2 * time.Minute)
		seen := w.act(object{"user": memberOne, "do": "click", "channel": samples, "ts": own[len(own)-1].TS, "action_id": view.ActionBulk})
		require.True(t, seen.OK, seen.Error)
		require.Empty(t, seen.ViewID)
		synctest.Wait()
		require.Equal(t, view.Denied(view.DeniedGuest), w.lastTold(memberOne))
	})
}

func TestOnlyShopsOfTheChannelAreOfferedTogether(t *testing.T) {
	shops := append(oneShop(), workflow.Shop{ID: "7495540735365777508", Name: "Glow Garden", InitialSyncDone: true})
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		w.requests(3)
		w.reportTo(shops[1].ID, "3000", pending("3000"))
		dialog := w.several(memberOne)
		require.Len(t, w.offered(dialog), 3)
		w.filter(memberOne, dialog, view.ActionBulkShop, string(shops[1].ID))
		require.Equal(t, []string{"3000"}, w.offered(dialog))
		require.True(t, w.submit(memberOne, w.confirming(memberOne, dialog, view.BulkApprove, nil), nil).OK)
		wait(time.Minute)
		require.Contains(t, w.progress().Text, "approved 1 request for the shop Glow Garden")
	})
}

func TestDecideSeveralOpensFromAppHome(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(3)
		w.home(memberOne)
		seen := w.clickHome(memberOne, view.ActionBulk)
		require.NotEmpty(t, seen.ViewID)
		require.Len(t, w.offered(seen.ViewID), 3)
		require.True(t, w.submit(memberOne, w.confirming(memberOne, seen.ViewID, view.BulkApprove, nil), nil).OK)
		wait(time.Minute)
		require.Contains(t, w.progress().Text, "3 confirmed by TikTok")
	})
}
