package post

import (
	"cmp"
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

// draft is a message to write. One that is too long for Slack goes on in the thread, with the same metadata and its page.
type draft struct {
	method   string
	channel  string
	home     bool   // it is a channel that a shop or a campaign lives in now: closed to the desk, it is waited for
	ts       string // of the message to update
	looked   bool   // something of it was written, and nothing is on record of that yet
	person   bool   // the channel is a person
	thread   string
	loud     bool // shown in the channel too
	edited   bool // it is edited later: a card, or a notice
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

// draftOf returns the message that an effect brings to its place.
func draftOf(e workflow.Effect, p place, r Rendered) draft {
	d := draft{
		method: p.method(), channel: p.channel, home: p.channel == p.home, person: p.person, thread: p.thread, loud: r.Loud,
		edited: e.Kind == workflow.ShowCard || e.Kind == workflow.ShowNotice, message: r.Message, event: EventNotice,
		payload: map[string]any{"effect": string(e.ID), "shop": string(e.Shop)},
	}
	switch {
	case e.Kind == workflow.ShowCard:
		d.event = EventCard
	case d.thread != "":
		d.event = EventReply
	}
	if d.event != EventNotice {
		d.payload["application"] = string(e.Application)
	}
	if e.Payload != nil {
		d.payload["kind"] = string(e.Payload.Kind)
	}
	if e.Kind == workflow.ShowNotice {
		d.payload["kind"], d.payload["notice"] = string(p.notice.Kind), string(p.notice.ID)
	}
	maps.Copy(d.payload, r.About)
	if p.post.Posted() {
		d.ts, d.standing, d.pages = p.post.TS, p.post.Hash, p.pages
	}
	return d
}

// written is what came of a post, also where it failed half-way.
type written struct {
	ts    string // of the first page; empty: nothing was written
	hash  string // of the whole, once it stands
	pages []workflow.PostPage
	bare  bool // without its pictures
	plain bool // as text alone
}

// lookBack is how much before an effect was made a look for its message begins: Slack's clock is not ours.
const lookBack = 2 * time.Minute

// find looks for what an earlier attempt may have posted, the message and its further pages, by the metadata: Slack
// offers no idempotency key. What is edited later is then updated, and of what is said once only the rest is posted.
func (s *Service) find(ctx context.Context, e workflow.Effect, d *draft) error {
	since, first := e.MadeAt.Add(-lookBack), ""
	d.found = map[int]string{}
	if d.person { // a person's id takes a post, and nothing that reads
		channel, err := s.API.Direct(ctx, d.channel)
		if err != nil {
			return err
		}
		d.channel, d.person = channel, false
	}
	mine := func(m slackapi.Message) bool {
		if !isOf(m, e) {
			return false
		}
		n, further := m.Metadata.EventPayload[keyPage].(float64)
		if further {
			d.found[int(n)] = m.TS
			return false
		}
		first = m.TS
		return true
	}
	if d.ts == "" {
		look := func() (slackapi.Message, bool, error) { return s.API.FindInChannel(ctx, d.channel, since, mine) }
		if d.thread != "" {
			look = func() (slackapi.Message, bool, error) {
				return s.API.FindInThread(ctx, d.channel, d.thread, since, mine)
			}
		}
		if _, _, err := look(); err != nil || first == "" {
			return err
		}
		if d.edited {
			d.method, d.ts, d.looked = slackapi.MethodUpdate, first, true
		} else {
			d.begun = first
		}
	}
	if len(d.message.Pages()) == 1 {
		return nil
	}
	top := cmp.Or(d.thread, first, d.ts)
	_, _, err := s.API.FindInThread(ctx, d.channel, top, since, func(m slackapi.Message) bool { mine(m); return false })
	return err
}

// isOf reports whether a message is the one of an effect: the card of its application, its notice, or what it says.
func isOf(m slackapi.Message, e workflow.Effect) bool {
	about := m.Metadata.EventPayload
	switch e.Kind {
	case workflow.ShowCard:
		return m.Metadata.EventType == EventCard && about["shop"] == string(e.Shop) && about["application"] == string(e.Application)
	case workflow.ShowNotice:
		return about["notice"] == string(e.Notice)
	default:
		return about["effect"] == string(e.ID)
	}
}

// put writes all pages of a message. What Slack refused long enough, though it may be right, is written as text alone.
func (s *Service) put(ctx context.Context, e workflow.Effect, d draft) (w written, err error) {
	w, err = s.putPages(ctx, d)
	if err == nil || w.ts != "" || !s.givesUp(e, err) { // where the first page stands, text alone would say less
		return w, err
	}
	d.message = d.message.Plain()
	if d.ts != "" && d.standing == d.message.Hash() { // it stands there as text already
		return written{ts: d.ts, hash: d.standing, plain: true}, nil
	}
	s.Log.WarnContext(ctx, "Slack refused the blocks of a message, sending it as plain text", "effect", e.ID, "channel", d.channel, "error", err)
	plain, failed := s.putPages(ctx, d)
	if failed != nil {
		return w, fmt.Errorf("%w; as plain text: %w", err, failed)
	}
	plain.plain = true
	return plain, nil
}

func (s *Service) putPages(ctx context.Context, d draft) (w written, err error) {
	pages := d.message.Pages()
	w = written{ts: d.begun, pages: slices.Clone(d.pages)}
	if w.ts == "" {
		first := d
		first.message = pages[0]
		if w.ts, w.bare, err = s.write(ctx, first); err != nil {
			w.ts = ""
			return w, err
		}
	}
	for n := range pages[1:] {
		if err := s.putPage(ctx, d, &w, n, pages[n+1]); err != nil {
			return w, fmt.Errorf("writing page %d of %d: %w", n+2, len(pages), err)
		}
	}
	if err := s.removePages(ctx, d, &w, len(pages)-1); err != nil {
		return w, err
	}
	w.hash = d.message.Hash()
	return w, nil
}

// putPage writes the n-th further page, from 0, unless it stands there as it is.
func (s *Service) putPage(ctx context.Context, d draft, w *written, n int, m view.Message) error {
	page := draft{method: slackapi.MethodPost, channel: d.channel, thread: d.thread, message: m, event: d.event, payload: maps.Clone(d.payload)}
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
	} else if ts := d.found[n+2]; ts != "" {
		page.method, page.ts = slackapi.MethodUpdate, ts
	}
	s.limits.Spend(page.method, page.channel)
	ts, _, err := s.write(ctx, page)
	if page.ts != "" && slackapi.Gone.Has(err) { // somebody deleted it
		page.method, page.ts = slackapi.MethodPost, ""
		ts, _, err = s.write(ctx, page)
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
func (s *Service) removePages(ctx context.Context, d draft, w *written, needed int) error {
	for len(w.pages) > needed {
		last := len(w.pages) - 1
		_, _, err := s.API.DeleteMessageContext(ctx, d.channel, w.pages[last].TS)
		if err != nil && !slackapi.Gone.Has(err) {
			return fmt.Errorf("removing a page that is not needed any more: %w", err)
		}
		w.pages = w.pages[:last]
	}
	return nil
}

// write posts or updates one page, and keeps for Health whether Slack took it. Where Slack cannot fetch a picture it
// refuses the whole message, so that goes again without pictures, at once.
func (s *Service) write(ctx context.Context, d draft) (ts string, bare bool, err error) {
	ts, err = s.writeOnce(ctx, d)
	if pictureFailed(err) {
		d.message, bare = d.message.WithoutImages(), true
		ts, err = s.writeOnce(ctx, d)
	}
	if name := slackapi.ErrorName(err); err == nil || name != "" {
		s.refused.Store(&name)
	}
	if err == nil {
		s.asked.Store(nil)
	}
	return ts, bare, err
}

func (s *Service) writeOnce(ctx context.Context, d draft) (ts string, err error) {
	options := []slack.MsgOption{
		slack.MsgOptionText(d.message.Text, false), // the view escapes what has to be escaped
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: d.event, EventPayload: d.payload}),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	if len(d.message.Blocks) > 0 {
		options = append(options, slack.MsgOptionBlocks(d.message.Blocks...))
	}
	if d.method == slackapi.MethodUpdate {
		_, ts, _, err = s.API.UpdateMessageContext(ctx, d.channel, d.ts, options...)
		return ts, err
	}
	if d.thread != "" {
		options = append(options, slack.MsgOptionTS(d.thread))
	}
	if d.loud {
		options = append(options, slack.MsgOptionBroadcast())
	}
	_, ts, err = s.API.PostMessageContext(ctx, d.channel, options...)
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
