package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// waits are the texts that wait for an answer, longest first.
func (d *desk) waits() (texts []string) {
	d.t.Helper()
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) error {
		texts = nil
		for c, err := range workflow.WalkWaiting(d.t.Context(), tx, sample.Shop) {
			require.NoError(d.t, err)
			texts = append(texts, fmt.Sprintf("%s %d", c.Waiting.Text, c.Waiting.Count))
		}
		return nil
	}))
	return texts
}

// dismisses has somebody dismiss what a creator wrote, up to the message that they were shown.
func (d *desk) dismisses(who workflow.Actor, creator workflow.CreatorKey, seen string, at time.Time) error {
	_, err := d.DismissAnswer(d.t.Context(), workflow.Dismissal{Actor: who, At: at, Shop: sample.Shop, Creator: creator, Seen: seen})
	return err
}

// unread has TikTok's list say so many unread messages, and the creator write one.
func (d *desk) unread(username, id, text string, unread int, at time.Time) {
	d.t.Helper()
	_, err := d.Receive(d.t.Context(), sample.Shop, workflow.InboundBatch{
		At: at, ID: "talk-" + username, Username: username, Unread: unread, Unreplied: true, Messages: []workflow.InboundMessage{inbound(id, text, true, at)},
	})
	require.NoError(d.t, err)
}

func inbound(id, text string, creators bool, at time.Time) workflow.InboundMessage {
	return workflow.InboundMessage{ID: id, Index: id, Kind: "TEXT", Text: text, FromCreator: creators, At: at}
}

func rule(t *testing.T, err error) workflow.Refusal {
	t.Helper()
	r, ok := errors.AsType[workflow.Refusal](err)
	require.True(t, ok, "%v", err)
	return r
}

func TestACreatorWaitsUntilAPersonReplies(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.seen()
	require.Empty(t, d.waits())
	d.unread("glow.daily", "10", "When does it ship?", 1, minutes(1))
	d.unread("glow.daily", "11", "Hello?", 2, minutes(2))
	require.Equal(t, []string{"Hello? 2"}, d.waits())

	_, err := d.Write(t.Context(), workflow.OutboundMessage{Actor: workflow.Actor{Surface: workflow.FromTimer, DedupKey: "n"}, At: minutes(3), Shop: sample.Shop, Creator: glowDaily, Text: "A reminder"})
	require.NoError(t, err)
	d.deliver(glowLane, engine.MessageDone{What: workflow.OnMessageSent, At: minutes(3)}, minutes(3))
	require.Equal(t, []string{"Hello? 2"}, d.waits(), "what the desk itself writes answers nobody")
	require.Empty(t, d.waiting(workflow.ReadLane(sample.Shop)))

	n := d.writes("1", glowDaily, "Tomorrow")
	require.Empty(t, d.waits())
	d.deliver(glowLane, engine.MessageDone{What: workflow.OnMessageRefused, At: minutes(4), Failure: workflow.Failure{Code: 16032001}}, minutes(4))
	require.Equal(t, []string{"Hello? 2"}, d.waits(), "they have no answer after all")
	_, err = d.Resend(t.Context(), n.ID, action(member, "2"), minutes(5))
	require.NoError(t, err)
	require.Empty(t, d.waits())
	d.unread("glow.daily", "12", "Thanks!", 3, minutes(6))
	require.Equal(t, []string{"Thanks! 1"}, d.waits(), "a new message waits by itself")
	d.deliver(glowLane, engine.MessageDone{What: workflow.OnMessageSent, At: minutes(7)}, minutes(7))
	require.Empty(t, d.waits(), "the team was the last to write")

	lane := workflow.ReadLane(sample.Shop)
	e := d.take(lane, minutes(8))
	require.Equal(t, []string{"talk-glow.daily"}, e.Conversations)
	d.settle(e, engine.Outcome{Result: engine.ReadDone{At: minutes(8)}}, minutes(8))
	c, err := d.conversation(glowDaily)
	require.NoError(t, err)
	require.Zero(t, c.Unread)
	require.Equal(t, member, c.Handled.By)
}

func TestWhoComesSecondIsToldWhoAnsweredOrDismissed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.seen()
	d.unread("glow.daily", "10", "Thanks", 1, minutes(1))
	require.Equal(t, workflow.RuleWroteAgain, rule(t, d.dismisses(action(member, "0"), glowDaily, "9", minutes(2))).Rule)
	require.NoError(t, d.dismisses(action(member, "1"), glowDaily, "10", minutes(2)))
	require.NoError(t, d.dismisses(action(member, "1"), glowDaily, "10", minutes(2)), "a second delivery")
	require.Empty(t, d.waits())
	r := rule(t, d.dismisses(action(admin, "2"), glowDaily, "10", minutes(3)))
	require.Equal(t, workflow.RuleAnswered, r.Rule)
	require.Equal(t, member, r.Handled.By)
	require.True(t, r.Handled.Dismissed)

	reply := workflow.OutboundMessage{Actor: action(admin, "3"), At: minutes(3), Shop: sample.Shop, Creator: glowDaily, Text: "Welcome", Seen: "10"}
	_, err := d.Write(t.Context(), reply)
	require.Equal(t, workflow.RuleAnswered, rule(t, err).Rule)
	require.Empty(t, d.waiting(glowLane))
	reply.Seen = "" // they mean it
	_, err = d.Write(t.Context(), reply)
	require.NoError(t, err)

	d.unread("glow.daily", "13", "One more thing", 1, minutes(5))
	reply.Actor, reply.Seen = action(member, "4"), "13"
	_, err = d.Write(t.Context(), reply)
	require.NoError(t, err)
	require.Equal(t, []workflow.EventKind{workflow.OnAnswerDismissed}, eventsOf(d.history(sample), workflow.OnAnswerDismissed))
	reply.Actor = action(admin, "5")
	_, err = d.Write(t.Context(), reply)
	require.Equal(t, member, rule(t, err).Handled.By)
	require.Equal(t, workflow.RuleAnswered, rule(t, d.dismisses(action(admin, "6"), "id:nobody", "1", minutes(6))).Rule)
}

func eventsOf(all []workflow.Entry, kind workflow.EventKind) (found []workflow.EventKind) {
	for _, e := range all {
		if e.Event == kind {
			found = append(found, e.Event)
		}
	}
	return found
}

func TestAnAnswerInTheMessageCenterEndsTheWaitAndTikToksOwnWordsDoNot(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.seen()
	asked, notice := inbound("10", "When?", true, minutes(1)), inbound("11", "A card", false, minutes(2))
	notice.Automatic = true
	batch := workflow.InboundBatch{At: minutes(2), ID: "talk", Username: "glow.daily", Unread: 1, Messages: []workflow.InboundMessage{notice, asked}}
	receive := func() {
		_, err := d.Receive(t.Context(), sample.Shop, batch)
		require.NoError(t, err)
	}
	receive()
	require.Equal(t, []string{"When? 1"}, d.waits())
	batch.Messages = append(batch.Messages, inbound("12", "Tomorrow", false, minutes(3)))
	receive()
	require.Empty(t, d.waits())
	require.Equal(t, []string{"talk"}, d.take(workflow.ReadLane(sample.Shop), minutes(4)).Conversations)
	batch.Messages = append(batch.Messages, inbound("13", "Great", true, minutes(5)), inbound("14", "Bye", true, minutes(6)))
	receive()
	receive()
	require.Equal(t, []string{"Bye 2"}, d.waits())
	past := newDesk(t, glow).receiving()
	past.receivesBatch("glow.daily", minutes(1), inbound("1", "Before the desk", true, noon.Add(-time.Hour)))
	require.Empty(t, past.waits(), "the past does not wait")
}

func TestConversationsAreMarkedAsReadTwentyAtATimeAndWhatFailsThreeTimes(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	lane := workflow.ReadLane(sample.Shop)
	for n := range 45 {
		name := fmt.Sprintf("creator%02d", n)
		d.unread(name, "10", "Thanks", 1, minutes(1))
		key := workflow.Creator{Username: name}.KeyOf(sample.Shop)
		require.NoError(t, d.dismisses(action(member, name), key, "10", minutes(2)))
	}
	var sizes []int
	for _, e := range d.waiting(lane) {
		sizes = append(sizes, len(e.Conversations))
	}
	require.Equal(t, []int{20, 20, 5}, sizes)
	for try, want := range []int{20, 20, 5, 2, 2} {
		e := d.take(lane, minutes(3+5*try))
		require.Len(t, e.Conversations, want)
		failed := e.Conversations[:0:0]
		if try == 0 || try > 2 {
			failed = e.Conversations[:2]
		}
		d.settle(e, engine.Outcome{Result: engine.ReadDone{At: minutes(3 + 5*try), Failed: failed}}, minutes(3+5*try))
	}
	require.Empty(t, d.waiting(lane), "it is given up")
}

func TestTheDaysMessageComesForAnswersThatWaitAndFollowsThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.sets(noon, func(s *workflow.Settings) { s.Morning = "09:00" })
	day := func(n int) time.Time { return noon.Add(time.Duration(n)*24*time.Hour - 2*time.Hour) }
	d.morningAt(day(1))
	_, err := noticeOf(d, day(1))
	require.ErrorIs(t, err, workflow.ErrNotFound)
	d.unread("glow.daily", "10", "When?", 1, day(1).Add(time.Hour))
	d.morningAt(day(2))
	n, err := noticeOf(d, day(2))
	require.NoError(t, err)
	d.deliver(n.Lane(), workflow.PostShown{At: day(2), Channel: "C", TS: "1", Hash: "h"}, day(2))
	c, err := d.conversation(workflow.Creator{Username: "glow.daily"}.KeyOf(sample.Shop))
	require.NoError(t, err)
	require.NoError(t, d.dismisses(action(member, "1"), c.Creator, "10", day(2).Add(time.Minute)))
	require.Len(t, d.waiting(n.Lane()), 1, "its message shows it")
}

func noticeOf(d *desk, at time.Time) (n workflow.Notice, err error) {
	err = d.store.View(d.t.Context(), func(tx workflow.Tx) error {
		n, err = tx.Notice(workflow.MorningNotice(sample.Shop, at.Format(time.DateOnly)))
		return err
	})
	return n, err
}
