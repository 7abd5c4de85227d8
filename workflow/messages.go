package workflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Writing is a message that a person writes to a creator.
type Writing struct {
	Actor
	At          time.Time
	Shop        ShopID
	Creator     CreatorKey
	Application ApplicationID // in whose thread it is quoted; empty: the creator's latest that is live, or none
	Campaign    CampaignID    // in whose channel it is quoted where there is no application
	Text        string        // as she typed it
}

// Write takes a message to a creator over: it is kept, shown as waiting, and sent by the courier. The notice that is
// returned quotes it and tells how far it got. The error is a Refusal where the text is none or too long, or where
// TikTok's id of the creator is not known.
func (e *Engine) Write(ctx context.Context, w Writing) (n Notice, err error) {
	err = e.update(ctx, func(t *turn) (err error) {
		n, err = t.write(w)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Notice{}, fmt.Errorf("writing to a creator of shop %s: %w", w.Shop, err)
	}
	return n, nil
}

func (t *turn) write(w Writing) (Notice, error) {
	text, err := NoteText(w.Text, MaxMessage)
	if err != nil {
		return Notice{}, err
	}
	if there, err := t.tx.Notice(messageNotice(w.Actor)); !errors.Is(err, ErrNotFound) {
		return there, cmp.Or(err, errUnchanged)
	}
	creator, _, err := Addressee(t.tx, w.Shop, w.Application, w.Creator)
	if err != nil {
		return Notice{}, err
	}
	if err := CanWriteTo(t.tx, w.Shop, creator); err != nil {
		return Notice{}, err
	}
	n, err := t.quoting(w, creator, text)
	if err != nil {
		return n, err
	}
	if err := t.keepTalk(w.Shop, creator); err != nil {
		return n, err
	}
	if err := t.told(n, MessageTold{Actor: w.Actor, What: OnMessageWritten, At: w.At, Text: text}); err != nil {
		return n, err
	}
	if err := t.notify(n, w.At, ForPeople); err != nil {
		return n, err
	}
	return n, t.post(n, text, w.At)
}

// quoting makes the notice that quotes a message: in the thread of the application that is named, or of the creator's
// latest that is live; where there is none in the channel of the campaign that is named, or that she joined last.
func (t *turn) quoting(w Writing, creator Creator, text string) (Notice, error) {
	n := Notice{
		ID: messageNotice(w.Actor), Shop: w.Shop, Kind: SayMessage, Application: w.Application, Creator: creator.KeyOf(w.Shop),
		Message: &Message{Text: text, By: w.Person, At: w.At, State: MessageWaiting},
	}
	if n.Application == "" {
		a, err := liveOf(t.tx, w.Shop, n.Creator)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return n, err
		}
		n.Application = a.Key.ID
	}
	c, err := t.tx.Campaign(w.Campaign)
	switch {
	case err == nil && c.Shop == w.Shop:
		n.Campaign = c.ID
	case err == nil || errors.Is(err, ErrNotFound):
		n.Campaign, err = t.latestCampaign(w.Shop, n.Creator)
	}
	return n, err
}

// writeAlong writes the message that was to go with a decision which TikTok has confirmed now. The confirmation counts
// whatever becomes of the words: where they cannot be sent, the thread quotes them as refused, and they can be tried
// again.
func (t *turn) writeAlong(a Application, at time.Time) error {
	d := a.Decision
	w := Writing{
		Actor: Actor{Person: d.By, Surface: FromCourier, Origin: "decision " + string(d.Review)}, At: at, Shop: a.Key.Shop,
		Creator: a.Report.Creator.KeyOf(a.Key.Shop), Application: a.Key.ID, Text: d.Message,
	}
	_, err := t.write(w)
	if errors.Is(err, errUnchanged) {
		return nil // written already
	}
	r, refused := errors.AsType[Refusal](err)
	if !refused {
		return err
	}
	n, err := t.quoting(w, a.Report.Creator, d.Message)
	if err != nil {
		return err
	}
	n.Message.State, n.Message.Cause = MessageRefused, Cause{Message: string(r.Rule)}
	if err := t.told(n, MessageTold{Actor: w.Actor, What: OnMessageRefused, At: at, Text: d.Message, Cause: n.Message.Cause}); err != nil {
		return err
	}
	return t.notify(n, at, Routine)
}

// post has the courier send a message.
func (t *turn) post(n Notice, text string, at time.Time) error {
	return t.enqueue(Effect{
		Kind: SendMessage, Lane: MessageLane(n.Shop, n.Creator), Priority: ForPeople, Shop: n.Shop, Application: n.Application,
		Notice: n.ID, Creator: n.Creator, Text: text, NotBefore: at,
	}, at)
}

// messageNotice names a message after the deed that wrote it.
func messageNotice(a Actor) NoticeID {
	if a.Origin == "" {
		return NoticeID("message/" + newEffectID())
	}
	return NoticeID("message/" + string(a.Person) + "/" + a.Origin)
}

// keepTalk keeps that there is an exchange with a creator.
func (t *turn) keepTalk(shop ShopID, creator Creator) error {
	talk, err := t.tx.Conversation(shop, creator.KeyOf(shop))
	if err == nil && talk.Shown.OpenID != "" {
		return nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	talk.Shop, talk.Creator, talk.Shown = shop, creator.KeyOf(shop), creator
	return t.tx.PutConversation(talk)
}

// told puts what became of a message on record: with its application, or with the shop where there is none. An
// application without a card gets one, for its thread.
func (t *turn) told(n Notice, e MessageTold) error {
	if n.Application == "" {
		return t.tx.Append(Entry{At: e.At, Key: Key{Shop: n.Shop}, Event: e.What, By: e.Actor, Text: e.Text, Cause: e.Cause, Creator: n.Creator})
	}
	e.Origin = "" // the notice is what recognises a second delivery
	if _, _, err := t.apply(n.Key(), e); err != nil {
		return err
	}
	_, _, err := t.apply(n.Key(), CardCalledFor{Actor: Actor{Person: e.Person, Surface: e.Surface}, At: e.At})
	return err
}

// MessageDone tells what became of a message that the courier took to TikTok.
type MessageDone struct {
	What         EventKind // OnMessageSent, OnMessageRefused or OnMessageHeldUp
	At           time.Time
	Cause        Cause
	Conversation string // TikTok's id of it, once it is known
}

// Kind returns what became of the message.
func (e MessageDone) Kind() EventKind { return e.What }

// When returns the event's time.
func (e MessageDone) When() time.Time { return e.At }

func (t *turn) messageDone(eff Effect, e MessageDone) error {
	n, err := t.tx.Notice(eff.Notice)
	if err != nil {
		return err
	}
	if err := t.numberTalk(n.Shop, n.Creator, nameable(e.Conversation), e.At); err != nil {
		return err
	}
	m := *n.Message
	if e.What == OnMessageHeldUp && sameCause(m.Cause, e.Cause) {
		return nil
	}
	m.Cause = e.Cause
	switch e.What {
	case OnMessageSent:
		m.State, m.Sent = MessageSent, e.At
		if err := t.replied(n.Shop, n.Creator); err != nil {
			return err
		}
	case OnMessageRefused:
		m.State = MessageRefused
	}
	n.Message = &m
	if err := t.told(n, MessageTold{What: e.What, At: e.At, Text: m.Text, Cause: e.Cause}); err != nil {
		return err
	}
	return t.notify(n, e.At, ForPeople)
}

// replied puts on record that the creator is no longer the last to have written: if TikTok lists the conversation as
// unreplied again, there is something new in it.
func (t *turn) replied(shop ShopID, creator CreatorKey) error {
	talk, err := t.tx.Conversation(shop, creator)
	if errors.Is(err, ErrNotFound) || err == nil && !talk.Unreplied {
		return nil
	}
	if err != nil {
		return err
	}
	talk.Unreplied = false
	return t.tx.PutConversation(talk)
}

func sameCause(a, b Cause) bool { return a.Code == b.Code && a.Message == b.Message }

// numberTalk keeps TikTok's id of a conversation. Where one of that id was heard under a user name, it is the same
// conversation, and the name is hers: what is known under it becomes hers by id.
func (t *turn) numberTalk(shop ShopID, creator CreatorKey, id string, at time.Time) error {
	talk, err := t.tx.Conversation(shop, creator)
	if errors.Is(err, ErrNotFound) || err == nil && (id == "" || talk.ID == id) {
		return nil
	}
	if err != nil {
		return err
	}
	heard, err := t.tx.ConversationNumbered(shop, id)
	switch {
	case errors.Is(err, ErrNotFound):
		talk.ID = id
		return t.tx.PutConversation(talk)
	case err != nil:
		return err
	case talk.Shown.OpenID != "" && heard.Shown.OpenID == "":
		return t.merge(shop, heard.Creator, talk.Shown, at)
	default:
		return nil // two creators of one conversation: whoever was heard in it keeps it
	}
}

// Resend tries a message again that TikTok refused. The error is a Refusal where there is nothing to try again.
func (e *Engine) Resend(ctx context.Context, id NoticeID, by Actor, at time.Time) (n Notice, err error) {
	err = e.update(ctx, func(t *turn) (err error) {
		n, err = t.resend(id, by, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Notice{}, fmt.Errorf("sending a message again: %w", err)
	}
	return n, nil
}

func (t *turn) resend(id NoticeID, by Actor, at time.Time) (Notice, error) {
	n, err := t.tx.Notice(id)
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && n.Message == nil:
		return n, Refusal{Rule: RuleNothingFailed}
	case err != nil:
		return n, err
	case by.Origin != "" && n.Message.Again == by.Origin:
		return n, errUnchanged
	case n.Message.State != MessageRefused:
		return n, Refusal{Rule: RuleNothingFailed}
	}
	creator, _, err := Addressee(t.tx, n.Shop, n.Application, n.Creator)
	if err != nil {
		return n, err
	}
	if err := CanWriteTo(t.tx, n.Shop, creator); err != nil {
		return n, err
	}
	m := *n.Message
	m.State, m.Cause, m.Again = MessageWaiting, Cause{}, by.Origin
	n.Message = &m
	if err := t.told(n, MessageTold{Actor: by, What: OnRetried, At: at, Text: m.Text}); err != nil {
		return n, err
	}
	if err := t.notify(n, at, ForPeople); err != nil {
		return n, err
	}
	return n, t.post(n, m.Text, at)
}
