package workflow

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	id := messageNotice(w.Actor)
	if there, err := t.tx.Notice(id); !errors.Is(err, ErrNotFound) {
		return there, errors.Join(err, errUnchanged)
	}
	creator, err := t.creatorOf(w)
	if err != nil {
		return Notice{}, err
	}
	if err := t.reachable(w.Shop, creator); err != nil {
		return Notice{}, err
	}
	n := Notice{
		ID: id, Shop: w.Shop, Kind: SayMessage, Application: w.Application, Campaign: w.Campaign, Creator: creator.KeyOf(w.Shop),
		Message: &Message{Text: text, By: w.Person, At: w.At, State: MessageWaiting},
	}
	if n.Application == "" {
		if a, err := t.liveOf(w.Shop, n.Creator); err == nil {
			n.Application = a.Key.ID
		} else if !errors.Is(err, ErrNotFound) {
			return n, err
		}
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

// reachable refuses a creator whom TikTok cannot be told to write to: neither her open id is known, nor a conversation
// that she began.
func (t *turn) reachable(shop ShopID, creator Creator) error {
	if creator.OpenID != "" {
		return nil
	}
	talk, err := t.tx.Conversation(shop, creator.KeyOf(shop))
	if errors.Is(err, ErrNotFound) || err == nil && talk.ID == "" {
		return Refusal{Rule: RuleNoCreator, Name: creator.Username}
	}
	return err
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

// creatorOf finds whom a message goes to: by the application, the conversation, or the membership that knows her.
func (t *turn) creatorOf(w Writing) (Creator, error) {
	if w.Application != "" {
		a, err := t.tx.Application(Key{Shop: w.Shop, ID: w.Application})
		if errors.Is(err, ErrNotFound) {
			return Creator{}, Refusal{Rule: RuleNoApplication, Name: string(w.Application)}
		}
		return a.Report.Creator, err
	}
	if talk, err := t.tx.Conversation(w.Shop, w.Creator); err == nil && talk.Shown.OpenID != "" {
		return talk.Shown, nil
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return Creator{}, err
	}
	if a, err := t.lastOf(CreatorOf(w.Creator)); err == nil {
		return a.Report.Creator, nil
	} else if !errors.Is(err, ErrNotFound) {
		return Creator{}, err
	}
	members, err := t.tx.Memberships(w.Creator)
	if err != nil || len(members) == 0 {
		return Creator{}, err
	}
	return members[0].Shown, nil
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

// liveOf returns a creator's application at a shop that was seen last of those that go on.
func (t *turn) liveOf(shop ShopID, creator CreatorKey) (found Application, err error) {
	err = ErrNotFound
	for after := ""; ; {
		page, readErr := t.tx.Applications(CreatorOf(creator), after, maxOwn)
		if readErr != nil {
			return found, readErr
		}
		for _, a := range page.Applications {
			if a.Key.Shop == shop && a.State().Live() {
				found, err = a, nil
			}
		}
		if after = page.Next; after == "" {
			return found, err
		}
	}
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
	if err := t.numberTalk(eff.Shop, eff.Creator, e.Conversation); err != nil {
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
	case OnMessageRefused:
		m.State = MessageRefused
	}
	n.Message = &m
	if err := t.told(n, MessageTold{What: e.What, At: e.At, Text: m.Text, Cause: e.Cause}); err != nil {
		return err
	}
	return t.notify(n, e.At, ForPeople)
}

func sameCause(a, b Cause) bool { return a.Code == b.Code && a.Message == b.Message }

// numberTalk keeps TikTok's id of a conversation.
func (t *turn) numberTalk(shop ShopID, creator CreatorKey, id string) error {
	talk, err := t.tx.Conversation(shop, creator)
	if errors.Is(err, ErrNotFound) || err == nil && (id == "" || talk.ID == id) {
		return nil
	}
	if err != nil {
		return err
	}
	talk.ID = id
	return t.tx.PutConversation(talk)
}

// Resend tries a message again that TikTok refused. The error is a Refusal where there is nothing to try again.
func (e *Engine) Resend(ctx context.Context, id NoticeID, by Actor, at time.Time) (n Notice, err error) {
	err = e.update(ctx, func(t *turn) (err error) {
		n, err = t.tx.Notice(id)
		if errors.Is(err, ErrNotFound) || err == nil && (n.Message == nil || n.Message.State != MessageRefused) {
			return Refusal{Rule: RuleNothingFailed}
		}
		if err != nil {
			return err
		}
		m := *n.Message
		m.State, m.Cause = MessageWaiting, Cause{}
		n.Message = &m
		if err := t.told(n, MessageTold{Actor: by, What: OnRetried, At: at, Text: m.Text}); err != nil {
			return err
		}
		if err := t.notify(n, at, ForPeople); err != nil {
			return err
		}
		return t.post(n, m.Text, at)
	})
	if err != nil {
		return Notice{}, fmt.Errorf("sending a message again: %w", err)
	}
	return n, nil
}

// Hearing is what TikTok told of a conversation.
type Hearing struct {
	At       time.Time
	ID       string // TikTok's, of the conversation
	Username string
	Avatar   string
	Messages []Written // in any order; those that were taken over before may be among them
}

// Hear takes over what a creator wrote: each new message of hers is told once, in the thread of her latest application
// that is live, or where there is none in her campaign's or the shop's channel; and her first answer as a campaign's
// member asks the team whether she needs a sample (L1). It returns how many messages were new. What was written before
// the desk began to listen is the past, and not told.
func (e *Engine) Hear(ctx context.Context, shop ShopID, h Hearing) (told int, err error) {
	err = e.update(ctx, func(t *turn) (err error) {
		told, err = t.hear(shop, h)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return 0, fmt.Errorf("taking over messages of shop %s: %w", shop, err)
	}
	return told, nil
}

func (t *turn) hear(shop ShopID, h Hearing) (told int, err error) {
	s, err := t.tx.Shop(shop)
	if err != nil {
		return 0, err
	}
	talk, err := t.talkOf(shop, h)
	if err != nil {
		return 0, err
	}
	fresh := unheard(h.Messages, talk.Last, s.Heard)
	if len(fresh) == 0 {
		return 0, errUnchanged
	}
	talk.Last = MessageMark{ID: fresh[len(fresh)-1].ID, At: fresh[len(fresh)-1].At}
	talk.ID = h.ID
	if err := t.tx.PutConversation(talk); err != nil {
		return 0, err
	}
	for _, w := range fresh {
		if !w.FromCreator || w.At.Before(s.Heard) {
			continue
		}
		if err := t.hearOne(talk, w, h.At); err != nil {
			return 0, err
		}
		told++
	}
	if told == 0 {
		return 0, nil
	}
	return told, t.release(MessageLane(shop, talk.Creator), h.At) // what waited for her answer may go
}

// talkOf returns the conversation that a hearing is about, known or new.
func (t *turn) talkOf(shop ShopID, h Hearing) (Conversation, error) {
	talk, err := t.tx.ConversationNumbered(shop, h.ID)
	if !errors.Is(err, ErrNotFound) {
		return talk, err
	}
	creator, err := t.knownAs(shop, Creator{Username: h.Username, Avatar: h.Avatar})
	if err != nil {
		return talk, err
	}
	if creator.Username == "" {
		creator.Username = "conversation " + h.ID // a creator without a name is told apart by this
	}
	talk, err = t.tx.Conversation(shop, creator.KeyOf(shop))
	if errors.Is(err, ErrNotFound) {
		return Conversation{Shop: shop, Creator: creator.KeyOf(shop), Shown: creator, ID: h.ID}, nil
	}
	return talk, err
}

// hearOne tells of one message of a creator's.
func (t *turn) hearOne(talk Conversation, w Written, at time.Time) error {
	asked, err := t.ask(talk, w, at)
	if err != nil {
		return err
	}
	a, err := t.liveOf(talk.Shop, talk.Creator)
	if err == nil {
		_, _, err = t.apply(a.Key, Heard{At: at, Written: w})
		return err
	}
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := t.tx.Append(Entry{At: at, Key: Key{Shop: talk.Shop}, Event: OnHeard, Text: w.Text, Creator: talk.Creator}); err != nil {
		return err
	}
	if asked {
		return nil // the question quotes her
	}
	campaign, err := t.latestCampaign(talk.Shop, talk.Creator)
	if err != nil {
		return err
	}
	shown := talk.Shown
	return t.announce(talk.Shop, Saying{Kind: SayMessage, At: at, Written: &w, Creator: &shown, CreatorKey: talk.Creator, CampaignID: campaign})
}

// ask moves a creator who answers on in the campaigns that invited her, and asks the team there whether she needs a
// sample. Where she has an application in the campaign, that says it.
func (t *turn) ask(talk Conversation, w Written, at time.Time) (asked bool, err error) {
	members, err := t.tx.Memberships(talk.Creator)
	if err != nil {
		return false, err
	}
	for _, m := range members {
		c, err := t.tx.Campaign(m.Campaign)
		if err != nil {
			return false, err
		}
		after, ok := StepMember(m, MemberEvent{Kind: OnMemberAnswered, At: at, Text: w.Text})
		if !ok || c.Shop != talk.Shop || c.Archived {
			continue
		}
		if err := t.keepMember(c, after, Entry{At: at, Event: OnMemberAnswered, Text: w.Text}); err != nil {
			return false, err
		}
		there, err := t.hasLive(c.ID, m.Creator)
		if err != nil {
			return false, err
		}
		if there {
			continue
		}
		asked = true
		n := Notice{ID: QuestionNotice(c.ID, m.Creator), Shop: c.Shop, Kind: SayQuestion, Campaign: c.ID, Creator: m.Creator}
		if err := t.notify(n, at, Routine); err != nil {
			return false, err
		}
	}
	return asked, nil
}

// hasLive tells whether a creator has an application in a campaign that goes on or came to content.
func (t *turn) hasLive(c CampaignID, creator CreatorKey) (bool, error) {
	page, err := t.tx.Applications(CampaignOf(c), string(creator)+"/", maxOwn)
	if err != nil {
		return false, err
	}
	for _, a := range page.Applications {
		if a.Report.Creator.KeyOf(a.Key.Shop) != creator {
			break
		}
		if a.State().Live() || a.State() == Completed {
			return true, nil
		}
	}
	return false, nil
}

// latestCampaign returns the active campaign of a shop that a creator joined last, or none.
func (t *turn) latestCampaign(shop ShopID, creator CreatorKey) (CampaignID, error) {
	members, err := t.tx.Memberships(creator)
	if err != nil {
		return "", err
	}
	var latest Member
	for _, m := range members {
		c, err := t.tx.Campaign(m.Campaign)
		if err != nil {
			return "", err
		}
		if c.Shop == shop && !c.Archived && (latest.Campaign == "" || m.AddedAt.After(latest.AddedAt)) {
			latest = m
		}
	}
	return latest.Campaign, nil
}

// unheard returns the messages after the mark, oldest first. TikTok's times are whole seconds, so that of one second
// those count whose id is higher: ids are numbers that rise.
func unheard(all []Written, last MessageMark, since time.Time) []Written {
	var fresh []Written
	for _, w := range all {
		switch {
		case last.ID == "" && w.At.Before(since):
		case w.At.After(last.At), w.At.Equal(last.At) && higher(w.ID, last.ID):
			fresh = append(fresh, w)
		}
	}
	sortWritten(fresh)
	return fresh
}

// higher compares decimal numbers of any length.
func higher(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return strings.Compare(a, b) > 0
}

// release lets what waits in a lane be tried now.
func (t *turn) release(lane Lane, at time.Time) error {
	waiting, err := t.tx.Lane(lane)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if !w.Claimed && w.NotBefore.After(at) {
			w.NotBefore = at
			t.enqueued = true
			if err := t.tx.Change(w.Effect); err != nil {
				return err
			}
		}
	}
	return nil
}
