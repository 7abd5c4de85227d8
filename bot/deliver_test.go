package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

func (w *world) notices() []message {
	w.t.Helper()
	return slices.DeleteFunc(w.messages(), func(m message) bool { return m.Metadata.Type != "sampledesk_notice" })
}

func TestACardWhoseAnswerWasLostIsFoundAndNotPostedAgain(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "apply_then_drop"})
		w.request("1001")
		wait(time.Minute)
		card := w.card("1001")
		require.Equal(t, card.TS, w.application("1001").Card.TS)
		require.NotEmpty(t, w.calls("conversations.history"))
		w.accepted(memberOne, "1001", view.ActionApprove)
		require.Equal(t, undoable, controls(t, w.card("1001").Blocks))
	})
}

func TestACardThatWasFoundIsNotPostedAgainThoughItsUpdateFails(t *testing.T) {
	for name, fault := range map[string]object{
		"a fault of Slack's": {"method": "chat.update", "do": "status", "status": 503, "times": 3},
		"a lost answer":      {"method": "chat.update", "do": "drop", "times": 3},
		"too many calls":     {"method": "chat.update", "do": "error", "error": "ratelimited", "retry_after": 3, "times": 3},
		"no token":           {"method": "chat.update", "do": "error", "error": "token_revoked", "times": 2},
		"no history":         {"method": "conversations.history", "do": "status", "status": 500, "times": 3},
		"history too often":  {"method": "conversations.history", "do": "error", "error": "ratelimited", "retry_after": 7, "times": 3},
		"history refused":    {"method": "conversations.history", "do": "error", "error": "missing_scope", "times": 3},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				w.fault(object{"method": "chat.postMessage", "do": "apply_then_drop"})
				w.fault(fault)
				w.request("1001")
				wait(10 * time.Minute)
				require.Equal(t, w.card("1001").TS, w.application("1001").Card.TS)
			})
		})
	}
}

func TestAReplyWhoseAnswerWasLostIsSaidOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.fault(object{"method": "chat.postMessage", "do": "apply_then_drop", "times": 1})
		w.fault(object{"method": "conversations.replies", "do": "status", "status": 500, "times": 2})
		wait(time.Minute)
		require.Len(t, w.thread(w.card("1001").TS), 1)
		require.NotEmpty(t, w.calls("conversations.replies"))
	})
}

func TestANoticeWhoseAnswerWasLostIsSaidOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "apply_then_drop"})
		w.announce()
		wait(time.Minute)
		notices := w.notices()
		require.Len(t, notices, 1)
		require.Equal(t, "stopped", notices[0].Metadata.Payload["kind"])
		require.Contains(t, wording(t, notices[0].Blocks), "<@"+admin+">")
	})
}

func TestWhatWasDroppedBeforeSlackSawItIsPostedOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "drop", "times": 4})
		w.request("1001")
		w.announce()
		wait(time.Minute)
		require.Len(t, w.cards("1001"), 1)
		require.Len(t, w.notices(), 1)
	})
}

func TestAnEarlierMessageOfItsKindDoesNotPassForALostOne(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.announce()
		for range 3 {
			w.accepted(memberOne, "1001", view.ActionApprove)
			w.fault(object{"method": "chat.postMessage", "do": "drop"})
			w.accepted(memberOne, "1001", view.ActionUndo)
			wait(time.Minute)
		}
		w.fault(object{"method": "chat.postMessage", "do": "drop"})
		require.NoError(t, w.engine.ResumeShop(t.Context(), shopID, workflow.FromSync, time.Now()))
		wait(time.Minute)
		require.Len(t, w.thread(w.card("1001").TS), 3)
		require.Len(t, w.notices(), 2)
	})
}

func TestRetryAfterIsObeyed(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "error", "error": "ratelimited", "retry_after": 30})
		started := time.Now()
		w.request("1001")
		w.request("1002") // the pause is the channel's, not one effect's
		require.Len(t, w.calls("chat.postMessage"), 1)
		wait(time.Minute)
		posts := w.calls("chat.postMessage")
		require.Len(t, posts, 3)
		for _, p := range posts[1:] {
			require.GreaterOrEqual(t, p.At.Sub(started), 30*time.Second)
		}
		require.Len(t, w.cards("1001"), 1)
		require.Len(t, w.cards("1002"), 1)
	})
}

func TestABacklogStaysWithinSlacksRates(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for i := range 30 {
			w.request("20" + string(rune('a'+i)))
		}
		wait(2 * time.Minute)
		for _, c := range w.calls("chat.postMessage") {
			require.Empty(t, c.Error)
		}
		require.Len(t, w.messages(), 30)
	})
}

func TestACardWhosePictureCannotBeFetchedIsPostedWithoutIt(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "images", "do": "error"})
		pictured := pending("1001")
		pictured.Product.Picture = "https://pictures.example/serum.jpg"
		w.report("1001", pictured)
		require.NotContains(t, string(w.card("1001").Blocks), "image_url")
		require.Equal(t, undecided, controls(t, w.card("1001").Blocks))
		w.accepted(memberOne, "1001", view.ActionMore, view.MoreLook)
		require.Contains(t, string(w.card("1001").Blocks), "image_url") // it can be had by now
	})
}

func (w *world) deleteMessage(ts string) {
	w.t.Helper()
	w.callAs("chat.delete", object{"channel": samples, "ts": ts})
}

// callAs calls the Web API with the desk's own token, as another version of it might.
func (w *world) callAs(method string, args object) {
	w.t.Helper()
	body, err := json.Marshal(args)
	require.NoError(w.t, err)
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.base+"/api/"+method, bytes.NewReader(body))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Authorization", "Bearer "+w.details.BotToken)
	got, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	require.NoError(w.t, err)
	require.Contains(w.t, string(text), `"ok":true`)
}

func TestACardThatSomebodyDeletedIsLostAndNotTriedForEver(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.deleteMessage(w.card("1001").TS)
		wait(time.Second)
		moved := pending("1001")
		moved.Status = workflow.StatusAwaitingShipment
		w.report("1001", moved)
		wait(time.Hour)
		require.True(t, w.application("1001").Card.Lost)
		require.Len(t, w.calls("chat.update"), 1)
		letters := w.deadLetters()
		require.NotEmpty(t, letters)
		require.LessOrEqual(t, len(letters), 2) // the card's, and the reply's where it came first
		require.NotEmpty(t, letters[0].Failure.Message)
		require.Contains(t, w.log.String(), "can never be delivered")
		require.Empty(t, w.cards("1001"))
	})
}

func TestACardThatWasDeletedIsPostedAnewWhileItsRequestIsInReview(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		first := w.card("1001").TS
		w.deleteMessage(first)
		later := pending("1001")
		later.ReviewBy = w.application("1001").Snapshot.ReviewBy.Add(time.Hour)
		w.report("1001", later)
		wait(time.Minute)
		second := w.card("1001").TS
		require.NotEqual(t, first, second)
		require.Empty(t, w.deadLetters())
		w.tiktok.answer(engine.Outcome{Event: workflow.AnswerLost{At: time.Now()}, Then: engine.Again, After: time.Hour})
		w.accepted(memberOne, "1001", "approve")
		wait(time.Second)
		w.deleteMessage(second)
		wait(time.Minute)
		third := w.card("1001").TS
		require.NotEqual(t, second, third)
		require.Len(t, w.thread(third), 1, "what was to be said in the lost card's thread is said in the new one's")
		require.Empty(t, w.deadLetters())
	})
}

func TestACardThatWasDeletedComesBackWhenItsRequestIsShown(t *testing.T) {
	for _, status := range []workflow.Status{workflow.StatusPending, workflow.StatusShipped} {
		t.Run(string(status), func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				w.request("1001")
				wait(time.Second)
				moved := pending("1001")
				moved.Status = status
				w.report("1001", moved)
				wait(time.Second)
				first := w.card("1001").TS
				w.command(memberOne, "/samples", "show 1001")
				wait(time.Minute)
				require.Equal(t, first, w.card("1001").TS, "one that is there stays")
				w.deleteMessage(first)
				w.command(memberOne, "/samples", "show 1001")
				wait(time.Minute)
				require.NotEqual(t, first, w.card("1001").TS)
				require.Empty(t, w.deadLetters())
			})
		})
	}
}

func TestAChannelThatWasArchivedForAWhileLosesNothing(t *testing.T) {
	for name, does := range map[string][2]string{"archived": {"archive", "unarchive"}, "the bot removed": {"kick", "invite"}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				w.request("1001")
				w.act(object{"user": admin, "do": does[0], "channel": samples})
				wait(time.Second)
				moved := pending("1001")
				moved.Status = workflow.StatusAwaitingShipment
				w.report("1001", moved)
				wait(time.Hour)
				require.NotEmpty(t, w.desk.Health().Refused)
				require.LessOrEqual(t, len(w.calls("chat.update"))+len(w.calls("chat.postMessage")), 140, "it asks once a minute at the most")
				w.act(object{"user": admin, "do": does[1], "channel": samples})
				w.act(object{"user": admin, "do": "invite", "channel": samples})
				wait(5 * time.Minute)
				card := w.card("1001")
				require.Contains(t, card.Text, "Awaiting shipment")
				require.Len(t, w.thread(card.TS), 1)
				require.Empty(t, w.deadLetters())
				require.Empty(t, w.desk.Health().Refused)
			})
		})
	}
}

func TestWhileTheTokenIsRefusedNothingIsLost(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "error", "error": "token_revoked", "times": 3})
		w.request("1001")
		wait(10 * time.Minute)
		require.Len(t, w.cards("1001"), 1)
		require.Len(t, w.calls("chat.postMessage"), 4)
	})
}

func TestHealthTellsThatSlackDoesNotTakeWhatIsWritten(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "error", "error": "not_in_channel", "times": 2})
		w.request("1001")
		wait(100 * time.Millisecond)
		require.Equal(t, "not_in_channel", w.desk.Health().Refused)
		wait(time.Minute)
		require.Empty(t, w.desk.Health().Refused)
		require.NotEmpty(t, w.card("1001").TS)
	})
}

func TestARepaintThatChangesNothingIsNotSent(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		wait(time.Second)
		same := pending("1001") // news for the store, and nothing that the card shows
		same.ReviewBy, same.OrderID = w.application("1001").Snapshot.ReviewBy, "576653688135258178"
		w.report("1001", same)
		require.Equal(t, "576653688135258178", w.application("1001").Snapshot.OrderID)
		wait(time.Minute)
		require.Empty(t, w.calls("chat.update"))
	})
}

func TestABurstOfChangesIsOneRepaintOfTheNewestState(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"method": "chat.update", "do": "delay", "delay_ms": 3000})
		for i := range 10 {
			wait(100 * time.Millisecond)
			r := pending("1001")
			r.ReviewBy = time.Now().Add(time.Duration(i+1) * time.Hour)
			w.report("1001", r)
		}
		wait(time.Minute)
		require.LessOrEqual(t, len(w.calls("chat.update")), 2)
		last, err := json.Marshal(view.Card(view.CardFacts{Application: w.application("1001"), Region: "GB"}).Blocks[3])
		require.NoError(t, err)
		var block struct {
			Text struct {
				Text string `json:"text"`
			} `json:"text"`
		}
		require.NoError(t, json.Unmarshal(last, &block))
		require.Contains(t, wording(t, w.card("1001").Blocks), block.Text.Text)
	})
}

func TestTheThreadWaitsForItsCardAndKeepsItsOrder(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "error", "error": "ratelimited", "retry_after": 60})
		w.request("1001")
		for i, status := range []workflow.Status{workflow.StatusAwaitingShipment, workflow.StatusShipped, workflow.StatusContentPending} {
			wait(time.Duration(i+1) * time.Second)
			r := pending("1001")
			r.Status = status
			w.report("1001", r)
		}
		require.Empty(t, w.messages())
		wait(2 * time.Minute)
		card := w.card("1001")
		require.Equal(t, string(workflow.StageContent), card.Metadata.Payload["stage"])
		stages := []any{}
		for _, m := range w.thread(card.TS) {
			stages = append(stages, m.Metadata.Payload["stage"])
		}
		require.Equal(t, []any{"Awaiting shipment", "Shipping", "Content pending"}, stages)
	})
}

func TestMessagesSayOfThemselvesWhatTheyAre(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		wait(2 * time.Second)
		w.announce()
		card := w.card("1001")
		require.Equal(t, "sampledesk_card", card.Metadata.Type)
		all := append(w.thread(card.TS), w.notices()...)
		require.Len(t, all, 2)
		effects := map[any]bool{}
		for _, m := range append(all, card) {
			require.NotEmpty(t, m.Metadata.Payload["effect"])
			effects[m.Metadata.Payload["effect"]] = true
			delete(m.Metadata.Payload, "effect")
		}
		require.Len(t, effects, 3)
		require.Equal(t, object{"shop": shopID, "application": "1001", "stage": "Awaiting shipment", "decision": "approve"}, card.Metadata.Payload)
		require.Equal(t, "sampledesk_reply", all[0].Metadata.Type)
		require.Equal(t, object{"shop": shopID, "application": "1001", "stage": "Awaiting shipment", "kind": "stage", "decision": "approve"}, all[0].Metadata.Payload)
		require.Equal(t, "sampledesk_notice", all[1].Metadata.Type)
		require.Equal(t, object{"shop": shopID, "kind": "stopped"}, all[1].Metadata.Payload)
		for _, c := range w.calls("chat.postMessage") {
			require.Equal(t, []any{"false", "false"}, []any{c.Args["unfurl_links"], c.Args["unfurl_media"]})
			require.NotEmpty(t, c.Args["text"])
		}
	})
}

// forgetful is an engine whose process dies before it has recorded the outcome of a delivery to Slack.
type forgetful struct {
	outbox.Engine
	dying atomic.Bool
	died  atomic.Int32
}

func (f *forgetful) SettleSoon(ctx context.Context, e workflow.Effect, o engine.Outcome, now time.Time, patience time.Duration) error {
	if f.dying.Load() && e.Kind.Service() == workflow.Slack {
		f.died.Add(1)
		return errors.New("the process died")
	}
	return f.Engine.SettleSoon(ctx, e, o, now, patience)
}

func TestADeathBetweenPostingAndRecordingPostsNothingTwice(t *testing.T) {
	f := &forgetful{}
	s := setup{instant: true, engine: func(e *engine.Engine) outbox.Engine { f.Engine = e; return f }}
	inBubble(t, s, func(t *testing.T, w *world) {
		f.dying.Store(true)
		w.request("1001")
		w.announce()
		require.EqualValues(t, 2, f.died.Load())
		require.False(t, w.application("1001").Card.Posted())
		f.dying.Store(false)
		w.reopen()
		wait(time.Minute)
		require.Equal(t, w.card("1001").TS, w.application("1001").Card.TS)
		require.Len(t, w.notices(), 1)

		f.dying.Store(true)
		w.accepted(memberOne, "1001", view.ActionApprove)
		wait(2 * time.Second)
		require.Len(t, w.thread(w.card("1001").TS), 1)
		f.dying.Store(false)
		w.reopen()
		wait(time.Minute)
		require.Len(t, w.thread(w.card("1001").TS), 1)
		require.Equal(t, "Awaiting shipment", w.card("1001").Metadata.Payload["stage"])
		require.Equal(t, shrunk, controls(t, w.card("1001").Blocks))
	})
}

// crowd puts messages of other apps, with blocks that nobody here knows, in front of what the workspace tells of a
// channel.
func crowd(next http.Handler) http.Handler {
	const other = `{"type":"message","ts":"1795338001.000100","bot_id":"B0OTHER","text":"Hello","blocks":[{"type":"actions",` +
		`"elements":[{"type":"hologram_button","action_id":"x"}]}],"metadata":{"event_type":"other","event_payload":{"effect":7}}},`
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/conversations.history") && !strings.HasPrefix(r.URL.Path, "/api/conversations.replies") {
			next.ServeHTTP(rw, r)
			return
		}
		seen := httptest.NewRecorder()
		next.ServeHTTP(seen, r)
		body := strings.Replace(seen.Body.String(), `"messages":[`, `"messages":[`+other, 1)
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(seen.Code)
		_, _ = io.WriteString(rw, strings.Replace(body, ",]", "]", 1))
	})
}

func TestABlockOfAnotherAppDoesNotHideOurOwnMessages(t *testing.T) {
	inBubble(t, setup{around: crowd}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "apply_then_drop", "times": 2})
		w.request("1001")
		w.announce()
		wait(time.Minute)
		require.Equal(t, w.card("1001").TS, w.application("1001").Card.TS)
		require.Len(t, w.notices(), 1)
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.fault(object{"method": "chat.postMessage", "do": "apply_then_drop"})
		wait(time.Minute)
		require.Len(t, w.thread(w.card("1001").TS), 1)
	})
}

func TestAnOwnMessageIsFoundBehindMoreThanAPageOfOthers(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "apply_then_drop"})
		w.fault(object{"method": "conversations.history", "do": "status", "status": 500, "times": 4})
		w.request("1001")
		for range 250 {
			require.True(t, w.act(object{"user": memberOne, "do": "post", "channel": samples, "text": "Good morning"}).OK)
		}
		synctest.Wait()
		wait(5 * time.Minute)
		require.Equal(t, w.card("1001").TS, w.application("1001").Card.TS)
	})
}
