package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

func TestANoticeIsShownOnceHoweverOftenItChanges(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	c := d.campaign("Winter")
	d.invite(c, finds, noon)
	d.receives(finds, noon, "yes")
	lane := workflow.Lane("post/" + string(d.member(c, findsName).Question))
	for i, needed := range []bool{true, false} {
		_, err := d.AnswerSample(t.Context(), workflow.SampleAnswer{Actor: by(member), At: minutes(i), Campaign: c.ID, Creator: findsName, Needed: needed})
		require.NoError(t, err)
	}
	waiting := d.waiting(lane)
	require.Len(t, waiting, 1, "one that waits already serves")
	require.Equal(t, workflow.ForPeople, waiting[0].Priority)

	e := d.take(lane, minutes(2))
	_, err := d.AnswerSample(t.Context(), workflow.SampleAnswer{Actor: by(member), At: minutes(3), Campaign: c.ID, Creator: findsName, Needed: true})
	require.NoError(t, err)
	require.Len(t, d.waiting(lane), 2, "what is under way may show it as it was")
	d.settle(e, engine.Outcome{Event: workflow.PostShown{At: minutes(3), Channel: "C0SAMPLES", TS: "7.1", Hash: "h1", Link: "link"}}, minutes(3))
	d.deliver(lane, workflow.PostShown{At: minutes(4), Channel: "C0SAMPLES", TS: "7.1", Hash: "h2"}, minutes(4))
	n := d.notice(d.member(c, findsName).Question)
	require.True(t, n.Posted())
	require.Equal(t, "link", n.Link, "asked for once")
	require.Equal(t, "h2", n.Hash)
}

func TestNoticesOfOneThreadDoNotHideEachOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	first, second := d.writes("1", glowDaily, "one"), d.writes("2", glowDaily, "two")
	_, shown := d.thread(sample)
	require.Equal(t, []workflow.NoticeID{first.ID, second.ID}, shown)
}

func TestANoticeThatIsGoneFromSlackIsPostedAnewWhenThereIsSomethingToTell(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	c := d.campaign("Winter")
	d.invite(c, finds, noon)
	d.receives(finds, noon, "yes")
	question := d.member(c, findsName).Question
	lane := workflow.Lane("post/" + string(question))
	d.deliver(lane, workflow.PostShown{At: noon, Channel: "C0SAMPLES", TS: "7.1", Hash: "h1"}, noon)
	announcements := func(needed bool) {
		_, err := d.AnswerSample(t.Context(), workflow.SampleAnswer{Actor: by(member), At: minutes(1), Campaign: c.ID, Creator: findsName, Needed: needed})
		require.NoError(t, err)
	}
	announcements(true)
	d.deliver(lane, workflow.PostLost{At: minutes(1), TS: "6.6"}, minutes(1))
	require.True(t, d.notice(question).Posted(), "another message was lost")
	announcements(false)
	d.deliver(lane, workflow.PostLost{At: minutes(1), TS: "7.1"}, minutes(1))
	require.False(t, d.notice(question).Posted())
	require.Empty(t, d.waiting(lane))
	announcements(true)
	require.Equal(t, workflow.Notice{ID: question, Shop: sample.Shop, Kind: workflow.KindQuestion, Campaign: c.ID, Creator: findsName}, d.notice(question))
	require.Len(t, d.waiting(lane), 1)
}

func TestANoticeThatFindsNoCardWaitsForIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.writes("1", glowDaily, "one")
	e := d.take(workflow.ThreadLane(sample), noon)
	d.apply(workflow.PostLost{At: noon, TS: "1.000001"}) // in review it is posted again
	d.settle(e, engine.Outcome{Then: engine.Park}, noon)
	require.True(t, d.waiting(workflow.ThreadLane(sample))[0].Parked)
	d.apply(workflow.PostShown{At: minutes(1), Channel: "C0SAMPLES", TS: "1.9", Hash: "h"})
	require.False(t, d.waiting(workflow.ThreadLane(sample))[0].Parked)
}

func TestAFaultWhileAnOutcomeIsRecordedIsNoLostClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	e := workflow.Effect{ID: "N1", Kind: workflow.ShowNotice, Lane: "post/404", Shop: sample.Shop, Notice: "404", NotBefore: noon, MadeAt: noon}
	require.NoError(t, d.store.Update(t.Context(), func(tx workflow.Tx) error { return tx.Enqueue(e) }))
	e = d.take("post/404", noon)
	err := d.Settle(t.Context(), e, engine.Outcome{Event: workflow.PostShown{At: noon, TS: "1"}}, noon)
	require.ErrorIs(t, err, workflow.ErrNotFound, "a notice that is not there must not pass in silence")
	e.Attempt++
	require.NoError(t, d.Settle(t.Context(), e, engine.Outcome{}, noon), "a claim that is another's does")
	_, ok, err := d.Claim(t.Context(), "404", noon, noon.Add(time.Second))
	require.NoError(t, err)
	require.False(t, ok)
}
