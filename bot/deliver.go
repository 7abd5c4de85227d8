package bot

import (
	"cmp"
	"context"
	"time"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// lookBack is how much before an effect was made a look for its message begins: Slack's clock is not ours.
const lookBack = 2 * time.Minute

// mendPause is how long an effect rests once Slack refuses the token, a scope or the channel: somebody has to mend that
// first.
const mendPause = time.Minute

// Limit implements outbox.Service: Slack limits posts by channel and edits by method.
func (d *Desk) Limit(tx workflow.Tx, e workflow.Effect) (string, error) {
	method, channel, err := d.destination(tx, e)
	if err != nil { // its delivery meets that too, and tells what becomes of the effect
		d.log.Warn("could not read where an effect goes", "effect", e.ID, "error", err)
	}
	return slackapi.LimitKey(method, channel), nil
}

// Budget implements outbox.Service: it takes a call from Slack's rates before the claim.
func (d *Desk) Budget(_ workflow.Effect, limit string) time.Duration { return d.limits.Take(limit) }

// destination tells by which method and to which channel an effect goes.
func (d *Desk) destination(tx workflow.Tx, e workflow.Effect) (method, channel string, err error) {
	s, err := query.Shop(tx, e.Shop)
	if err != nil {
		return slackapi.MethodPost, d.config.Channel, err
	}
	channel = d.channelOf(s)
	switch e.Kind {
	case workflow.ShowCard, workflow.Reply:
		a, err := tx.Application(e.Key())
		if err != nil || !a.Card.Posted() {
			return slackapi.MethodPost, channel, err
		}
		if e.Kind == workflow.ShowCard {
			return slackapi.MethodUpdate, a.Card.Channel, nil
		}
		return slackapi.MethodPost, a.Card.Channel, nil
	case workflow.ShowNotice:
		n, err := tx.Notice(e.Notice)
		if err != nil {
			return slackapi.MethodPost, channel, err
		}
		if n.Posted() {
			return slackapi.MethodUpdate, n.Channel, nil
		}
		channel, err = noticeChannel(tx, n.Campaign, channel)
		return slackapi.MethodPost, channel, err
	default:
		if e.Payload != nil && e.Payload.Kind == workflow.KindShipment && s.Settings.Shipments == workflow.ShipmentsElsewhere {
			return slackapi.MethodPost, cmp.Or(s.Settings.ShipmentChannel, channel), nil
		}
		if e.Payload != nil {
			channel, err = noticeChannel(tx, e.Payload.CampaignID, channel)
		}
		return slackapi.MethodPost, channel, err
	}
}

// noticeChannel returns a campaign's own channel, or the shop's.
func noticeChannel(tx workflow.Tx, id workflow.CampaignID, shops string) (string, error) {
	if id == "" {
		return shops, nil
	}
	c, err := tx.Campaign(id)
	if err != nil || c.Channel == "" {
		return shops, err
	}
	return c.Channel, nil
}

// Deliver implements outbox.Service.
func (d *Desk) Deliver(ctx context.Context, e workflow.Effect) engine.Outcome {
	switch e.Kind {
	case workflow.ShowCard:
		return d.showCard(ctx, e)
	case workflow.ShowNotice:
		return d.showNotice(ctx, e)
	case workflow.Reply:
		return d.reply(ctx, e)
	default:
		if e.Payload.Kind == workflow.KindWeeklyReport {
			return d.report(ctx, e)
		}
		return d.announce(ctx, e)
	}
}

// showCard posts an application's card, or brings it up to date. It is rendered here and now, so the newest state wins.
func (d *Desk) showCard(ctx context.Context, e workflow.Effect) engine.Outcome {
	facts, err := d.cardFacts(ctx, e.Key())
	if err != nil {
		return again(e, err)
	}
	a := facts.Application
	if a.Card.Lost {
		return engine.Outcome{}
	}
	message := view.Card(facts)
	shop, err := d.access.Shop(ctx, e.Shop)
	if err != nil {
		return again(e, err)
	}
	post := post{
		method: slackapi.MethodPost, channel: d.channelOf(shop), message: message, event: eventCard,
		payload: map[string]any{"effect": string(e.ID), "shop": string(e.Shop), "application": string(e.Application), "stage": string(a.Stage())},
		home:    !a.Card.Posted() || a.Card.Channel == d.channelOf(shop), standing: a.Card.Hash,
	}
	if a.Decision.Phase != workflow.DecisionRefused {
		decisionKeys(post.payload, a.Decision.Verdict, false)
	}
	switch {
	case a.Card.Posted():
		if a.Card.Hash == message.Hash() {
			return engine.Outcome{}
		}
		post.method, post.channel, post.ts = slackapi.MethodUpdate, a.Card.Channel, a.Card.TS
	case e.Leased: // it was to be an edit, and the card is gone since: a post takes a claim
		return engine.Outcome{Then: engine.AtOnce}
	case unclear(e):
		found, outcome, ok := d.findCard(ctx, e, post.channel)
		if !ok {
			return outcome
		}
		if found != "" {
			post.method, post.ts, post.looked = slackapi.MethodUpdate, found, true
		}
	}
	w, err := d.put(ctx, e, post)
	if err != nil {
		return d.failed(ctx, e, post, err)
	}
	return outcomeOf(e, w, engine.Outcome{Event: workflow.PostShown{
		At: time.Now(), Channel: post.channel, TS: w.ts, Hash: w.hash, Link: d.permalink(ctx, a.Card.Link, post.channel, "", w.ts), Bare: w.bare,
	}})
}

// unclear tells whether an earlier attempt may have had its effect.
func unclear(e workflow.Effect) bool { return e.Begun || e.Verifications > 0 }

// findCard looks for the card that an earlier attempt may have posted.
func (d *Desk) findCard(ctx context.Context, e workflow.Effect, channel string) (ts string, o engine.Outcome, ok bool) {
	found, yes, err := d.api.FindInChannel(ctx, channel, e.MadeAt.Add(-lookBack), func(m slackapi.Message) bool {
		return m.Metadata.EventType == eventCard && m.Metadata.EventPayload["shop"] == string(e.Shop) &&
			m.Metadata.EventPayload["application"] == string(e.Application)
	})
	if err != nil {
		return "", again(e, err), false
	}
	if yes {
		ts = found.TS
	}
	return ts, engine.Outcome{}, true
}

// reply says something in a card's thread, exactly once.
func (d *Desk) reply(ctx context.Context, e workflow.Effect) engine.Outcome {
	a, err := application(ctx, d.store, e.Key())
	switch {
	case err != nil:
		return again(e, err)
	case a.Card.Lost:
		return engine.Outcome{}
	case !a.Card.Posted():
		return engine.Outcome{Then: engine.Park}
	}
	shop, err := d.access.Shop(ctx, e.Shop)
	if err != nil {
		return again(e, err)
	}
	payload := map[string]any{
		"effect": string(e.ID), "shop": string(e.Shop), "application": string(e.Application), "kind": string(e.Payload.Kind),
	}
	replyKeys(payload, *e.Payload)
	p := post{
		method: slackapi.MethodPost, channel: a.Card.Channel, thread: a.Card.TS, event: eventReply, payload: payload,
		home: a.Card.Channel == d.channelOf(shop),
	}
	if e.Payload.Kind == workflow.KindDeadline {
		var moot bool
		if p.message, p.loud, moot = d.deadline(ctx, e, a, shop); moot {
			return engine.Outcome{}
		}
		payload["step"] = e.Payload.Step
	} else {
		p.message = replyMessage(e)
	}
	return d.sayOnce(ctx, e, p)
}

// announce says something to the shop's channel, exactly once.
func (d *Desk) announce(ctx context.Context, e workflow.Effect) engine.Outcome {
	shops, err := d.access.Shops(ctx)
	if err != nil {
		return again(e, err)
	}
	shop, channel, saying := workflow.Shop{}, "", *e.Payload
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		if shop, err = query.Shop(tx, e.Shop); err != nil {
			return err
		}
		if _, channel, err = d.destination(tx, e); err != nil {
			return err
		}
		saying, err = located(tx, *e.Payload, shop)
		return err
	})
	if err != nil {
		return again(e, err)
	}
	if d.defaults().Sharing(shop, shops) < 2 {
		saying.Shop = "" // named only where a channel serves several
	}
	message, moot, err := d.announced(ctx, e, saying, shop)
	if err != nil {
		return again(e, err)
	}
	if moot {
		return engine.Outcome{}
	}
	return d.sayOnce(ctx, e, post{
		method: slackapi.MethodPost, channel: channel, home: true, message: message, event: eventNotice,
		payload: map[string]any{"effect": string(e.ID), "shop": string(e.Shop), "kind": string(e.Payload.Kind)},
	})
}

// announced renders what is said in a channel. Moot: there is no reason for it any more.
func (d *Desk) announced(ctx context.Context, e workflow.Effect, saying workflow.Payload, s workflow.Shop) (m view.Message, moot bool, err error) {
	switch saying.Kind {
	case workflow.KindDeadline, workflow.KindShipment:
		return d.announceGroup(ctx, saying, s)
	default:
		return announcement(e, saying, d.adminsOf(s)), false, nil
	}
}
