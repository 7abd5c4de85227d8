package main

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// The day that a reviewer has to get through, and how it was before cards shrank and several were decided at once: 70 taps,
// and 108 full cards in a channel of 109 messages.
const (
	dayWaiting, dayApproved, dayRejected = 300, 25, 15

	tapsAllowed = 50
	cardsBefore = 108
)

// reviewerDay counts what a reviewer does on a phone.
type reviewerDay struct {
	*bubble
	who           string
	taps, screens int
}

// tap does what one tap does. A menu costs a tap to open and one for each choice in it.
func (d *reviewerDay) tap(act map[string]any, chosen ...int) seen {
	d.t.Helper()
	act["user"] = d.who
	got := d.act(act)
	require.True(d.t, got.OK, got.Error)
	d.taps++
	for _, n := range chosen {
		d.taps += 1 + n
	}
	if got.ViewID != "" {
		d.screens++
	}
	return got
}

// sight is a message or a view as it is laid out.
type sight struct {
	TS       string `json:"ts"`
	Thread   string `json:"thread_ts"`
	ViewID   string `json:"view_id"`
	User     string `json:"user"`
	Type     string `json:"type"`
	Metadata struct {
		Type    string            `json:"event_type"`
		Payload map[string]string `json:"event_payload"`
	} `json:"metadata"`
	Blocks []json.RawMessage `json:"blocks"`
}

func (d *reviewerDay) channel() (all []sight) {
	d.t.Helper()
	var state struct {
		Channels []struct {
			ID       string  `json:"id"`
			Messages []sight `json:"messages"`
		} `json:"channels"`
	}
	d.get(slackAt, "/sim/state", &state)
	for _, c := range state.Channels {
		if c.ID == d.desk.SlackChannel {
			all = slices.DeleteFunc(c.Messages, func(m sight) bool { return m.Thread != "" && m.Thread != m.TS })
		}
	}
	return all
}

func (d *reviewerDay) cards() []sight {
	return slices.DeleteFunc(d.channel(), func(m sight) bool { return m.Metadata.Type != "sampledesk_card" })
}

// height is about how many lines a phone shows of a message: 45 characters fit a line, a row of controls is as high as two,
// small print is lower, and a message has a head of two lines.
func (s sight) height() float64 {
	h := 2.0
	lines := func(text string) (n float64) {
		for line := range strings.Lines(text) {
			n += math.Max(1, math.Ceil(float64(utf8.RuneCountInString(line))/45))
		}
		return n
	}
	for _, raw := range s.Blocks {
		var b struct {
			Type string `json:"type"`
			Text struct {
				Text string `json:"text"`
			} `json:"text"`
			Fields []struct {
				Text string `json:"text"`
			} `json:"fields"`
			Elements []struct {
				Text json.RawMessage `json:"text"`
			} `json:"elements"`
		}
		if json.Unmarshal(raw, &b) != nil {
			continue
		}
		switch b.Type {
		case "actions":
			h += 2 * math.Ceil(float64(len(b.Elements))/3)
		case "context":
			for _, e := range b.Elements {
				var text string
				_ = json.Unmarshal(e.Text, &text) // an image has none
				h += 0.8 * lines(text)
			}
		default:
			h += lines(b.Text.Text)
			for _, f := range b.Fields {
				h += lines(f.Text) / 2
			}
		}
	}
	return h
}

func (s sight) controls() (ids []string) {
	for _, raw := range s.Blocks {
		var b struct {
			Elements []struct {
				Action string `json:"action_id"`
			} `json:"elements"`
		}
		_ = json.Unmarshal(raw, &b) // what has no controls has none
		for _, e := range b.Elements {
			ids = append(ids, e.Action)
		}
	}
	return ids
}

// options are the values of a menu of the dialog that is open.
func (d *reviewerDay) options(view, action string) (values []string) {
	d.t.Helper()
	var state struct {
		Views []sight `json:"views"`
	}
	d.get(slackAt, "/sim/state", &state)
	for _, v := range state.Views {
		if v.ViewID != view {
			continue
		}
		for _, raw := range v.Blocks {
			var b struct {
				Element struct {
					Action  string `json:"action_id"`
					Options []struct {
						Value string `json:"value"`
					} `json:"options"`
				} `json:"element"`
			}
			if json.Unmarshal(raw, &b) == nil && b.Element.Action == action {
				for _, o := range b.Element.Options {
					values = append(values, o.Value)
				}
			}
		}
	}
	return values
}

func TestADayOfFortyDecisionsTakesFewTapsAndLeavesAShortChannel(t *testing.T) {
	inBubble(t, dayWaiting, func(b *bubble) {
		b.open()
		time.Sleep(5 * time.Minute)
		d := &reviewerDay{bubble: b, who: b.people("member")[0]}
		first := d.cards()
		require.Len(t, first, 30)
		full := 0.0
		for _, c := range first {
			full += c.height() / float64(len(first))
		}

		// Thirty cards are there; twenty-five of them are approved with a tap each.
		for _, c := range first[:dayApproved] {
			d.tap(map[string]any{"do": "click", "channel": d.desk.SlackChannel, "ts": c.TS, "action_id": "approve"})
			time.Sleep(2 * time.Second)
		}
		// Fifteen others are chosen in one dialog and rejected together.
		d.tap(map[string]any{"do": "home"})
		time.Sleep(2 * time.Second) // they read
		var home string
		var state struct {
			Views []sight `json:"views"`
		}
		b.get(slackAt, "/sim/state", &state)
		for _, v := range state.Views {
			if v.User == d.who && v.Type == "home" {
				home = v.ViewID
			}
		}
		dialog := d.tap(map[string]any{"do": "click", "view_id": home, "action_id": "bulk"}).ViewID
		offered := d.options(dialog, "bulk_chosen")
		require.GreaterOrEqual(t, len(offered), dayRejected)
		last := offered[len(offered)-dayRejected:]
		page := d.tap(map[string]any{
			"do": "submit", "view_id": dialog, "wait_ms": 0, "values": map[string]any{"bulk_verdict": "NOT_MATCH", "bulk_chosen": last},
		}, 1, dayRejected).ViewID
		require.NotEmpty(t, page)
		d.tap(map[string]any{"do": "submit", "view_id": page, "wait_ms": 0})
		time.Sleep(20 * time.Minute)

		require.Equal(t, dayApproved, b.settled("AWAITING_SHIPMENT"))
		require.Equal(t, dayRejected, b.settled("REJECT_CANCELLED"))
		all, pending, height := d.channel(), 0, 0.0
		for _, m := range all {
			height += m.height()
			if slices.Contains(m.controls(), "approve") && m.Metadata.Type == "sampledesk_card" {
				pending++
			}
		}
		before := cardsBefore * full
		t.Logf("%d taps, %d screens; %d messages, %d cards (%d pending), %.0f lines where %d full cards have %.0f: %.0f %%",
			d.taps, d.screens, len(all), len(d.cards()), pending, height, cardsBefore, before, 100*height/before)
		require.LessOrEqual(t, d.taps, tapsAllowed)
		require.LessOrEqual(t, height, before/2)
	})
}
