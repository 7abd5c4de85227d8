package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// done is what TikTok makes of every message from now on.
func (w *world) done(what workflow.EventKind, c workflow.Failure) {
	w.tiktok.mu.Lock()
	defer w.tiktok.mu.Unlock()
	w.tiktok.carry = func(workflow.Effect) engine.Outcome {
		return engine.Outcome{Result: engine.MessageDone{What: what, At: time.Now(), Failure: c}}
	}
}

// messageDialog opens the dialog to write to the creator of a card.
func (w *world) messageDialog(who, id string) string {
	w.t.Helper()
	seen := w.click(who, id, view.ActionMore, view.MoreMessage)
	require.True(w.t, seen.OK, seen.Error)
	require.NotEmpty(w.t, seen.ViewID, "no dialog opened")
	return seen.ViewID
}

// sending writes a message in the open dialog.
func (w *world) sending(who, dialog, text string) sight {
	w.t.Helper()
	return w.submit(who, dialog, object{view.ActionMessageText: text})
}

// answerTo lets the creator of an application write in TikTok.
func (w *world) answerTo(id string, all ...workflow.InboundMessage) {
	w.t.Helper()
	require.NoError(w.t, w.engine.StartReceiving(w.t.Context(), shopID, bubbleStart))
	_, err := w.engine.Receive(w.t.Context(), shopID, workflow.InboundBatch{At: time.Now(), ID: "77" + id, Username: "glow.daily." + id, Messages: all})
	require.NoError(w.t, err)
	synctest.Wait()
}

func text(id int, words string) workflow.InboundMessage {
	return workflow.InboundMessage{ID: fmt.Sprint(1000 + id), Kind: "TEXT", Text: words, FromCreator: true, At: time.Now().Truncate(time.Second)}
}

func TestAMessageIsQuotedInTheThreadWithHowFarItGot(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.messageDialog(memberOne, "1001")
		require.Contains(t, wording(t, w.view(dialog).Blocks), "Glow Serum")
		w.done(workflow.OnMessageHeldUp, workflow.Failure{Code: 16030100, Fault: workflow.FaultQuota})
		require.Nil(t, w.sending(memberOne, dialog, "Hello,\nwould you like the *30 ml*?").Response)
		require.False(t, w.isOpen(dialog))
		wait(5 * time.Second)
		quoted := w.thread(w.card("1001").TS)
		require.Len(t, quoted, 1)
		require.Equal(t, "message", quoted[0].Metadata.Payload["kind"])
		require.Equal(t, "1001", quoted[0].Metadata.Payload["application"])
		words := wording(t, quoted[0].Blocks)
		require.Contains(t, words, "> Hello,\n> would you like the ∗30 ml∗?")
		require.Contains(t, words, "before the creator answers")
		require.Contains(t, quoted[0].Text, "delayed")
	})
}

func TestARefusedMessageCanBeTriedAgain(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.done(workflow.OnMessageRefused, workflow.Failure{Code: 16032001, Fault: workflow.FaultRegion, Message: "other region"})
		require.Nil(t, w.sending(memberOne, w.messageDialog(memberOne, "1001"), "Hello").Response)
		wait(5 * time.Second)
		refused := w.thread(w.card("1001").TS)[0]
		require.Contains(t, wording(t, refused.Blocks), "*Not sent*: the creator is in a different region")
		require.Equal(t, []string{view.ActionResend}, controls(t, refused.Blocks))

		require.True(t, w.press(guest, refused, view.ActionResend).OK)
		require.Len(t, w.told(guest), 1, "a guest does not write")
		w.done(workflow.OnMessageSent, workflow.Failure{})
		w.fault(object{"socket": "duplicate"})
		require.True(t, w.press(memberTwo, refused, view.ActionResend).OK)
		wait(5 * time.Second)
		require.Empty(t, w.told(memberTwo), "the second delivery of one click is told nothing")
		sent := w.thread(w.card("1001").TS)
		require.Len(t, sent, 1, "it is the same message")
		require.Contains(t, wording(t, sent[0].Blocks), "*Sent* through TikTok")
		require.Empty(t, controls(t, sent[0].Blocks))

		require.True(t, w.press(memberOne, refused, view.ActionResend).OK)
		require.Contains(t, w.told(memberOne)[0], "nothing to try again")
	})
}

func TestASecondDeliveryOfAMessageSendsItOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.done(workflow.OnMessageSent, workflow.Failure{})
		dialog := w.messageDialog(memberOne, "1001")
		w.fault(object{"socket": "duplicate"})
		require.Nil(t, w.sending(memberOne, dialog, "Hello").Response)
		wait(5 * time.Second)
		require.Len(t, w.thread(w.card("1001").TS), 1)
	})
}

func TestOnlyReviewersWriteToCreators(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.messageDialog(memberTwo, "1001")
		for _, who := range []string{guest, stranger} {
			require.Empty(t, w.click(who, "1001", view.ActionMore, view.MoreMessage).ViewID)
			require.Len(t, w.told(who), 1)
		}
		s := oneShop()[0]
		s.Settings.Reviewers = []workflow.PersonID{memberOne}
		w.put(s)
		require.Contains(t, complaints(t, w.sending(memberTwo, dialog, "Hello"))[view.BlockMessage], "reviewer", "the role counts at the submission too")
		require.Empty(t, w.said(workflow.KindMessage))
		require.Nil(t, w.sending(memberOne, w.messageDialog(memberOne, "1001"), "Hello").Response)
	})
}

func TestAMessageOfNothingIsComplainedAboutAtItsField(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.messageDialog(memberOne, "1001")
		require.Contains(t, complaints(t, w.sending(memberOne, dialog, " \n\u200b "))[view.BlockMessage], "Please write a message")
		require.True(t, w.isOpen(dialog), "what was typed is not lost")
		require.Nil(t, w.sending(memberOne, dialog, strings.Repeat("ü", workflow.MaxMessage)).Response)
	})
}

func TestACreatorWhomTikTokDoesNotNameCannotBeWrittenTo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		r := pending("1001")
		r.Creator.OpenID = ""
		w.report("1001", r)
		act := object{"user": memberOne, "do": "click", "channel": samples, "ts": w.card("1001").TS, "action_id": view.ActionMore, "value": view.MoreMessage}
		if seen := w.act(act); seen.OK { // a card may leave the button out
			require.Empty(t, seen.ViewID)
			require.Contains(t, w.told(memberOne)[0], "TikTok has not told this desk yet who that is")
		}
	})
}

func TestAnAnswerIsQuotedInTheThreadAndCanBeRepliedTo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.done(workflow.OnMessageSent, workflow.Failure{})
		require.Nil(t, w.sending(memberOne, w.messageDialog(memberOne, "1001"), "Hello").Response)
		wait(5 * time.Second)
		w.answerTo("1001", text(1, "Hi <!channel>!\n> which *size*?"))
		wait(2 * time.Second)
		story := w.thread(w.card("1001").TS)
		require.Len(t, story, 2)
		theirs := story[1]
		require.Contains(t, wording(t, theirs.Blocks), "> Hi &lt;!channel&gt;!\n> &gt; which ∗size∗?")
		require.Equal(t, "message", theirs.Metadata.Payload["kind"])
		require.Equal(t, []string{view.ActionReply}, controls(t, theirs.Blocks))

		seen := w.press(memberTwo, theirs, view.ActionReply)
		require.NotEmpty(t, seen.ViewID)
		shown := wording(t, w.view(seen.ViewID).Blocks)
		require.Contains(t, shown, "> Hello", "what went before is there to see")
		require.Contains(t, shown, "> &gt; which ∗size∗?")
		require.Nil(t, w.sending(memberTwo, seen.ViewID, "30 ml").Response)
		wait(5 * time.Second)
		require.Len(t, w.thread(w.card("1001").TS), 3)
	})
}

func TestAnAnswerOfSomebodyWithTwoRequestsIsInTheThreadOfTheLaterLiveOne(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		wait(time.Second)
		later := pending("1001")
		later.Product = workflow.Product{ID: "1730", Title: "Kitchen Scale"}
		w.report("1002", later)
		w.answerTo("1001", text(1, "About the scale"))
		require.Len(t, w.thread(w.card("1002").TS), 1)
		later.Status = workflow.StatusWithdrawn
		wait(time.Second)
		w.report("1002", later)
		w.answerTo("1001", text(2, "About the serum"))
		wait(2 * time.Second)
		require.Len(t, w.thread(w.card("1001").TS), 1)
	})
}

func TestAnAnswerOfSomebodyWithoutARequestIsInTheShopsChannel(t *testing.T) {
	shops := append(oneShop(), workflow.Shop{ID: "7495540735365777508", Name: "Kitchen Shop", Region: "GB", InitialSyncDone: true})
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		w.done(workflow.OnMessageSent, workflow.Failure{})
		w.answerTo("9", workflow.InboundMessage{ID: "1", Kind: "IMAGE", Text: "(a picture)", FromCreator: true, At: time.Now()})
		wait(2 * time.Second)
		heard := w.said(workflow.KindMessage)
		require.Len(t, heard, 1)
		require.Equal(t, samples, heard[0].Channel)
		require.Empty(t, heard[0].Thread)
		require.Contains(t, wording(t, heard[0].Blocks), "for the shop Glow Shop")
		require.Contains(t, wording(t, heard[0].Blocks), "see it in TikTok's Message Center")
		seen := w.press(memberOne, heard[0], view.ActionReply)
		require.NotEmpty(t, seen.ViewID, "their conversation is known, so they can be answered")
		require.Nil(t, w.sending(memberOne, seen.ViewID, "What a picture").Response)
		wait(5 * time.Second)
		all := w.said(workflow.KindMessage)
		require.Len(t, all, 2)
		require.Contains(t, wording(t, all[1].Blocks), "for the shop Glow Shop")
	})
}

func TestAnAnswerInACampaignIsInItsOwnChannelAndNamesIt(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		spring := w.campaign("Spring launch")
		own := w.newChannel("spring", memberOne, theBot)
		_, err := w.engine.EditCampaign(t.Context(), workflow.CampaignEdit{At: time.Now(), Campaign: spring.ID, Seen: spring.Version, Name: spring.Name, Channel: own})
		require.NoError(t, err)
		w.enlist(spring, "glow.daily.9")
		w.answerTo("9", text(1, "Hello"), text(2, "Anybody?"))
		wait(2 * time.Second)
		heard := w.said(workflow.KindMessage)
		require.Len(t, heard, 1, "the first is quoted by the question")
		require.Equal(t, own, heard[0].Channel)
		require.Contains(t, wording(t, heard[0].Blocks), "in the campaign *Spring launch*")
	})
}

func TestHostileMessagesBreakNoThread(t *testing.T) {
	hostile := strings.Repeat("<!channel> <@U0ADMIN001> *bold* ```code``` \u202e\u2066 https://evil.example|x> & :tada: \x00é\u0301\u0301\u0301\u0301\u0301\u0301\n> ", 60)
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		r := pending("1001")
		r.Creator.Nickname = hostile
		w.report("1001", r)
		w.answerTo("1001", text(1, hostile))
		w.done(workflow.OnMessageRefused, workflow.Failure{Code: 999, Message: hostile, RequestID: hostile})
		dialog := w.messageDialog(memberOne, "1001")
		require.Nil(t, w.sending(memberOne, dialog, string([]rune(strings.ReplaceAll(hostile, "\x00", ""))[:workflow.MaxMessage])).Response)
		wait(5 * time.Second)
		story := w.thread(w.card("1001").TS)
		require.Len(t, story, 2)
		for _, m := range story {
			require.NotContains(t, wording(t, m.Blocks)+m.Text, "<!channel>")
		}
		require.Empty(t, w.deadLetters())
	})
}
