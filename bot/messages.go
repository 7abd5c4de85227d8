package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// messageRoutes are the controls and the dialog of messages to creators.
func (d *Desk) messageRoutes(r *routes) {
	handle.OnClick(r.Mux, view.ActionMessage, d.openMessage())
	handle.OnClick(r.Mux, view.ActionReply, d.openMessage())
	handle.OnClick(r.Mux, view.ActionResend, d.resend())
	handle.OnSubmit(r.Mux, view.CallbackMessage, d.submitMessage())
}

// openMessage opens the dialog in which somebody writes to a creator. The trigger lives three seconds, so nothing slow
// comes before it; what the dialog shows is read from the store.
func (d *Desk) openMessage() onClick[view.Correspondent] {
	return onClick[view.Correspondent]{
		Order: handle.AckFirst, Parse: correspondentNamed, Scope: correspondentScope,
		Do: func(ctx context.Context, _ click, to view.Correspondent, _ handle.Grant) (handle.Answer, error) {
			facts, err := d.messageFacts(ctx, to)
			return handle.Open(view.MessageModal(facts)), err
		},
		Fail: notMessaged[view.Correspondent](d),
	}
}

// correspondentNamed reads whom a button or a menu is about.
func correspondentNamed(c click) (view.Correspondent, error) {
	return view.ParseCorrespondent(cmp.Or(c.Action.Text, c.Action.Chosen()))
}

// messageWords puts an error about a message into words.
func (d *Desk) messageWords(ctx context.Context, err error) string {
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		return view.MessageRefusal(r)
	}
	return d.access.Explain(ctx, err)
}

// notMessaged is the Fail of a control that is about a message.
func notMessaged[T any](d *Desk) func(context.Context, click, T, handle.Grant, error) handle.Answer {
	return func(ctx context.Context, _ click, _ T, _ handle.Grant, err error) handle.Answer {
		return handle.Tell(d.messageWords(ctx, err))
	}
}

// messageFacts gathers what the dialog shows. The error is a Refusal where the creator cannot be written to.
func (d *Desk) messageFacts(ctx context.Context, to view.Correspondent) (facts view.MessageModalFacts, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.MessageModalFacts{To: to}
		if facts.Creator, facts.Product, err = workflow.Recipient(tx, to.Shop, to.Application, to.Creator); err != nil {
			return err
		}
		if err := workflow.CanWriteTo(tx, to.Shop, facts.Creator); err != nil {
			return err
		}
		facts.Recent, err = query.LatestMessages(tx, to.Shop, facts.Creator.KeyOf(to.Shop), view.RecentMessages)
		return err
	})
	if err != nil {
		return view.MessageModalFacts{}, fmt.Errorf("gathering what the message dialog shows: %w", err)
	}
	return facts, nil
}

// submitMessage takes a message over before the dialog closes: what a person saw accepted is on disk.
func (d *Desk) submitMessage() onSubmit[view.Correspondent] {
	return onSubmit[view.Correspondent]{
		Parse: func(s submit) (view.Correspondent, error) { return view.ParseCorrespondent(s.View.Metadata) },
		Scope: correspondentScope,
		Do: func(ctx context.Context, s submit, to view.Correspondent, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.Write(ctx, workflow.OutboundMessage{
				Actor: g.Actor, At: time.Now(), Shop: to.Shop, Creator: to.Creator, Application: to.Application, Campaign: to.Campaign,
				Text: withEmoji(s.Field(view.ActionMessageText).Text),
			})
			return handle.Answer{}, err
		},
		Fail: func(ctx context.Context, _ submit, _ view.Correspondent, _ handle.Grant, err error) handle.Answer {
			return handle.At(view.BlockMessage, d.messageWords(ctx, err))
		},
	}
}

// resend tries a message again that TikTok refused.
func (d *Desk) resend() onClick[workflow.NoticeID] {
	return onClick[workflow.NoticeID]{
		Parse: func(c click) (workflow.NoticeID, error) { return workflow.NoticeID(c.Action.Text), nil },
		Scope: func(ctx context.Context, id *workflow.NoticeID) (handle.Scope, error) {
			n, err := d.notice(ctx, *id)
			return handle.Scope{Shop: n.Shop, Role: access.Reviewer}, err
		},
		Do: func(ctx context.Context, _ click, id workflow.NoticeID, g handle.Grant) (handle.Answer, error) {
			g.Actor.Surface = workflow.FromThread
			_, err := d.engine.Resend(ctx, id, g.Actor, time.Now())
			return handle.Answer{}, err
		},
		Fail: notMessaged[workflow.NoticeID](d),
	}
}

// notice reads a notice; the error is a Refusal if there is none.
func (d *Desk) notice(ctx context.Context, id workflow.NoticeID) (n workflow.Notice, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		if n, err = tx.Notice(id); errors.Is(err, workflow.ErrNotFound) {
			return workflow.Refusal{Rule: workflow.RuleNothingFailed}
		}
		return err
	})
	if err != nil {
		return workflow.Notice{}, fmt.Errorf("reading a notice: %w", err)
	}
	return n, nil
}

// messageMessage renders a message to a creator, and how far it got.
func (d *Desk) messageMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	shop, err := d.defaults().ShopNamed(tx, n.Shop)
	if err != nil {
		return view.Message{}, err
	}
	creator, _, err := workflow.Recipient(tx, n.Shop, n.Application, n.Creator)
	if access.RuleOf(err) != "" {
		err = nil // her words' addressee has no name then
	}
	if n.Application != "" {
		shop = "" // the card says that
	}
	return view.MessageToCreator(view.MessageFacts{Notice: n, Creator: creator, Shop: shop}), err
}

// replyMessage renders what is said in the thread of a card.
func replyMessage(e workflow.Effect) view.Message {
	s := *e.Payload
	if s.Kind != workflow.KindMessage {
		return view.Reply(s)
	}
	to := view.Correspondent{Shop: e.Shop, Application: e.Application}
	if s.Creator != nil {
		to.Creator = s.Creator.KeyOf(e.Shop)
	}
	return view.Heard(s, to)
}

// located adds to what a creator wrote where that was: the shop's name, and the campaign's.
func located(tx workflow.Tx, s workflow.Payload, shop workflow.Shop) (workflow.Payload, error) {
	if s.Kind != workflow.KindMessage {
		return s, nil
	}
	s.Shop = cmp.Or(shop.Name, string(shop.ID))
	var err error
	s.Campaign, err = query.CampaignName(tx, s.CampaignID)
	return s, err
}

// announcement renders what is said in a channel.
func announcement(e workflow.Effect, s workflow.Payload, admins []workflow.PersonID) view.Message {
	if s.Kind != workflow.KindMessage {
		return view.Notice(s, admins)
	}
	return view.Heard(s, view.Correspondent{Shop: e.Shop, Creator: s.CreatorKey, Campaign: s.CampaignID})
}
