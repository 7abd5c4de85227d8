package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ofKind are the bot's messages of a kind, of replies and notices.
func (b *bubble) ofKind(kind string) (found []message) {
	b.t.Helper()
	for _, event := range []string{"sampledesk_reply", "sampledesk_notice"} {
		for _, m := range b.messages(event) {
			if m.Metadata.Payload["kind"] == kind {
				found = append(found, m)
			}
		}
	}
	return found
}

// steps are those of the deadlines that were told, in order.
func (b *bubble) steps() (all []string) {
	b.t.Helper()
	for _, m := range b.ofKind("deadline") {
		all = append(all, fmt.Sprint(m.Metadata.Payload["step"]))
	}
	return all
}

// asks lets a creator ask for a sample, and returns the application's id.
func (b *bubble) asks(of map[string]any) string {
	b.t.Helper()
	var made struct{ ID string }
	b.post(centerAt, "/sim/applications", of, &made)
	return made.ID
}

// happen has TikTok, the warehouse or the creator do something.
func (b *bubble) happen(application, what string) {
	b.t.Helper()
	b.post(centerAt, "/sim/applications/"+application+"/"+what, map[string]any{}, nil)
}

// approve has a member approve the request of a card.
func (b *bubble) approve(card message) {
	b.t.Helper()
	var got seen
	b.post(slackAt, "/sim/act", map[string]any{
		"user": b.member(), "do": "click", "channel": b.desk.SlackChannel, "ts": card.TS, "action_id": "approve", "wait_ms": 0,
	}, &got)
	require.True(b.t, got.OK, got.Error)
}

// unspoilt expects that neither stand-in had to refuse a call.
func (b *bubble) unspoilt() {
	b.t.Helper()
	for _, c := range b.calls(slackAt) {
		require.True(b.t, c.OK, "%s: %s", c.Method, c.Error)
	}
}

func TestEveryStepOfADeadlineIsToldOnceAcrossRestarts(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		b.desk.Sync, b.desk.SyncMessages = "@every 10m", "@every 1h"
		b.asks(map[string]any{"approve_in": "25h"})
		b.open()
		time.Sleep(5 * time.Minute)
		card := b.only()
		for i, until := range []time.Duration{24*time.Hour + 30*time.Minute, 23 * time.Hour, 5 * time.Hour, 30 * time.Minute} {
			b.close()
			b.open()
			time.Sleep(time.Until(bubbleStart.Add(25*time.Hour - until)))
			require.Equal(t, []string{"48h", "24h", "6h", "1h"}[:i+1], b.steps())
		}
		b.close()
		b.open()
		time.Sleep(time.Hour)
		require.Len(t, b.steps(), 4)
		for _, m := range b.ofKind("deadline") {
			require.Equal(t, card.TS, m.ThreadTS)
			require.Equal(t, card.application(), m.application())
		}
		require.Equal(t, "Expired", b.only().Metadata.Payload["stage"])
		b.unspoilt()
	})
}

func TestAStepIsSilentOnceSomebodyHasDecided(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		b.desk.Sync, b.desk.SyncMessages = "@every 10m", "@every 1h"
		b.asks(map[string]any{"approve_in": "7h", "ship_in": "2000h"})
		b.open()
		time.Sleep(2 * time.Hour)
		require.Equal(t, []string{"24h", "6h"}, b.steps())
		b.approve(b.only())
		time.Sleep(6 * time.Hour)
		require.Equal(t, []string{"24h", "6h"}, b.steps())
		require.Equal(t, "Awaiting shipment", b.only().Metadata.Payload["stage"])
	})
}

func TestADeadlineThatTikTokMovedIsToldByItsNewTime(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		b.asks(map[string]any{"approve_in": "100h"})
		b.open()
		time.Sleep(10 * time.Minute)
		require.Empty(t, b.steps())
		b.post(centerAt, "/sim/clock", map[string]any{"advance": "55h"}, nil)
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"48h"}, b.steps())
		b.post(centerAt, "/sim/clock", map[string]any{"advance": "40h"}, nil)
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"48h", "6h"}, b.steps(), "the latest step only")
	})
}

func TestADeskThatWasClosedHearsOfWhatWasDecidedBeforeItSpeaks(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		id := b.asks(map[string]any{"approve_in": "60h", "ship_in": "2000h"})
		b.open()
		time.Sleep(time.Hour)
		b.close()
		time.Sleep(20 * time.Hour)
		b.happen(id, "approve")
		b.post(centerAt, "/sim/faults", map[string]any{"path": "sample_applications/search", "times": 4, "do": "delay", "delay_ms": 10_000}, nil)
		b.open()
		time.Sleep(10 * time.Minute)
		require.Empty(t, b.steps())
		require.Equal(t, "Awaiting shipment", b.only().Metadata.Payload["stage"])
	})
}

func TestAShipmentIsAnnouncedAndItsContentFound(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		b.desk.SyncContent = "@every 5m"
		id := b.asks(map[string]any{"ship_in": "2000h"})
		b.open()
		time.Sleep(2 * time.Minute)
		card := b.only()
		b.approve(card)
		time.Sleep(3 * time.Minute)
		for i, what := range []string{"ship", "deliver"} {
			b.happen(id, what)
			time.Sleep(3 * time.Minute)
			require.Len(t, b.ofKind("shipment"), i+1)
		}
		require.Equal(t, "Content pending", b.only().Metadata.Payload["stage"])
		b.happen(id, "post")
		time.Sleep(6 * time.Minute)
		found := b.ofKind("content")
		require.Len(t, found, 1)
		require.Equal(t, card.TS, found[0].ThreadTS)
		require.Equal(t, "Completed", b.only().Metadata.Payload["stage"])
		time.Sleep(12 * time.Minute)
		require.Len(t, b.ofKind("content"), 1)
		require.Len(t, b.ofKind("shipment"), 2)
		b.unspoilt()
	})
}

func TestShipmentsOfOneSweepAreOneMessage(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		var ids []string
		for range 12 {
			ids = append(ids, b.asks(map[string]any{"status": "AWAITING_SHIPMENT"}))
		}
		b.desk.Sync = "@every 5m"
		b.open()
		time.Sleep(12 * time.Minute)
		for _, id := range ids {
			b.happen(id, "ship")
		}
		time.Sleep(6 * time.Minute)
		told := b.ofKind("shipment")
		require.Len(t, told, 1)
		require.Contains(t, told[0].Text, "12 samples")
		require.Empty(t, told[0].ThreadTS)
	})
}

func TestThePastIsLearnedWithoutACardOrAWord(t *testing.T) {
	inBubble(t, 2, func(b *bubble) {
		b.desk.Sync = "@every 10s"
		creator := map[string]any{"creator_open_id": "open7", "username": "serum.sundays"}
		for i := range 330 {
			past := map[string]any{"status": []string{"COMPLETED", "WITHDRAW_CANCELLED", "OVERDUE_CANCELLED"}[i%3]}
			if i%10 == 0 {
				past["creator"] = creator
			}
			b.asks(past)
		}
		id := b.asks(map[string]any{"creator": creator})
		b.open()
		time.Sleep(5 * time.Minute)
		require.Len(t, b.messages("sampledesk_card"), 3)
		require.Empty(t, b.messages("sampledesk_notice"))
		require.Empty(t, b.messages("sampledesk_reply"))
		require.Contains(t, b.says("/samples", "show "+id), "22 requests before: 11 approved, 11 received, 11 posted; 11 earlier requests ended")
		require.Contains(t, b.says("/samples", "show @serum.sundays"), "Expired 11")
	})
}

func TestTheMorningTellsOfWhatEndsAndIsEditedAsItIsHandled(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		b.desk.Sync, b.desk.SyncMessages = "@every 5m", "@every 1h"
		id := b.asks(map[string]any{"approve_in": "20h", "ship_in": "2000h"})
		b.asks(map[string]any{"approve_in": "150h"})
		b.open()
		time.Sleep(10 * time.Minute)
		told := b.ofKind("morning")
		require.Len(t, told, 1)
		require.Contains(t, told[0].Text, "1 request expires within 48 hours")
		require.NotContains(t, told[0].Text, " done")
		for _, c := range b.messages("sampledesk_card") {
			if c.application() == id {
				b.approve(c)
			}
		}
		time.Sleep(time.Hour)
		after := b.ofKind("morning")
		require.Len(t, after, 1)
		require.Equal(t, told[0].TS, after[0].TS)
		require.Contains(t, after[0].Text, "done")
	})
}
