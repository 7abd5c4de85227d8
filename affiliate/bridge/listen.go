package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

const (
	// wideLook is how often the unreplied conversations are looked at too: at a shop's first look since the start, and at
	// every tenth. Whoever opens a conversation in the Message Center takes it off the list of the unread ones.
	wideLook = 10

	// doubtsPerWideLook and doubtsPerLook bound how many conversations a look reads of which the lists cannot tell whether
	// there is something new. The others have their turn at later looks.
	doubtsPerWideLook = 50
	doubtsPerLook     = 5

	// notedAtOnce is how many conversations are put on record in one transaction.
	notedAtOnce = 100

	// maxHeardText bounds a message's text, in code points: one of Slack's blocks holds 3,000.
	maxHeardText = 3500

	// listenRest is how long nothing is asked about a shop's messages once the scope for them is missing, and about a
	// conversation that cannot be read.
	listenRest = 30 * time.Minute
)

// ear is what a poll of a shop remembers for the next. Only the shop's own poll touches it, of which there is one at a
// time.
type ear struct {
	resting time.Time // no calls before then
	failing bool      // a failure was logged, and no poll went through since
	looks   int       // that went through
	odd     map[affiliate.ConversationID]time.Time
	creator map[affiliate.ConversationID]affiliate.IMUserID // who signs there, where the list does not tell

	// Those of the last lists; nil before there was one.
	unread, unreplied map[affiliate.ConversationID]bool
	checked           map[affiliate.ConversationID]time.Time // when a conversation in doubt was last read
}

// wide tells whether the next look is for the unreplied conversations too.
func (e *ear) wide() bool { return e.looks%wideLook == 0 }

// talk is a conversation as the lists and the record have it.
type talk struct {
	affiliate.ConversationSummary
	unread, unreplied bool // which lists it is in
	known             bool // it is on record
	there             workflow.Conversation
}

// ListenAll looks for what creators wrote, for every connected shop on its own, and returns when all are through. It may
// be called while it runs: a shop that is still being listened to is left out. How it went is in Listens and in the log.
func (b *Bridge) ListenAll(ctx context.Context) {
	shops, err := b.Shops(ctx)
	if err != nil {
		b.log.ErrorContext(ctx, "could not look for creators' messages", "error", err)
		return
	}
	var all sync.WaitGroup
	for _, s := range shops {
		if ear, ok := b.enterListening(s.ID); ok {
			all.Go(func() {
				defer b.leaveListening(s.ID)
				b.listenOne(ctx, s, ear)
			})
		}
	}
	all.Wait()
}

// Listens tells how the last look for each shop's messages went.
func (b *Bridge) Listens() map[workflow.ShopID]Sweep {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[workflow.ShopID]Sweep, len(b.listens))
	for id, s := range b.listens {
		all[id] = s
	}
	return all
}

func (b *Bridge) enterListening(s workflow.ShopID) (*ear, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listening[s] {
		return nil, false
	}
	b.listening[s] = true
	if b.ears[s] == nil {
		b.ears[s] = &ear{
			odd: map[affiliate.ConversationID]time.Time{}, creator: map[affiliate.ConversationID]affiliate.IMUserID{},
			checked: map[affiliate.ConversationID]time.Time{},
		}
	}
	return b.ears[s], true
}

func (b *Bridge) leaveListening(s workflow.ShopID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.listening, s)
}

// listenOne polls a shop and puts on record how it went. That its messages cannot be read stops nothing else: a missing
// scope is logged once and asked about much later.
func (b *Bridge) listenOne(ctx context.Context, s workflow.Shop, ear *ear) {
	if time.Now().Before(ear.resting) {
		return
	}
	began := time.Now()
	err := b.listen(ctx, s, ear)
	b.mu.Lock()
	last := b.listens[s.ID]
	last.Began, last.Err = began, err
	if err == nil {
		last.Ended = time.Now()
	}
	b.listens[s.ID] = last
	b.mu.Unlock()
	if err == nil {
		ear.failing = false
		return
	}
	if ctx.Err() != nil {
		return
	}
	if affiliate.KindOf(err) == affiliate.ScopeMissing {
		ear.resting = time.Now().Add(listenRest)
	}
	if !ear.failing {
		b.log.WarnContext(ctx, "could not look for creators' messages", "shop", s.ID, "error", err)
	}
	ear.failing = true
}

// listen takes over what is new. A look that fails is made again in the same way, so that nothing is passed over: what was
// taken over by then is on record.
func (b *Bridge) listen(ctx context.Context, s workflow.Shop, ear *ear) error {
	calls, first := b.shop(s), s.Heard.IsZero()
	if first {
		now := time.Now()
		if err := b.engine.Listen(ctx, s.ID, now); err != nil {
			return err
		}
		s.Heard = now.Truncate(time.Second)
	}
	all, err := b.lists(ctx, s, calls, ear)
	if err != nil {
		return err
	}
	if first {
		err = b.notePast(ctx, s, all)
	} else {
		err = b.hearAll(ctx, s, calls, ear, news(all, ear))
	}
	if err != nil {
		return err
	}
	ear.remember(all)
	return nil
}

// lists fetches the unread conversations and, at a wide look, the unreplied ones, with what is on record of each. Nothing
// new in a shop without unread messages is one call.
func (b *Bridge) lists(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, ear *ear) (all []talk, err error) {
	at := map[affiliate.ConversationID]int{}
	list := func(status affiliate.ConversationStatus, mark func(*talk)) error {
		for c, err := range calls.Conversations(ctx, status) {
			if err != nil {
				return err
			}
			i, there := at[c.ID]
			if !there {
				i = len(all)
				at[c.ID], all = i, append(all, talk{ConversationSummary: c})
			}
			mark(&all[i])
		}
		return nil
	}
	if err := list(affiliate.UnreadConversations, func(t *talk) { t.unread = true }); err != nil {
		return nil, err
	}
	if ear.wide() {
		if err := list(affiliate.UnrepliedConversations, func(t *talk) { t.unreplied = true }); err != nil {
			return nil, err
		}
	}
	return all, b.recorded(ctx, s, all)
}

// recorded adds what is on record of conversations.
func (b *Bridge) recorded(ctx context.Context, s workflow.Shop, all []talk) error {
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

// notePast puts on record how the conversations stand at the first look ever: what they hold is the past, and is not read.
// What is written while this look goes on is found by the next wide one.
func (b *Bridge) notePast(ctx context.Context, s workflow.Shop, all []talk) error {
	for some := range slices.Chunk(all, notedAtOnce) {
		var past []workflow.Hearing
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
func (t talk) hearing(unreplied bool) workflow.Hearing {
	unread := workflow.UnknownUnread
	if n, told := t.Unread.Int(); told {
		unread = int(n)
	}
	return workflow.Hearing{
		At: time.Now(), ID: string(t.ID), Username: cmp.Or(t.Username, t.there.Shown.Username), Avatar: t.AvatarURL,
		Unread: unread, Unreplied: unreplied,
	}
}

// news picks the conversations to read: those that hold something new as far as the lists and the record tell, and some of
// those of which they cannot tell.
func news(all []talk, ear *ear) (certain []talk) {
	var doubts []talk
	for _, t := range all {
		switch {
		case time.Now().Before(ear.odd[t.ID]):
		case t.moved(ear):
			certain = append(certain, t)
		case t.unreplied, t.unread && (!t.Unread.Shared() || ear.unread == nil):
			doubts = append(doubts, t)
		}
	}
	most := doubtsPerLook
	if ear.wide() {
		most = doubtsPerWideLook
	}
	return append(certain, turns(doubts, most, ear.checked)...)
}

// moved tells whether a conversation holds something new for certain: it is not on record, TikTok counts another number
// of unread messages, the team was the last to write and is not any more, or it had left a list and is back in it.
func (t talk) moved(ear *ear) bool {
	unread, told := t.Unread.Int()
	return !t.known ||
		t.unread && told && int(unread) != t.there.Unread ||
		t.unread && ear.unread != nil && !ear.unread[t.ID] ||
		t.unreplied && !t.there.Unreplied ||
		t.unreplied && ear.unreplied != nil && !ear.unreplied[t.ID]
}

// turns picks among the conversations in doubt: half of them are those that were written in last, who most likely write
// again, the others have waited longest for their turn.
func turns(doubts []talk, most int, checked map[affiliate.ConversationID]time.Time) []talk {
	if len(doubts) <= most {
		return doubts
	}
	slices.SortStableFunc(doubts, func(a, b talk) int { return b.there.Last.At.Compare(a.there.Last.At) })
	slices.SortStableFunc(doubts[most/2:], func(a, b talk) int { return checked[a.ID].Compare(checked[b.ID]) })
	return doubts[:most]
}

// failuresPerLook is how many conversations in a row may fail before a look gives up.
const failuresPerLook = 3

// hearAll reads conversations. One that cannot be read hides no other; the error is the first that may pass, after which the
// look is made again.
func (b *Bridge) hearAll(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, ear *ear, all []talk) (first error) {
	failures := 0
	for _, t := range all {
		err := b.hear(ctx, s, calls, ear, t)
		if err == nil {
			ear.saw(t)
			failures = 0
			continue
		}
		kind := affiliate.KindOf(err)
		if kind == affiliate.Refused || kind == affiliate.Malformed || errors.Is(err, errNobody) {
			ear.odd[t.ID] = time.Now().Add(listenRest)
			b.log.WarnContext(ctx, "a conversation cannot be read", "shop", s.ID, "conversation", t.ID, "error", err, "again_after", listenRest)
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
func (e *ear) saw(t talk) {
	e.checked[t.ID] = time.Now()
	if t.unread && e.unread != nil {
		e.unread[t.ID] = true
	}
	if t.unreplied && e.unreplied != nil {
		e.unreplied[t.ID] = true
	}
}

// remember closes a look. A conversation that could not be read counts as not seen, so that its turn comes again.
func (e *ear) remember(all []talk) {
	wide := e.wide()
	e.looks++
	e.unread = map[affiliate.ConversationID]bool{}
	if wide {
		e.unreplied = map[affiliate.ConversationID]bool{}
	}
	for _, t := range all {
		if time.Now().Before(e.odd[t.ID]) {
			delete(e.unreplied, t.ID)
			continue
		}
		delete(e.odd, t.ID)
		if t.unread {
			e.unread[t.ID] = true
		}
		if t.unreplied {
			e.unreplied[t.ID] = true
		}
	}
	if wide { // what is in no list is in no doubt either
		maps.DeleteFunc(e.checked, func(id affiliate.ConversationID, _ time.Time) bool { return !e.unread[id] && !e.unreplied[id] })
	}
}

// errNobody is the error of a conversation of which nothing tells who the creator is in it.
var errNobody = errors.New("nothing tells which of its messages are the creator's")

// hear reads a conversation and hands it on.
func (b *Bridge) hear(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, ear *ear, t talk) error {
	creator, err := b.signer(ctx, calls, ear, t)
	if err != nil {
		return err
	}
	there, err := calls.Messages(ctx, t.ID)
	if err != nil {
		return err // half of what is new must not pass for all of it
	}
	if !there.Whole {
		b.log.WarnContext(ctx, "the pages of a conversation do not fit together", "shop", s.ID, "conversation", t.ID)
	}
	h := t.hearing(t.unreplied)
	at := h.At.UTC()
	for _, m := range there.Messages { // newest first
		if m.At.IsZero() {
			m.At = at // it is not newer than the one behind it
		}
		at = m.At
		h.Messages = append(h.Messages, written(m, creator))
	}
	if len(h.Messages) > 0 && h.Messages[0].FromCreator {
		h.Unreplied = true
	}
	_, err = b.engine.Hear(ctx, s.ID, h)
	return err
}

// signer returns who signs the creator's messages.
func (b *Bridge) signer(ctx context.Context, calls *affiliate.Shop, ear *ear, t talk) (affiliate.IMUserID, error) {
	if t.CreatorIM != "" {
		return t.CreatorIM, nil
	}
	if known := ear.creator[t.ID]; known != "" {
		return known, nil
	}
	if t.there.Shown.OpenID == "" {
		return "", errNobody
	}
	c, err := calls.Conversation(ctx, affiliate.CreatorID(t.there.Shown.OpenID))
	if err != nil {
		return "", err
	}
	if c.CreatorIM == "" || c.ID != t.ID {
		return "", errNobody
	}
	ear.creator[t.ID] = c.CreatorIM
	return c.CreatorIM, nil
}

// written turns a message into the workflow's words. What TikTok's own machinery writes is nobody's answer, whoever it is
// signed with.
func written(m affiliate.Message, creator affiliate.IMUserID) workflow.Written {
	automatic := m.Type == affiliate.MessageNotification || m.Type == affiliate.MessageSystem || strings.HasPrefix(string(m.Type), "CRM_")
	return workflow.Written{
		ID: string(m.ID), Index: m.Index, Kind: string(m.Type), Text: readable(m), At: m.At, FromCreator: !automatic && m.SenderID == creator,
	}
}

// readable is the text of a message, and of one without text what it is: it is quoted in the history and in questions,
// where nothing else tells.
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
	if runes := []rune(text); len(runes) > maxHeardText {
		text = string(runes[:maxHeardText])
	}
	return text
}
