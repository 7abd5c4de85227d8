package bot_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// dialogFor opens the dialog of a card and returns its id.
func (w *world) dialogFor(who, id string) string {
	w.t.Helper()
	seen := w.click(who, id, view.ActionCampaign)
	require.True(w.t, seen.OK, seen.Error)
	require.NotEmpty(w.t, seen.ViewID, "no dialog opened")
	return seen.ViewID
}

func (w *world) submit(who, dialog string, values object) sight {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "submit", "view_id": dialog, "values": values, "wait_ms": 0})
	synctest.Wait()
	return seen
}

// complaints are what an answer to a dialog says of its fields.
func complaints(t *testing.T, seen sight) map[string]string {
	t.Helper()
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
	}
	if seen.Response == nil {
		return nil
	}
	require.NoError(t, json.Unmarshal(seen.Response, &answer))
	require.Equal(t, "errors", answer.Action)
	return answer.Errors
}

func (w *world) isOpen(dialog string) bool {
	w.t.Helper()
	return w.view(dialog).Open
}

func (w *world) view(id string) (found dialog) {
	w.t.Helper()
	for _, v := range w.state().Views {
		if v.ID == id {
			found = v
		}
	}
	return found
}

func (w *world) members(c workflow.CampaignID) (names []string) {
	w.t.Helper()
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) error {
		all, _, err := tx.Members(c, "", 100)
		for _, m := range all {
			names = append(names, m.Shown.Username)
		}
		return err
	}))
	return names
}

func TestACreatorIsAddedToACampaignThatExists(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.request("1001")
		dialog := w.dialogFor(memberOne, "1001")
		seen := w.submit(memberOne, dialog, object{view.ActionChoice: string(spring.ID)})
		require.True(t, seen.OK, seen.Error)
		require.Nil(t, seen.Response)
		require.False(t, w.isOpen(dialog))
		require.Equal(t, []string{"glow.daily.1001"}, w.members(spring.ID))
		a := w.application("1001")
		require.Equal(t, spring.ID, a.Campaign)
		require.Equal(t, workflow.Pending, a.State())
		require.Contains(t, wording(t, w.card("1001").Blocks), "Spring launch")
		replies := w.thread(w.card("1001").TS)
		require.Len(t, replies, 1)
		require.Equal(t, "campaign", replies[0].Metadata.Payload["kind"])
	})
}

func TestACreatorIsAddedToANewCampaignAndApprovedInOneBreath(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.dialogFor(memberOne, "1001")
		seen := w.submit(memberOne, dialog, object{view.ActionName: "  Spring   launch ", view.ActionAlso: []string{view.AlsoApprove}})
		require.True(t, seen.OK, seen.Error)
		require.Nil(t, seen.Response)
		all := w.campaigns()
		require.Len(t, all, 1)
		require.Equal(t, "Spring launch", all[0].Name)
		require.Equal(t, workflow.PersonID(memberOne), all[0].CreatedBy)
		require.Equal(t, []string{"glow.daily.1001"}, w.members(all[0].ID))
		require.Equal(t, workflow.Queued, w.application("1001").State())
		wait(11 * time.Second)
		require.Equal(t, []workflow.Review{{Verdict: workflow.Approve}}, w.tiktok.got())
		require.Empty(t, w.told(memberOne))
	})
}

func TestACreatorIsAddedToANewCampaignWithoutApproval(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		seen := w.submit(memberOne, w.dialogFor(memberOne, "1001"), object{view.ActionName: "Spring launch"})
		require.True(t, seen.OK, seen.Error)
		require.Len(t, w.campaigns(), 1)
		require.Equal(t, workflow.Pending, w.application("1001").State())
	})
}

func TestWhatIsWrongInTheDialogIsSaidAtItsFieldAndKeepsItOpen(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.request("1001")
		dialog := w.dialogFor(memberOne, "1001")

		seen := w.submit(memberOne, dialog, object{})
		require.Equal(t, map[string]string{view.BlockName: view.ErrorNoChoice}, complaints(t, seen))

		seen = w.submit(memberOne, dialog, object{view.ActionChoice: string(spring.ID), view.ActionName: "Summer"})
		require.Equal(t, map[string]string{view.BlockName: view.ErrorTwoChoices}, complaints(t, seen))

		seen = w.submit(memberOne, dialog, object{view.ActionChoice: nil, view.ActionName: "SPRING launch"})
		require.Contains(t, complaints(t, seen), view.BlockName)

		seen = w.submit(memberOne, dialog, object{view.ActionName: "   "})
		require.Contains(t, complaints(t, seen), view.BlockName)

		require.True(t, w.isOpen(dialog))
		require.Len(t, w.campaigns(), 1)
		require.Empty(t, w.application("1001").Campaign)

		seen = w.submit(memberOne, dialog, object{view.ActionName: "Summer"})
		require.Nil(t, seen.Response, "%s", seen.Response)
		require.False(t, w.isOpen(dialog))
	})
}

func TestANameThatIsTooLongReachesNobody(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.dialogFor(memberOne, "1001")
		seen := w.submit(memberOne, dialog, object{view.ActionName: strings.Repeat("a", workflow.MaxCampaignName+1)})
		require.False(t, seen.OK) // Slack's own client says so: the field names its length
		seen = w.submit(memberOne, dialog, object{view.ActionName: strings.Repeat("é", workflow.MaxCampaignName)})
		require.Nil(t, seen.Response, "%s", seen.Response)
		require.Len(t, w.campaigns(), 1)
	})
}

func TestACampaignThatWasArchivedMeanwhileTakesNobody(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.request("1001")
		dialog := w.dialogFor(memberOne, "1001")
		spring.Archived = true
		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutCampaign(spring) }))
		seen := w.submit(memberOne, dialog, object{view.ActionChoice: string(spring.ID)})
		require.Contains(t, complaints(t, seen), view.BlockChoice)
		require.Empty(t, w.members(spring.ID))

		require.NotContains(t, controls(t, w.view(w.dialogFor(memberTwo, "1001")).Blocks), view.ActionChoice)
	})
}

func TestAnApprovalInTheDialogThatComesTooLateChangesNothing(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.request("1001")
		dialog := w.dialogFor(memberOne, "1001")
		w.accepted(memberTwo, "1001", view.ActionApprove)
		seen := w.submit(memberOne, dialog, object{view.ActionChoice: string(spring.ID), view.ActionAlso: []string{view.AlsoApprove}})
		require.True(t, seen.OK, seen.Error)
		require.False(t, w.isOpen(dialog))
		require.Empty(t, w.application("1001").Campaign)
		require.Empty(t, w.members(spring.ID))
		require.Len(t, w.told(memberOne), 1)
		require.Contains(t, w.told(memberOne)[0], "<@"+memberTwo+">")
	})
}

func TestTwoPeopleWhoChooseDifferentCampaignsAreToldApart(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring, summer := w.campaign("Spring launch"), w.campaign("Summer launch")
		w.request("1001")
		one, two := w.dialogFor(memberOne, "1001"), w.dialogFor(memberTwo, "1001")
		require.Nil(t, w.submit(memberOne, one, object{view.ActionChoice: string(spring.ID)}).Response)
		three := w.dialogFor(admin, "1001")
		require.True(t, w.submit(memberTwo, two, object{view.ActionChoice: string(summer.ID)}).OK)
		require.Equal(t, spring.ID, w.application("1001").Campaign)
		require.Len(t, w.told(memberTwo), 1)
		require.Contains(t, w.told(memberTwo)[0], "Spring launch")

		require.Nil(t, w.submit(memberTwo, w.dialogFor(memberTwo, "1001"), object{view.ActionChoice: string(summer.ID)}).Response)
		require.True(t, w.submit(admin, three, object{view.ActionChoice: nil, view.ActionName: "Autumn launch"}).OK)
		require.Equal(t, summer.ID, w.application("1001").Campaign)
		require.Len(t, w.campaigns(), 2)
		require.Len(t, w.told(admin), 1)
	})
}

func TestTheDialogOfACreatorInACampaignTakesANewNameToo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.request("1001")
		require.Nil(t, w.submit(memberOne, w.dialogFor(memberOne, "1001"), object{view.ActionChoice: string(spring.ID)}).Response)
		again := w.dialogFor(memberOne, "1001")
		require.Contains(t, complaints(t, w.submit(memberOne, again, object{})), view.BlockChoice) // they are there already
		require.Nil(t, w.submit(memberOne, again, object{view.ActionName: "Summer launch"}).Response)
		require.NotEqual(t, spring.ID, w.application("1001").Campaign)
		require.Len(t, w.campaigns(), 2)
	})
}

func TestWhatADialogCouldNotSaveIsSaidInIt(t *testing.T) {
	s, store := brittleWorld()
	inBubble(t, s, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.request("1001")
		dialog := w.dialogFor(memberOne, "1001")
		store.be(hang)
		seen := w.submit(memberOne, dialog, object{view.ActionChoice: string(spring.ID)})
		require.True(t, seen.OK, seen.Error)
		require.Less(t, seen.AckedMS, int64(3000))
		require.Equal(t, map[string]string{view.BlockChoice: view.Denied(view.DeniedUnsaved)}, complaints(t, seen))
		require.True(t, w.isOpen(dialog))
		wait(time.Minute)
		require.Empty(t, w.application("1001").Campaign)
	})
}

func TestASubmissionThatComesTwiceIsOneAction(t *testing.T) {
	for name, values := range map[string]object{
		"a new campaign":              {view.ActionName: "Summer launch"},
		"a new campaign and approval": {view.ActionName: "Summer launch", view.ActionAlso: []string{view.AlsoApprove}},
		"a campaign":                  {view.ActionChoice: "spring"},
		"a campaign and approval":     {view.ActionChoice: "spring", view.ActionAlso: []string{view.AlsoApprove}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				spring := w.campaign("Spring launch")
				if values[view.ActionChoice] != nil {
					values[view.ActionChoice] = string(spring.ID)
				}
				w.request("1001")
				dialog := w.dialogFor(memberOne, "1001")
				w.fault(object{"socket": "drop_ack"})
				seen := w.submit(memberOne, dialog, values)
				require.Equal(t, "operation_timeout", seen.Error)
				require.NotEmpty(t, w.application("1001").Campaign)
				seen = w.submit(memberOne, dialog, values) // what they saw was a time-out, so they try again
				require.True(t, seen.OK, seen.Error)
				require.Nil(t, seen.Response, "%s", seen.Response)
				require.Empty(t, w.told(memberOne))
				require.Len(t, w.thread(w.card("1001").TS), 1)
			})
		})
	}
}

func TestADialogWhoseApprovalWasMadeOnTheCardMeanwhileIsNotShownAsDone(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.request("1001")
		dialog := w.dialogFor(memberOne, "1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		seen := w.submit(memberOne, dialog, object{view.ActionChoice: string(spring.ID), view.ActionAlso: []string{view.AlsoApprove}})
		require.True(t, seen.OK, seen.Error)
		require.Empty(t, w.application("1001").Campaign)
		require.Len(t, w.told(memberOne), 1)
	})
}

func TestADialogThatSlackDoesNotLetOpenInTimeIsExplained(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"method": "views.open", "do": "error", "error": "expired_trigger_id"})
		seen := w.click(memberOne, "1001", view.ActionCampaign)
		require.True(t, seen.OK, seen.Error)
		require.Empty(t, seen.ViewID)
		require.Equal(t, []string{view.Denied(view.DeniedLate)}, w.told(memberOne))
	})
}

func TestASecondDeliveryOfAClickThatOpenedADialogIsToldNothing(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"socket": "duplicate"})
		seen := w.click(memberOne, "1001", view.ActionCampaign)
		require.NotEmpty(t, seen.ViewID)
		require.Empty(t, w.told(memberOne))
	})
}

func TestGuestsOpenNoDialog(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		seen := w.click(guest, "1001", view.ActionCampaign)
		require.True(t, seen.OK, seen.Error)
		require.Empty(t, seen.ViewID)
		require.Equal(t, []string{view.Denied(view.DeniedGuest)}, w.told(guest))
	})
}

func TestARoleThatIsLostWhileTheDialogIsOpenCounts(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.request("1001")
		dialog := w.dialogFor(memberOne, "1001")
		require.True(t, w.act(object{"user": admin, "do": "kick", "channel": samples, "member": memberOne}).OK)
		wait(time.Minute)
		seen := w.submit(memberOne, dialog, object{view.ActionChoice: string(spring.ID)})
		require.Equal(t, map[string]string{view.BlockChoice: view.Denied(view.DeniedOutside)}, complaints(t, seen))
		require.Empty(t, w.application("1001").Campaign)
	})
}
