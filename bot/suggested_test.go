package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// refusing are two rules that suggest to reject: who sells little, and what is not in stock.
func refusing() []workflow.ShopRule {
	reject := func(name string, of workflow.FactName, most float64, why workflow.Reason) workflow.ShopRule {
		return workflow.ShopRule{
			Name: name, Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActReject, Reason: why},
			Conditions: []workflow.Condition{{Fact: of, Op: workflow.AtMost, Number: most}},
		}
	}
	return []workflow.ShopRule{reject("Too small", workflow.FactGMV, 100, workflow.NotMatch), reject("Nothing left", workflow.FactStock, 0, workflow.OutOfStock)}
}

// refusable brings requests that one of these rules suggests to reject.
func (w *world) refusable(small, gone []string) {
	w.t.Helper()
	for _, id := range small {
		r := pending(id)
		r.Creator.GMV = workflow.Money{Amount: "50", Currency: "USD"}
		w.report(id, r)
	}
	for _, id := range gone {
		r := pending(id)
		r.Stock, r.Creator.GMV = 0, workflow.Money{Amount: "5000", Currency: "USD"}
		w.report(id, r)
	}
	wait(time.Minute)
}

// rejections opens the page before all suggested rejections, from App Home.
func (w *world) rejections(who string) string {
	w.t.Helper()
	w.home(who)
	page := w.clickHome(who, view.ActionRejectSuggested).ViewID
	require.NotEmpty(w.t, page)
	return page
}

// sentToTikTok are the reasons that TikTok got, in their order.
func (w *world) sentToTikTok() (all []workflow.Reason) {
	for _, r := range w.tiktok.got() {
		if r.Verdict == workflow.Reject {
			all = append(all, r.Reason)
		}
	}
	slices.Sort(all)
	return all
}

func TestReviewersRejectWhatRulesSuggestTogetherEachForItsReason(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.keep(refusing()...)
		w.refusable([]string{"1001", "1002", "1003"}, []string{"1004", "1005"})
		require.Contains(t, w.command(memberOne, "/samples", "queue suggested"), "Reject 5 suggested")
		require.NotContains(t, w.command(guest, "/samples", "queue suggested"), "Reject 5 suggested", "a guest looks on")

		page, others := w.rejections(memberOne), w.rejections(memberTwo)
		shown := wording(t, w.view(page).Blocks)
		require.Contains(t, shown, "Reject 5 suggested requests")
		require.Contains(t, shown, "Reason sent to TikTok: Doesn't fit what we look for")
		require.Contains(t, shown, "Reason sent to TikTok: Out of stock")
		require.Contains(t, shown, "*Too small*: $50 GMV")
		require.Contains(t, shown, "*Nothing left*: no samples left")
		w.accepted(memberTwo, "1001", view.ActionApprove) // somebody is quicker
		w.fault(object{"socket": "duplicate", "times": 1})
		require.True(t, w.submit(memberOne, page, object{view.ActionRejectPick + "0": []string{"1001:0:0", "1002:0:0"}}).OK) // 1003 is unticked
		require.True(t, w.submit(memberTwo, others, nil).OK)
		wait(time.Minute)

		require.Equal(t, []workflow.Reason{workflow.NotMatch, workflow.NotMatch, workflow.OutOfStock, workflow.OutOfStock}, w.sentToTikTok(), "each once")
		require.Equal(t, workflow.AwaitingShipment, w.application("1001").State())
		runs := w.said(workflow.KindRun)
		require.Len(t, runs, 2)
		mine, theirs := wording(t, runs[0].Blocks), wording(t, runs[1].Blocks)
		require.Contains(t, runs[0].Text, "<@"+memberOne+"> rejected 3 of 4 requests")
		require.Contains(t, mine, "<@"+memberTwo+"> was faster")
		require.Contains(t, mine, "Glow Serum: Out of stock")
		require.Contains(t, runs[1].Text, "<@"+memberTwo+"> rejected 1 of 5 requests")
		require.Equal(t, 3, strings.Count(theirs, "<@"+memberOne+"> was faster"))
	})
}

func TestNothingIsRejectedForAnotherReasonThanStoodOnThePage(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		rules := w.keep(refusing()...)
		w.refusable([]string{"1001"}, []string{"1004"})
		page := w.rejections(memberOne)
		rules.All[0].Action.Reason = workflow.Other
		_, err := w.engine.PutRules(t.Context(), workflow.RulesChange{At: time.Now(), Seen: rules.Version, Rules: rules})
		require.NoError(t, err)
		wait(time.Minute)
		_, said := complaint(t, w.submit(memberOne, page, object{view.ActionRejectPick + "0": nil, view.ActionRejectPick + "1": nil}))
		require.Equal(t, view.ErrorNoneTicked, said)
		require.True(t, w.submit(memberOne, page, object{view.ActionRejectPick + "0": []string{"1001:0:0"}, view.ActionRejectPick + "1": []string{"1004:0:2"}}).OK)
		wait(time.Minute)
		require.Equal(t, []workflow.Reason{workflow.OutOfStock}, w.sentToTikTok())
		require.Contains(t, wording(t, w.said(workflow.KindRun)[0].Blocks), "it changed after you saw it")

		page = w.rejections(memberOne)
		shops := oneShop()
		shops[0].Settings.Reviewers = []workflow.PersonID{memberTwo}
		w.put(shops...)
		require.Contains(t, shownIn(t, w.submit(memberOne, page, nil)), "Only the shop's reviewers can decide")
		_, err = w.engine.PauseRules(t.Context(), workflow.RulesPause{At: time.Now(), Shop: shopID, Paused: true})
		require.NoError(t, err)
		wait(time.Minute)
		require.Len(t, w.sentToTikTok(), 1)
		require.NotContains(t, w.command(memberTwo, "/samples", "queue suggested"), "Reject")
	})
}

func TestASuggestionIsTakenOnTheCardWithOneClickAndByOneOfTwo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		hold, give, join := everything("Look twice"), everything("Give"), everything("Spring")
		hold.Action = workflow.RuleAction{Kind: workflow.ActHold}
		hold.Conditions = []workflow.Condition{{Fact: workflow.FactStock, Op: workflow.AtMost, Number: 0}}
		give.Action = workflow.RuleAction{Kind: workflow.ActAssign, Assignee: memberTwo}
		join.Action = workflow.RuleAction{Kind: workflow.ActCampaign, Campaign: w.campaign("Spring").ID}
		w.keep(hold, join, give)
		w.refusable([]string{"1001"}, []string{"1002"})
		shows := func(id string) string { return wording(t, w.card(id).Blocks) }

		require.Contains(t, shows("1002"), "Suggested: look at it yourself. *Look twice*")
		took := make(chan bool, 2)
		for _, who := range []string{memberOne, memberTwo} {
			go func() {
				took <- w.act(object{"user": who, "do": "click", "channel": samples, "ts": w.card("1002").TS, "action_id": view.ActionTake}).OK
			}()
		}
		require.True(t, <-took)
		require.True(t, <-took)
		wait(time.Minute)
		first := w.application("1002").OnIt.By
		second := map[workflow.PersonID]string{memberOne: memberTwo, memberTwo: memberOne}[first]
		require.Equal(t, "No longer needed: <@"+string(first)+"> did this already.", w.lastTold(second))
		require.NotContains(t, shows("1002"), "Suggested", "a person is on it")

		a := w.application("1001")
		seen := view.Taking{Target: view.Target{Key: a.Key, Round: a.Round}, Rule: a.Proposal.Rule, Version: a.Proposal.Version}
		w.accepted(memberOne, "1001", view.ActionTake)
		wait(time.Minute)
		require.Contains(t, shows("1001"), "Campaign: *Spring*, added by <@"+memberOne+">")
		require.Contains(t, shows("1001"), "*Give*", "the next rule speaks")
		w.accepted(memberTwo, "1001", view.ActionTake, seen.String()) // on a card that is shown as it was
		wait(time.Second)
		require.Contains(t, strings.Join(w.told(memberTwo), " "), "<@"+memberOne+"> did this already")
		w.click(guest, "1001", view.ActionTake)
		require.NotEqual(t, workflow.PersonID(memberTwo), w.application("1001").OnIt.By, "a guest looks on")
		w.accepted(memberOne, "1001", view.ActionTake)
		wait(time.Minute)
		require.Equal(t, workflow.PersonID(memberTwo), w.application("1001").OnIt.By)
		require.NotContains(t, shows("1001"), "Suggested")
		require.NotContains(t, controls(t, w.card("1001").Blocks), view.ActionTake)
		require.Contains(t, w.command(memberOne, "/samples", "rules show Give"), "agreed with 1 of 1")
	})
}
