package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// messageRoutes are the controls and the dialog of messages to creators.
func (d *Desk) messageRoutes(r *routes) {
	r.clicks[view.ActionMessage] = d.openMessage
	r.clicks[view.ActionReply] = d.openMessage
	r.clicks[view.ActionResend] = d.resend
	r.submissions[view.CallbackMessage] = d.submitMessage
}

// openMessage opens the dialog in which somebody writes to a creator. The trigger lives three seconds, so nothing slow
// comes before it; what the dialog shows is read from the store.
func (d *Desk) openMessage(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	to, err := view.ParseCorrespondent(cmp.Or(a.Text, a.chosen()))
	if err != nil {
		d.log.WarnContext(ctx, "a control does not say whom it is about", "error", err)
		return
	}
	if _, no := d.guard(ctx, i.User.ID, to.Shop, reviewer); no != "" {
		d.tell(ctx, i, no)
		return
	}
	facts, err := d.messageFacts(ctx, to)
	if err != nil {
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, messageSentence(err))
		return
	}
	d.openModal(ctx, i, view.MessageModal(facts))
}

// messageSentence puts an error about a message into words.
func messageSentence(err error) string {
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		return view.MessageRefusal(r)
	}
	return view.Denied(view.DeniedUnsaved)
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
func (d *Desk) submitMessage(ctx context.Context, i interaction, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	to, err := view.ParseCorrespondent(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say whom it is about", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, to.Shop, reviewer)
	if no != "" {
		ack(errorAt(view.BlockMessage, no))
		return
	}
	_, err = d.engine.Write(ctx, workflow.OutboundMessage{
		Actor: d.actor(i.User.ID, shop, workflow.FromModal, i.View.ID), At: time.Now(),
		Shop: to.Shop, Creator: to.Creator, Application: to.Application, Campaign: to.Campaign,
		Text: withEmoji(i.field(view.ActionMessageText).Text),
	})
	if err != nil {
		d.note(ctx, i.User.ID, err)
		ack(errorAt(view.BlockMessage, messageSentence(err)))
		return
	}
	ack(nil)
}

// resend tries a message again that TikTok refused.
func (d *Desk) resend(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	defer ack(nil)
	id := workflow.NoticeID(a.Text)
	n, err := d.notice(ctx, id)
	if err != nil {
		ack(nil)
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, messageSentence(err))
		return
	}
	shop, no := d.guard(ctx, i.User.ID, n.Shop, reviewer)
	if no != "" {
		ack(nil)
		d.tell(ctx, i, no)
		return
	}
	if _, err := d.engine.Resend(ctx, id, d.actor(i.User.ID, shop, workflow.FromThread, i.TriggerID), time.Now()); err != nil {
		ack(nil)
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, messageSentence(err))
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
	if ruleOf(err) != "" {
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
