package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// standing is a notice with what has to be known to show it.
type standing struct {
	notice  workflow.Notice
	message view.Message
	about   map[string]any // what its metadata says of its subject
	channel string         // where it goes if it is not posted yet
	thread  string         // the card under which it stands; empty: it is a message of the channel
	home    string         // where the shop, or the campaign that it is about, lives now
	waits   bool           // for its card
	gone    bool           // its card is gone, or what it tells of is
}

// showNotice posts a notice, or brings it up to date. Like a card it is rendered here and now, so that the newest state
// wins.
func (d *Desk) showNotice(ctx context.Context, e workflow.Effect) engine.Outcome {
	s, err := d.standing(ctx, e)
	switch {
	case err != nil:
		return again(e, err)
	case s.gone || s.notice.Lost:
		return engine.Outcome{}
	case s.waits:
		return engine.Outcome{Then: engine.Park}
	}
	p := post{
		method: slackapi.MethodPost, channel: s.channel, thread: s.thread, message: s.message, event: eventNotice,
		payload: map[string]any{"effect": string(e.ID), "shop": string(e.Shop), "kind": string(s.notice.Kind), "notice": string(s.notice.ID)},
	}
	maps.Copy(p.payload, s.about)
	if s.thread != "" {
		p.event, p.payload["application"] = eventReply, string(e.Application)
	}
	if s.notice.Stage != "" {
		p.payload["stage"] = string(s.notice.Stage)
	}
	if s.notice.Posted() {
		if s.notice.Hash == s.message.Hash() {
			return engine.Outcome{}
		}
		p.method, p.channel, p.ts, p.standing, p.pages = slackapi.MethodUpdate, s.notice.Channel, s.notice.TS, s.notice.Hash, s.notice.Pages
	}
	if e.Leased && (!s.notice.Posted() || len(s.message.Pages()) > 1+len(s.notice.Pages)) {
		return engine.Outcome{Then: engine.AtOnce, Verifications: 1} // it was to be an edit: what posts takes a claim
	}
	if unclear(e) {
		if err := d.findNotice(ctx, e, &p); err != nil {
			return again(e, err)
		}
	}
	p.home = p.channel == s.home
	w, err := d.put(ctx, e, p)
	if err == nil {
		return outcomeOf(e, w, engine.Outcome{Event: workflow.PostShown{
			At: time.Now(), Channel: p.channel, TS: w.ts, Hash: w.hash, Pages: w.pages, Link: d.permalink(ctx, s.notice.Link, p.channel, p.thread, w.ts),
		}})
	}
	p.looked = p.looked || len(s.message.Pages()) > 1 // of its further pages only a look would know
	o := d.failed(ctx, e, p, err)
	if o.Event == nil && o.Result == nil && w.ts != "" { // what stands already is on record for the next attempt
		o.Event = workflow.PostShown{At: time.Now(), Channel: p.channel, TS: w.ts, Pages: w.pages}
	}
	return o
}

// findNotice looks for what an earlier attempt may have posted of a notice: the message, and its further pages.
func (d *Desk) findNotice(ctx context.Context, e workflow.Effect, p *post) error {
	first := ""
	p.found = map[int]string{}
	mine := func(m slackapi.Message) bool {
		if m.Metadata.EventPayload["notice"] != string(e.Notice) {
			return false
		}
		n, further := m.Metadata.EventPayload[keyPage].(float64)
		if further {
			p.found[int(n)] = m.TS
			return false
		}
		first = m.TS
		return true
	}
	since := e.MadeAt.Add(-lookBack)
	if p.ts == "" {
		look := func() (slackapi.Message, bool, error) { return d.api.FindInChannel(ctx, p.channel, since, mine) }
		if p.thread != "" {
			look = func() (slackapi.Message, bool, error) {
				return d.api.FindInThread(ctx, p.channel, p.thread, since, mine)
			}
		}
		if _, _, err := look(); err != nil || first == "" {
			return err
		}
		p.method, p.ts, p.looked = slackapi.MethodUpdate, first, true
	}
	if len(p.message.Pages()) == 1 {
		return nil
	}
	top := cmp.Or(p.thread, p.ts)
	_, _, err := d.api.FindInThread(ctx, p.channel, top, since, func(m slackapi.Message) bool { mine(m); return false })
	return err
}

// standing reads a notice and what it tells of, in one snapshot.
func (d *Desk) standing(ctx context.Context, e workflow.Effect) (s standing, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		s = standing{about: map[string]any{}}
		if s.notice, err = tx.Notice(e.Notice); errors.Is(err, workflow.ErrNotFound) {
			s.gone = true
			return nil
		}
		if err != nil {
			return err
		}
		if _, s.channel, err = d.destination(tx, e); err != nil {
			return err
		}
		if s.home, err = d.homeOf(tx, s.notice); err != nil {
			return err
		}
		if s.notice.Application != "" {
			a, err := tx.Application(s.notice.Key())
			if err != nil {
				return err
			}
			s.channel, s.thread, s.waits, s.gone = a.Card.Channel, a.Card.TS, !a.Card.Posted(), a.Card.Lost
		}
		if s.message, err = d.noticeMessage(tx, s.notice); err == nil {
			err = noticeKeys(tx, s.notice, s.about)
		}
		if errors.Is(err, workflow.ErrNotFound) {
			s.gone, err = true, nil
		}
		return err
	})
	if err != nil {
		return standing{}, fmt.Errorf("gathering what a notice shows: %w", err)
	}
	return s, nil
}

// homeOf returns the channel where a notice would be posted now.
func (d *Desk) homeOf(tx workflow.Tx, n workflow.Notice) (string, error) {
	s, err := query.Shop(tx, n.Shop)
	if err != nil {
		return "", err
	}
	if n.Application != "" {
		return d.channelOf(s), nil // its card's
	}
	return noticeChannel(tx, n.Campaign, d.channelOf(s))
}

// noticeMessage renders a notice by what it tells of.
func (d *Desk) noticeMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	render := d.renderers[n.Kind]
	if render == nil {
		return view.Message{}, fmt.Errorf("a notice of the kind %q is not known", n.Kind)
	}
	return render(tx, n)
}

// lostNotice tells that a notice's message is gone.
func lostNotice(p post) engine.Outcome {
	return engine.Outcome{Event: workflow.PostLost{At: time.Now(), TS: cmp.Or(p.ts, p.thread)}}
}

// permalink returns the link to a message unless it is known, which is made of the workspace's address. A message without
// one is still a message: the next repaint tries again.
func (d *Desk) permalink(ctx context.Context, known, channel, thread, ts string) string {
	if known != "" {
		return ""
	}
	link, err := d.access.LinkTo(ctx, channel, thread, ts)
	if err != nil {
		d.log.WarnContext(ctx, "could not make the link of a message", "error", err)
	}
	return link
}
