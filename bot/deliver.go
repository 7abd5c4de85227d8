package bot

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/outbox"
	"sampledesk/workflow/query"
)

// The event types that the bot's messages carry in their metadata.
const (
	eventCard   = "sampledesk_card"
	eventReply  = "sampledesk_reply"
	eventNotice = "sampledesk_notice"
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
	return limitKey(method, channel), nil
}

// Budget implements outbox.Service: it takes a call from Slack's rates before the claim.
func (d *Desk) Budget(_ workflow.Effect, limit string) time.Duration { return d.limits.take(limit) }

// destination tells by which method and to which channel an effect goes.
func (d *Desk) destination(tx workflow.Tx, e workflow.Effect) (method, channel string, err error) {
	s, err := query.Shop(tx, e.Shop)
	if err != nil {
		return methodPost, d.config.Channel, err
	}
	channel = d.channelOf(s)
	switch e.Kind {
	case workflow.ShowCard, workflow.Reply:
		a, err := tx.Application(e.Key())
		if err != nil || !a.Card.Posted() {
			return methodPost, channel, err
		}
		if e.Kind == workflow.ShowCard {
			return methodUpdate, a.Card.Channel, nil
		}
		return methodPost, a.Card.Channel, nil
	case workflow.ShowNotice:
		n, err := tx.Notice(e.Notice)
		if err != nil {
			return methodPost, channel, err
		}
		if n.Posted() {
			return methodUpdate, n.Channel, nil
		}
		channel, err = noticeChannel(tx, n.Campaign, channel)
		return methodPost, channel, err
	default:
		if e.Saying != nil && e.Saying.Kind == workflow.SayShipment && s.Settings.Shipments == workflow.ShipmentsElsewhere {
			return methodPost, cmp.Or(s.Settings.ShipmentChannel, channel), nil
		}
		if e.Saying != nil {
			channel, err = noticeChannel(tx, e.Saying.CampaignID, channel)
		}
		return methodPost, channel, err
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
func (d *Desk) Deliver(ctx context.Context, e workflow.Effect) workflow.Outcome {
	switch e.Kind {
	case workflow.ShowCard:
		return d.showCard(ctx, e)
	case workflow.ShowNotice:
		return d.showNotice(ctx, e)
	case workflow.Reply:
		return d.reply(ctx, e)
	default:
		if e.Saying.Kind == workflow.SayReport {
			return d.report(ctx, e)
		}
		return d.announce(ctx, e)
	}
}

// showCard posts an application's card, or brings it up to date. It is rendered here and now, so the newest state wins.
func (d *Desk) showCard(ctx context.Context, e workflow.Effect) workflow.Outcome {
	facts, err := d.cardFacts(ctx, e.Key())
	if err != nil {
		return again(e, err)
	}
	a := facts.Application
	if a.Card.Lost {
		return workflow.Outcome{}
	}
	message := view.Card(facts)
	shop, err := d.shop(ctx, e.Shop)
	if err != nil {
		return again(e, err)
	}
	post := post{
		method: methodPost, channel: d.channelOf(shop), message: message, event: eventCard,
		payload: map[string]any{"effect": string(e.ID), "shop": string(e.Shop), "application": string(e.Application), "stage": string(a.Stage())},
		home:    !a.Card.Posted() || a.Card.Channel == d.channelOf(shop),
	}
	if a.Card.Posted() {
		if a.Card.Hash == message.Hash() {
			return workflow.Outcome{}
		}
		post.method, post.channel, post.ts = methodUpdate, a.Card.Channel, a.Card.TS
	} else if unclear(e) {
		found, outcome, ok := d.findCard(ctx, e, post.channel)
		if !ok {
			return outcome
		}
		if found != "" {
			post.method, post.ts, post.looked = methodUpdate, found, true
		}
	}
	ts, err := d.write(ctx, post)
	if err != nil {
		return d.failed(e, post, err)
	}
	return workflow.Outcome{Event: workflow.CardShown{
		At: time.Now(), Channel: post.channel, TS: ts, Hash: message.Hash(), Link: d.permalink(ctx, a.Card.Link, post.channel, ts),
	}}
}

// unclear tells whether an earlier attempt may have had its effect.
func unclear(e workflow.Effect) bool { return e.Begun || e.Looks > 0 }

// findCard looks for the card that an earlier attempt may have posted.
func (d *Desk) findCard(ctx context.Context, e workflow.Effect, channel string) (ts string, o workflow.Outcome, ok bool) {
	found, yes, err := d.raw.history(ctx, channel, e.MadeAt.Add(-lookBack), func(m posted) bool {
		return m.Metadata.EventType == eventCard && m.Metadata.EventPayload["shop"] == string(e.Shop) &&
			m.Metadata.EventPayload["application"] == string(e.Application)
	})
	if err != nil {
		return "", again(e, err), false
	}
	if yes {
		ts = found.TS
	}
	return ts, workflow.Outcome{}, true
}

// reply says something in a card's thread, exactly once.
func (d *Desk) reply(ctx context.Context, e workflow.Effect) workflow.Outcome {
	a, err := d.application(ctx, e.Key())
	switch {
	case err != nil:
		return again(e, err)
	case a.Card.Lost:
		return workflow.Outcome{}
	case !a.Card.Posted():
		return workflow.Outcome{Then: workflow.Park}
	}
	shop, err := d.shop(ctx, e.Shop)
	if err != nil {
		return again(e, err)
	}
	payload := map[string]any{
		"effect": string(e.ID), "shop": string(e.Shop), "application": string(e.Application), "kind": string(e.Saying.Kind),
	}
	if e.Saying.Stage != "" {
		payload["stage"] = string(e.Saying.Stage)
	}
	p := post{
		method: methodPost, channel: a.Card.Channel, thread: a.Card.TS, event: eventReply, payload: payload,
		home: a.Card.Channel == d.channelOf(shop),
	}
	if e.Saying.Kind == workflow.SayDeadline {
		var moot bool
		if p.message, p.loud, moot = d.deadline(ctx, e, a, shop); moot {
			return workflow.Outcome{}
		}
		payload["step"] = e.Saying.Step
	} else {
		p.message = replyMessage(e)
	}
	return d.sayOnce(ctx, e, p)
}

// announce says something to the shop's channel, exactly once.
func (d *Desk) announce(ctx context.Context, e workflow.Effect) workflow.Outcome {
	shops, err := d.shops(ctx)
	if err != nil {
		return again(e, err)
	}
	shop, channel, saying := workflow.Shop{}, "", *e.Saying
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		if shop, err = query.Shop(tx, e.Shop); err != nil {
			return err
		}
		if _, channel, err = d.destination(tx, e); err != nil {
			return err
		}
		saying, err = located(tx, *e.Saying, shop)
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
		return workflow.Outcome{}
	}
	return d.sayOnce(ctx, e, post{
		method: methodPost, channel: channel, home: true, message: message, event: eventNotice,
		payload: map[string]any{"effect": string(e.ID), "shop": string(e.Shop), "kind": string(e.Saying.Kind)},
	})
}

// announced renders what is said in a channel. Moot: there is no reason for it any more.
func (d *Desk) announced(ctx context.Context, e workflow.Effect, saying workflow.Saying, s workflow.Shop) (m view.Message, moot bool, err error) {
	switch saying.Kind {
	case workflow.SayDeadline, workflow.SayShipment:
		return d.announceGroup(ctx, saying, s)
	default:
		return announcement(e, saying, d.adminsOf(s)), false, nil
	}
}

// sayOnce posts a message. After an unclear attempt it looks for the effect's id in the metadata of what was posted
// since, before it posts again: Slack offers no idempotency key.
func (d *Desk) sayOnce(ctx context.Context, e workflow.Effect, p post) workflow.Outcome {
	if unclear(e) {
		mine := func(m posted) bool { return m.Metadata.EventPayload["effect"] == string(e.ID) }
		since := e.MadeAt.Add(-lookBack)
		var found bool
		var err error
		if p.thread != "" {
			_, found, err = d.raw.replies(ctx, p.channel, p.thread, since, mine)
		} else {
			_, found, err = d.raw.history(ctx, p.channel, since, mine)
		}
		if err != nil {
			return again(e, err)
		}
		if found {
			return workflow.Outcome{}
		}
	}
	if _, err := d.write(ctx, p); err != nil {
		return d.failed(e, p, err)
	}
	return workflow.Outcome{}
}

// post is a message to write.
type post struct {
	method  string
	channel string
	home    bool   // it is a channel that a shop or a campaign lives in now: closed to the desk, it is waited for
	ts      string // of the message to update
	looked  bool   // the message to update was found by looking, and nothing is on record of it yet
	thread  string
	loud    bool // shown in the channel too
	message view.Message
	event   string
	payload map[string]any
}

// write posts or updates a message, and keeps for Health whether Slack took it. Where Slack cannot fetch a picture it
// refuses the whole message, so that goes again without pictures.
func (d *Desk) write(ctx context.Context, p post) (ts string, err error) {
	ts, err = d.writeOnce(ctx, p)
	if pictureFailed(err) {
		p.message = p.message.WithoutImages()
		ts, err = d.writeOnce(ctx, p)
	}
	if name := slackError(err); err == nil || name != "" {
		d.refused.Store(&name)
	}
	return ts, err
}

func (d *Desk) writeOnce(ctx context.Context, p post) (ts string, err error) {
	options := []slack.MsgOption{
		slack.MsgOptionText(p.message.Text, false), // the view escapes what has to be escaped
		slack.MsgOptionBlocks(p.message.Blocks...),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: p.event, EventPayload: p.payload}),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	if p.method == methodUpdate {
		_, ts, _, err = d.api.UpdateMessageContext(ctx, p.channel, p.ts, options...)
		return ts, err
	}
	if p.thread != "" {
		options = append(options, slack.MsgOptionTS(p.thread))
	}
	if p.loud {
		options = append(options, slack.MsgOptionBroadcast())
	}
	_, ts, err = d.api.PostMessageContext(ctx, p.channel, options...)
	return ts, err
}

// pictureFailed recognises Slack's refusal of a message with a picture that it could not fetch (python-slack-sdk#1782), or
// with a file of its own that it has not looked at yet (java-slack-sdk#1349).
func pictureFailed(err error) bool {
	e, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok || e.Err != "invalid_blocks" {
		return false
	}
	return slices.ContainsFunc(e.ResponseMetadata.Messages, func(m string) bool {
		m = strings.ToLower(m)
		return strings.Contains(m, "downloading image failed") || strings.Contains(m, "invalid slack file")
	})
}

// What an error of Slack's means for an effect. What is in no list is a fault of Slack's or of the way there, or one
// that a person mends, and is tried again.
var (
	// goneErrors: the message is gone for good, or is no longer ours to write to.
	goneErrors = []string{"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}

	// closedErrors: the channel is closed to the desk. Somebody may open it again, and then what it holds has to be
	// right, so nothing that belongs in the desk's own channel is given up for it.
	closedErrors = []string{"is_inactive", "is_archived", "channel_not_found"}

	// wrongErrors: Slack will never take this message.
	wrongErrors = []string{
		"invalid_blocks", "invalid_blocks_format", "msg_too_long", "no_text", "metadata_too_large", "invalid_metadata_format",
		"invalid_metadata_schema", "restricted_action", "cannot_reply_to_message", "msg_blocks_too_long", "block_mismatch",
		"invalid_arguments",
	}

	// tokenErrors: nothing goes until somebody mends the installation.
	tokenErrors = []string{
		"invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive", "no_permission", "missing_scope",
		"not_allowed_token_type", "team_access_not_granted", "access_denied", "ekm_access_denied",
	}

	// certainErrors: the call certainly had no effect. Of others, such as internal_error, that is not certain.
	certainErrors = []string{"not_in_channel", "ratelimited", "rate_limited", "user_not_in_channel", "message_limit_exceeded"}
)

// failed tells what becomes of an effect whose message could not be written. A later attempt has to look again where
// this one may have posted, and where an earlier one did and only the look knew of it.
func (d *Desk) failed(e workflow.Effect, p post, err error) workflow.Outcome {
	name, cause := slackError(err), workflow.Cause{Message: err.Error()}
	retry := workflow.Outcome{Then: workflow.Again, After: outbox.Backoff(e.Attempt), Cause: cause}
	limited, isLimited := errors.AsType[*slack.RateLimitedError](err)
	if p.looked || p.method == methodPost && !isLimited && !certain(err, name) {
		retry.Looks = 1
	}
	switch {
	case isLimited:
		d.limits.pause(p.method, p.channel, limited.RetryAfter)
		retry.After = limited.RetryAfter
		return retry
	case slices.Contains(tokenErrors, name), slices.Contains(closedErrors, name) && p.home:
		retry.After = mendPause
		return retry
	case slices.Contains(wrongErrors, name):
		return workflow.Outcome{Then: workflow.Buried, Cause: cause}
	case (slices.Contains(goneErrors, name) || slices.Contains(closedErrors, name)) && (p.ts != "" || p.thread != ""):
		return d.lost(e, p, cause)
	}
	return retry
}

// lost tells that a card is gone, and what becomes of the effect that found out. While its request is in review the loss
// calls for a new card: a reply is laid by for that, and a repaint has nothing left to do.
func (d *Desk) lost(e workflow.Effect, p post, cause workflow.Cause) workflow.Outcome {
	if e.Kind == workflow.ShowNotice && p.ts != "" {
		return lostNotice(p)
	}
	gone := workflow.CardLost{At: time.Now(), TS: cmp.Or(p.ts, p.thread), Cause: cause}
	o := workflow.Outcome{Event: gone, Then: workflow.Buried, Cause: cause}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if a, err := d.application(ctx, e.Key()); err == nil && a.State().Reviewing() {
		o.Then = workflow.Done
		if e.Kind != workflow.ShowCard {
			o.Then = workflow.Park
		}
	}
	return o
}

// certain tells whether a failed call certainly had no effect.
func certain(err error, name string) bool {
	for _, list := range [][]string{certainErrors, goneErrors, closedErrors, tokenErrors} {
		if slices.Contains(list, name) {
			return true
		}
	}
	status, ok := errors.AsType[slack.StatusCodeError](err)
	return ok && status.Code >= http.StatusBadRequest && status.Code < http.StatusInternalServerError
}

// again tries later, and keeps what is known of earlier attempts.
func again(e workflow.Effect, err error) workflow.Outcome {
	o := workflow.Outcome{Then: workflow.Again, After: outbox.Backoff(e.Attempt), Looks: e.Looks, Cause: workflow.Cause{Message: err.Error()}}
	if e.Begun {
		o.Looks = max(o.Looks, 1)
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		o.After = max(o.After, limited.RetryAfter)
	}
	return o
}
