package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

// Receive stores what a creator wrote: each new message is posted once, in the thread of their latest application that
// is live, or where there is none in their campaign's or the shop's channel; and their first answer as a campaign's
// member asks the team whether they need a sample (L1). It returns how many messages were new. What was written before
// the desk began to poll is not posted.
func (e *Engine) Receive(ctx context.Context, shop workflow.ShopID, batch workflow.InboundBatch) (announced int, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		announced, err = receiveBatch(t, shop, batch)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return 0, fmt.Errorf("storing messages of shop %s: %w", shop, err)
	}
	return announced, nil
}

// NoteConversations records how conversations stand of which nothing is told, since what they hold is the past.
func (e *Engine) NoteConversations(ctx context.Context, shop workflow.ShopID, all []workflow.InboundBatch) error {
	err := e.update(ctx, func(t *txn) error {
		outcome := errUnchanged
		for _, batch := range all {
			batch.Messages = nil
			_, err := receiveBatch(t, shop, batch)
			if err != nil && !errors.Is(err, errUnchanged) {
				return err
			}
			if err == nil {
				outcome = nil
			}
		}
		return outcome
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return fmt.Errorf("noting the conversations of shop %s: %w", shop, err)
	}
	return nil
}

func receiveBatch(t *txn, shop workflow.ShopID, batch workflow.InboundBatch) (announced int, err error) {
	s, err := t.tx.Shop(shop)
	if err != nil {
		return 0, err
	}
	batch.ID = workflow.Nameable(batch.ID)
	conversation, known, err := conversationOf(t, shop, batch)
	if err != nil {
		return 0, err
	}
	fresh, was := newMessages(batch.Messages, conversation.Last, s.MessagesSince), conversation
	conversation.ID, conversation.Unread, conversation.Unreplied = batch.ID, batch.Unread, batch.Unreplied
	conversation.Sender = cmp.Or(batch.Sender, conversation.Sender)
	conversation.Last = newestOf(batch.Messages, conversation.Last)
	all := slices.Clone(batch.Messages)
	sortInbound(all)
	conversation = conversation.Hear(all, s.MessagesSince)
	if known && len(fresh) == 0 && conversation == was {
		return 0, errUnchanged
	}
	if err := keepHeard(t, was, conversation, batch.At); err != nil {
		return 0, err
	}
	for _, w := range fresh {
		if !w.FromCreator || w.At.Before(s.MessagesSince) {
			continue
		}
		if err := receiveOne(t, conversation, w, batch.At); err != nil {
			return 0, err
		}
		announced++
	}
	if announced == 0 {
		return 0, nil
	}
	return announced, releaseAnswered(t, conversation, batch.At)
}

// keepHeard keeps a conversation as it was read. What was answered elsewhere is marked as read: nobody here has to.
func keepHeard(t *txn, was, now workflow.Conversation, at time.Time) error {
	if was.Waiting == now.Waiting {
		return t.tx.PutConversation(now)
	}
	if was.Waits() && !now.Waits() {
		if err := t.markRead(now, at); err != nil {
			return err
		}
	}
	return t.putAnswered(now, at)
}

// conversationOf returns the conversation that a batch belongs to; known reports whether one of that id is on record.
func conversationOf(t *txn, shop workflow.ShopID, batch workflow.InboundBatch) (conversation workflow.Conversation, known bool, err error) {
	conversation, err = t.tx.ConversationNumbered(shop, batch.ID)
	aged := err == nil && conversation.Aged && len(newMessages(batch.Messages, conversation.Last, time.Time{})) > 0
	if !aged && !errors.Is(err, workflow.ErrNotFound) {
		return conversation, true, err
	}
	read := conversation.Last
	if aged { // they are back, and nothing old is told again
		if err := t.tx.RemoveConversation(shop, conversation.Creator); err != nil {
			return conversation, false, err
		}
	}
	creator, err := lookUpCreator(t.tx, shop, workflow.Creator{Username: batch.Username, Avatar: batch.Avatar})
	if err != nil {
		return conversation, false, err
	}
	if creator.Username == "" {
		creator.Username = "conversation " + batch.ID // this distinguishes creators without a name
	}
	conversation, err = t.tx.Conversation(shop, creator.KeyOf(shop))
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Conversation{Shop: shop, Creator: creator.KeyOf(shop), Shown: creator, ID: batch.ID, Last: read}, false, nil
	}
	if aged {
		conversation.Last = read
	}
	return conversation, false, err
}

// receiveOne handles one message from a creator.
func receiveOne(t *txn, conversation workflow.Conversation, w workflow.InboundMessage, at time.Time) error {
	asked, err := askWhetherNeeded(t, conversation, w, at)
	if err != nil {
		return err
	}
	a, err := liveOf(t.tx, conversation.Shop, conversation.Creator)
	if err == nil {
		_, _, err = t.apply(a.Key, workflow.MessageReceived{At: at, Message: w})
		return err
	}
	if !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	if err := t.tx.Append(workflow.Entry{At: at, Key: workflow.Key{Shop: conversation.Shop}, Event: workflow.OnMessageReceived, Text: w.Text, Creator: conversation.Creator}); err != nil {
		return err
	}
	if asked {
		return nil // the question quotes the message
	}
	campaign, err := latestCampaign(t.tx, conversation.Shop, conversation.Creator)
	if err != nil {
		return err
	}
	shown := conversation.Shown
	return t.announce(conversation.Shop, workflow.Payload{Kind: workflow.KindMessage, At: at, Inbound: &w, Creator: &shown, CreatorKey: conversation.Creator, CampaignID: campaign})
}

// askWhetherNeeded moves a creator who answered on in the campaigns that invited them, and asks the team there whether
// they need a sample. An application in the campaign answers that.
func askWhetherNeeded(t *txn, conversation workflow.Conversation, w workflow.InboundMessage, at time.Time) (asked bool, err error) {
	members, err := t.tx.Memberships(conversation.Creator)
	if err != nil {
		return false, err
	}
	slices.SortStableFunc(members, func(a, b workflow.Member) int { return b.AddedAt.Compare(a.AddedAt) })
	for _, m := range members {
		c, err := t.tx.Campaign(m.Campaign)
		if err != nil {
			return false, err
		}
		after, ok := workflow.StepMember(m, workflow.MemberEvent{Kind: workflow.OnMemberAnswered, At: at, Text: w.Text})
		if !ok || c.Shop != conversation.Shop || c.Archived {
			continue
		}
		there, err := hasLive(t.tx, c.ID, m.Creator)
		if err != nil {
			return false, err
		}
		if !there {
			if there, err = linkLive(t, c, m.Creator, at); err != nil {
				return false, err
			}
		}
		if !there {
			after.Question = workflow.QuestionNotice(c.ID, m.Creator)
		}
		if err := keepMember(t, c, after, workflow.Entry{At: at, Event: workflow.OnMemberAnswered, Text: w.Text}); err != nil {
			return false, err
		}
		if there {
			continue
		}
		asked = true
		n := workflow.Notice{ID: after.Question, Shop: c.Shop, Kind: workflow.KindQuestion, Campaign: c.ID, Creator: m.Creator}
		if err := t.notify(n, at, workflow.Routine); err != nil {
			return false, err
		}
	}
	return asked, nil
}

// linkLive takes a creator's live request that is in no campaign into one in which they answered, whatever its product,
// which joins too: it says that they need a sample. Linked reports whether there was one. A request of another campaign
// stays there.
func linkLive(t *txn, c workflow.Campaign, creator workflow.CreatorKey, at time.Time) (linked bool, err error) {
	all, err := workflow.OfCreator(t.tx, creator)
	if err != nil {
		return false, err
	}
	for _, a := range all {
		if a.Key.Shop != c.Shop || !a.State().Live() || a.Campaign != "" {
			continue
		}
		a, _, err = chooseCampaign(t, workflow.Join{Actor: workflow.Actor{Surface: workflow.FromSync}, At: at, Key: a.Key, Campaign: c.ID}, c)
		if err != nil {
			return false, err
		}
		a.Joined.Linked = true
		return true, t.tx.PutApplication(a)
	}
	return false, nil
}

// latestCampaign returns the active campaign of a shop that a creator joined last, or none.
func latestCampaign(tx workflow.Tx, shop workflow.ShopID, creator workflow.CreatorKey) (workflow.CampaignID, error) {
	members, err := tx.Memberships(creator)
	if err != nil {
		return "", err
	}
	var latest workflow.Member
	for _, m := range members {
		c, err := tx.Campaign(m.Campaign)
		if err != nil {
			return "", err
		}
		if c.Shop == shop && !c.Archived && (latest.Campaign == "" || m.AddedAt.After(latest.AddedAt)) {
			latest = m
		}
	}
	return latest.Campaign, nil
}

// newMessages returns the messages after the mark, oldest first, but for the past.
func newMessages(all []workflow.InboundMessage, last workflow.MessageMark, since time.Time) []workflow.InboundMessage {
	var fresh []workflow.InboundMessage
	for _, w := range all {
		if w.After(last) && (last.ID != "" || !w.At.Before(since)) {
			fresh = append(fresh, w)
		}
	}
	sortInbound(fresh)
	return fresh
}

// newestOf returns the mark of the newest message, or the one there was.
func newestOf(all []workflow.InboundMessage, mark workflow.MessageMark) workflow.MessageMark {
	for _, w := range all {
		if w.After(mark) {
			mark = w.Mark()
		}
	}
	return mark
}

// releaseAnswered makes due what waited for a creator's answer, also what was written while only their name was known.
func releaseAnswered(t *txn, conversation workflow.Conversation, at time.Time) error {
	return errors.Join(
		rescheduleLane(t, workflow.MessageLane(conversation.Shop, conversation.Creator), at),
		rescheduleLane(t, workflow.MessageLane(conversation.Shop, workflow.Creator{Username: conversation.Shown.Username}.KeyOf(conversation.Shop)), at))
}

// rescheduleLane makes due what waits in a lane, except what has to verify an earlier attempt first: a check that comes
// too early may miss it.
func rescheduleLane(t *txn, lane workflow.Lane, at time.Time) error {
	waiting, err := t.tx.Lane(lane)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if !w.Claimed && w.Verifications == 0 && w.NotBefore.After(at) {
			w.NotBefore = at
			t.enqueued = true
			if err := t.tx.Change(w.Effect); err != nil {
				return err
			}
		}
	}
	return nil
}

// sortInbound puts the oldest first.
func sortInbound(all []workflow.InboundMessage) {
	slices.SortFunc(all, func(a, b workflow.InboundMessage) int {
		switch {
		case a.After(b.Mark()):
			return 1
		case b.After(a.Mark()):
			return -1
		default:
			return 0
		}
	})
}
