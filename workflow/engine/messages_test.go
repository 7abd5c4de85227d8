package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// writes has the member write to a creator.
func (d *desk) writes(dedupKey string, to workflow.CreatorKey, text string) workflow.Notice {
	d.t.Helper()
	n, err := d.Write(d.t.Context(), workflow.OutboundMessage{Actor: action(member, dedupKey), At: noon, Shop: sample.Shop, Creator: to, Text: text})
	require.NoError(d.t, err)
	return n
}

var glowLane = workflow.MessageLane(sample.Shop, glowDaily)

func TestAMessageIsQuotedAndSentAndWhatBecameOfItIsShown(t *testing.T) {
	quota := workflow.Failure{Code: 45101004, Message: "daily quota used up", RequestID: "request-1"}
	region := workflow.Failure{Code: 16032001, Message: "creator in another region"}
	for name, c := range map[string]struct {
		outcome engine.Outcome
		want    func(*workflow.Message)
		told    workflow.EventKind
		left    int // effects
	}{
		"sent": {
			engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageSent, At: minutes(1), Conversation: "talk-1"}},
			func(m *workflow.Message) { m.State, m.Sent = workflow.MessageSent, minutes(1) }, workflow.OnMessageSent, 0,
		},
		"refused": {
			engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageRefused, At: minutes(1), Failure: region}},
			func(m *workflow.Message) { m.State, m.Failure = workflow.MessageRefused, region }, workflow.OnMessageRefused, 0,
		},
		"held up": {
			engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageHeldUp, At: minutes(1), Failure: quota}, Then: engine.Again, After: time.Hour, Failure: quota},
			func(m *workflow.Message) { m.Failure = quota }, workflow.OnMessageHeldUp, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.seen()
			n := d.writes("1", glowDaily, " Hello,\r\nglow! \u202e")
			want := workflow.Message{Text: "Hello,\nglow!", By: member, At: noon, State: workflow.MessageWaiting}
			require.Equal(t, workflow.Notice{
				ID: "message/U0MEMBER1/1", Shop: sample.Shop, Kind: workflow.KindMessage, Application: sample.ID, Creator: glowDaily, Message: &want,
			}, n)
			require.Equal(t, n, d.notice(n.ID))
			_, shown := d.thread(sample)
			require.Equal(t, []workflow.NoticeID{n.ID}, shown)

			e := d.take(glowLane, minutes(1))
			require.Equal(t, workflow.Effect{
				ID: e.ID, Kind: workflow.SendMessage, Lane: glowLane, Shop: sample.Shop, Application: sample.ID, Notice: n.ID, Creator: glowDaily,
				Text: want.Text, MadeAt: noon, NotBefore: noon, Attempt: 1,
			}, e)
			d.deliver(workflow.ThreadLane(sample), workflow.PostShown{At: noon, Channel: "C0SAMPLES", TS: "1.2", Hash: "h"}, noon)
			d.settle(e, c.outcome, minutes(1))
			c.want(&want)
			require.Equal(t, want, *d.notice(n.ID).Message)
			require.Len(t, d.waiting(glowLane), c.left)
			_, shown = d.thread(sample)
			require.Equal(t, []workflow.NoticeID{n.ID}, shown, "it is shown anew")
			h := d.history(sample)
			require.Equal(t, []workflow.EventKind{workflow.OnReported, workflow.OnMessageWritten, c.told}, events(h))
			require.Equal(t, want.Text, h[1].Text)
			require.Equal(t, want.Failure, h[2].Failure)
		})
	}
}

func TestAConversationIsNumberedByTheFirstAnswerThatKnowsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.writes("1", glowDaily, "hello")
	d.deliver(glowLane, engine.MessageDone{What: workflow.OnMessageSent, At: noon, Conversation: "talk-1"}, noon)
	conversation, err := d.conversation(glowDaily)
	require.NoError(t, err)
	require.Equal(t, "talk-1", conversation.ID)
}

func TestAConversationThatWasReceivedUnderAnotherNameIsMerged(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.seen()
	c := d.campaign("Winter")
	d.invite(c, "glow.of.old", noon)
	d.receives("glow.of.old", minutes(1), "yes")
	n := d.writes("1", glowDaily, "hello")
	d.deliver(glowLane, engine.MessageDone{What: workflow.OnMessageSent, At: minutes(2), Conversation: "talk-glow.of.old"}, minutes(2))
	require.Equal(t, workflow.MessageSent, d.notice(n.ID).Message.State)
	_, err := d.conversation("name:7495540735365777507:glow.of.old")
	require.ErrorIs(t, err, workflow.ErrNotFound)
	conversation, err := d.conversation(glowDaily)
	require.NoError(t, err)
	require.Equal(t, "talk-glow.of.old", conversation.ID)
	require.Equal(t, minutes(1), conversation.Last.At, "what was heard is not told again")
	m := d.member(c, glowDaily)
	require.Equal(t, workflow.MemberAnswered, m.State)
	require.Equal(t, glowDaily, d.notice(m.Question).Creator)

	other := d.asks("2", findsByID, "1", minutes(3))
	n, err = d.Write(t.Context(), workflow.OutboundMessage{Actor: by(member), At: noon, Shop: sample.Shop, Application: other.Key.ID, Text: "hello"})
	require.NoError(t, err)
	d.deliver(workflow.MessageLane(sample.Shop, findsID), engine.MessageDone{What: workflow.OnMessageSent, At: noon, Conversation: conversation.ID}, noon)
	require.Equal(t, workflow.MessageSent, d.notice(n.ID).Message.State, "an id that makes no sense loses no outcome")
	conversation, err = d.conversation(findsID)
	require.NoError(t, err)
	require.Empty(t, conversation.ID)
}

func TestARefusedMessageDoesNotBlockTheNextAndOneThatWaitsDoes(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	for _, text := range []string{"one", "two", "three"} {
		d.writes(text, glowDaily, text)
	}
	d.deliver(glowLane, engine.MessageDone{What: workflow.OnMessageRefused, At: noon}, noon)
	e := d.take(glowLane, noon)
	require.Equal(t, "two", e.Text)
	d.settle(e, engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageHeldUp, At: noon}, Then: engine.Again, After: time.Hour}, noon)
	require.Len(t, d.waiting(glowLane), 2)
	_, ok, err := d.Claim(t.Context(), d.waiting(glowLane)[1].ID, minutes(1), minutes(2))
	require.NoError(t, err)
	require.False(t, ok, "they arrive in the order in which they were written")
	require.Equal(t, "two", d.take(glowLane, minutes(60)).Text)
}

func TestAMessageThatIsHeldUpForOneReasonIsToldOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.writes("1", glowDaily, "hello")
	failure := workflow.Failure{Code: 45101004, Message: "quota"}
	for i := range 3 {
		e := d.take(glowLane, minutes(i))
		failure.RequestID = "request"[:i+1]
		d.settle(e, engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageHeldUp, At: minutes(i), Failure: failure}, Then: engine.Again, After: time.Minute}, minutes(i))
	}
	require.Equal(t, []workflow.EventKind{workflow.OnReported, workflow.OnMessageWritten, workflow.OnMessageHeldUp}, events(d.history(sample)))
}

func TestAMessageIsQuotedWhereHerStoryIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.seen()
	later := d.asks("2", workflow.Creator{OpenID: "open-1", Username: "glow.daily"}, "2", minutes(1))
	require.Equal(t, later.Key.ID, d.writes("1", glowDaily, "hello").Application, "their latest that is live")
	d.reports("2", workflow.StatusWithdrawn, minutes(2))
	require.Equal(t, sample.ID, d.writes("2", glowDaily, "hello").Application)
	n, err := d.Write(t.Context(), workflow.OutboundMessage{Actor: by(member), At: noon, Shop: sample.Shop, Application: "2", Text: "sorry"})
	require.NoError(t, err)
	require.Equal(t, later.Key.ID, n.Application, "the one that is named, also after its end")
	d.reports(sample.ID, workflow.StatusWithdrawn, minutes(3))

	n = d.writes("3", glowDaily, "hello")
	require.Empty(t, n.Application)
	require.Empty(t, n.Campaign, "the shop's channel")
	winter, summer := d.campaign("Winter"), d.campaign("Summer")
	d.invite(winter, "glow.daily", minutes(4))
	d.invite(summer, "glow.daily", minutes(3))
	require.Equal(t, winter.ID, d.writes("4", glowDaily, "hello").Campaign, "that of the campaign that they joined last")
	n, err = d.Write(t.Context(), workflow.OutboundMessage{Actor: by(member), At: noon, Shop: sample.Shop, Creator: glowDaily, Campaign: summer.ID, Text: "hello"})
	require.NoError(t, err)
	require.Equal(t, summer.ID, n.Campaign)
	require.Contains(t, d.shopHistory(), workflow.OnMessageWritten, "the shop's own history keeps it")
}

func TestAMessageCallsForACardToBeQuotedUnder(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	r := reported(workflow.StatusShipped, noon)
	require.False(t, d.apply(r).Card.Wanted)
	d.writes("1", glowDaily, "hello")
	require.True(t, d.application(sample.ID).Card.Wanted)
	notice := d.waiting(workflow.ThreadLane(sample))
	require.Len(t, notice, 1)
	require.True(t, notice[0].Parked, "until the card is there")
	d.apply(workflow.PostShown{At: noon, Channel: "C0SAMPLES", TS: "1.1", Hash: "h"})
	require.False(t, d.waiting(workflow.ThreadLane(sample))[0].Parked)
}

func TestAMessageIsRefusedWhereItSaysNothingOrHasNobodyToGoTo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.invite(d.campaign("Winter"), finds, noon)
	before := d.store.writes.Load()
	for name, c := range map[string]struct {
		w    workflow.OutboundMessage
		rule workflow.Rule
	}{
		"no words":          {workflow.OutboundMessage{Creator: glowDaily, Text: " \n\u200b\u2800"}, workflow.RuleEmptyNote},
		"too many":          {workflow.OutboundMessage{Creator: glowDaily, Text: strings.Repeat("é", workflow.MaxMessage+1)}, workflow.RuleTooLong},
		"no id":             {workflow.OutboundMessage{Creator: findsName, Text: "hello"}, workflow.RuleNoCreator},
		"nobody":            {workflow.OutboundMessage{Creator: "id:404", Text: "hello"}, workflow.RuleNoCreator},
		"no application":    {workflow.OutboundMessage{Application: "404", Text: "hello"}, workflow.RuleNoApplication},
		"no name of anyone": {workflow.OutboundMessage{Text: "hello"}, workflow.RuleNoCreator},
	} {
		t.Run(name, func(t *testing.T) {
			c.w.Actor, c.w.At, c.w.Shop = by(member), noon, sample.Shop
			_, err := d.Write(t.Context(), c.w)
			requireRefused(t, c.rule, err)
			require.Equal(t, before, d.store.writes.Load())
		})
	}
}

func TestARefusedMessageCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	n := d.writes("1", glowDaily, "hello")
	_, err := d.Resend(t.Context(), n.ID, by(another), minutes(1))
	requireRefused(t, workflow.RuleNothingFailed, err)
	d.deliver(glowLane, engine.MessageDone{What: workflow.OnMessageRefused, At: noon, Failure: workflow.Failure{Code: 1}}, noon)
	n, err = d.Resend(t.Context(), n.ID, action(another, "again"), minutes(1))
	require.NoError(t, err)
	require.Equal(t, workflow.Message{Text: "hello", By: member, At: noon, State: workflow.MessageWaiting, RetryKey: "again"}, *n.Message)
	require.Equal(t, "hello", d.take(glowLane, minutes(1)).Text)
	_, err = d.Resend(t.Context(), "404", by(another), noon)
	requireRefused(t, workflow.RuleNothingFailed, err)
}

// rejects rejects the sample with a message.
func (d *desk) rejects(message string, undo time.Duration) workflow.Application {
	d.t.Helper()
	return d.apply(workflow.Decided{
		Actor: by(member), At: noon, Round: d.application(sample.ID).Round, Verdict: workflow.Reject, Reason: workflow.OutOfStock, Message: message, Undo: undo,
	})
}

func TestTheMessageOfARejectionGoesOutOnceTikTokHasConfirmedIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	a := d.rejects(" Sorry! ", 0)
	require.Equal(t, "Sorry!", a.Decision.Message)
	require.Empty(t, d.waiting(glowLane), "not before")
	d.deliver(workflow.ReviewLane(sample), workflow.Confirmed{At: minutes(1), Verdict: workflow.Reject}, minutes(1))
	sent := d.waiting(glowLane)
	require.Len(t, sent, 1)
	require.Equal(t, "Sorry!", sent[0].Text)
	payloads, shown := d.thread(sample)
	require.Equal(t, workflow.StageReject, payloads[0].Stage)
	require.Equal(t, []workflow.NoticeID{sent[0].Notice}, shown, "it is quoted below the rejection")
	require.Equal(t, member, d.notice(sent[0].Notice).Message.By)

	d.apply(reported(workflow.StatusRejectCancelled, minutes(3)))
	d.reports(sample.ID, workflow.StatusPending, minutes(10))
	d.reports(sample.ID, workflow.StatusRejectCancelled, minutes(11))
	require.Len(t, d.waiting(glowLane), 1, "and once")
}

func TestTheMessageOfARejectionGoesOutWhenASweepConfirmsWhatHadLostItsAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.rejects("Sorry!", 0)
	e := d.take(workflow.ReviewLane(sample), noon)
	d.settle(e, engine.Outcome{Event: workflow.AnswerLost{At: noon}, Then: engine.Again, After: time.Minute, Verifications: 1}, noon)
	require.Empty(t, d.waiting(glowLane))
	e = d.take(workflow.ReviewLane(sample), minutes(1)) // to look, while a sweep sees it first
	d.reports(sample.ID, workflow.StatusRejectCancelled, minutes(1))
	require.Len(t, d.waiting(glowLane), 1)
	d.settle(e, engine.Outcome{Event: workflow.Confirmed{At: minutes(1), Verdict: workflow.Reject}}, minutes(1))
	require.Len(t, d.waiting(glowLane), 1)
}

func TestTheMessageOfARejectionThatCameToNothingIsNotSentAndTheThreadSaysSo(t *testing.T) {
	for name, comes := range map[string]func(*desk){
		"undone": func(d *desk) { d.apply(workflow.Undone{Actor: by(member), At: noon, Round: 1}) },
		"refused for good": func(d *desk) {
			d.deliver(workflow.ReviewLane(sample), workflow.RefusedForGood{At: noon, Failure: workflow.Failure{Code: 1}}, minutes(1))
		},
		"ended elsewhere":    func(d *desk) { d.reports(sample.ID, workflow.StatusWithdrawn, minutes(1)) },
		"rejected elsewhere": func(d *desk) { d.reports(sample.ID, workflow.StatusRejectCancelled, minutes(1)) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.seen()
			d.rejects("Sorry!", undoWindow)
			comes(d)
			payloads, shown := d.thread(sample)
			require.Len(t, payloads, 1)
			require.Equal(t, "Sorry!", payloads[0].Unsent)
			require.Empty(t, shown)
			require.Empty(t, d.waiting(glowLane))
		})
	}
}

func TestADecisionsWordsAreCheckedWhenItIsMade(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	before := d.store.writes.Load()
	decided := workflow.Decided{Actor: by(member), At: noon, Verdict: workflow.Reject, Reason: workflow.Other}
	for _, words := range [][2]string{{"", strings.Repeat("é", workflow.MaxMessage+1)}, {strings.Repeat("é", workflow.MaxNote+1), ""}} {
		decided.Note, decided.Message = words[0], words[1]
		requireRefused(t, workflow.RuleTooLong, d.applies(decided))
	}
	require.Equal(t, before, d.store.writes.Load())
	decided.Note, decided.Message = " \u200b ", "\n"
	a := d.apply(decided)
	require.Empty(t, a.Decision.Message, "nothing visible is nothing")
	payloads, _ := d.thread(sample)
	require.Empty(t, payloads)

	nameless := d.asks("2", workflow.Creator{Username: finds}, "1", noon)
	decided.Message = "Sorry!"
	_, err := d.Apply(t.Context(), nameless.Key, decided)
	requireRefused(t, workflow.RuleNoCreator, err)
}

func TestAMessageThatCannotBeSentAnyMoreIsQuotedAsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	a := d.rejects("Sorry!", 0)
	a.Snapshot.Creator.OpenID = "" // as no report does, and no fault of ours may lose the message
	require.NoError(t, d.store.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutApplication(a) }))
	d.deliver(workflow.ReviewLane(sample), workflow.Confirmed{At: minutes(1), Verdict: workflow.Reject}, minutes(1))
	require.Equal(t, workflow.Rejected, d.application(sample.ID).State(), "the confirmation counts")
	_, shown := d.thread(sample)
	require.Len(t, shown, 1)
	m := *d.notice(shown[0]).Message
	require.Equal(t, workflow.Message{Text: "Sorry!", By: member, At: minutes(1), State: workflow.MessageRefused, Failure: workflow.Failure{Message: "no creator"}}, m)
	_, err := d.Resend(t.Context(), shown[0], by(member), minutes(2))
	requireRefused(t, workflow.RuleNoCreator, err)
}
