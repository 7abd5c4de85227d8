package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

func TestAFirstAnswerAsksTheTeamAndTheFirstWordCounts(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		w.enlist(spring, "glow.daily")
		w.answer("glow.daily", "Yes please, <!channel>!")
		asked := w.question()
		require.Contains(t, wording(t, asked.Blocks), "Does the creator need a sample?")
		require.Contains(t, wording(t, asked.Blocks), "> Yes please, &lt;!channel&gt;!")

		require.True(t, w.press(guest, asked, view.ActionNeeded).OK)
		require.Equal(t, []string{view.Denied(view.DeniedGuest)}, w.told(guest))
		require.Equal(t, workflow.MemberAnswered, w.member(spring.ID).State)

		require.True(t, w.press(memberOne, asked, view.ActionNeeded).OK)
		require.True(t, w.press(memberOne, asked, view.ActionNeeded).OK)
		require.Empty(t, w.told(memberOne), "a double click is one word")
		require.True(t, w.press(memberTwo, asked, view.ActionNeeded).OK)
		require.Len(t, w.told(memberTwo), 1)
		require.Contains(t, w.told(memberTwo)[0], "<@"+memberOne+">")
		shown := w.question()
		require.Equal(t, asked.TS, shown.TS, "the message is edited, not posted again")
		require.Contains(t, wording(t, shown.Blocks), "Sample application review pending")
		require.Equal(t, []string{view.ActionLink, view.ActionReply, view.ActionNotNeeded}, controls(t, shown.Blocks))

		require.True(t, w.press(memberTwo, shown, view.ActionNotNeeded).OK)
		require.Contains(t, wording(t, w.question().Blocks), "Content pending")
		require.Equal(t, workflow.MemberNeedsNone, w.member(spring.ID).State)
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "status Spring launch"), "1 *Content pending*")

		w.answer("glow.daily", "Did you see this?")
		require.Len(t, w.said(workflow.KindQuestion), 1, "only the first answer asks")
	})
}

func TestOfTwoWhoAnswerTheQuestionAtOnceTheSecondIsToldWhoWasFirst(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.enlist(w.campaign("Spring launch"), "glow.daily")
		w.answer("glow.daily", "Yes please!")
		asked := w.question()
		w.fault(object{"method": "chat.update", "do": "delay", "delay_ms": 4000}) // both see the question as it was
		require.True(t, w.press(memberOne, asked, view.ActionNeeded).OK)
		require.True(t, w.press(memberTwo, asked, view.ActionNotNeeded).OK)
		require.Len(t, w.told(memberTwo), 1)
		require.Contains(t, w.told(memberTwo)[0], "Someone else was faster: <@"+memberOne+"> said")
		wait(10 * time.Second)
		require.Contains(t, w.question().Text, "said that a sample is needed")
	})
}

func TestAQuestionGoesToTheCampaignsOwnChannel(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		spring.Channel = general
		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutCampaign(spring) }))
		require.True(t, w.act(object{"user": admin, "do": "invite", "channel": general}).OK)
		w.enlist(spring, "glow.daily")
		w.answer("glow.daily", "Hello")
		require.Equal(t, general, w.question().Channel)
		require.True(t, w.press(memberOne, w.question(), view.ActionNeeded).OK)
		require.Equal(t, workflow.MemberNeedsSample, w.member(spring.ID).State)
	})
}

func TestARequestThatComesTakesTheQuestionsButtonsAway(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		spring.Products = []workflow.ProductID{"1729"}
		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutCampaign(spring) }))
		w.enlist(spring, "glow.daily.1001")
		w.answer("glow.daily.1001", "Hello")
		asked := w.question()
		require.True(t, w.press(memberOne, asked, view.ActionNeeded).OK)
		w.request("1001")
		require.Equal(t, spring.ID, w.application("1001").Campaign, "it joined by itself")
		wait(time.Minute)
		require.Contains(t, wording(t, w.card("1001").Blocks), "Spring launch")
		require.Equal(t, []string{view.ActionReply}, controls(t, w.question().Blocks))
		require.Contains(t, wording(t, w.question().Blocks), "request is here")
		require.True(t, w.press(memberTwo, asked, view.ActionNotNeeded).OK) // on what they saw before
		require.Len(t, w.told(memberTwo), 1)
		require.Contains(t, w.told(memberTwo)[0], "The creator has sent a sample request")
		require.Contains(t, w.command(memberOne, view.CommandCampaign, "status Spring launch"), "1 *Sample application review pending*")
	})
}
