package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hearing is what TikTok told of a conversation.
type Hearing struct {
	At       time.Time
	ID       string // TikTok's, of the conversation
	Username string
	Avatar   string
	Messages []Written // in any order; those that were taken over before may be among them

	Unread    int  // as the list told it before the messages were read, or UnknownUnread
	Unreplied bool // the creator was the last to write
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

// NoteConversations puts on record how conversations stand of which nothing is told, since what they hold is the past.
func (e *Engine) NoteConversations(ctx context.Context, shop ShopID, all []Hearing) error {
	err := e.update(ctx, func(t *turn) error {
		outcome := errUnchanged
		for _, h := range all {
			h.Messages = nil
			_, err := t.hear(shop, h)
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

func (t *turn) hear(shop ShopID, h Hearing) (told int, err error) {
	s, err := t.tx.Shop(shop)
	if err != nil {
		return 0, err
	}
	h.ID = nameable(h.ID)
	talk, known, err := t.talkOf(shop, h)
	if err != nil {
		return 0, err
	}
	fresh, was := unheard(h.Messages, talk.Last, s.Heard), talk
	talk.ID, talk.Unread, talk.Unreplied = h.ID, h.Unread, h.Unreplied
	talk.Last = newestOf(h.Messages, talk.Last)
	if known && len(fresh) == 0 && talk.Last == was.Last && talk.Unread == was.Unread && talk.Unreplied == was.Unreplied {
		return 0, errUnchanged
	}
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
	return told, t.answered(talk, h.At)
}

// talkOf returns the conversation that a hearing is about; known tells whether one of that id is on record.
func (t *turn) talkOf(shop ShopID, h Hearing) (talk Conversation, known bool, err error) {
	talk, err = t.tx.ConversationNumbered(shop, h.ID)
	if !errors.Is(err, ErrNotFound) {
		return talk, true, err
	}
	creator, err := t.knownAs(shop, Creator{Username: h.Username, Avatar: h.Avatar})
	if err != nil {
		return talk, false, err
	}
	if creator.Username == "" {
		creator.Username = "conversation " + h.ID // a creator without a name is told apart by this
	}
	talk, err = t.tx.Conversation(shop, creator.KeyOf(shop))
	if errors.Is(err, ErrNotFound) {
		return Conversation{Shop: shop, Creator: creator.KeyOf(shop), Shown: creator, ID: h.ID}, false, nil
	}
	return talk, false, err
}

// hearOne tells of one message of a creator's.
func (t *turn) hearOne(talk Conversation, w Written, at time.Time) error {
	asked, err := t.ask(talk, w, at)
	if err != nil {
		return err
	}
	a, err := liveOf(t.tx, talk.Shop, talk.Creator)
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
		there, err := hasLive(t.tx, c.ID, m.Creator)
		if err != nil {
			return false, err
		}
		if !there {
			after.Question = QuestionNotice(c.ID, m.Creator)
		}
		if err := t.keepMember(c, after, Entry{At: at, Event: OnMemberAnswered, Text: w.Text}); err != nil {
			return false, err
		}
		if there {
			continue
		}
		asked = true
		n := Notice{ID: after.Question, Shop: c.Shop, Kind: SayQuestion, Campaign: c.ID, Creator: m.Creator}
		if err := t.notify(n, at, Routine); err != nil {
			return false, err
		}
	}
	return asked, nil
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

// unheard returns the messages after the mark, oldest first, but for the past.
func unheard(all []Written, last MessageMark, since time.Time) []Written {
	var fresh []Written
	for _, w := range all {
		if w.after(last) && (last.ID != "" || !w.At.Before(since)) {
			fresh = append(fresh, w)
		}
	}
	sortWritten(fresh)
	return fresh
}

// newestOf returns the mark of the newest message, or the one there was.
func newestOf(all []Written, mark MessageMark) MessageMark {
	for _, w := range all {
		if w.after(mark) {
			mark = w.mark()
		}
	}
	return mark
}

func (w Written) mark() MessageMark { return MessageMark{ID: w.ID, At: w.At, Index: w.Index} }

// after tells whether a message is newer than the mark: by TikTok's index, and where one of them has none by the time.
// Times are whole seconds, so that of one second the ids decide: they are numbers that rise.
func (w Written) after(mark MessageMark) bool {
	if w.Index != "" && mark.Index != "" {
		return higher(w.Index, mark.Index)
	}
	return w.At.After(mark.At) || w.At.Equal(mark.At) && higher(w.ID, mark.ID)
}

// higher compares decimal numbers of any length.
func higher(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return strings.Compare(a, b) > 0
}

// answered lets what waited for a creator's answer go, also what was written while only her name was known.
func (t *turn) answered(talk Conversation, at time.Time) error {
	return errors.Join(
		t.release(MessageLane(talk.Shop, talk.Creator), at),
		t.release(MessageLane(talk.Shop, Creator{Username: talk.Shown.Username}.KeyOf(talk.Shop)), at))
}

// release lets what waits in a lane be tried now, but for what has to look first what became of an earlier attempt: a look
// that comes too early may miss it.
func (t *turn) release(lane Lane, at time.Time) error {
	waiting, err := t.tx.Lane(lane)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if !w.Claimed && w.Looks == 0 && w.NotBefore.After(at) {
			w.NotBefore = at
			t.enqueued = true
			if err := t.tx.Change(w.Effect); err != nil {
				return err
			}
		}
	}
	return nil
}

// sortWritten puts the oldest first.
func sortWritten(all []Written) {
	slices.SortFunc(all, func(a, b Written) int {
		switch {
		case a.after(b.mark()):
			return 1
		case b.after(a.mark()):
			return -1
		default:
			return 0
		}
	})
}
