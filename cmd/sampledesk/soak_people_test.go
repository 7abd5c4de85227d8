package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"sampledesk/bot/view"
)

// click is something that a person did with a card, and what they were told of it.
type click struct {
	Who, Application string
	Do               string // approve, reject or undo
	Reason           string
	From, To         time.Time
	AckedMS          int
	Told             word
}

// word is what a person could know of their click a few seconds later.
type word string

const (
	toldNothing word = "not acknowledged" // Slack told them that it did not work, and it may have
	toldNo      word = "refused"          // by a private sentence
	toldUnsaved word = "not saved"        // by a private sentence, too, which has to be true
	toldYes     word = "accepted"         // acknowledged, and nobody told them no
	toldHalf    word = "interrupted"      // acknowledged, and the desk died before it could have told them no
)

// toldWithin is how long after its acknowledgement a refusal may take to be told.
const toldWithin = 3 * time.Second

// foundOutWithin is how long it may take until it is told what became of a click of which that was not known.
const foundOutWithin = 2 * time.Minute

// begin lets people come to work. They leave when the day is over.
func (d *day) begin() *sync.WaitGroup {
	var work sync.WaitGroup
	who := append([]string{d.person("admin"), d.person("guest")}, d.people("member")...)
	for i, id := range who {
		dice := rand.New(rand.NewPCG(d.seed, uint64(i)+1))
		work.Go(func() {
			for !d.over.Load() {
				d.act(id, dice)
				time.Sleep(time.Duration(dice.IntN(600)) * time.Millisecond)
			}
		})
	}
	return &work
}

// act does one thing: mostly with a control that the card shows, at times with one that somebody has still before them
// eyes and that is gone, or in the dialog of campaigns.
func (d *day) act(who string, dice *rand.Rand) {
	var st slackState
	if send("GET", d.slack+"/sim/state", nil, &st) != nil {
		return
	}
	all := channelCards(st, d.info["slack_channel"].(string))
	if len(all) == 0 {
		return
	}
	card := all[dice.IntN(len(all))]
	do := pick(dice, "approve", "approve", "reject")
	if live := card.controls(); dice.IntN(5) > 0 {
		if len(live) == 0 {
			return
		}
		do = live[dice.IntN(len(live))]
		if !slices.Contains([]string{"approve", "reject", "undo", "campaign"}, do) {
			return // what is no decision is not judged
		}
		if do == "undo" && dice.IntN(3) > 0 {
			return // people mostly stand by what they decided
		}
	}
	c := click{Who: who, Application: card.application(), Do: do, From: time.Now()}
	if do == "campaign" {
		d.join(c, card, dice)
		return
	}
	if do == "reject" {
		c.Reason = pick(dice, "NOT_MATCH", "OFFLINE", "OUT_OF_STOCK", "OTHER")
		d.reject(c, card)
		return
	}
	d.note(c, st, order{"user": who, "do": "click", "channel": d.info["slack_channel"], "ts": card.TS, "action_id": do, "wait_ms": 0})
}

// reject chooses a reason on a card and sends the dialog off that opens; none opens where it is too late for one.
func (d *day) reject(c click, card message) {
	var got seen
	open := order{"user": c.Who, "do": "click", "channel": d.info["slack_channel"], "ts": card.TS, "action_id": "reject", "value": c.Reason}
	if send("POST", d.slack+"/sim/act", open, &got) != nil || got.ViewID == "" {
		return
	}
	var st slackState
	if send("GET", d.slack+"/sim/state", nil, &st) != nil {
		return
	}
	c.From = time.Now()
	d.note(c, st, order{"user": c.Who, "do": "submit", "view_id": got.ViewID, "wait_ms": 0})
}

// note makes an act and keeps what the person was told.
func (d *day) note(c click, before slackState, body order) {
	epoch := d.epoch.Load()
	var got seen
	if err := send("POST", d.slack+"/sim/act", body, &got); err != nil {
		d.t.Errorf("an act failed: %v", err)
		return
	}
	if !got.OK && strings.HasPrefix(got.Error, "no_such") {
		return // no version of the card ever had that control
	}
	c.To, c.Told, c.AckedMS = time.Now(), toldNothing, got.AckedMS
	if got.OK {
		c.Told = d.hear(c, asidesTo(before, c.Who), epoch)
	}
	if strings.Contains(string(got.Response), `"response_action"`) { // what is kept closes its dialog
		c.Told = toldNo
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clicks = append(d.clicks, c)
}

// hear waits for a private no.
func (d *day) hear(c click, before int, epoch int64) word {
	for end := time.Now().Add(toldWithin); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var st slackState
		if send("GET", d.slack+"/sim/state", nil, &st) == nil && asidesTo(st, c.Who) > before {
			switch said := lastAside(st, c.Who); said {
			case view.Denied(view.DeniedUncertain): // and what became of it is told later
				before, end = asidesTo(st, c.Who), time.Now().Add(foundOutWithin)
				continue
			case view.SavedAfterAll:
				return toldYes
			case view.Denied(view.DeniedUnsaved):
				return toldUnsaved
			default:
				return toldNo
			}
		}
		if d.epoch.Load() != epoch {
			return toldHalf
		}
	}
	return toldYes
}

// join opens the dialog of campaigns and sends it, with an approval or without.
func (d *day) join(c click, card message, dice *rand.Rand) {
	var got seen
	open := order{"user": c.Who, "do": "click", "channel": d.info["slack_channel"], "ts": card.TS, "action_id": "campaign"}
	if send("POST", d.slack+"/sim/act", open, &got) != nil || got.ViewID == "" {
		return
	}
	var st slackState
	if send("GET", d.slack+"/sim/state", nil, &st) != nil {
		return
	}
	values := order{"campaign_name": pick(dice, "Spring", "Summer", "Autumn") + " " + string(rune('A'+dice.IntN(26)))}
	if dice.IntN(2) == 0 && viewHas(st, got.ViewID, "campaign_approve") {
		values["campaign_approve"] = []string{"approve"}
		c.Do = "approve"
	}
	c.From = time.Now()
	d.note(c, st, order{"user": c.Who, "do": "submit", "view_id": got.ViewID, "values": values, "wait_ms": 0})
}

func viewHas(st slackState, view, control string) bool {
	for _, v := range st.Views {
		for _, b := range v.Blocks {
			if v.ID == view && b.Element["action_id"] == control {
				return true
			}
		}
	}
	return false
}

func asidesTo(st slackState, who string) (n int) {
	for _, e := range st.Ephemerals {
		if e.User == who {
			n++
		}
	}
	return n
}

func lastAside(st slackState, who string) (text string) {
	for _, e := range st.Ephemerals {
		if e.User == who {
			text = e.Text
		}
	}
	return text
}

func channelCards(st slackState, channel string) []message {
	var cards []message
	for _, c := range st.Channels {
		if c.ID == channel {
			cards = slices.DeleteFunc(slices.Clone(c.Messages), func(m message) bool { return m.Metadata.EventType != "sampledesk_card" })
		}
	}
	return cards
}
