package bot_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// byItself is a rule that approves whoever shares that they sell.
func byItself(name string) workflow.ShopRule {
	r := shares(name)
	r.Mode = workflow.ModeAutomatic
	return r
}

func TestWhatARuleDecidedIsTakenBackOnItsCardOnceTheRuleIsPausedOrDeleted(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		after := w.keep(byItself("Sells well"), byItself("Never asked"))
		w.selling("1001")
		wait(time.Minute)
		require.Contains(t, wording(t, w.card("1001").Blocks), "Approved by the rule *Sells well*")
		require.Contains(t, w.command(admin, "/samples", "rules pause"), "paused")
		wait(time.Minute)
		require.NotContains(t, wording(t, w.card("1001").Blocks), "Approved by")
		require.Contains(t, w.threadOf("1001"), "the rule was paused")
		require.Contains(t, w.command(admin, "/samples", "rules resume"), "work again")
		wait(time.Minute)
		require.Contains(t, wording(t, w.card("1001").Blocks), "Approved by the rule *Sells well*")

		more := w.inRow(admin, w.rulesOpen(admin), string(after.All[0].ID), view.RuleMore).ViewID
		w.within(admin, more, view.ActionRuleDelete)
		wait(time.Minute)
		require.Len(t, w.rules().All, 1)
		require.Contains(t, w.threadOf("1001"), "the rule was deleted")
		require.Contains(t, wording(t, w.card("1001").Blocks), "Approved by the rule *Never asked*", "the next in order speaks")
		w.accepted(memberOne, "1001", view.ActionUndo)
		wait(2 * time.Hour)
		require.Equal(t, workflow.Pending, w.application("1001").State(), "nothing of it was sent")
		require.Empty(t, w.tiktok.got())
	})
}

func TestARuleThatPeopleOverruleSaysInTheChannelThatItOnlySuggests(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.keep(byItself("Sells well"))
		for i := range workflow.MaxOverruled {
			id := strconv.Itoa(1001 + i)
			w.selling(id)
			wait(time.Second)
			w.accepted(memberOne, id, view.ActionUndo)
		}
		wait(time.Minute)
		require.Equal(t, workflow.ModeProposing, w.rules().All[0].Mode)
		said := w.said(workflow.KindDemoted)
		require.Len(t, said, 1)
		require.Contains(t, wording(t, said[0].Blocks), "People decided against 6 of its last 6 decisions, so it only suggests again.")
		w.selling("1099")
		wait(time.Hour)
		require.Contains(t, wording(t, w.card("1099").Blocks), "Suggested: approve.")
	})
}

func TestARuleIsCopiedOnlyWhereItsCampaignIs(t *testing.T) {
	other := workflow.Shop{ID: "7495540735365777508", Name: "Nimbus", Region: "GB", InitialSyncDone: true}
	inBubble(t, setup{shops: append(oneShop(), other)}, func(t *testing.T, w *world) {
		c, err := w.engine.CreateCampaign(t.Context(), workflow.Creation{Shop: shopID, Name: "Autumn", By: admin, At: time.Now()})
		require.NoError(t, err)
		adds := everything("Autumn ones")
		adds.Action = workflow.RuleAction{Kind: workflow.ActCampaign, Campaign: c.ID}
		after := w.keep(adds, byItself("Sells well"))
		copies := func(rule workflow.RuleID) string {
			more := w.inRow(admin, w.rulesOpen(admin), string(rule), view.RuleMore).ViewID
			require.True(t, w.act(object{"user": admin, "do": "click", "view_id": more, "action_id": view.ActionRuleCopies, "value": []string{string(other.ID)}}).OK)
			w.within(admin, more, view.ActionRuleCopy)
			return wording(t, w.view(more).Blocks)
		}
		told := copies(after.All[0].ID)
		require.Contains(t, told, "Its campaign is another shop's.")
		require.NotContains(t, told, "Choose the shops to copy it to first")
		require.Contains(t, copies(after.All[1].ID), "Copied *Sells well* to Nimbus. It only suggests there.")
		var theirs workflow.Rules
		require.NoError(t, w.store.View(t.Context(), func(tx workflow.Tx) (err error) {
			theirs, err = tx.Rules(other.ID)
			return err
		}))
		require.Len(t, theirs.All, 1)
		require.Equal(t, workflow.ModeProposing, theirs.All[0].Mode)
	})
}
