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
	"sampledesk/workflow/query"
)

// answerButton is the value of a button of somebody who waits for an answer.
func (w *world) answerButton(id string) string {
	w.t.Helper()
	a := w.application(id)
	var c workflow.Conversation
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) (err error) {
		c, err = tx.Conversation(shopID, a.Snapshot.Creator.KeyOf(shopID))
		return err
	}))
	return view.Correspondent{Shop: shopID, Creator: c.Creator, Application: a.Key.ID, Seen: c.Waiting.Last.ID}.String()
}

// answersIn opens somebody's list of answers.
func (w *world) answersIn(who string) string {
	w.t.Helper()
	w.home(who)
	w.clickHome(who, view.ActionHomeAnswers, "answers")
	wait(time.Second)
	return w.reads(who)
}

func TestAppHomeListsWhoWaitsForAnAnswerAndTwoPeopleDoNotAnswerTheSame(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.done(workflow.OnMessageSent, workflow.Failure{})
		w.requests(2)
		require.NotContains(t, w.home(memberOne), "Answers (")
		require.NotContains(t, w.homeControls(memberOne), view.ActionHomeAnswers, "nobody waits")
		w.answerTo("1000", text(1, "When does it ship?"))
		wait(time.Minute)
		w.answerTo("1001", text(2, "<!channel> Is *anybody* there?"))
		require.Contains(t, w.home(memberOne), "Answers (2)")

		listed := w.answersIn(memberOne)
		require.Less(t, strings.Index(listed, "When does it ship?"), strings.Index(listed, "is"), "longest wait first")
		require.Contains(t, listed, "@glow.daily.1000")
		require.NotContains(t, listed, "<!channel>")
		require.NotContains(t, listed, "to review in", "and nothing of the requests")

		first, second := w.answerButton("1000"), w.answerButton("1001")
		dialogs := map[string]string{}
		for _, who := range []string{memberOne, memberTwo} {
			w.answersIn(who)
			dialogs[who] = w.clickHome(who, view.ActionReply, first).ViewID
			require.NotEmpty(t, dialogs[who])
		}
		require.Nil(t, w.sending(memberOne, dialogs[memberOne], "Tomorrow").Response)
		again := w.sending(memberTwo, dialogs[memberTwo], "The day after")
		require.Contains(t, wording(t, again.Response), "<@"+memberOne+"> already replied")
		require.Contains(t, string(again.Response), "The day after", "nothing that was written is lost")
		require.Nil(t, w.sending(memberTwo, dialogs[memberTwo], "The day after").Response, "sent again it goes")

		w.home(memberOne)
		w.clickHome(memberOne, view.ActionAnswerDismiss, second)
		seen := w.act(object{"user": memberTwo, "do": "click", "view_id": w.homeID(memberTwo), "action_id": view.ActionAnswerDismiss, "value": second})
		require.True(t, seen.OK, seen.Error)
		require.Contains(t, wording(t, w.view(seen.ViewID).Blocks), "<@"+memberOne+"> already dismissed")
		wait(5 * time.Second)
		require.Contains(t, w.reads(memberOne), "No unanswered messages")
		w.answerTo("1001", text(2, "<!channel> Is *anybody* there?"), text(3, "Hello?"))
		require.Contains(t, w.home(memberOne), "Hello?", "who writes again waits again")
	})
}

// homeID names somebody's App Home.
func (w *world) homeID(who string) string {
	w.t.Helper()
	v, ok := w.homeOf(who)
	require.True(w.t, ok)
	return v.ID
}

func TestWhoMayNotReplyMayNotDismissAndAnOutsiderSeesNobody(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(1)
		w.answerTo("1000", text(1, "When does it ship?"))
		require.Contains(t, w.answersIn(guest), "When does it ship?")
		require.NotContains(t, w.homeControls(guest), view.ActionReply)
		require.NotContains(t, w.homeControls(guest), view.ActionAnswerDismiss)
		require.NotContains(t, w.home(outsider), "When does it ship?")
		require.NotContains(t, w.homeControls(outsider), view.ActionHomeAnswers)

		w.answersIn(memberOne)
		value := w.answerButton("1000")
		w.put(workflow.Shop{ID: shopID, Name: "Glow Shop", InitialSyncDone: true, MessagesSince: bubbleStart, Settings: workflow.Settings{Reviewers: []workflow.PersonID{memberTwo}}})
		seen := w.act(object{"user": memberOne, "do": "click", "view_id": w.homeID(memberOne), "action_id": view.ActionAnswerDismiss, "value": value})
		require.True(t, seen.OK, seen.Error)
		require.Contains(t, wording(t, w.view(seen.ViewID).Blocks), "Only the shop's reviewers")
		require.Contains(t, w.reads(memberOne), "When does it ship?")
	})
}

func TestTenThousandAnswersArePagedAndEachShopHasItsOwn(t *testing.T) {
	shops := append(oneShop(), workflow.Shop{ID: "7495540735365777508", Name: "Nimbus", Region: "GB", InitialSyncDone: true})
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		const many = 10_000
		w.keeps(many, func(tx workflow.Tx, i int) error {
			return tx.PutConversation(workflow.Conversation{
				Shop: shops[i%2].ID, Creator: workflow.CreatorKey(fmt.Sprintf("id:%05d", i)), ID: fmt.Sprint(i), Shown: workflow.Creator{OpenID: fmt.Sprint(i), Username: fmt.Sprintf("creator%05d", i)},
				Waiting: workflow.WaitingAnswer{Since: bubbleStart.Add(time.Duration(i/4) * time.Second), Last: workflow.MessageMark{ID: "1"}, Text: "Hello?", Count: 1},
			})
		})
		listed := w.answersIn(memberOne)
		require.Contains(t, listed, "1–8 of 10,000")
		for n := range 3 {
			for i := range view.HomePageSize {
				require.Contains(t, listed, fmt.Sprintf("creator%05d", n*view.HomePageSize+i), "page %d", n)
			}
			w.clickHome(memberOne, view.ActionHomeNext)
			wait(time.Second)
			listed = w.reads(memberOne)
		}
		require.Contains(t, listed, "25–32 of 10,000")
		w.clickHome(memberOne, view.ActionHomeShop, string(shops[1].ID))
		wait(time.Second)
		require.Contains(t, w.reads(memberOne), "1–8 of 5,000")
		require.NoError(t, w.db.View(t.Context(), func(tx workflow.Tx) error {
			var all []workflow.CreatorKey
			for page := (query.Page{}); ; {
				l, err := query.AnswersOf(tx, shops, page, 999)
				require.NoError(t, err)
				for _, r := range l.Rows {
					all = append(all, r.Creator().KeyOf(shopID))
				}
				if l.Next == nil {
					break
				}
				page = *l.Next
			}
			require.Len(t, all, many)
			return nil
		}))
		w.clickHome(memberOne, view.ActionHomeAnswers, "requests")
		synctest.Wait()
	})
}
