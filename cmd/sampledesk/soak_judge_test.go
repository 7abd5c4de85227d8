package main

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store"
	"sampledesk/workflow"
)

// onRecord is what a desk remembers once it is stopped.
type onRecord struct {
	history map[string][]workflow.Entry
	owed    []string // effects that are still to be delivered
	dead    []workflow.DeadLetter
}

// remember reads the store.
func (d *day) remember() onRecord {
	d.t.Helper()
	ctx := d.t.Context()
	db, err := store.Open(ctx, d.address(), slog.New(slog.DiscardHandler))
	require.NoError(d.t, err)
	defer func() { require.NoError(d.t, db.Close()) }()
	m := onRecord{history: map[string][]workflow.Entry{}}
	shop := workflow.ShopID(d.info["tiktok_shop_id"].(string))
	require.NoError(d.t, db.View(ctx, func(tx workflow.Tx) error {
		lanes := []workflow.Lane{workflow.NoticeLane(shop)}
		for _, a := range d.atTikTok() {
			k := workflow.Key{Shop: shop, ID: workflow.ApplicationID(a.ID)}
			lanes = append(lanes, workflow.ReviewLane(k), workflow.CardLane(k), workflow.ThreadLane(k))
			entries, _, err := tx.History(k, "", 10_000)
			if err != nil {
				return err
			}
			m.history[a.ID] = entries
		}
		for _, lane := range lanes {
			waiting, err := tx.Lane(lane)
			if err != nil {
				return err
			}
			for _, e := range waiting {
				if put := e.NotBefore.Sub(e.MadeAt); e.Kind == workflow.ShowCard && e.Attempt == 0 && put > 0 && put <= 10*time.Minute {
					continue // an order's details, which the desk puts off on purpose, to show them with something else
				}
				m.owed = append(m.owed, fmt.Sprintf("%s in %s: %+v", e.Kind, lane, e.Effect))
			}
		}
		m.dead, _, err = tx.DeadLetters("", 100)
		return err
	}))
	return m
}

// judge compares what people were told, what the desk has on record, what TikTok was sent and what Slack shows.
func (d *day) judge(m onRecord) {
	require.Empty(d.t, m.dead, "nothing was given up")
	require.Empty(d.t, m.owed, "nothing is left to be done")
	require.NotContains(d.t, d.log.String(), "panicked")
	if d.crowd == 0 {
		d.judgeClicks(m)
	}
	sent := d.applied()
	for _, a := range d.atTikTok() {
		d.judgeDecisions(a, m.history[a.ID], sent[a.ID])
		d.judgeCard(a, m.history[a.ID])
	}
	d.judgeEffects()
}

// judgeClicks holds that what a person could take for accepted is on record, and that nothing else is.
func (d *day) judgeClicks(m onRecord) {
	for _, c := range d.clicks {
		on := slices.ContainsFunc(m.history[c.Application], func(e workflow.Entry) bool { return c.made(e) && !e.At.After(c.To) })
		if c.Told == toldUnsaved {
			require.False(d.t, on, "a click that was told to be not saved is on record: %+v\n%+v", c, m.history[c.Application])
		}
		if c.Told == toldYes && c.Do != "campaign" {
			require.True(d.t, on, "a click that was accepted is not on record: %+v\n%+v", c, m.history[c.Application])
		}
	}
	for id, entries := range m.history {
		used := map[int]bool{}
		for _, e := range entries {
			if !personal(e) {
				continue
			}
			require.NotEqual(d.t, d.person("guest"), string(e.By.Person), "a guest decides nothing")
			i := -1
			for n, c := range d.clicks {
				if !used[n] && c.Application == id && c.made(e) && (i < 0 || c.Told != toldNo) && c.Told != toldUnsaved {
					i = n
				}
			}
			require.GreaterOrEqual(d.t, i, 0, "nobody asked for this: %+v", e)
			used[i] = true
		}
	}
}

func personal(e workflow.Entry) bool {
	return e.Event == workflow.OnApproved || e.Event == workflow.OnRejected || e.Event == workflow.OnUndone
}

// made tells whether the entry can be that click's.
func (c click) made(e workflow.Entry) bool {
	do := map[workflow.EventKind]string{workflow.OnApproved: "approve", workflow.OnRejected: "reject", workflow.OnUndone: "undo"}[e.Event]
	return do == c.Do && string(e.By.Person) == c.Who && (do != "reject" || string(e.Reason) == c.Reason) && !e.At.Before(c.From)
}

// sending is a review that TikTok carried out.
type sending struct {
	At             time.Time
	Result, Reason string
}

// applied returns the reviews that TikTok carried out, whether or not the desk heard of it.
func (d *day) applied() map[string][]sending {
	var calls []struct {
		At     time.Time `json:"at"`
		Path   string    `json:"path"`
		Status int       `json:"status"`
		Code   int       `json:"code"`
		Fault  string    `json:"fault"`
		Body   struct {
			Result string `json:"review_result"`
			Reason string `json:"reject_reason"`
		} `json:"body"`
	}
	d.get(d.shop+"/sim/calls", &calls)
	all := map[string][]sending{}
	for _, c := range calls {
		path := strings.Split(c.Path, "/")
		if path[len(path)-1] != "review" || c.Code != 0 || slices.Contains([]string{"status", "code", "drop"}, c.Fault) {
			continue
		}
		id := path[len(path)-2]
		all[id] = append(all[id], sending{c.At, c.Body.Result, c.Body.Reason})
	}
	return all
}

// judgeDecisions holds that each decision that stood was carried out once, as it was made, and no other was.
func (d *day) judgeDecisions(a sample, history []workflow.Entry, sent []sending) {
	require.LessOrEqual(d.t, len(sent), 1+d.returned[a.ID], "application %s was reviewed again without having come back: %+v", a.ID, sent)
	for _, s := range sent {
		made := lastDecision(history, s.At)
		require.NotNil(d.t, made, "nobody decided what was sent of %s: %+v\n%+v", a.ID, s, history)
		want := sending{At: s.At, Result: "APPROVE"}
		if made.Event == workflow.OnRejected {
			want.Result, want.Reason = "REJECT", string(made.Reason)
		}
		require.Equal(d.t, want, s, "what was sent of %s is what was decided: %+v", a.ID, history)
	}
	if len(history) == 0 {
		return
	}
	state := history[len(history)-1].To
	require.Equal(d.t, workflow.Status(a.Status).State(), soakState(state), "the desk knows of %s what TikTok knows: %+v", a.ID, history)
	last := lastDecision(history, time.Now())
	if last == nil || !confirmed(history, last) {
		return
	}
	require.NotEmpty(d.t, sent, "a decision counts as carried out that was never sent: %+v", history)
	final := sent[len(sent)-1]
	require.Equal(d.t, last.Event == workflow.OnApproved, final.Result == "APPROVE", "%+v\n%+v", history, sent)
	if a.Status == string(workflow.StatusRejectCancelled) && final.Result == "REJECT" {
		require.Equal(d.t, string(last.Reason), a.Reason)
	}
}

// soakState takes what TikTok refused for what it is to TikTok.
func soakState(s workflow.State) workflow.State {
	if s == workflow.Refused {
		return workflow.Pending
	}
	return s
}

// lastDecision returns the decision that stood at a time: the last one made and not undone.
func lastDecision(history []workflow.Entry, at time.Time) (made *workflow.Entry) {
	for i, e := range history {
		if e.At.After(at) {
			break
		}
		switch e.Event {
		case workflow.OnApproved, workflow.OnRejected:
			made = &history[i]
		case workflow.OnUndone:
			made = nil
		}
	}
	return made
}

// confirmed tells whether the desk says of a decision that TikTok took it.
func confirmed(history []workflow.Entry, made *workflow.Entry) bool {
	for _, e := range history {
		if (e.Event == workflow.OnApprovalConfirmed || e.Event == workflow.OnRejectionConfirmed) && e.At.After(made.At) {
			return true
		}
	}
	return false
}

// judgeCard holds that an application has one card that tells how it stands, and that its thread told every change once.
func (d *day) judgeCard(a sample, history []workflow.Entry) {
	cards := slices.DeleteFunc(d.cards(), func(m message) bool { return m.application() != a.ID })
	require.LessOrEqual(d.t, len(cards), 1, "cards of %s", a.ID)
	if len(cards) == 0 {
		require.True(d.t, len(history) == 0 || history[0].To != workflow.Pending || len(history) < 3, "%s waited and has no card: %+v", a.ID, history)
		return
	}
	status := workflow.Status(a.Status)
	require.Equal(d.t, string(status.State().Stage(status)), cards[0].Metadata.Payload["stage"])
	if !d.theirs[a.ID] {
		require.NotContains(d.t, cards[0].Text, "not from this desk", "%s was decided here or not at all: %+v", a.ID, history)
	}
	if status != workflow.StatusPending {
		for _, control := range cards[0].controls() {
			require.NotContains(d.t, []string{"approve", "reject", "undo"}, control, "%s is %s", a.ID, status)
		}
	}
	require.Equal(d.t, changes(history), d.announced(a.ID), "the thread of %s tells its story: %+v", a.ID, history)
}

// changes are the stages that an application came to, by the history.
func changes(history []workflow.Entry) (stages []string) {
	for i, e := range history {
		if i == 0 {
			continue
		}
		from, to := e.From.Stage(""), e.To.Stage(e.Status)
		if from != to {
			stages = append(stages, string(to))
		}
	}
	return stages
}

// judgeEffects holds that nothing was said twice.
func (d *day) judgeEffects() {
	times := map[string]int{}
	for _, m := range append(d.messages("sampledesk_reply"), d.messages("sampledesk_notice")...) {
		times[m.Metadata.Payload["effect"]]++
		require.Equal(d.t, 1, times[m.Metadata.Payload["effect"]], "said twice: %s", m.Text)
	}
}
