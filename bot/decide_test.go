package bot_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

func TestAnApprovalIsKeptSentAndConfirmedOnTheCard(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		require.Equal(t, undecided, controls(t, w.card("1001").Blocks))
		w.accepted(memberOne, "1001", view.ActionApprove)
		require.Equal(t, workflow.Queued, w.application("1001").State())
		require.Equal(t, undoable, controls(t, w.card("1001").Blocks))
		require.Contains(t, wording(t, w.card("1001").Blocks), "<@"+memberOne+">")
		require.Empty(t, w.tiktok.got())

		wait(11 * time.Second)
		require.Equal(t, []workflow.Review{{Verdict: workflow.Approve}}, w.tiktok.got())
		card := w.card("1001")
		require.Equal(t, string(workflow.StageAwaiting), card.Metadata.Payload["stage"])
		require.Equal(t, shrunk, controls(t, card.Blocks))
		replies := w.thread(card.TS)
		require.Len(t, replies, 1)
		require.Equal(t, string(workflow.StageAwaiting), replies[0].Metadata.Payload["stage"])
		require.Empty(t, w.told(memberOne))
	})
}

func TestEachOfTheFourReasonsRejects(t *testing.T) {
	for _, reason := range workflow.Reasons {
		t.Run(string(reason), func(t *testing.T) {
			inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
				w.request("1001")
				require.Nil(t, w.reject(memberTwo, "1001", reason, object{}).Response)
				wait(2 * time.Second)
				require.Equal(t, []workflow.Review{{Verdict: workflow.Reject, Reason: reason}}, w.tiktok.got())
				require.Equal(t, workflow.Rejected, w.application("1001").State())
				require.Equal(t, shrunk, controls(t, w.card("1001").Blocks))
				require.Contains(t, wording(t, w.card("1001").Blocks), "<@"+memberTwo+">")
			})
		})
	}
}

func TestAnUndoTakesTheDecisionBackBeforeItIsSent(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		wait(5 * time.Second)
		w.accepted(memberOne, "1001", view.ActionUndo)
		require.Equal(t, undecided, controls(t, w.card("1001").Blocks))
		wait(time.Minute)
		require.Empty(t, w.tiktok.got())
		replies := w.thread(w.card("1001").TS)
		require.Len(t, replies, 1)
		require.Equal(t, "decision", replies[0].Metadata.Payload["kind"])
	})
}

func TestAnAdminUndoesWhatAnotherDecidedAndAnotherMemberDoesNot(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.accepted(memberTwo, "1001", view.ActionUndo)
		require.Len(t, w.told(memberTwo), 1)
		require.Contains(t, w.told(memberTwo)[0], "<@"+memberOne+">")
		require.Equal(t, workflow.Queued, w.application("1001").State())
		w.accepted(admin, "1001", view.ActionUndo)
		require.Equal(t, workflow.Pending, w.application("1001").State())
		require.Empty(t, w.told(admin))
	})
}

func TestAnUndoAfterTheDecisionWasSentIsRefused(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.tiktok.answer(engine.Outcome{Event: workflow.AnswerLost{At: time.Now(), Failure: workflow.Failure{Message: "no answer"}}, Then: engine.Again, After: time.Hour})
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		wait(11 * time.Second)
		w.accepted(memberOne, "1001", view.ActionUndo)
		require.Equal(t, workflow.Unclear, w.application("1001").State())
		require.Len(t, w.told(memberOne), 1)
	})
}

func TestADecisionThatTikTokRefusesComesBackWithItsButtons(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		w.tiktok.answer(engine.Outcome{Event: workflow.RefusedForGood{At: time.Now(), Failure: workflow.Failure{Code: 16030100, Fault: workflow.FaultQuota, Message: "quota"}}})
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		wait(2 * time.Second)
		require.Equal(t, workflow.Refused, w.application("1001").State())
		require.Equal(t, undecided, controls(t, w.card("1001").Blocks))
		w.accepted(memberTwo, "1001", view.ActionApprove)
		wait(2 * time.Second)
		require.Equal(t, workflow.AwaitingShipment, w.application("1001").State())
		kinds := []any{}
		for _, m := range w.thread(w.card("1001").TS) {
			kinds = append(kinds, m.Metadata.Payload["kind"])
		}
		require.Equal(t, []any{"refused", "stage"}, kinds)
	})
}

func TestASecondPersonIsToldWhoDecided(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.accepted(memberTwo, "1001", view.ActionReject, "OTHER")
		require.Equal(t, workflow.Approve, w.application("1001").Decision.Verdict)
		require.Len(t, w.told(memberTwo), 1)
		require.Contains(t, w.told(memberTwo)[0], "<@"+memberOne+">")
		require.Empty(t, w.told(memberOne))
	})
}

func TestARefusalIsAcknowledgedBeforeItIsTold(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		for _, who := range []string{memberTwo, guest} {
			w.fault(object{"method": "response_url", "do": "delay", "delay_ms": 5000})
			seen := w.click(who, "1001", view.ActionApprove)
			require.True(t, seen.OK, seen.Error)
			require.Zero(t, seen.AckedMS)
			wait(5 * time.Second)
			require.Len(t, w.told(who), 1)
		}
	})
}

func TestADoubleClickIsOneDecision(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.accepted(memberOne, "1001", view.ActionApprove)
		require.Equal(t, 1, w.application("1001").Round)
		require.Len(t, w.told(memberOne), 1)
		wait(time.Minute)
		require.Len(t, w.tiktok.got(), 1)
	})
}

func TestAClickOnACardThatHasChangedMeanwhileIsRefused(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		stale := w.application("1001").Round
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.accepted(memberOne, "1001", view.ActionUndo)
		seen := w.act(object{
			"user": memberTwo, "do": "click", "channel": samples, "ts": w.card("1001").TS, "action_id": view.ActionApprove,
			"value": view.Target{Key: keyOf("1001"), Round: stale}.String(),
		})
		require.True(t, seen.OK, seen.Error)
		synctest.Wait()
		require.Equal(t, workflow.Pending, w.application("1001").State())
		require.Len(t, w.told(memberTwo), 1)
	})
}

func TestWhatChangedAtTikTokRefusesAClickOnTheOldCard(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		gone := pending("1001")
		gone.Status = workflow.StatusWithdrawn
		wait(time.Second)
		w.report("1001", gone)
		require.Equal(t, shrunk, controls(t, w.card("1001").Blocks))
		w.accepted(memberOne, "1001", view.ActionApprove) // as they saw it before
		require.Len(t, w.told(memberOne), 1)
		wait(time.Minute)
		require.Empty(t, w.tiktok.got())
	})
}

func TestGuestsAndPeopleFromElsewhereDoNotDecide(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		for who, denial := range map[string]view.Denial{guest: view.DeniedGuest, stranger: view.DeniedElsewhere} {
			for _, action := range []string{view.ActionApprove, view.ActionCampaign} {
				w.accepted(who, "1001", action)
			}
			w.accepted(who, "1001", view.ActionReject, "OTHER")
			sentence := view.Denied(denial)
			require.Equal(t, []string{sentence, sentence, sentence}, w.told(who))
		}
		require.Equal(t, workflow.Pending, w.application("1001").State())
		require.Empty(t, w.state().Views)
	})
}

func TestWhoLeftTheChannelDecidesNoLonger(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberTwo, "1001", view.ActionApprove)
		require.True(t, w.act(object{"user": admin, "do": "kick", "channel": samples, "member": memberTwo}).OK)
		wait(time.Minute) // the desk believes Slack for that long
		out := w.commandIn(general, memberTwo, "/samples", "queue")
		require.Contains(t, out, view.Denied(view.DeniedOutside))
	})
}

func TestAfterTheDeadlineADecisionIsRefused(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		soon := pending("1001")
		soon.ReviewBy = time.Now().Add(time.Minute)
		w.report("1001", soon)
		wait(time.Minute)
		w.accepted(memberOne, "1001", view.ActionApprove)
		require.Equal(t, workflow.Pending, w.application("1001").State())
		require.Len(t, w.told(memberOne), 1)
	})
}

func TestWhatCannotBeApprovedIsNotApprovedFromAnOldCard(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		blocked := pending("1001")
		blocked.Approvable, blocked.Obstacles = false, []string{"out of quota"}
		wait(time.Second)
		w.report("1001", blocked)
		require.Equal(t, []string{view.ActionMore, view.ActionReject, view.ActionCampaign}, controls(t, w.card("1001").Blocks))
		w.accepted(memberOne, "1001", view.ActionApprove)
		require.Equal(t, workflow.Pending, w.application("1001").State())
		require.Len(t, w.told(memberOne), 1)
		w.reject(memberOne, "1001", workflow.Other, object{})
		require.Equal(t, workflow.Queued, w.application("1001").State())
	})
}

func TestTenClicksAtOnceByTwoPeopleAreOneDecisionAndNineAnswers(t *testing.T) {
	inBubble(t, setup{shops: quickShop()}, func(t *testing.T, w *world) {
		w.request("1001")
		ts := w.card("1001").TS
		var clicks sync.WaitGroup
		var acked atomic.Int32
		for i := range 10 {
			clicks.Go(func() {
				request := object{"user": memberOne, "do": "click", "channel": samples, "ts": ts, "action_id": view.ActionApprove}
				if i%2 == 1 {
					request = object{"user": memberTwo, "do": "click", "channel": samples, "ts": ts, "action_id": view.ActionReject, "value": "OTHER"}
				}
				if w.act(request).OK {
					acked.Add(1)
				}
			})
		}
		clicks.Wait()
		wait(time.Minute)
		require.EqualValues(t, 10, acked.Load())
		require.Len(t, append(w.told(memberOne), w.told(memberTwo)...), 9)
		require.Len(t, w.tiktok.got(), 1)
		a := w.application("1001")
		for _, said := range append(w.told(memberOne), w.told(memberTwo)...) {
			require.Contains(t, said, "<@"+string(a.Decision.By)+">")
		}
		require.Equal(t, w.tiktok.got()[0].Verdict, a.Decision.Verdict)
	})
}

// brittle is a store whose updates and reads fail, hang or panic as long as it is told so.
type brittle struct {
	workflow.Store
	fate  atomic.Pointer[func(context.Context) error]
	reads atomic.Pointer[func(context.Context) error]
}

func (b *brittle) View(ctx context.Context, fn func(workflow.Tx) error) error {
	if fate := b.reads.Load(); fate != nil {
		if err := (*fate)(ctx); err != nil {
			return err
		}
	}
	return b.Store.View(ctx, fn)
}

func (b *brittle) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	if fate := b.fate.Load(); fate != nil {
		if err := (*fate)(ctx); err != nil {
			return err
		}
	}
	return b.Store.Update(ctx, fn)
}

func (b *brittle) be(fate func(context.Context) error) { b.fate.Store(&fate) }

// hang is a store that answers nothing until its caller gives up.
func hang(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func brittleWorld() (setup, *brittle) {
	b := &brittle{}
	return setup{wrap: func(s workflow.Store) workflow.Store { b.Store = s; return b }}, b
}

func TestWhatCouldNotBeSavedIsNotShownAsDone(t *testing.T) {
	s, store := brittleWorld()
	inBubble(t, s, func(t *testing.T, w *world) {
		w.request("1001")
		store.be(func(context.Context) error { return errors.New("the disk is full") })
		seen := w.click(memberOne, "1001", view.ActionApprove)
		require.True(t, seen.OK, seen.Error)
		require.Equal(t, []string{view.Denied(view.DeniedUnsaved)}, w.told(memberOne))
		require.Equal(t, workflow.Pending, w.application("1001").State())
		require.Contains(t, w.log.String(), "the disk is full")
	})
}

func TestOfAClickThatMayHaveBeenSavedNeitherIsSaidUntilItIsKnown(t *testing.T) {
	for kept, want := range map[bool]string{true: view.SavedAfterAll, false: view.Denied(view.DeniedUnsaved)} {
		t.Run(want, func(t *testing.T) {
			s, store := brittleWorld()
			inBubble(t, s, func(t *testing.T, w *world) {
				w.request("1001")
				back := make(chan struct{}) // closed once the store can be asked again
				store.be(func(context.Context) error {
					return workflow.Uncertain{Cause: errors.New("unexpected EOF"), Find: func(context.Context) (bool, error) { <-back; return kept, nil }}
				})
				seen := w.click(memberOne, "1001", view.ActionApprove)
				require.True(t, seen.OK, seen.Error)
				require.Equal(t, []string{view.Denied(view.DeniedUncertain)}, w.told(memberOne))
				close(back)
				wait(time.Second)
				require.Equal(t, []string{view.Denied(view.DeniedUncertain), want}, w.told(memberOne))
			})
		})
	}
}

func TestWhereTheShopCannotBeReadADecisionIsNotSaved(t *testing.T) {
	s, store := brittleWorld()
	inBubble(t, s, func(t *testing.T, w *world) {
		w.request("1001")
		fate := hang
		store.reads.Store(&fate)
		seen := w.click(memberOne, "1001", view.ActionApprove)
		store.reads.Store(nil)
		require.True(t, seen.OK, seen.Error)
		require.Less(t, seen.AckedMS, int64(3000))
		require.Equal(t, []string{view.Denied(view.DeniedUnsaved)}, w.told(memberOne))
	})
}

func TestAStoreThatHangsIsAnsweredInTimeAndNothingIsKeptLater(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		busy, done := make(chan struct{}), make(chan error, 1)
		go func() {
			done <- w.db.Update(context.WithoutCancel(t.Context()), func(workflow.Tx) error { <-busy; return nil })
		}()
		synctest.Wait()
		started := time.Now()
		seen := w.click(memberOne, "1001", view.ActionApprove)
		require.True(t, seen.OK, seen.Error)
		require.Less(t, seen.AckedMS, int64(3000))
		require.Less(t, time.Since(started), 3*time.Second)
		require.Equal(t, []string{view.Denied(view.DeniedUnsaved)}, w.told(memberOne))
		close(busy)
		require.NoError(t, <-done)
		wait(time.Minute)
		require.Equal(t, workflow.Pending, w.application("1001").State())
		require.Empty(t, w.tiktok.got())
	})
}

func TestACommitThatComesTooLateIsNone(t *testing.T) {
	s, store := brittleWorld()
	inBubble(t, s, func(t *testing.T, w *world) {
		w.request("1001")
		store.be(func(context.Context) error { time.Sleep(2100 * time.Millisecond); return nil }) // deaf to the context
		seen := w.click(memberOne, "1001", view.ActionApprove)
		require.True(t, seen.OK, seen.Error)
		require.Equal(t, []string{view.Denied(view.DeniedUnsaved)}, w.told(memberOne))
		wait(time.Minute)
		require.Equal(t, workflow.Pending, w.application("1001").State())
	})
}

func TestWhileSlackDoesNotSayWhoSomebodyIsNobodyDecides(t *testing.T) {
	for _, method := range []string{"users.info", "conversations.members", "auth.test"} {
		t.Run(method, func(t *testing.T) {
			inBubble(t, setup{}, func(t *testing.T, w *world) {
				if method == "auth.test" { // asked for the card's link too: what is known by then is not asked again
					w.fault(object{"method": method, "do": "error", "error": "internal_error"})
				}
				w.request("1001")
				before := len(w.calls(method))
				w.fault(object{"method": method, "do": "delay", "delay_ms": 8000})
				seen := w.click(memberOne, "1001", view.ActionApprove)
				require.True(t, seen.OK, seen.Error)
				require.EqualValues(t, 1500, seen.AckedMS)
				require.Equal(t, []string{view.Denied(view.DeniedUnchecked)}, w.told(memberOne))
				require.Equal(t, workflow.Pending, w.application("1001").State())
				wait(8 * time.Second)
				w.accepted(memberOne, "1001", view.ActionApprove) // the late answer serves now
				require.Equal(t, workflow.Queued, w.application("1001").State())
				require.Len(t, w.calls(method), before+1)
			})
		})
	}
}

func TestALostRoleCountsWithinAMinute(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.accepted(memberOne, "1001", view.ActionUndo)
		require.Len(t, w.calls("users.info"), 1)
		require.Len(t, w.calls("conversations.members"), 1)
		wait(time.Minute)
		w.accepted(memberOne, "1001", view.ActionApprove)
		require.Len(t, w.calls("users.info"), 2)
		require.Len(t, w.calls("conversations.members"), 2)
	})
}

func TestTokensAreNeverLogged(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.fault(object{"method": "chat.postMessage", "do": "drop", "times": 2})
		w.fault(object{"method": "users.info", "do": "status", "status": 500})
		w.request("1001")
		wait(time.Minute)
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.fault(object{"method": "apps.connections.open", "do": "drop", "times": 3})
		w.fault(object{"socket": "disconnect", "reason": "refresh_requested"})
		wait(time.Minute)
		log := w.log.String()
		require.NotEmpty(t, log)
		for _, secret := range []string{w.details.BotToken, w.details.AppToken, w.details.SigningSecret, "ticket=", "xoxb-", "xapp-"} {
			require.False(t, secret != "" && strings.Contains(log, secret), secret)
		}
	})
}
