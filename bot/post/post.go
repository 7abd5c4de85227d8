// Package post writes the desk's messages to Slack. It delivers the effects of the outbox that go there: what is said
// once, exactly once, and what is edited later, a card or a notice, as it is now. What a message says is rendered by
// whoever registered its kind; this package knows no kind of its own.
package post

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// The event types that messages carry in their metadata.
const (
	EventCard   = "sampledesk_card"
	EventReply  = "sampledesk_reply" // in a card's thread
	EventNotice = "sampledesk_notice"
)

// On says which messages a renderer renders: by what the effect does and by what the message is about. Without a kind it
// renders all of that effect that have no renderer of their own.
type On struct {
	Effect workflow.EffectKind
	Kind   workflow.PayloadKind
}

// Subject is what a message is about, read in the transaction in which it is rendered.
type Subject struct {
	Effect      workflow.Effect
	Shop        workflow.Shop
	Application workflow.Application // whose card it is, or in whose thread it stands; zero: it is a message of a channel
	Notice      workflow.Notice      // of ShowNotice
	Payload     workflow.Payload     // of what is said once
	Shared      bool                 // of what is said in a channel: several shops live there
}

// kind is what the message is about; empty for a card.
func (s Subject) kind() workflow.PayloadKind {
	if s.Effect.Payload != nil {
		return s.Effect.Payload.Kind
	}
	return s.Notice.Kind
}

// Rendered is a message as it is to stand in Slack now.
type Rendered struct {
	Message  view.Message
	About    map[string]any // what its metadata says of its subject, beside the effect, the shop and the kind
	Loud     bool           // a reply that is shown in the channel too
	Obsolete bool           // there is no reason for it any more: nothing is said

	// Later renders what the store alone does not tell. It is called after the transaction, and what it returns counts.
	Later func(context.Context) (Rendered, error)

	// Rest is how long the message has to rest before it can be shown; 0: it can.
	Rest time.Duration
}

// Render renders the messages of a kind. It only reads. An error that is workflow.ErrNotFound says of a notice that what
// it tells of is gone.
type Render func(context.Context, workflow.Tx, Subject) (Rendered, error)

// Config is what a service needs to know.
type Config struct {
	API      *slackapi.Client
	Store    workflow.Store
	Defaults query.Defaults
	Log      *slog.Logger

	// LinkTo returns the link to a message; thread is the message above a reply, "" for a message of the channel.
	LinkTo func(ctx context.Context, channel, thread, ts string) (string, error)

	Renderers map[On]Render

	Shared slackapi.Shared // the budgets, where other desks write too; nil: this one is alone
}

// Service delivers effects to Slack. It is safe for concurrent use.
type Service struct {
	Config
	limits *slackapi.Limits

	refused atomic.Pointer[string]        // Slack's error for the last message written
	asked   atomic.Pointer[time.Duration] // for how long Slack asked not to be written to, where that is longer than is obeyed
}

// New returns a service.
func New(c Config) *Service { return &Service{Config: c, limits: slackapi.NewLimits(c.Shared)} }

// Refused returns Slack's error for the last message that was to be written, "" if Slack took it.
func (s *Service) Refused() string {
	if refused := s.refused.Load(); refused != nil {
		return *refused
	}
	return ""
}

// Asked returns for how long Slack asked not to be written to, where that is longer than is obeyed; 0: it does not. One
// too long to be counted is below 0.
func (s *Service) Asked() time.Duration {
	if asked := s.asked.Load(); asked != nil {
		return *asked
	}
	return 0
}

// Limit implements outbox.Service: Slack limits posts by channel and edits by method.
func (s *Service) Limit(tx workflow.Tx, e workflow.Effect) (string, error) {
	p, err := s.placeOf(tx, e)
	if err != nil { // its delivery meets that too, and tells what becomes of the effect
		s.Log.Warn("could not read the destination of an effect", "effect", e.ID, "error", err)
	}
	if e.Kind == workflow.EraseReplies {
		return slackapi.LimitKey(slackapi.MethodUpdate, p.channel), nil
	}
	return slackapi.LimitKey(p.method(), p.channel), nil
}

// Budget implements outbox.Service: it takes a call from Slack's rates before the claim.
func (s *Service) Budget(_ workflow.Effect, limit string) time.Duration { return s.limits.Take(limit) }

// Deliver implements outbox.Service. A message is rendered here and now, so that the newest state wins.
func (s *Service) Deliver(ctx context.Context, e workflow.Effect) engine.Outcome {
	if e.Kind == workflow.EraseReplies {
		return s.eraseReplies(ctx, e)
	}
	p, r, err := s.render(ctx, e)
	switch {
	case err != nil:
		return failedToRead(e, err)
	case p.gone || r.Obsolete:
		return engine.Outcome{Nothing: true}
	case p.waits:
		return engine.Outcome{Then: engine.Park}
	case r.Rest > 0:
		return again(e, engine.Outcome{After: r.Rest})
	}
	d := draftOf(e, p, r)
	if p.post.Posted() && p.post.Hash == d.message.Hash() {
		return engine.Outcome{Nothing: true}
	}
	if e.Leased && (!p.post.Posted() || len(d.message.Pages()) > 1+len(p.pages)) { // it was to be an edit: what posts takes a claim
		o := engine.Outcome{Then: engine.AtOnce}
		if p.post.Posted() {
			o.Verifications = 1
		}
		return o
	}
	if e.Begun || e.Verifications > 0 { // an earlier attempt may have had its effect
		if err := s.find(ctx, e, &d); err != nil {
			return failedToRead(e, err)
		}
	}
	w, err := s.put(ctx, e, d)
	if err != nil {
		return s.unwritten(ctx, e, d, w, err)
	}
	if !d.edited {
		return engine.Outcome{}
	}
	return outcomeOf(e, w, engine.Outcome{Event: workflow.PostShown{
		At: time.Now(), Channel: d.channel, TS: w.ts, Hash: w.hash, Link: s.permalink(ctx, p.post.Link, d, w.ts), Bare: w.bare, Pages: w.pages,
	}})
}

// render reads what a message is about, and renders it.
func (s *Service) render(ctx context.Context, e workflow.Effect) (p place, r Rendered, err error) {
	err = s.Store.View(ctx, func(tx workflow.Tx) error {
		r = Rendered{}
		if p, err = s.placeOf(tx, e); err != nil || p.gone || p.waits {
			return err
		}
		about := Subject{Effect: e, Shop: p.shop, Application: p.application, Notice: p.notice}
		if e.Payload != nil {
			about.Payload = *e.Payload
		}
		if e.Kind == workflow.Announce {
			shops, err := tx.Shops()
			if err != nil {
				return err
			}
			about.Shared = s.Defaults.Sharing(p.shop, shops) > 1
		}
		r, err = s.rendererOf(about)(ctx, tx, about)
		if e.Kind == workflow.ShowNotice && errors.Is(err, workflow.ErrNotFound) {
			p.gone, err = true, nil
		}
		return err
	})
	if err != nil {
		return p, r, fmt.Errorf("gathering what a message shows: %w", err)
	}
	if r.Later != nil {
		if r, err = r.Later(ctx); err != nil {
			return p, r, fmt.Errorf("rendering a message: %w", err)
		}
	}
	return p, r, nil
}

// rendererOf returns what renders a message.
func (s *Service) rendererOf(about Subject) Render {
	if r := s.Renderers[On{about.Effect.Kind, about.kind()}]; r != nil {
		return r
	}
	if r := s.Renderers[On{Effect: about.Effect.Kind}]; r != nil {
		return r
	}
	return func(context.Context, workflow.Tx, Subject) (Rendered, error) {
		return Rendered{}, fmt.Errorf("a message of the kind %q is not known", about.kind())
	}
}

// permalink returns the link to a message unless it is known, which is made of the workspace's address. A message
// without one is still a message: the next repaint tries again.
func (s *Service) permalink(ctx context.Context, known string, d draft, ts string) string {
	if known != "" {
		return ""
	}
	link, err := s.LinkTo(ctx, d.channel, d.thread, ts)
	if err != nil {
		s.Log.WarnContext(ctx, "could not build the link to a message", "error", err)
	}
	return link
}
