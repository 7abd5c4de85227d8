package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

// post is a message to write. One that is too long for Slack goes on in the thread, with the same metadata and its page.
type post struct {
	method   string
	channel  string
	home     bool   // it is a channel that a shop or a campaign lives in now: closed to the desk, it is waited for
	ts       string // of the message to update
	looked   bool   // something of it was written, and nothing is on record of that yet
	thread   string
	loud     bool // shown in the channel too
	message  view.Message
	event    string
	payload  map[string]any
	standing string // the hash of what is shown now, as far as it is on record

	begun string              // the first page, where it is posted already and is not to be updated
	pages []workflow.PostPage // the further ones that are on record
	found map[int]string      // those that were found by looking
}

// keyPage is where the metadata of a further page says which it is, counted from 1.
const keyPage = "page"

// written is what came of a post, also where it failed half-way.
type written struct {
	ts    string // of the first page; empty: nothing was written
	hash  string // of the whole, once it stands
	pages []workflow.PostPage
	bare  bool // without its pictures
	plain bool // as text alone
}

// sayOnce posts a message. After an unclear attempt it looks for the effect's id in the metadata of what was posted
// since, before it posts again: Slack offers no idempotency key.
func (d *Desk) sayOnce(ctx context.Context, e workflow.Effect, p post) engine.Outcome {
	if unclear(e) {
		if err := d.findPages(ctx, e, &p); err != nil {
			return again(e, err)
		}
	}
	w, err := d.put(ctx, e, p)
	if err != nil {
		p.looked = p.looked || w.ts != ""
		return d.failed(ctx, e, p, err)
	}
	return engine.Outcome{}
}

// findPages finds what earlier attempts posted of a message.
func (d *Desk) findPages(ctx context.Context, e workflow.Effect, p *post) error {
	since, top := e.MadeAt.Add(-lookBack), p.thread
	p.found = map[int]string{}
	mine := func(m slackapi.Message) bool {
		if m.Metadata.EventPayload["effect"] != string(e.ID) {
			return false
		}
		n, further := m.Metadata.EventPayload[keyPage].(float64)
		if further {
			p.found[int(n)] = m.TS
			return false
		}
		p.begun = m.TS
		return true
	}
	if p.thread == "" {
		if _, _, err := d.api.FindInChannel(ctx, p.channel, since, mine); err != nil || p.begun == "" {
			return err
		}
		top = p.begun
	}
	if p.thread == "" && len(p.message.Pages()) == 1 {
		return nil
	}
	_, _, err := d.api.FindInThread(ctx, p.channel, top, since, func(m slackapi.Message) bool { mine(m); return false })
	return err
}

// put writes all pages of a message. What Slack refused long enough, though it may be right, is written as text alone.
func (d *Desk) put(ctx context.Context, e workflow.Effect, p post) (w written, err error) {
	w, err = d.putPages(ctx, p)
	if err == nil || w.ts != "" || !d.givesUp(e, err) { // where the first page stands, text alone would say less
		return w, err
	}
	p.message = p.message.Plain()
	if p.ts != "" && p.standing == p.message.Hash() { // it stands there as text already
		return written{ts: p.ts, hash: p.standing, plain: true}, nil
	}
	d.log.WarnContext(ctx, "a message goes out as plain text", "effect", e.ID, "channel", p.channel, "error", err)
	plain, failed := d.putPages(ctx, p)
	if failed != nil {
		return w, fmt.Errorf("%w; as plain text: %w", err, failed)
	}
	plain.plain = true
	return plain, nil
}

func (d *Desk) putPages(ctx context.Context, p post) (w written, err error) {
	pages := p.message.Pages()
	w = written{ts: p.begun, pages: slices.Clone(p.pages)}
	if w.ts == "" {
		first := p
		first.message = pages[0]
		if w.ts, w.bare, err = d.write(ctx, first); err != nil {
			w.ts = ""
			return w, err
		}
	}
	for n := range pages[1:] {
		if err := d.putPage(ctx, p, &w, n, pages[n+1]); err != nil {
			return w, fmt.Errorf("writing page %d of %d: %w", n+2, len(pages), err)
		}
	}
	if err := d.removePages(ctx, p, &w, len(pages)-1); err != nil {
		return w, err
	}
	w.hash = p.message.Hash()
	return w, nil
}

// putPage writes the n-th further page, from 0, unless it stands there as it is.
func (d *Desk) putPage(ctx context.Context, p post, w *written, n int, m view.Message) error {
	page := post{method: slackapi.MethodPost, channel: p.channel, thread: p.thread, message: m, event: p.event, payload: maps.Clone(p.payload)}
	if page.thread == "" {
		page.thread = w.ts
	}
	page.payload[keyPage] = n + 2
	hash := m.Hash()
	if n < len(w.pages) {
		if w.pages[n].Hash == hash {
			return nil
		}
		page.method, page.ts = slackapi.MethodUpdate, w.pages[n].TS
	} else if ts := p.found[n+2]; ts != "" {
		page.method, page.ts = slackapi.MethodUpdate, ts
	}
	d.limits.Spend(page.method, page.channel)
	ts, _, err := d.write(ctx, page)
	if page.ts != "" && slackapi.Gone.Has(err) { // somebody deleted it
		page.method, page.ts = slackapi.MethodPost, ""
		ts, _, err = d.write(ctx, page)
	}
	if err != nil {
		return err
	}
	if n < len(w.pages) {
		w.pages[n] = workflow.PostPage{TS: ts, Hash: hash}
	} else {
		w.pages = append(w.pages, workflow.PostPage{TS: ts, Hash: hash})
	}
	return nil
}

// removePages deletes the further pages that a message does not need any more.
func (d *Desk) removePages(ctx context.Context, p post, w *written, needed int) error {
	for len(w.pages) > needed {
		last := len(w.pages) - 1
		_, _, err := d.api.DeleteMessageContext(ctx, p.channel, w.pages[last].TS)
		if err != nil && !slackapi.Gone.Has(err) {
			return fmt.Errorf("removing a page that is not needed any more: %w", err)
		}
		w.pages = w.pages[:last]
	}
	return nil
}

// write posts or updates one page, and keeps for Health whether Slack took it. Where Slack cannot fetch a picture it
// refuses the whole message, so that goes again without pictures, at once.
func (d *Desk) write(ctx context.Context, p post) (ts string, bare bool, err error) {
	ts, err = d.writeOnce(ctx, p)
	if pictureFailed(err) {
		p.message, bare = p.message.WithoutImages(), true
		ts, err = d.writeOnce(ctx, p)
	}
	if name := slackapi.ErrorName(err); err == nil || name != "" {
		d.refused.Store(&name)
	}
	if err == nil {
		d.asked.Store(nil)
	}
	return ts, bare, err
}

func (d *Desk) writeOnce(ctx context.Context, p post) (ts string, err error) {
	options := []slack.MsgOption{
		slack.MsgOptionText(p.message.Text, false), // the view escapes what has to be escaped
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: p.event, EventPayload: p.payload}),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	if len(p.message.Blocks) > 0 {
		options = append(options, slack.MsgOptionBlocks(p.message.Blocks...))
	}
	if p.method == slackapi.MethodUpdate {
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

// plainRests is how long a card or a notice that stands as text alone rests before it is tried in full again: it has
// lost its buttons. plainTries is how often.
const (
	plainRests = 5 * time.Minute
	plainTries = 12
)

// outcomeOf is the outcome of a card or a notice that was written: o, and where it stands as text alone another try.
func outcomeOf(e workflow.Effect, w written, o engine.Outcome) engine.Outcome {
	if !w.plain {
		return o
	}
	o.Failure = e.Failure
	if o.Failure == (workflow.Failure{}) {
		o.Failure.Message = "Slack takes the message as text alone"
	}
	if e.Refusals >= outbox.Refusals+plainTries {
		o.Then, o.Tell = engine.Buried, true
		return o
	}
	o.Then, o.After, o.Refusals = engine.Again, plainRests, max(e.Refusals, outbox.Refusals)+1
	return o
}
