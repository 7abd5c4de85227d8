package bot_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// The controls of a card that waits, of one whose decision can be undone, and of one that goes on.
var (
	undecided = []string{view.ActionMore, view.ActionApprove, view.ActionReject, view.ActionCampaign}
	undoable  = []string{view.ActionMore, view.ActionUndo}
	shrunk    = []string{view.ActionMore}
)

// quickShop is a shop in which choosing a reason rejects at once.
func quickShop() []workflow.Shop {
	all := oneShop()
	all[0].Settings.QuickReject = true
	return all
}

// rejectDialog chooses a reason on a card and returns the dialog that opens.
func (w *world) rejectDialog(who, id string, r workflow.Reason) string {
	w.t.Helper()
	seen := w.click(who, id, view.ActionReject, string(r))
	require.True(w.t, seen.OK, seen.Error)
	require.NotEmpty(w.t, seen.ViewID, "no dialog opened")
	return seen.ViewID
}

// reject chooses a reason on a card and sends the dialog off.
func (w *world) reject(who, id string, r workflow.Reason, values object) sight {
	w.t.Helper()
	seen := w.submit(who, w.rejectDialog(who, id, r), values)
	require.True(w.t, seen.OK, seen.Error)
	return seen
}

// shownIn is the wording of a dialog that took the place of the one that was sent.
func shownIn(t *testing.T, seen sight) string {
	t.Helper()
	var answer struct {
		Action string          `json:"response_action"`
		View   json.RawMessage `json:"view"`
	}
	require.NoError(t, json.Unmarshal(seen.Response, &answer), "%s", seen.Response)
	require.Equal(t, "update", answer.Action)
	return wording(t, answer.View)
}

// initials are what the fields of a dialog begin with.
func (w *world) initials(dialog string) map[string]any {
	w.t.Helper()
	var blocks []struct {
		Element struct {
			Action   string `json:"action_id"`
			Text     any    `json:"initial_value"`
			Selected object `json:"initial_option"`
			Checked  any    `json:"initial_options"`
		} `json:"element"`
	}
	require.NoError(w.t, json.Unmarshal(w.view(dialog).Blocks, &blocks))
	all := map[string]any{}
	for _, b := range blocks {
		switch e := b.Element; {
		case e.Selected != nil:
			all[e.Action] = e.Selected["value"]
		case e.Text != nil:
			all[e.Action] = e.Text
		case e.Action != "":
			all[e.Action] = e.Checked
		}
	}
	return all
}

func TestTheDialogBeginsWithTheChosenReasonAndWordsThatAreNotSent(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.rejectDialog(memberOne, "1001", workflow.OutOfStock)
		require.Equal(t, map[string]any{
			view.ActionReason: "OUT_OF_STOCK", view.ActionNote: nil, view.ActionSend: nil,
			view.ActionWords: view.Suggestion(workflow.OutOfStock, workflow.Product{Title: "Glow Serum"}),
		}, w.initials(dialog))
		seen := w.submit(memberOne, dialog, object{})
		require.True(t, seen.OK, seen.Error)
		require.Nil(t, seen.Response)
		wait(time.Minute)
		require.Equal(t, []workflow.Review{{Verdict: workflow.Reject, Reason: workflow.OutOfStock}}, w.tiktok.got())
		require.Empty(t, w.application("1001").Decision.Message)
	})
}

func TestARejectionCarriesItsNoteAndItsMessage(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		seen := w.reject(memberOne, "1001", workflow.NotMatch, object{
			view.ActionReason: "OTHER", view.ActionNote: "asked by mail, too", view.ActionWords: "Sorry, and all the best!", view.ActionSend: []string{view.SendWords},
		})
		require.Nil(t, seen.Response)
		d := w.application("1001").Decision
		require.Equal(t, []any{workflow.Reject, workflow.Other, "Sorry, and all the best!"}, []any{d.Verdict, d.Reason, d.Message})
		require.Contains(t, w.thread(w.card("1001").TS)[0].Text, "asked by mail, too")
		w.accepted(memberOne, "1001", view.ActionUndo)
		said := w.thread(w.card("1001").TS)
		require.Contains(t, wording(t, said[len(said)-1].Blocks), "The message to the creator was not sent:\n> Sorry, and all the best!")
	})
}

func TestWordsThatNobodyTickedAreAskedAboutAndNotLost(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.rejectDialog(memberOne, "1001", workflow.NotMatch)
		block := view.WordsBlock(workflow.NotMatch)
		seen := w.submit(memberOne, dialog, object{view.ActionWords: "My own words"})
		require.Equal(t, map[string]string{block: view.ErrorUnticked}, complaints(t, seen))
		seen = w.submit(memberOne, dialog, object{view.ActionWords: " ", view.ActionSend: []string{view.SendWords}})
		require.Equal(t, map[string]string{block: view.ErrorNoWords}, complaints(t, seen))
		require.Equal(t, workflow.Pending, w.application("1001").State())
		seen = w.submit(memberOne, dialog, object{view.ActionWords: nil, view.ActionSend: nil})
		require.Nil(t, seen.Response)
		require.Equal(t, workflow.Queued, w.application("1001").State())
	})
}

func TestAnotherReasonSuggestsOtherWordsUnlessThereAreOwn(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.rejectDialog(memberOne, "1001", workflow.NotMatch)
		choose := func(r workflow.Reason) {
			seen := w.act(object{"user": memberOne, "do": "click", "view_id": dialog, "action_id": view.ActionReason, "value": string(r), "wait_ms": 0})
			require.True(t, seen.OK, seen.Error)
			synctest.Wait()
		}
		choose(workflow.Offline)
		fields := w.initials(dialog)
		require.Equal(t, "OFFLINE", fields[view.ActionReason])
		require.Equal(t, view.Suggestion(workflow.Offline, workflow.Product{Title: "Glow Serum"}), fields[view.ActionWords])
		require.Nil(t, w.submit(memberOne, dialog, object{}).Response)
		require.Equal(t, workflow.Offline, w.application("1001").Decision.Reason)
	})
}

func TestOpeningTheDialogTellsNobodyAndLetsTheMenuForget(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		before := w.card("1001")
		dialog := w.rejectDialog(memberOne, "1001", workflow.NotMatch)
		wait(time.Second)
		opened := w.card("1001")
		require.Empty(t, w.application("1001").OnIt)
		require.Equal(t, before.Text, opened.Text)
		require.NotContains(t, wording(t, opened.Blocks), "is on it")
		require.NotEqual(t, string(before.Blocks), string(opened.Blocks), "the menu has to forget what was chosen in it")
		require.Empty(t, w.thread(opened.TS))
		require.True(t, w.act(object{"user": memberOne, "do": "close", "view_id": dialog}).OK)
		wait(time.Second)
		require.Equal(t, string(opened.Blocks), string(w.card("1001").Blocks))
		require.Equal(t, undecided, controls(t, w.card("1001").Blocks))
		w.accepted(memberTwo, "1001", view.ActionMore, view.MoreLook)
		w.rejectDialog(memberOne, "1001", workflow.NotMatch)
		require.Equal(t, workflow.PersonID(memberTwo), w.application("1001").OnIt.By)
	})
}

func TestADialogWhoseRequestWasDecidedMeanwhileSaysSoAndKeepsTheWords(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.rejectDialog(memberOne, "1001", workflow.NotMatch)
		w.accepted(memberTwo, "1001", view.ActionApprove)
		seen := w.submit(memberOne, dialog, object{view.ActionNote: "my careful note", view.ActionWords: "my kind words", view.ActionSend: []string{view.SendWords}})
		require.True(t, seen.OK, seen.Error)
		said := shownIn(t, seen)
		require.Contains(t, said, "<@"+memberTwo+">")
		require.Contains(t, said, "> my careful note")
		require.Contains(t, said, "> my kind words")
		require.Equal(t, workflow.Approve, w.application("1001").Decision.Verdict)
	})
}

func TestADialogOverACardThatChangedIsShownAgainWithWhatWasTyped(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.rejectDialog(memberOne, "1001", workflow.NotMatch)
		w.accepted(memberTwo, "1001", view.ActionApprove)
		w.accepted(memberTwo, "1001", view.ActionUndo)
		seen := w.submit(memberOne, dialog, object{view.ActionNote: "my careful note"})
		require.Contains(t, shownIn(t, seen), "The card has changed since you saw it")
		require.Equal(t, workflow.Pending, w.application("1001").State())
		require.Equal(t, "my careful note", w.initials(dialog)[view.ActionNote])
		require.Nil(t, w.submit(memberOne, dialog, object{}).Response)
		require.Equal(t, workflow.NotMatch, w.application("1001").Decision.Reason)
	})
}

func TestADialogPastTheDeadlineSaysSo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		soon := pending("1001")
		soon.ReviewBy = time.Now().Add(time.Minute)
		w.report("1001", soon)
		dialog := w.rejectDialog(memberOne, "1001", workflow.NotMatch)
		wait(time.Minute)
		seen := w.submit(memberOne, dialog, object{view.ActionNote: "too late"})
		require.Contains(t, shownIn(t, seen), "The review deadline has passed")
		seen = w.click(memberTwo, "1001", view.ActionReject, "OTHER")
		require.True(t, seen.OK, seen.Error)
		require.Empty(t, seen.ViewID, "what cannot be sent need not be written")
		require.Len(t, w.told(memberTwo), 1)
	})
}

func TestARoleThatWasTakenAwayCountsWhenTheDialogIsSent(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.rejectDialog(memberTwo, "1001", workflow.NotMatch)
		shops := oneShop()
		shops[0].Settings.Reviewers = []workflow.PersonID{memberOne}
		w.put(shops...)
		seen := w.submit(memberTwo, dialog, object{view.ActionNote: "my careful note"})
		require.Contains(t, shownIn(t, seen), "> my careful note")
		require.Equal(t, workflow.Pending, w.application("1001").State())
	})
}

func TestADialogThatIsSentTwiceRejectsOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.rejectDialog(memberOne, "1001", workflow.NotMatch)
		w.fault(object{"socket": "duplicate"})
		require.Nil(t, w.submit(memberOne, dialog, object{view.ActionNote: "once"}).Response)
		wait(time.Minute)
		require.Len(t, w.tiktok.got(), 1)
		notes := 0
		for _, m := range w.thread(w.card("1001").TS) {
			if m.Metadata.Payload["kind"] == "note" {
				notes++
			}
		}
		require.Equal(t, 1, notes)
		require.Empty(t, w.told(memberOne))
	})
}

func TestWhereTheShopIsSetSoChoosingAReasonRejectsAtOnce(t *testing.T) {
	inBubble(t, setup{shops: quickShop()}, func(t *testing.T, w *world) {
		w.request("1001")
		require.Contains(t, string(w.card("1001").Blocks), "Reject this request?")
		seen := w.click(memberOne, "1001", view.ActionReject, "OTHER")
		require.True(t, seen.OK, seen.Error)
		require.Empty(t, seen.ViewID)
		require.Equal(t, workflow.Other, w.application("1001").Decision.Reason)
	})
}

func TestALookIsSeenAndEndedByItsPersonOrAnAdmin(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionMore, view.MoreLook)
		require.Contains(t, wording(t, w.card("1001").Blocks), "<@"+memberOne+"> is on it (since")
		w.accepted(memberTwo, "1001", view.ActionMore, view.MoreLookEnd)
		require.Equal(t, workflow.PersonID(memberOne), w.application("1001").OnIt.By)
		require.Len(t, w.told(memberTwo), 1)
		w.accepted(memberTwo, "1001", view.ActionMore, view.MoreLook)
		require.Equal(t, workflow.PersonID(memberTwo), w.application("1001").OnIt.By)
		w.accepted(admin, "1001", view.ActionMore, view.MoreLookEnd)
		require.Empty(t, w.application("1001").OnIt)
		w.accepted(guest, "1001", view.ActionMore, view.MoreLook)
		require.Empty(t, w.application("1001").OnIt)
		w.accepted(memberOne, "1001", view.ActionMore, view.MoreRequests)
		require.Empty(t, w.told(memberOne))
	})
}

// sibling is another request of the creator of "1001".
func sibling(id, product string) workflow.Snapshot {
	r := pending(id)
	r.Creator = pending("1001").Creator
	r.Product = workflow.Product{ID: workflow.ProductID(product), Title: "Product " + product}
	return r
}

func TestOpenRequestsOfOneCreatorNameEachOtherAndAreDecidedTogether(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.report("1001", sibling("1001", "a"))
		require.NotContains(t, wording(t, w.card("1001").Blocks), "Also open")
		w.report("1002", sibling("1002", "b"))
		wait(time.Minute)
		require.Contains(t, wording(t, w.card("1001").Blocks), "|Product b> (pending)")
		require.Contains(t, wording(t, w.card("1002").Blocks), "|Product a> (pending)")

		seen := w.click(guest, "1001", view.ActionMore, view.MoreTogether)
		require.NotEmpty(t, seen.ViewID, "to look is for everybody in the channel")
		refused := w.submit(guest, seen.ViewID, object{view.ActionBulkVerdict: view.BulkApprove})
		require.NotEmpty(t, complaints(t, refused)[view.BlockBulkVerdict])

		dialog := w.click(memberOne, "1001", view.ActionMore, view.MoreTogether).ViewID
		require.Nil(t, w.submit(memberOne, dialog, object{view.ActionBulkVerdict: string(workflow.OutOfStock)}).Response)
		for _, id := range []string{"1001", "1002"} {
			require.Equal(t, workflow.OutOfStock, w.application(id).Decision.Reason)
		}
		wait(time.Minute)
		require.NotContains(t, wording(t, w.card("1001").Blocks), "Also open", "neither is open any more")
	})
}

func TestWhatSomebodyElseDecidedIsLeftOutOfADecisionTogether(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.report("1001", sibling("1001", "a"))
		w.report("1002", sibling("1002", "b"))
		dialog := w.click(memberOne, "1001", view.ActionMore, view.MoreTogether).ViewID
		w.accepted(memberTwo, "1002", view.ActionApprove)
		said := shownIn(t, w.submit(memberOne, dialog, object{view.ActionBulkVerdict: string(workflow.Other)}))
		require.Contains(t, said, "Decided: 1. Not decided: 1. Already approved by <@"+memberTwo+">")
		require.Equal(t, workflow.Approve, w.application("1002").Decision.Verdict)
		require.Equal(t, workflow.Reject, w.application("1001").Decision.Verdict)
	})
}

func TestWhatTheCardHasNoRoomForIsBehindItsMenu(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.click(memberOne, "1001", view.ActionMore, view.MoreAll).ViewID
		require.Contains(t, wording(t, w.view(dialog).Blocks), "Median views, 30 days")
		require.Empty(t, w.click(outsider, "1001", view.ActionMore, view.MoreAll).ViewID)
	})
}
