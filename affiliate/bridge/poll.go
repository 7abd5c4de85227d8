package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

const (
	// wideLook is how often the unreplied conversations are looked at too: at a shop's first look since the start, and
	// at every tenth. Whoever opens a conversation in the Message Center takes it off the list of the unread ones.
	wideLook = 10

	// doubtsPerWideLook and doubtsPerLook bound how many conversations a look reads of which the lists cannot tell
	// whether there is something new. The others have their turn at later looks.
	doubtsPerWideLook = 50
	doubtsPerLook     = 5

	// notedAtOnce is how many conversations are put on record in one transaction.
	notedAtOnce = 100

	// maxReceivedText bounds a message's text, in code points: one of Slack's blocks holds 3,000.
	maxReceivedText = 3500

	// unreadablePause is how long nothing is asked about a conversation that cannot be read.
	unreadablePause = 30 * time.Minute
)

// pollState is what a poll of a shop remembers for the next. Only the shop's own poll touches it, of which there is one
// at a time.
type pollState struct {
	looks           int // that went through
	unreadableUntil map[affiliate.ConversationID]time.Time
	creator         map[affiliate.ConversationID]affiliate.IMUserID // the sender id of the creator there, where the list does not have it

	// Those of the last lists; nil before there was one.
	unread, unreplied map[affiliate.ConversationID]bool
	checked           map[affiliate.ConversationID]time.Time // when a conversation in doubt was last read
}

func newPollState() pollState {
	return pollState{
		unreadableUntil: map[affiliate.ConversationID]time.Time{}, creator: map[affiliate.ConversationID]affiliate.IMUserID{},
		checked: map[affiliate.ConversationID]time.Time{},
	}
}

// wide reports whether the next look is for the unreplied conversations too.
func (e *pollState) wide() bool { return e.looks%wideLook == 0 }

// candidate is a conversation as the lists and the record have it.
type candidate struct {
	affiliate.ConversationSummary
	unread, unreplied bool // which lists it is in
	left              bool // it waits for an answer on record, and is in none of them
	known             bool // it is on record
	there             workflow.Conversation
}

// PollMessages reads what creators wrote, for every connected shop separately, and returns when all are done. It may be
// called while it runs: a shop that is still being polled is skipped. How it went is in MessagePolls and in the log.
func (b *Bridge) PollMessages(ctx context.Context) { b.PollDue(ctx, time.Time{}) }

// PollDue is PollMessages for a tick: each shop's are read by one of the desks that share the store.
func (b *Bridge) PollDue(ctx context.Context, tick time.Time) {
	b.forEachShop(ctx, "message poll failed", func(s workflow.Shop, state *shopState) {
		b.run(ctx, s.ID, &state.poll, tick, func(ctx context.Context) error { return poller{b}.poll(ctx, s, &state.polled) })
	})
}

// MessagePolls returns how the last poll of each shop's messages went.
func (b *Bridge) MessagePolls() map[workflow.ShopID]Sweep {
	return b.went(func(s *shopState) *job { return &s.poll })
}

// poller reads what creators wrote in one shop.
type poller struct{ *Bridge }

// poll applies what is new. A look that fails is made again in the same way, so that nothing is passed over: what was
// applied by then is on record.
func (b poller) poll(ctx context.Context, s workflow.Shop, state *pollState) error {
	calls, first := b.calls(s), s.MessagesSince.IsZero()
	if first {
		now := time.Now()
		if err := b.engine.StartReceiving(ctx, s.ID, now); err != nil {
			return err
		}
		s.MessagesSince = now.Truncate(time.Second)
	}
	all, err := b.lists(ctx, s, calls, state)
	if err != nil {
		return err
	}
	if first {
		err = b.notePast(ctx, s, all)
	} else {
		err = b.hearAll(ctx, s, calls, state, news(all, state))
	}
	if err != nil {
		return err
	}
	state.remember(all)
	return nil
}

// lists fetches the unread conversations and, at a wide look, the unreplied ones, with what is on record of each.
// Nothing new in a shop without unread messages is one call.
func (b poller) lists(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, state *pollState) (all []candidate, err error) {
	at := map[affiliate.ConversationID]int{}
	list := func(status affiliate.ConversationStatus, mark func(*candidate)) error {
		for c, err := range calls.Conversations(ctx, status) {
			if err != nil {
				return err
			}
			i, there := at[c.ID]
			if !there {
				i = len(all)
				at[c.ID], all = i, append(all, candidate{ConversationSummary: c})
			}
			mark(&all[i])
		}
		return nil
	}
	if err := list(affiliate.UnreadConversations, func(t *candidate) { t.unread = true }); err != nil {
		return nil, err
	}
	if state.wide() {
		if err := list(affiliate.UnrepliedConversations, func(t *candidate) { t.unreplied = true }); err != nil {
			return nil, err
		}
	}
	if err := b.recorded(ctx, s, all); err != nil || !state.wide() {
		return all, err
	}
	left, err := b.left(ctx, s, all)
	return append(all, left...), err
}

// left returns the conversations that wait for an answer on record and that TikTok lists neither as unread nor as unreplied:
// somebody answered there, most likely. They are read, as their absence alone proves nothing.
func (b poller) left(ctx context.Context, s workflow.Shop, listed []candidate) (all []candidate, err error) {
	there := map[string]bool{}
	for _, t := range listed {
		there[string(t.ID)] = true
	}
	err = b.store.View(ctx, func(tx workflow.Tx) error {
		all = nil
		for c, err := range workflow.WalkWaiting(ctx, tx, s.ID) {
			if err != nil {
				return err
			}
			if c.ID != "" && !there[c.ID] {
				summary := affiliate.ConversationSummary{ID: affiliate.ConversationID(c.ID), Unread: affiliate.NumberOf(0)}
				all = append(all, candidate{ConversationSummary: summary, known: true, there: c, left: true})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the conversations that wait: %w", err)
	}
	return all, nil
}

// recorded adds what is on record of conversations.
func (b poller) recorded(ctx context.Context, s workflow.Shop, all []candidate) error {
	if len(all) == 0 {
		return nil
	}
	err := b.store.View(ctx, func(tx workflow.Tx) error {
		for i := range all {
			there, err := tx.ConversationNumbered(s.ID, string(all[i].ID))
			if errors.Is(err, workflow.ErrNotFound) {
				all[i].known = false
				continue
			}
			if err != nil {
				return err
			}
			all[i].known, all[i].there = true, there
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading conversations: %w", err)
	}
	return nil
}

// notePast records how the conversations stand at the first look ever: what they hold is the past, and is not read.
// What is written while this look goes on is found by the next wide one.
func (b poller) notePast(ctx context.Context, s workflow.Shop, all []candidate) error {
	for some := range slices.Chunk(all, notedAtOnce) {
		var past []workflow.InboundBatch
		for _, t := range some {
			past = append(past, t.hearing(t.unreplied))
		}
		if err := b.engine.NoteConversations(ctx, s.ID, past); err != nil {
			return err
		}
	}
	return nil
}

// hearing is what the lists tell of a conversation.
func (t candidate) hearing(unreplied bool) workflow.InboundBatch {
	unread := workflow.UnknownUnread
	if n, shown := t.Unread.Int(); shown {
		unread = int(n)
	}
	return workflow.InboundBatch{
		At: time.Now(), ID: string(t.ID), Username: cmp.Or(t.Username, t.there.Shown.Username), Avatar: t.AvatarURL,
		Unread: unread, Unreplied: unreplied,
	}
}

// news picks the conversations to read: those that hold something new as far as the lists and the record tell, and some
// of those of which they cannot tell.
func news(all []candidate, state *pollState) (certain []candidate) {
	var doubts, left []candidate
	for _, t := range all {
		switch {
		case time.Now().Before(state.unreadableUntil[t.ID]):
		case t.left:
			left = append(left, t)
		case t.moved(state):
			certain = append(certain, t)
		case t.unreplied, t.unread && (!t.Unread.Shared() || state.unread == nil):
			doubts = append(doubts, t)
		}
	}
	most := doubtsPerLook
	if state.wide() {
		most = doubtsPerWideLook
	}
	slices.SortStableFunc(left, func(a, b candidate) int { return state.checked[a.ID].Compare(state.checked[b.ID]) })
	certain = append(certain, turns(doubts, most, state.checked)...)
	return append(certain, left[:min(len(left), doubtsPerWideLook)]...)
}

// moved reports whether a conversation holds something new for certain: it is not on record, TikTok counts another
// number of unread messages, the team was the last to write and is not any more, or it had left a list and is back in
// it.
func (t candidate) moved(state *pollState) bool {
	unread, shown := t.Unread.Int()
	return !t.known ||
		t.unread && shown && int(unread) != t.there.Unread ||
		t.unread && state.unread != nil && !state.unread[t.ID] ||
		t.unreplied && !t.there.Unreplied ||
		t.unreplied && state.unreplied != nil && !state.unreplied[t.ID]
}

// turns picks among the conversations in doubt: half of them are those that were written in last, who most likely write
// again, the others have waited longest for their turn.
func turns(doubts []candidate, most int, checked map[affiliate.ConversationID]time.Time) []candidate {
	if len(doubts) <= most {
		return doubts
	}
	slices.SortStableFunc(doubts, func(a, b candidate) int { return b.there.Last.At.Compare(a.there.Last.At) })
	slices.SortStableFunc(doubts[most/2:], func(a, b candidate) int { return checked[a.ID].Compare(checked[b.ID]) })
	return doubts[:most]
}

// failuresPerLook is how many conversations in a row may fail before a look gives up.
const failuresPerLook = 3

// hearAll reads conversations. One that cannot be read hides no other; the error is the first that may pass, after
// which the look is made again.
func (b poller) hearAll(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, state *pollState, all []candidate) (first error) {
	failures := 0
	for _, t := range all {
		err := b.receive(ctx, s, calls, state, t)
		if err == nil {
			state.saw(t)
			failures = 0
			continue
		}
		kind := affiliate.KindOf(err)
		if kind == affiliate.Refused || kind == affiliate.Malformed || errors.Is(err, errNoSender) {
			state.unreadableUntil[t.ID] = time.Now().Add(unreadablePause)
			b.log.WarnContext(ctx, "could not read a conversation", "shop", s.ID, "conversation", t.ID, "error", err, "again_after", unreadablePause)
			continue
		}
		first = cmp.Or(first, err)
		if failures++; failures == failuresPerLook || ctx.Err() != nil || kind.Stops() != affiliate.StopsNothing {
			return first
		}
	}
	return first
}

// saw takes note of a conversation that was read.
func (e *pollState) saw(t candidate) {
	e.checked[t.ID] = time.Now()
	if t.unread && e.unread != nil {
		e.unread[t.ID] = true
	}
	if t.unreplied && e.unreplied != nil {
		e.unreplied[t.ID] = true
	}
}

// remember closes a look. A conversation that could not be read counts as not seen, so that its turn comes again.
func (e *pollState) remember(all []candidate) {
	wide := e.wide()
	e.looks++
	e.unread = map[affiliate.ConversationID]bool{}
	if wide {
		e.unreplied = map[affiliate.ConversationID]bool{}
	}
	left := map[affiliate.ConversationID]bool{}
	for _, t := range all {
		left[t.ID] = t.left
		if time.Now().Before(e.unreadableUntil[t.ID]) {
			delete(e.unreplied, t.ID)
			continue
		}
		delete(e.unreadableUntil, t.ID)
		if t.unread {
			e.unread[t.ID] = true
		}
		if t.unreplied {
			e.unreplied[t.ID] = true
		}
	}
	if wide { // what is in no list is in no doubt either
		maps.DeleteFunc(e.checked, func(id affiliate.ConversationID, _ time.Time) bool {
			return !e.unread[id] && !e.unreplied[id] && !left[id]
		})
	}
}

// errNoSender is the error of a conversation in which the creator cannot be identified.
var errNoSender = errors.New("the creator's messages cannot be identified")

// receive reads a conversation and hands it on.
func (b poller) receive(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, state *pollState, t candidate) error {
	creator, err := b.senderOf(ctx, calls, state, t)
	if err != nil {
		return err
	}
	there, err := calls.Messages(ctx, t.ID)
	if err != nil {
		return err // part of what is new must not be taken for all of it
	}
	if !there.Whole {
		b.log.WarnContext(ctx, "the pages of a conversation have a gap", "shop", s.ID, "conversation", t.ID)
	}
	h := t.hearing(t.unreplied)
	h.Sender = string(creator)
	at := h.At.UTC()
	for _, m := range there.Messages { // newest first
		if m.At.IsZero() {
			m.At = at // it is not newer than the one behind it
		}
		at = m.At
		h.Messages = append(h.Messages, inboundMessage(m, creator))
	}
	if len(h.Messages) > 0 && h.Messages[0].FromCreator {
		h.Unreplied = true
	}
	_, err = b.engine.Receive(ctx, s.ID, h)
	return err
}

// senderOf returns the sender id of the creator's messages.
func (b poller) senderOf(ctx context.Context, calls *affiliate.Shop, state *pollState, t candidate) (affiliate.IMUserID, error) {
	if t.CreatorIM != "" {
		return t.CreatorIM, nil
	}
	if known := cmp.Or(state.creator[t.ID], affiliate.IMUserID(t.there.Sender)); known != "" {
		return known, nil
	}
	if t.there.Shown.OpenID == "" {
		return "", errNoSender
	}
	c, err := calls.Conversation(ctx, affiliate.CreatorID(t.there.Shown.OpenID))
	if err != nil {
		return "", err
	}
	if c.CreatorIM == "" || c.ID != t.ID {
		return "", errNoSender
	}
	state.creator[t.ID] = c.CreatorIM
	return c.CreatorIM, nil
}

// inboundMessage turns a message into the workflow's type. An automatic message of TikTok's is nobody's answer,
// whatever its sender id.
func inboundMessage(m affiliate.Message, creator affiliate.IMUserID) workflow.InboundMessage {
	automatic := m.Type == affiliate.MessageNotification || m.Type == affiliate.MessageSystem || strings.HasPrefix(string(m.Type), "CRM_")
	return workflow.InboundMessage{
		ID: string(m.ID), Index: m.Index, Kind: string(m.Type), Text: readable(m), At: m.At, FromCreator: !automatic && m.SenderID == creator, Automatic: automatic,
	}
}

// readable is the text of a message, or a short description of one without text: it is quoted in the history and in
// questions.
func readable(m affiliate.Message) string {
	text, about := m.Text(), ""
	if id := m.About(); id != "" {
		about = ": " + id
	}
	switch m.Type {
	case affiliate.MessageText:
	case affiliate.MessageImage:
		text = "(a picture)" // its address expires
	case affiliate.MessageProductCard:
		text = "(a product card" + about + ")"
	case affiliate.MessageCollaborationCard:
		text = "(a card of a target collaboration" + about + ")"
	case affiliate.MessageSampleCard:
		text = "(a card of a sample request" + about + ")"
	default:
		if text == "" {
			text = "(" + strings.ToLower(strings.ReplaceAll(string(m.Type), "_", " ")) + ")"
		}
	}
	if runes := []rune(text); len(runes) > maxReceivedText {
		text = string(runes[:maxReceivedText])
	}
	return text
}
