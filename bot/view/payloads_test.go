package view

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func replies() map[string]workflow.Payload {
	cause := workflow.Failure{Code: 16032001, Fault: workflow.FaultRegion, Message: "creator region mismatch", RequestID: "20261120120000ABC"}
	return map[string]workflow.Payload{
		"reply_awaiting": {Kind: workflow.KindStage, Stage: workflow.StageAwaiting, State: workflow.AwaitingShipment, By: reviewer,
			Verdict: workflow.Approve, OrderID: "576653688135258178", ShipBy: shipBy},
		"reply_awaiting_elsewhere": {Kind: workflow.KindStage, Stage: workflow.StageAwaiting, State: workflow.AwaitingShipment, By: reviewer,
			Verdict: workflow.Reject, Elsewhere: true, Undelivered: true, OrderID: "576653688135258178"},
		"reply_reject": {Kind: workflow.KindStage, Stage: workflow.StageReject, State: workflow.Rejected, By: reviewer,
			Verdict: workflow.Reject, Reason: workflow.NotMatch},
		"reply_shipping": {Kind: workflow.KindStage, Stage: workflow.StageShipping, State: workflow.Shipped, OrderID: "576653688135258178",
			Tracking: "1Z999AA10123456784"},
		"reply_content_pending": {Kind: workflow.KindStage, Stage: workflow.StageContent, State: workflow.Delivered},
		"reply_completed":       {Kind: workflow.KindStage, Stage: workflow.StageCompleted, State: workflow.Completed},
		"reply_expired":         {Kind: workflow.KindStage, Stage: workflow.StageExpired, State: workflow.Expired},
		"reply_withdrawn": {Kind: workflow.KindStage, Stage: workflow.StageWithdrawn, State: workflow.Withdrawn, By: reviewer,
			Verdict: workflow.Approve, Undelivered: true},
		"reply_unrecognised": {Kind: workflow.KindStage, Stage: "SOME_NEW_STATUS", State: workflow.Unrecognised},
		"reply_undone":       {Kind: workflow.KindDecision, Undone: true, By: reviewer, UndoneBy: reviewer, Verdict: workflow.Approve},
		"reply_undone_admin": {Kind: workflow.KindDecision, Undone: true, By: reviewer, UndoneBy: admin, Verdict: workflow.Reject},
		"reply_answer_lost":  {Kind: workflow.KindDecision, By: reviewer, Verdict: workflow.Approve, Failure: workflow.Failure{Message: "the line broke"}},
		"reply_refused":      {Kind: workflow.KindRefused, By: reviewer, Verdict: workflow.Approve, Failure: cause},
		"reply_campaign":     {Kind: workflow.KindCampaign, By: reviewer, Campaign: "Autumn <kitchen>"},
		"reply_hostile": {Kind: workflow.KindStage, Stage: workflow.Stage(hostile), State: workflow.Shipped, OrderID: hostile, Tracking: hostile,
			By: workflow.PersonID(hostile), Verdict: workflow.Verdict(hostile), Reason: workflow.Reason(hostile), Failure: workflow.Failure{Code: 5, Message: hostile, RequestID: hostile}},
		"reply_campaign_linked": {Kind: workflow.KindCampaign, Campaign: "Autumn <kitchen>"},
		"reply_campaign_left":   {Kind: workflow.KindCampaign, By: reviewer, Campaign: "Autumn <kitchen>", Left: true},
		"reply_note":            {Kind: workflow.KindNote, By: reviewer, Text: "Asked twice by mail.\n\n> Samples of *sage* only & no others"},
		"reply_note_hostile":    {Kind: workflow.KindNote, By: reviewer, Text: strings.Repeat(hostile, 20)},
		"reply_undone_unsent":   {Kind: workflow.KindDecision, Undone: true, By: reviewer, UndoneBy: reviewer, Verdict: workflow.Reject, Unsent: "Thank you for asking.\nMaybe next time!"},
		"reply_refused_unsent":  {Kind: workflow.KindRefused, By: reviewer, Verdict: workflow.Reject, Reason: workflow.OutOfStock, Failure: cause, Unsent: strings.Repeat(hostile, 20)},
		"reply_elsewhere_unsent": {Kind: workflow.KindStage, Stage: workflow.StageAwaiting, State: workflow.AwaitingShipment, By: reviewer, Verdict: workflow.Reject,
			Elsewhere: true, Undelivered: true, Unsent: "Thank you for asking."},
		"reply_unheard_of": {Kind: "morning"},
	}
}

func TestEveryReplyReadsAsItsGoldenFile(t *testing.T) {
	for name, s := range replies() {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, Reply(s)) })
	}
}

func TestTheBacklogCountsDownAsItsGoldenFilesSay(t *testing.T) {
	left := workflow.Payload{Kind: workflow.KindBacklog, Shop: "Nimbus Home", Waiting: 162, NextDue: deadline}
	requireGolden(t, "notice_backlog_counting", Backlog(BacklogFacts{Payload: left, Of: 412}))
	left.Waiting = 0
	requireGolden(t, "notice_backlog_none", Backlog(BacklogFacts{Payload: left, Of: 412}))
	require.Contains(t, Backlog(BacklogFacts{Payload: workflow.Payload{Waiting: 162}, Of: 412}).Text, "162 more pending requests · 250 of 412 done")
	lint(t, Backlog(BacklogFacts{Payload: workflow.Payload{Shop: hostile}}))
}

func notices() map[string]workflow.Payload {
	all := map[string]workflow.Payload{
		"notice_backlog":     {Kind: workflow.KindBacklog, Shop: "Nimbus Home", Waiting: 412, DueSoon: 17, NextDue: deadline},
		"notice_backlog_one": {Kind: workflow.KindBacklog, Waiting: 1},
		"notice_resumed":     {Kind: workflow.KindResumed, Shop: "Nimbus Home"},
		"notice_hostile":     {Kind: workflow.KindStopped, Shop: hostile, Failure: workflow.Failure{Code: 5, Message: hostile, RequestID: hostile}},
	}
	all["notice_stopped_key"] = workflow.Payload{
		Kind: workflow.KindStopped, Shop: "Nimbus Home", Failure: workflow.Failure{Fault: workflow.FaultKey, Message: "the stored tokens do not open with this key (SAMPLEDESK_KEY)"},
	}
	for name, c := range map[string]workflow.Failure{
		"scope": {Code: 105005, Fault: workflow.FaultScope, Call: workflow.CallReview}, "secret": {Code: 106001, Fault: workflow.FaultSecret},
		"reconnect": {Code: 105001, Fault: workflow.FaultReconnect}, "token": {Code: 105002, Fault: workflow.FaultExpired},
		"clock": {Code: 36009004, Fault: workflow.FaultClock}, "app_key": {Code: 36009004, Fault: workflow.FaultAppKey},
		"version_search": {Code: 36009014, Fault: workflow.FaultVersion, Call: workflow.CallSearch},
		"version_review": {Code: 36009014, Fault: workflow.FaultVersion, Call: workflow.CallReview},
		"no_call":        {Code: 36009009, Fault: workflow.FaultNoCall, Call: "orders"}, "bug": {Code: 106013, Fault: workflow.FaultBug},
		"address": {Code: 36009033, Fault: workflow.FaultAddress}, "cipher": {Code: 36009004, Fault: workflow.FaultShop}, "other": {Code: 777},
	} {
		c.Message, c.RequestID = "the vendor's words", "20261120120000ABC"
		all["notice_stopped_"+name] = workflow.Payload{Kind: workflow.KindStopped, Shop: "Nimbus Home", Failure: c}
	}
	all["notice_webhook"] = workflow.Payload{Kind: workflow.KindWebhook, Shop: "Nimbus Home", Text: "hooks.example", Failure: workflow.Failure{Message: "it answered 404 Not Found"}}
	all["notice_webhook_hostile"] = workflow.Payload{Kind: workflow.KindWebhook, Shop: hostile, Text: hostile, Failure: workflow.Failure{Message: hostile}}
	all["notice_unreadable"] = workflow.Payload{Kind: workflow.KindUnreadable, Shop: "Nimbus Home", Waiting: 3, IDs: []string{"", "7390000000000000001"}}
	all["notice_backup"] = workflow.Payload{Kind: workflow.KindBackup, Failure: workflow.Failure{Message: "backing up to /backups/desk-2026-11-30.backup: the disk is full; nothing was kept there"}}
	all["notice_backup_hostile"] = workflow.Payload{Kind: workflow.KindBackup, Failure: workflow.Failure{Message: hostile}}
	all["notice_unreadable_hostile"] = workflow.Payload{Kind: workflow.KindUnreadable, Shop: hostile, Waiting: 12, IDs: []string{hostile, hostile}}
	return all
}

func TestEveryNoticeReadsAsItsGoldenFile(t *testing.T) {
	for name, s := range notices() {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, Notice(s, []workflow.PersonID{admin})) })
	}
}

func TestANoticeWithoutAnyAdminAsksForOne(t *testing.T) {
	m := Notice(notices()["notice_stopped_clock"], nil)
	lint(t, m)
	require.Contains(t, pretty(t, m.Blocks), "An admin is needed. Check the clock")
}

func TestARefusalTellsTheStateAsItIsNow(t *testing.T) {
	queued, sending := decidedAs(workflow.Approve, workflow.DecisionQueued), decidedAs(workflow.Reject, workflow.DecisionSending)
	late := application()
	stuck := application()
	stuck.Snapshot.Approvable, stuck.Snapshot.Obstacles = false, []string{"PRODUCT_INACTIVE"}
	theirs := nobody(reportedAs(workflow.StatusAwaitingShipment))
	theirs.ChangedElsewhere = true
	back := decidedAs(workflow.Approve, workflow.DecisionRefused)
	back.Decision.Failure = workflow.Failure{Code: 16032001, Fault: workflow.FaultRegion}
	at := "<!date^1795176000^{date_short_pretty} {time}|2026-11-20 12:00 UTC>"
	until := "until it is sent at <!date^1795176010^{time_secs}|2026-11-20 12:00:10 UTC>."

	for _, c := range []struct {
		refusal workflow.Refusal
		want    string
	}{
		{workflow.Refusal{Rule: workflow.RuleStale, Application: queued}, "Already approved by <@U0MEMBER01> " + at + "; whoever decided or an admin can undo it, " + until},
		{workflow.Refusal{Rule: workflow.RuleState, Application: sending}, "Already rejected by <@U0MEMBER01> " + at + " (Out of stock); it is being sent to TikTok and can't be undone any more. The card shows what happens next."},
		{workflow.Refusal{Rule: workflow.RuleState, Application: decidedAs(workflow.Approve, workflow.DecisionUnclear)}, "Already approved by <@U0MEMBER01> " + at + "; it was sent, and Sample Desk is checking whether TikTok accepted it. The card shows what happens next."},
		{workflow.Refusal{Rule: workflow.RuleStale, Application: application()}, "The card has changed since you saw it: the request is pending again. Please check the card and decide again."},
		{workflow.Refusal{Rule: workflow.RuleStale, Application: back}, "The card has changed since you saw it: TikTok refused the approval, because the creator is in a different region. You can decide again on the card."},
		{workflow.Refusal{Rule: workflow.RuleState, Application: reportedAs(workflow.StatusShipped)}, "Already approved by <@U0MEMBER01> " + at + "; TikTok has confirmed it, so it can't be undone. The request is now in *Shipping*."},
		{workflow.Refusal{Rule: workflow.RuleState, Application: theirs}, "There is nothing left to decide: the request is in *Awaiting shipment*. It was changed in the Affiliate Center, not from this desk."},
		{workflow.Refusal{Rule: workflow.RuleState, Application: nobody(reportedAs(workflow.StatusShipped))}, "There is nothing left to decide: the request is in *Shipping*. The next step happens in the Affiliate Center."},
		{workflow.Refusal{Rule: workflow.RuleState, Application: reportedAs(workflow.StatusOverdueCancelled)}, "There is nothing left to decide: the request is *Expired*; nobody decided in time."},
		{workflow.Refusal{Rule: workflow.RuleDeadline, Application: late}, "The review deadline has passed (<!date^1795339440^{date_short_pretty} {time}|2026-11-22 09:24 UTC>), so TikTok no longer accepts a decision. The card will show what happens to the request."},
		{workflow.Refusal{Rule: workflow.RuleNotApprovable, Application: stuck}, "TikTok doesn't allow approving it right now: “PRODUCT_INACTIVE”. You can reject it, or try again once that is fixed in the Affiliate Center."},
		{workflow.Refusal{Rule: workflow.RuleNotYours, Application: queued}, "Only <@U0MEMBER01>, who decided, or an admin can undo this, " + until},
		{workflow.Refusal{Rule: workflow.RuleOtherCampaign, Application: application()}, "Someone else was faster: the creator was moved to the campaign “Autumn kitchen”. Click *Add to campaign* again if you want to change that."},
		{workflow.Refusal{Rule: workflow.RuleAlreadyInCampaign, Name: "Autumn kitchen"}, "The creator is already in the campaign “Autumn kitchen”. You don't need to do anything."},
		{workflow.Refusal{Rule: workflow.RuleNameTaken, Name: "@everyone"}, "There is a campaign called “＠everyone” already. Choose it, or use another name."},
		{workflow.Refusal{Rule: workflow.RuleNoCampaign, Name: "Spring"}, "There is no campaign called “Spring”. `/campaign list` shows all campaigns."},
		{workflow.Refusal{Rule: workflow.RuleCampaignName}, "A campaign needs a name with 1 to 60 characters."},
		{workflow.Refusal{Rule: workflow.RuleCampaignName, Name: strings.Repeat("ä", 61)}, "That name has 61 characters; at most 60 are allowed. Please shorten it."},
		{workflow.Refusal{Rule: workflow.RuleNoApplication}, "Sample Desk doesn't know that request. `/samples queue` lists pending requests."},
	} {
		require.Equal(t, c.want, Refusal(c.refusal, "Autumn kitchen"), "%s", c.refusal)
	}
}

func TestEveryRuleHasItsSentence(t *testing.T) {
	rules := []workflow.Rule{
		workflow.RuleStale, workflow.RuleState, workflow.RuleDeadline, workflow.RuleNotApprovable, workflow.RuleReason, workflow.RuleNotYours,
		workflow.RuleOtherCampaign, workflow.RuleCampaignName, workflow.RuleNameTaken, workflow.RuleNoCampaign, workflow.RuleArchived,
		workflow.RuleNoApplication, workflow.RuleAlreadyInCampaign, workflow.RuleNotInCampaign, workflow.RuleNotYourJoin, workflow.RuleEmptyNote,
		workflow.RuleTooLong,
	}
	unknown := Refusal(workflow.Refusal{Rule: "a rule to come"}, "")
	lint(t, Aside(unknown))
	for _, r := range rules {
		for _, f := range cards() {
			s := Refusal(workflow.Refusal{Rule: r, Application: f.Application, Name: hostile}, hostile)
			require.NotEqual(t, unknown, s, "%s", r)
			lint(t, Aside(s))
		}
		lint(t, Aside(Refusal(workflow.Refusal{Rule: r}, "")))
	}
}

func TestEveryDenialHasItsSentence(t *testing.T) {
	for d, s := range denials {
		require.Equal(t, s, Denied(d))
		lint(t, Aside(s))
	}
	lint(t, Aside(Denied("a denial to come")))
}

func TestADialogSaysWhatIsWrongInPlainText(t *testing.T) {
	for _, c := range []struct {
		rule   workflow.Rule
		chosen bool
		block  string
	}{
		{workflow.RuleCampaignName, false, BlockName}, {workflow.RuleNameTaken, false, BlockName}, {workflow.RuleNoCampaign, true, BlockChoice},
		{workflow.RuleArchived, true, BlockChoice}, {workflow.RuleAlreadyInCampaign, true, BlockChoice}, {workflow.RuleAlreadyInCampaign, false, BlockName},
	} {
		block, text, ok := JoinError(workflow.Refusal{Rule: c.rule, Name: "Autumn"}, c.chosen)
		require.True(t, ok)
		require.Equal(t, c.block, block)
		require.NotEmpty(t, text)
		require.NotContains(t, text, "*")
	}
	_, _, ok := JoinError(workflow.Refusal{Rule: workflow.RuleStale, Application: application()}, true)
	require.False(t, ok)
}

func TestATimeNamesItsZoneWhereItIsNotTheReaders(t *testing.T) {
	east := deadline.In(time.FixedZone("east", 3600*5))
	require.Equal(t, "<!date^1795339440^{date_short_pretty} {time}|2026-11-22 09:24 UTC>", stamp(east))
	require.Equal(t, "<!date^1795339440^{time_secs}|2026-11-22 09:24:00 UTC>", stampSeconds(east))
	require.True(t, utf8.ValidString(due(east)))
}
