package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

const (
	// quietPage is after how many conversations without anything new a poll ends: a page of the list. It is newest first
	// as observed; since no document promises that, one without news alone does not end it.
	quietPage = 50

	// guesses is how many conversations a poll reads of which the list does not tell the newest message, as no document
	// promises that it does.
	guesses = 20

	// maxHeard bounds how many messages of one conversation a poll reads. Older ones are left out.
	maxHeard = 1000

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
	odd     map[affiliate.ConversationID]time.Time
	creator map[affiliate.ConversationID]affiliate.IMUserID // who signs there, where the list does not tell
}

// talk is a conversation that may hold something new.
type talk struct {
	affiliate.ConversationSummary
	mark   workflow.MessageMark
	openID string
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
		b.ears[s] = &ear{odd: map[affiliate.ConversationID]time.Time{}, creator: map[affiliate.ConversationID]affiliate.IMUserID{}}
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

// listen takes over what is new, the conversation that has waited longest first: were it cut short, all that is newer
// would still be new to the next poll, and that finds its way down to what was left.
func (b *Bridge) listen(ctx context.Context, s workflow.Shop, ear *ear) error {
	if s.Heard.IsZero() {
		now := time.Now()
		if err := b.engine.Listen(ctx, s.ID, now); err != nil {
			return err
		}
		s.Heard = now.Truncate(time.Second)
	}
	calls := b.shop(s)
	news, err := b.news(ctx, s, calls, ear)
	if err != nil {
		return err
	}
	var told []affiliate.ConversationID
	for _, t := range slices.Backward(news) {
		n, err := b.hear(ctx, s, calls, ear, t)
		if n > 0 {
			told = append(told, t.ID)
		}
		if err == nil {
			continue
		}
		if kind := affiliate.KindOf(err); kind != affiliate.Refused && kind != affiliate.Malformed && !errors.Is(err, errNobody) {
			b.markRead(ctx, s, calls, told)
			return err
		}
		ear.odd[t.ID] = time.Now().Add(listenRest)
		b.log.WarnContext(ctx, "a conversation cannot be read", "shop", s.ID, "conversation", t.ID, "error", err, "again_after", listenRest)
	}
	b.markRead(ctx, s, calls, told)
	return nil
}

// news lists the conversations that may hold something new, newest first. Where nothing is new it makes one call and
// writes nothing.
func (b *Bridge) news(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, ear *ear) (news []talk, err error) {
	seen, quiet, guessed := map[affiliate.ConversationID]bool{}, 0, 0
	for c, err := range calls.Conversations(ctx) {
		if err != nil {
			return nil, err
		}
		quiet++
		if !seen[c.ID] && !time.Now().Before(ear.odd[c.ID]) {
			t, changed, err := b.known(ctx, s, c)
			if err != nil {
				return nil, err
			}
			if unread, told := c.Unread.Int(); !changed && c.Latest.ID == "" && (guessed < guesses || told && unread > 0) {
				news = append(news, t)
				guessed++
			}
			if changed {
				news, quiet = append(news, t), 0
			}
		}
		seen[c.ID] = true
		if quiet >= quietPage {
			break
		}
	}
	return news, nil
}

// known compares a conversation of the list with what was taken over of it.
func (b *Bridge) known(ctx context.Context, s workflow.Shop, c affiliate.ConversationSummary) (t talk, changed bool, err error) {
	t.ConversationSummary = c
	var there workflow.Conversation
	err = b.store.View(ctx, func(tx workflow.Tx) (err error) {
		if there, err = tx.ConversationNumbered(s.ID, string(c.ID)); errors.Is(err, workflow.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return t, false, fmt.Errorf("reading a conversation: %w", err)
	}
	t.mark, t.openID = there.Last, there.Shown.OpenID
	if t.Username == "" {
		t.Username = there.Shown.Username
	}
	latest := c.Latest
	switch {
	case latest.ID == "", string(latest.ID) == t.mark.ID:
		return t, false, nil
	case latest.At.IsZero():
		return t, true, nil
	default:
		return t, !latest.At.Before(s.Heard) && later(latest, t.mark), nil
	}
}

// later tells whether a message was written after the mark. TikTok's times are whole seconds, so that of one second the
// ids decide: they are numbers that rise.
func later(m affiliate.Message, mark workflow.MessageMark) bool {
	if !m.At.Equal(mark.At) {
		return m.At.After(mark.At)
	}
	a, b := string(m.ID), mark.ID
	return len(a) > len(b) || len(a) == len(b) && a > b
}

// errNobody is the error of a conversation of which nothing tells who the creator is in it.
var errNobody = errors.New("nothing tells which of its messages are the creator's")

// hear reads a conversation down to what was taken over before, and hands it on. It returns how many messages were told.
func (b *Bridge) hear(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, ear *ear, t talk) (told int, err error) {
	creator, err := b.signer(ctx, calls, ear, t)
	if err != nil {
		return 0, err
	}
	h := workflow.Hearing{ID: string(t.ID), Username: t.Username, Avatar: t.AvatarURL}
	oldest := t.mark.At
	if oldest.Before(s.Heard) {
		oldest = s.Heard
	}
	for m, err := range calls.Messages(ctx, t.ID) {
		if err != nil {
			return 0, err // half of what is new must not pass for all of it
		}
		if string(m.ID) == t.mark.ID || !m.At.IsZero() && m.At.Before(oldest) {
			break
		}
		if len(h.Messages) == maxHeard {
			b.log.WarnContext(ctx, "a conversation holds more new messages than are taken over", "shop", s.ID, "conversation", t.ID)
			break
		}
		if m.At.IsZero() { // as old as it can be: what follows it must not be taken for older
			m.At = oldest
		}
		h.Messages = append(h.Messages, written(m, creator))
	}
	h.At = time.Now()
	return b.engine.Hear(ctx, s.ID, h)
}

// signer returns who signs the creator's messages.
func (b *Bridge) signer(ctx context.Context, calls *affiliate.Shop, ear *ear, t talk) (affiliate.IMUserID, error) {
	if t.CreatorIM != "" {
		return t.CreatorIM, nil
	}
	if known := ear.creator[t.ID]; known != "" {
		return known, nil
	}
	if t.openID == "" {
		return "", errNobody
	}
	c, err := calls.Conversation(ctx, affiliate.CreatorID(t.openID))
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
		ID: string(m.ID), Kind: string(m.Type), Text: readable(m), At: m.At, FromCreator: !automatic && m.SenderID == creator,
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

// markRead marks as read what the team was told. It is a courtesy to whoever looks into the Message Center.
func (b *Bridge) markRead(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, told []affiliate.ConversationID) {
	if len(told) == 0 {
		return
	}
	failed, err := calls.MarkRead(ctx, told...)
	if err != nil || len(failed) > 0 {
		b.log.InfoContext(ctx, "could not mark conversations as read", "shop", s.ID, "failed", len(failed), "error", err)
	}
}
