package engine_test

import (
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// The world of the tests of campaigns, messages and runs: glow.daily, whose sample is the desk's, and kitchen_finds,
// whom the desk knows by name until an application shows their id.
const (
	glowDaily workflow.CreatorKey = "id:open-1"
	finds                         = "kitchen_finds"
	findsName workflow.CreatorKey = "name:7495540735365777507:kitchen_finds"
	findsID   workflow.CreatorKey = "id:open-2"
)

// receiving has the desk receive creators' messages from noon on.
func (d *desk) receiving() *desk {
	d.t.Helper()
	require.NoError(d.t, d.StartReceiving(d.t.Context(), sample.Shop, noon))
	return d
}

// campaign makes a campaign with those products.
func (d *desk) campaign(name string, products ...workflow.ProductID) workflow.Campaign {
	d.t.Helper()
	c, err := d.CreateCampaign(d.t.Context(), workflow.Creation{Shop: sample.Shop, Name: name, By: member, At: noon})
	require.NoError(d.t, err)
	if len(products) == 0 {
		return c
	}
	c, err = d.EditCampaign(d.t.Context(), workflow.CampaignEdit{Actor: by(member), At: noon, Campaign: c.ID, Seen: c.Version, Name: name, Products: products})
	require.NoError(d.t, err)
	return c
}

// invite adds a creator to a campaign by name.
func (d *desk) invite(c workflow.Campaign, username string, at time.Time) workflow.Member {
	d.t.Helper()
	m, _, err := d.AddMember(d.t.Context(), workflow.Addition{Actor: by(member), At: at, Campaign: c.ID, Creator: workflow.Creator{Username: username}})
	require.NoError(d.t, err)
	return m
}

// receives has a creator write texts, one a second from then on.
func (d *desk) receives(username string, at time.Time, texts ...string) int {
	d.t.Helper()
	var written []workflow.InboundMessage
	for i, text := range texts {
		id := strconv.FormatInt(at.Unix()+int64(i), 10)
		written = append(written, workflow.InboundMessage{ID: id, Kind: "TEXT", Text: text, FromCreator: true, At: at.Add(time.Duration(i) * time.Second)})
	}
	return d.receivesBatch(username, at, written...)
}

func (d *desk) receivesBatch(username string, at time.Time, written ...workflow.InboundMessage) int {
	d.t.Helper()
	announced, err := d.Receive(d.t.Context(), sample.Shop, workflow.InboundBatch{At: at, ID: "talk-" + username, Username: username, Messages: written})
	require.NoError(d.t, err)
	return announced
}

// asks has a creator ask for a product.
func (d *desk) asks(id workflow.ApplicationID, creator workflow.Creator, product workflow.ProductID, at time.Time) workflow.Application {
	d.t.Helper()
	r := reported(workflow.StatusPending, at)
	r.Snapshot.Creator, r.Snapshot.Product = creator, workflow.Product{ID: product, Title: "Product " + string(product)}
	a, err := d.Apply(d.t.Context(), workflow.Key{Shop: sample.Shop, ID: id}, r)
	require.NoError(d.t, err)
	return a
}

// reports has TikTok report another status of an application.
func (d *desk) reports(id workflow.ApplicationID, status workflow.Status, at time.Time) workflow.Application {
	d.t.Helper()
	a := d.application(id)
	r := workflow.Reported{At: at, Began: at, Snapshot: a.Snapshot}
	r.Snapshot.Status = status
	a, err := d.Apply(d.t.Context(), a.Key, r)
	require.NoError(d.t, err)
	return a
}

// read reads something in a transaction; what there is none of is zero.
func read[T any](d *desk, from func(workflow.Tx) (T, error)) (got T) {
	d.t.Helper()
	require.NoError(d.t, d.store.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		got, err = from(tx)
		return err
	}))
	return got
}

func (d *desk) application(id workflow.ApplicationID) workflow.Application {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) (workflow.Application, error) {
		return tx.Application(workflow.Key{Shop: sample.Shop, ID: id})
	})
}

func (d *desk) member(c workflow.Campaign, k workflow.CreatorKey) workflow.Member {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) (workflow.Member, error) { return tx.Member(c.ID, k) })
}

func (d *desk) members(c workflow.Campaign) []workflow.Member {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) ([]workflow.Member, error) {
		all, _, err := tx.Members(c.ID, "", 1000)
		return all, err
	})
}

func (d *desk) notice(id workflow.NoticeID) workflow.Notice {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) (workflow.Notice, error) { return tx.Notice(id) })
}

func (d *desk) run(id workflow.RunID) workflow.Run {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) (workflow.Run, error) { return tx.Run(id) })
}

func (d *desk) conversation(k workflow.CreatorKey) (workflow.Conversation, error) {
	var conversation workflow.Conversation
	err := d.store.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		conversation, err = tx.Conversation(sample.Shop, k)
		return err
	})
	return conversation, err
}

// waiting returns the effects of any lane.
func (d *desk) waiting(l workflow.Lane) []workflow.Effect {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) (effects []workflow.Effect, err error) {
		all, err := tx.Lane(l)
		for _, w := range all {
			effects = append(effects, w.Effect)
		}
		return effects, err
	})
}

// threads returns what is to be said in an application's thread, and the notices that are to be shown there.
func (d *desk) thread(k workflow.Key) (payloads []workflow.Payload, notices []workflow.NoticeID) {
	d.t.Helper()
	for _, e := range d.waiting(workflow.ThreadLane(k)) {
		if e.Kind == workflow.ShowNotice {
			notices = append(notices, e.Notice)
			continue
		}
		payloads = append(payloads, *e.Payload)
	}
	return payloads, notices
}

func (d *desk) history(k workflow.Key) []workflow.Entry {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) ([]workflow.Entry, error) {
		all, _, err := tx.History(k, "", 1000)
		return all, err
	})
}

// shopHistory returns the kinds of events in the shop's own history.
func (d *desk) shopHistory() []workflow.EventKind {
	d.t.Helper()
	return events(d.history(workflow.Key{Shop: sample.Shop}))
}

// take claims the head of a lane.
func (d *desk) take(l workflow.Lane, at time.Time) workflow.Effect {
	d.t.Helper()
	waiting := d.waiting(l)
	require.NotEmpty(d.t, waiting, "the lane %s", l)
	eff, ok, err := d.Claim(d.t.Context(), waiting[0].ID, at, at.Add(10*time.Second))
	require.NoError(d.t, err)
	require.True(d.t, ok, "the head of the lane %s", l)
	return eff
}

// settle records the outcome of a delivery.
func (d *desk) settle(e workflow.Effect, o engine.Outcome, at time.Time) {
	d.t.Helper()
	require.NoError(d.t, d.Settle(d.t.Context(), e, o, at))
}

// deliver claims the head of a lane and records what its delivery found: an Event, a Result or nothing.
func (d *desk) deliver(l workflow.Lane, found any, at time.Time) workflow.Effect {
	d.t.Helper()
	e := d.take(l, at)
	event, isEvent := found.(workflow.Event)
	result, isResult := found.(engine.Result)
	require.True(d.t, isEvent || isResult || found == nil, "%T is nothing that a delivery brings", found)
	d.settle(e, engine.Outcome{Event: event, Result: result}, at)
	return e
}

// action is a person's action with Slack's id of it.
func action(p workflow.PersonID, dedupKey string) workflow.Actor {
	return workflow.Actor{Person: p, Surface: workflow.FromModal, DedupKey: dedupKey}
}

func minutes(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
