package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// Write accepts a message to a creator: it is kept, shown as waiting, and sent by the dispatcher. The notice that is
// returned quotes it and says how far it got. The error is a Refusal where the text is empty or too long, or where
// TikTok's id of the creator is not known.
func (e *Engine) Write(ctx context.Context, w workflow.OutboundMessage) (n workflow.Notice, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		n, err = writeMessage(t, w)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Notice{}, fmt.Errorf("writing to a creator of shop %s: %w", w.Shop, err)
	}
	return n, nil
}

func writeMessage(t *txn, w workflow.OutboundMessage) (workflow.Notice, error) {
	text, err := workflow.NoteText(w.Text, workflow.MaxMessage)
	if err != nil {
		return workflow.Notice{}, err
	}
	if there, err := t.tx.Notice(messageNoticeID(w.Actor)); !errors.Is(err, workflow.ErrNotFound) {
		return there, cmp.Or(err, errUnchanged)
	}
	creator, _, err := workflow.Recipient(t.tx, w.Shop, w.Application, w.Creator)
	if err != nil {
		return workflow.Notice{}, err
	}
	if err := workflow.CanWriteTo(t.tx, w.Shop, creator); err != nil {
		return workflow.Notice{}, err
	}
	if err := refuseAnswered(t.tx, w, creator.KeyOf(w.Shop)); err != nil {
		return workflow.Notice{}, err
	}
	n, err := messageNoticeFor(t, w, creator, text)
	if err != nil {
		return n, err
	}
	if err := keepConversation(t.tx, w.Shop, creator); err != nil {
		return n, err
	}
	if err := t.replied(n, w.At); err != nil {
		return n, err
	}
	if err := recordMessage(t, n, workflow.MessageUpdated{Actor: w.Actor, What: workflow.OnMessageWritten, At: w.At, Text: text}); err != nil {
		return n, err
	}
	if err := t.notify(n, w.At, workflow.ForPeople); err != nil {
		return n, err
	}
	return n, enqueueMessage(t, n, text, w.At)
}

// messageNoticeFor makes the notice that quotes a message: in the thread of the application that is named, or of the
// creator's latest that is live; where there is none in the channel of the campaign that is named, or that they joined
// last.
func messageNoticeFor(t *txn, w workflow.OutboundMessage, creator workflow.Creator, text string) (workflow.Notice, error) {
	n := workflow.Notice{
		ID: messageNoticeID(w.Actor), Shop: w.Shop, Kind: workflow.KindMessage, Application: w.Application, Creator: creator.KeyOf(w.Shop),
		Message: &workflow.Message{Text: text, By: w.Person, At: w.At, State: workflow.MessageWaiting},
	}
	if n.Application == "" {
		a, err := liveOf(t.tx, w.Shop, n.Creator)
		if err != nil && !errors.Is(err, workflow.ErrNotFound) {
			return n, err
		}
		n.Application = a.Key.ID
	}
	c, err := t.tx.Campaign(w.Campaign)
	switch {
	case err == nil && c.Shop == w.Shop:
		n.Campaign = c.ID
	case err == nil || errors.Is(err, workflow.ErrNotFound):
		n.Campaign, err = latestCampaign(t.tx, w.Shop, n.Creator)
	}
	return n, err
}

// writeDecisionMessage writes the message that was to go with a decision which TikTok has confirmed now. The
// confirmation counts whatever becomes of the message: if it cannot be sent, the thread quotes it as refused, and it
// can be tried again.
func writeDecisionMessage(t *txn, a workflow.Application, at time.Time) error {
	d := a.Decision
	w := workflow.OutboundMessage{
		Actor: workflow.Actor{Person: d.By, Surface: workflow.FromDispatcher, DedupKey: "decision " + string(d.Review)}, At: at, Shop: a.Key.Shop,
		Creator: a.Snapshot.Creator.KeyOf(a.Key.Shop), Application: a.Key.ID, Text: d.Message,
	}
	_, err := writeMessage(t, w)
	if errors.Is(err, errUnchanged) {
		return nil // written already
	}
	r, refused := errors.AsType[workflow.Refusal](err)
	if !refused {
		return err
	}
	n, err := messageNoticeFor(t, w, a.Snapshot.Creator, d.Message)
	if err != nil {
		return err
	}
	n.Message.State, n.Message.Failure = workflow.MessageRefused, workflow.Failure{Message: string(r.Rule)}
	if err := recordMessage(t, n, workflow.MessageUpdated{Actor: w.Actor, What: workflow.OnMessageRefused, At: at, Text: d.Message, Failure: n.Message.Failure}); err != nil {
		return err
	}
	return t.notify(n, at, workflow.Routine)
}

// enqueueMessage has the dispatcher send a message.
func enqueueMessage(t *txn, n workflow.Notice, text string, at time.Time) error {
	return t.enqueue(workflow.Effect{
		Kind: workflow.SendMessage, Lane: workflow.MessageLane(n.Shop, n.Creator), Priority: workflow.ForPeople, Shop: n.Shop, Application: n.Application,
		Notice: n.ID, Creator: n.Creator, Text: text, NotBefore: at,
	}, at)
}

// messageNoticeID names a message by the action that wrote it.
func messageNoticeID(a workflow.Actor) workflow.NoticeID {
	if a.DedupKey == "" {
		return workflow.NoticeID("message/" + newEffectID())
	}
	return workflow.NoticeID("message/" + string(a.Person) + "/" + a.DedupKey)
}

// keepConversation records that there is a conversation with a creator.
func keepConversation(tx workflow.Tx, shop workflow.ShopID, creator workflow.Creator) error {
	conversation, err := tx.Conversation(shop, creator.KeyOf(shop))
	if err == nil && conversation.Shown.OpenID != "" {
		return nil
	}
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	conversation.Shop, conversation.Creator, conversation.Shown = shop, creator.KeyOf(shop), creator
	return tx.PutConversation(conversation)
}

// recordMessage records what became of a message: with its application, or with the shop if there is none. An
// application without a card gets one, for its thread.
func recordMessage(t *txn, n workflow.Notice, e workflow.MessageUpdated) error {
	if n.Application == "" {
		return t.tx.Append(workflow.Entry{At: e.At, Key: workflow.Key{Shop: n.Shop}, Event: e.What, By: e.Actor, Text: e.Text, Failure: e.Failure, Creator: n.Creator})
	}
	e.DedupKey = "" // the notice is what recognises a second delivery
	if _, _, err := t.apply(n.Key(), e); err != nil {
		return err
	}
	_, _, err := t.apply(n.Key(), workflow.CardRequested{Actor: workflow.Actor{Person: e.Person, Surface: e.Surface}, At: e.At})
	return err
}

// MessageDone says what became of a message that the dispatcher sent to TikTok.
type MessageDone struct {
	What         workflow.EventKind // OnMessageSent, OnMessageRefused or OnMessageHeldUp
	At           time.Time
	Failure      workflow.Failure
	Conversation string // TikTok's id of it, once it is known
}

func (e MessageDone) record(t *txn, eff workflow.Effect) error {
	n, err := t.tx.Notice(eff.Notice)
	if err != nil {
		return err
	}
	if err := setConversationID(t, n.Shop, n.Creator, workflow.Nameable(e.Conversation), e.At); err != nil {
		return err
	}
	m := *n.Message
	if e.What == workflow.OnMessageHeldUp && sameFailure(m.Failure, e.Failure) {
		return nil
	}
	m.Failure = e.Failure
	switch e.What {
	case workflow.OnMessageSent:
		m.State, m.Sent = workflow.MessageSent, e.At
		if err := t.sentReply(n, e.At); err != nil {
			return err
		}
	case workflow.OnMessageRefused:
		m.State = workflow.MessageRefused
		if err := t.notReplied(n, e.At); err != nil {
			return err
		}
	default: // not about a message
	}
	n.Message = &m
	if err := recordMessage(t, n, workflow.MessageUpdated{What: e.What, At: e.At, Text: m.Text, Failure: e.Failure}); err != nil {
		return err
	}
	return t.notify(n, e.At, workflow.ForPeople)
}

// noteReplied records that the creator is no longer the last to have written: if TikTok lists the conversation as unreplied
// again, there is something new in it.
func noteReplied(tx workflow.Tx, shop workflow.ShopID, creator workflow.CreatorKey) error {
	conversation, err := tx.Conversation(shop, creator)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && !conversation.Unreplied {
		return nil
	}
	if err != nil {
		return err
	}
	conversation.Unreplied = false
	return tx.PutConversation(conversation)
}

func sameFailure(a, b workflow.Failure) bool { return a.Code == b.Code && a.Message == b.Message }

// setConversationID keeps TikTok's id of a conversation. Where one of that id was received under a user name, it is the
// same conversation and the same creator: what is known under the name moves to the id.
func setConversationID(t *txn, shop workflow.ShopID, creator workflow.CreatorKey, id string, at time.Time) error {
	conversation, err := t.tx.Conversation(shop, creator)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && (id == "" || conversation.ID == id) {
		return nil
	}
	if err != nil {
		return err
	}
	answer, err := t.tx.ConversationNumbered(shop, id)
	switch {
	case errors.Is(err, workflow.ErrNotFound):
		conversation.ID = id
		return t.tx.PutConversation(conversation)
	case err != nil:
		return err
	case conversation.Shown.OpenID != "" && answer.Shown.OpenID == "":
		return mergeCreator(t, shop, answer.Creator, conversation.Shown, at)
	default:
		return nil // two creators of one conversation: the one who wrote in it keeps it
	}
}

// Resend tries a message again that TikTok refused. The error is a Refusal where there is nothing to try again.
func (e *Engine) Resend(ctx context.Context, id workflow.NoticeID, by workflow.Actor, at time.Time) (n workflow.Notice, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		n, err = resendMessage(t, id, by, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Notice{}, fmt.Errorf("sending a message again: %w", err)
	}
	return n, nil
}

func resendMessage(t *txn, id workflow.NoticeID, by workflow.Actor, at time.Time) (workflow.Notice, error) {
	n, err := t.tx.Notice(id)
	switch {
	case errors.Is(err, workflow.ErrNotFound) || err == nil && n.Message == nil:
		return n, workflow.Refusal{Rule: workflow.RuleNothingFailed}
	case err != nil:
		return n, err
	case by.DedupKey != "" && n.Message.RetryKey == by.DedupKey:
		return n, errUnchanged
	case n.Message.State != workflow.MessageRefused:
		return n, workflow.Refusal{Rule: workflow.RuleNothingFailed}
	}
	creator, _, err := workflow.Recipient(t.tx, n.Shop, n.Application, n.Creator)
	if err != nil {
		return n, err
	}
	if err := workflow.CanWriteTo(t.tx, n.Shop, creator); err != nil {
		return n, err
	}
	m := *n.Message
	m.State, m.Failure, m.RetryKey = workflow.MessageWaiting, workflow.Failure{}, by.DedupKey
	n.Message = &m
	if err := recordMessage(t, n, workflow.MessageUpdated{Actor: by, What: workflow.OnRetried, At: at, Text: m.Text}); err != nil {
		return n, err
	}
	if err := t.replied(n, at); err != nil {
		return n, err
	}
	if err := t.notify(n, at, workflow.ForPeople); err != nil {
		return n, err
	}
	return n, enqueueMessage(t, n, m.Text, at)
}
