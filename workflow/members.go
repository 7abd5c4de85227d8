package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Addition adds a creator to a campaign by hand. Creator holds at least a user name.
type Addition struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Creator  Creator
}

// AddMember adds a creator to a campaign. The error is a Refusal where there is no such campaign, it takes nobody, or
// she is in it.
func (e *Engine) AddMember(ctx context.Context, add Addition) (m Member, c Campaign, err error) {
	err = e.update(ctx, func(t *turn) (err error) {
		if c, err = t.open(add.Campaign); err != nil {
			return err
		}
		m, err = t.addByHand(c, add)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Member{}, Campaign{}, fmt.Errorf("adding a creator to campaign %s: %w", add.Campaign, err)
	}
	return m, c, nil
}

func (t *turn) addByHand(c Campaign, add Addition) (Member, error) {
	creator, err := t.knownAs(c.Shop, add.Creator)
	if err != nil {
		return Member{}, err
	}
	m, isNew, err := t.join(c, creator, add.Actor, add.At)
	switch {
	case err != nil:
		return m, err
	case !isNew && add.Origin != "" && m.Origin == add.Origin:
		return m, errUnchanged
	case !isNew:
		return m, Refusal{Rule: RuleInThatCampaign, Name: c.Name, Member: m}
	}
	return m, nil
}

// open returns a campaign that takes creators.
func (t *turn) open(id CampaignID) (Campaign, error) {
	c, err := t.tx.Campaign(id)
	if errors.Is(err, ErrNotFound) {
		return c, Refusal{Rule: RuleNoCampaign}
	}
	if err == nil && c.Archived {
		return c, Refusal{Rule: RuleArchived, Name: c.Name}
	}
	return c, err
}

// join makes a creator a member of a campaign, if she is none.
func (t *turn) join(c Campaign, creator Creator, by Actor, at time.Time) (m Member, isNew bool, err error) {
	key := creator.KeyOf(c.Shop)
	if m, err = t.tx.Member(c.ID, key); !errors.Is(err, ErrNotFound) {
		return m, false, err
	}
	m = Member{Campaign: c.ID, Creator: key, Shown: creator, AddedBy: by.Person, AddedAt: at, Origin: by.Origin}
	if err := t.tx.PutMember(m); err != nil {
		return m, false, err
	}
	return m, true, t.tx.Append(Entry{
		At: at, Key: Key{Shop: c.Shop}, Event: OnMemberAdded, By: by, Campaign: c.ID, Creator: key, Name: c.Name,
	})
}

// knownAs returns what the desk knows of a creator of whom only the user name is given.
func (t *turn) knownAs(shop ShopID, c Creator) (Creator, error) {
	c.Username = strings.TrimPrefix(strings.TrimSpace(c.Username), "@")
	if c.OpenID != "" {
		return c, nil
	}
	found, err := t.lastOf(UsernameOf(shop, c.Username))
	if err == nil && found.Report.Creator.OpenID != "" {
		return found.Report.Creator, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return c, err
	}
	talk, err := t.tx.Conversation(shop, c.KeyOf(shop))
	if errors.Is(err, ErrNotFound) {
		return c, nil
	}
	if talk.Shown.OpenID != "" {
		return talk.Shown, err
	}
	return c, err
}

// maxOwn bounds how many applications of one creator are looked through for one that fits.
const maxOwn = 500

// lastOf returns the last application of a listing.
func (t *turn) lastOf(l Listing) (last Application, err error) {
	page, err := t.tx.Applications(l, "", maxOwn)
	if err != nil {
		return last, err
	}
	if len(page.Applications) == 0 {
		return last, ErrNotFound
	}
	return page.Applications[len(page.Applications)-1], nil
}

// Said is the team's word on whether a member needs a sample.
type Said struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Creator  CreatorKey
	Needed   bool
}

// Say takes over whether a member needs a sample (L2, L3). The error is a Refusal where she has not answered, or where
// that was said already.
func (e *Engine) Say(ctx context.Context, s Said) (m Member, err error) {
	err = e.update(ctx, func(t *turn) (err error) {
		m, err = t.say(s)
		return err
	})
	if err != nil {
		return Member{}, fmt.Errorf("keeping whether a creator needs a sample: %w", err)
	}
	return m, nil
}

func (t *turn) say(s Said) (Member, error) {
	c, err := t.tx.Campaign(s.Campaign)
	if errors.Is(err, ErrNotFound) {
		return Member{}, Refusal{Rule: RuleNoCampaign}
	}
	if err != nil {
		return Member{}, err
	}
	m, err := t.tx.Member(s.Campaign, s.Creator)
	if errors.Is(err, ErrNotFound) {
		return m, Refusal{Rule: RuleNoMember, Name: c.Name}
	}
	if err != nil {
		return m, err
	}
	kind := OnSampleNotNeeded
	if s.Needed {
		kind = OnSampleNeeded
	}
	after, ok := StepMember(m, MemberEvent{Actor: s.Actor, Kind: kind, At: s.At})
	switch {
	case !ok && m.State == MemberInvited:
		return m, Refusal{Rule: RuleNotAsked, Name: c.Name, Member: m}
	case !ok:
		return m, Refusal{Rule: RuleSaid, Name: c.Name, Member: m}
	}
	return after, t.keepMember(c, after, Entry{At: s.At, Event: kind, By: s.Actor})
}

// keepMember keeps what a member came to, with the shop's history and the question that may be on screen.
func (t *turn) keepMember(c Campaign, m Member, h Entry) error {
	if err := t.tx.PutMember(m); err != nil {
		return err
	}
	h.Key, h.Campaign, h.Creator, h.Name = Key{Shop: c.Shop}, c.ID, m.Creator, c.Name
	if err := t.tx.Append(h); err != nil {
		return err
	}
	return t.renotify(QuestionNotice(c.ID, m.Creator), h.At, ForPeople)
}

// LinkSent puts on record that a member was sent a link for her request, and the link's product into the campaign: her
// application for it is to join by itself (L5).
func (e *Engine) LinkSent(ctx context.Context, c CampaignID, creator CreatorKey, product ProductID, at time.Time) error {
	err := e.update(ctx, func(t *turn) error {
		m, err := t.tx.Member(c, creator)
		if err != nil {
			return err
		}
		campaign, err := t.tx.Campaign(c)
		if err != nil {
			return err
		}
		if err := t.addProduct(campaign, product); err != nil {
			return err
		}
		m.LinkedAt = at
		if err := t.tx.PutMember(m); err != nil {
			return err
		}
		return t.renotify(QuestionNotice(c, creator), at, ForPeople)
	})
	if err != nil {
		return fmt.Errorf("keeping that a link was sent: %w", err)
	}
	return nil
}

// Leaving takes an application out of the campaign it was added to.
type Leaving struct {
	Actor
	At   time.Time
	Key  Key
	Seen CampaignID // the campaign that the person was shown it in
}

// Leave takes an addition to a campaign back. A creator who came into the campaign with it, and has nothing else there,
// leaves it too.
func (e *Engine) Leave(ctx context.Context, l Leaving) (a Application, err error) {
	err = e.update(ctx, func(t *turn) error {
		before, err := load(t.tx, l.Key)
		if err != nil {
			return err
		}
		c, err := t.tx.Campaign(l.Seen)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		var did bool
		if a, did, err = t.apply(l.Key, CampaignLeft{Actor: l.Actor, At: l.At, Seen: l.Seen, Name: c.Name}); err != nil || !did {
			return err
		}
		return t.part(before)
	})
	if err != nil {
		return Application{}, fmt.Errorf("taking %s out of a campaign: %w", l.Key, err)
	}
	return a, nil
}

// part takes a creator out of the campaign that her application has just left, if she came there with it, has not
// answered, and has no other application there.
func (t *turn) part(before Application) error {
	if before.Campaign == "" || !before.Joined.Member {
		return nil
	}
	creator := before.Report.Creator.KeyOf(before.Key.Shop)
	m, err := t.tx.Member(before.Campaign, creator)
	if errors.Is(err, ErrNotFound) || err == nil && m.State != MemberInvited {
		return nil
	}
	if err != nil {
		return err
	}
	page, err := t.tx.Applications(CampaignOf(before.Campaign), string(creator)+"/", 1)
	if err != nil {
		return err
	}
	for _, a := range page.Applications {
		if a.Report.Creator.KeyOf(a.Key.Shop) == creator {
			return nil
		}
	}
	return t.tx.RemoveMember(before.Campaign, creator)
}

// meet does what comes with the first sight of an application, or of its creator's id: her memberships and conversation
// kept under her user name become hers by id, its product is known from now on, and it joins a campaign that she and
// its product are in (L5).
func (t *turn) meet(before Application, next *Next, ev Event) error {
	r, ok := ev.(Reported)
	if !ok {
		return nil
	}
	a := &next.Application
	shop, creator := a.Key.Shop, a.Report.Creator
	if before.State() != Unseen && before.Report.Creator.KeyOf(shop) == creator.KeyOf(shop) {
		return nil
	}
	if creator.OpenID != "" && creator.Username != "" {
		if err := t.merge(shop, creator, r.At); err != nil {
			return err
		}
	}
	if before.State() != Unseen {
		return nil
	}
	if p := a.Report.Product; p.ID != "" {
		if err := t.tx.PutProduct(shop, p); err != nil {
			return err
		}
	}
	if !a.State().Live() {
		return nil
	}
	c, err := t.awaiting(shop, creator.KeyOf(shop), a.Report.Product.ID)
	if err != nil || c == "" {
		return err
	}
	a.Campaign, a.Joined = c, Joined{At: r.At}
	return t.renotify(QuestionNotice(c, creator.KeyOf(shop)), r.At, Routine) // it asks for nothing any more
}

// merge brings together what the desk knows of a creator under her user name and under her open id.
func (t *turn) merge(shop ShopID, creator Creator, at time.Time) error {
	byName := Creator{Username: creator.Username}.KeyOf(shop)
	byID := creator.KeyOf(shop)
	members, err := t.tx.Memberships(byName)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := t.tx.RemoveMember(m.Campaign, byName); err != nil {
			return err
		}
		if other, err := t.tx.Member(m.Campaign, byID); err == nil {
			if stageRank(other.State.Stage()) <= stageRank(m.State.Stage()) {
				continue
			}
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		m.Creator, m.Shown = byID, creator
		if err := t.tx.PutMember(m); err != nil {
			return err
		}
		if err := t.moveQuestion(m.Campaign, byName, byID, at); err != nil {
			return err
		}
	}
	return t.mergeTalk(shop, byName, creator)
}

// moveQuestion gives the question about a member to the key that she is known by now. The message stays where it is.
func (t *turn) moveQuestion(c CampaignID, was, now CreatorKey, at time.Time) error {
	n, err := t.tx.Notice(QuestionNotice(c, was))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	n.ID, n.Creator = QuestionNotice(c, now), now
	return t.notify(n, at, Routine)
}

func (t *turn) mergeTalk(shop ShopID, byName CreatorKey, creator Creator) error {
	talk, err := t.tx.Conversation(shop, byName)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.tx.RemoveConversation(shop, byName); err != nil {
		return err
	}
	talk.Creator, talk.Shown = creator.KeyOf(shop), creator
	if there, err := t.tx.Conversation(shop, talk.Creator); err == nil {
		if there.Last.At.After(talk.Last.At) {
			talk.Last = there.Last
		}
		if talk.ID == "" {
			talk.ID = there.ID
		}
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	return t.tx.PutConversation(talk)
}

// awaiting returns the campaign that a creator's new application for a product belongs to: of those that she is in and
// that the product is in, the one that she joined last.
func (t *turn) awaiting(shop ShopID, creator CreatorKey, product ProductID) (CampaignID, error) {
	members, err := t.tx.Memberships(creator)
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(members, func(a, b Member) int { return b.AddedAt.Compare(a.AddedAt) })
	for _, m := range members {
		c, err := t.tx.Campaign(m.Campaign)
		if err != nil {
			return "", err
		}
		if c.Shop == shop && !c.Archived && slices.Contains(c.Products, product) {
			return c.ID, nil
		}
	}
	return "", nil
}
