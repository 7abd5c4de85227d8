package workflow

import (
	"context"
	"errors"
	"fmt"
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

// AddMember adds a creator to a campaign. The error is a Refusal where there is no such campaign, it takes nobody, she is
// in it, or nobody is named.
func (e *Engine) AddMember(ctx context.Context, add Addition) (m Member, c Campaign, err error) {
	err = e.update(ctx, func(t *turn) (err error) {
		m, c, err = t.addByHand(add)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Member{}, Campaign{}, fmt.Errorf("adding a creator to campaign %s: %w", add.Campaign, err)
	}
	return m, c, nil
}

func (t *turn) addByHand(add Addition) (Member, Campaign, error) {
	c, err := t.tx.Campaign(add.Campaign)
	if errors.Is(err, ErrNotFound) {
		return Member{}, c, Refusal{Rule: RuleNoCampaign}
	}
	if err != nil {
		return Member{}, c, err
	}
	creator, err := t.knownAs(c.Shop, add.Creator)
	if err != nil {
		return Member{}, c, err
	}
	m, err := t.tx.Member(c.ID, creator.KeyOf(c.Shop))
	switch {
	case err == nil && m.took(add.Origin):
		return m, c, errUnchanged
	case err == nil:
		return m, c, Refusal{Rule: RuleInThatCampaign, Name: c.Name, Member: m}
	case !errors.Is(err, ErrNotFound):
		return m, c, err
	case c.Archived:
		return m, c, Refusal{Rule: RuleArchived, Name: c.Name}
	case creator.Username == "":
		return m, c, Refusal{Rule: RuleNoCreator}
	}
	m, _, err = t.join(c, creator, add.Actor, add.At)
	return m, c, err
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
	m = Member{Campaign: c.ID, Creator: key, Shown: creator, AddedBy: by.Person, AddedAt: at, Origins: remember(nil, by.Origin)}
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
	found, err := lastOf(t.tx, UsernameOf(shop, c.Username))
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
