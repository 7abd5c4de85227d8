package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sampledesk/workflow"
)

// AddMember adds a creator to a campaign. The error is a Refusal where there is no such campaign, it is archived, they
// are in it already, or no name is given.
func (e *Engine) AddMember(ctx context.Context, add workflow.Addition) (m workflow.Member, c workflow.Campaign, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		m, c, err = addByHand(t, add)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Member{}, workflow.Campaign{}, fmt.Errorf("adding a creator to campaign %s: %w", add.Campaign, err)
	}
	return m, c, nil
}

func addByHand(t *txn, add workflow.Addition) (workflow.Member, workflow.Campaign, error) {
	c, err := t.tx.Campaign(add.Campaign)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Member{}, c, workflow.Refusal{Rule: workflow.RuleNoCampaign}
	}
	if err != nil {
		return workflow.Member{}, c, err
	}
	creator, err := lookUpCreator(t.tx, c.Shop, add.Creator)
	if err != nil {
		return workflow.Member{}, c, err
	}
	m, err := t.tx.Member(c.ID, creator.KeyOf(c.Shop))
	switch {
	case err == nil && m.AlreadyApplied(add.DedupKey):
		return m, c, errUnchanged
	case err == nil:
		return m, c, workflow.Refusal{Rule: workflow.RuleAlreadyInCampaign, Name: c.Name, Member: m}
	case !errors.Is(err, workflow.ErrNotFound):
		return m, c, err
	case c.Archived:
		return m, c, workflow.Refusal{Rule: workflow.RuleArchived, Name: c.Name}
	case creator.Username == "":
		return m, c, workflow.Refusal{Rule: workflow.RuleNoCreator}
	}
	m, _, err = joinMember(t.tx, c, creator, add.Actor, add.At)
	return m, c, err
}

// activeCampaign returns a campaign that is not archived.
func activeCampaign(tx workflow.Tx, id workflow.CampaignID) (workflow.Campaign, error) {
	c, err := tx.Campaign(id)
	if errors.Is(err, workflow.ErrNotFound) {
		return c, workflow.Refusal{Rule: workflow.RuleNoCampaign}
	}
	if err == nil && c.Archived {
		return c, workflow.Refusal{Rule: workflow.RuleArchived, Name: c.Name}
	}
	return c, err
}

// joinMember makes a creator a member of a campaign, if they are not one yet.
func joinMember(tx workflow.Tx, c workflow.Campaign, creator workflow.Creator, by workflow.Actor, at time.Time) (m workflow.Member, isNew bool, err error) {
	key := creator.KeyOf(c.Shop)
	if m, err = tx.Member(c.ID, key); !errors.Is(err, workflow.ErrNotFound) {
		return m, false, err
	}
	m = workflow.Member{Campaign: c.ID, Creator: key, Shown: creator, AddedBy: by.Person, AddedAt: at, DedupKeys: workflow.AddDedupKey(nil, by.DedupKey)}
	if err := tx.PutMember(m); err != nil {
		return m, false, err
	}
	return m, true, tx.Append(workflow.Entry{
		At: at, Key: workflow.Key{Shop: c.Shop}, Event: workflow.OnMemberAdded, By: by, Campaign: c.ID, Creator: key, Name: c.Name,
	})
}

// lookUpCreator returns what the desk knows of a creator given by user name only.
func lookUpCreator(tx workflow.Tx, shop workflow.ShopID, c workflow.Creator) (workflow.Creator, error) {
	c.Username = strings.TrimPrefix(strings.TrimSpace(c.Username), "@")
	if c.OpenID != "" {
		return c, nil
	}
	found, err := workflow.LastOf(tx, workflow.UsernameOf(shop, c.Username))
	if err == nil && found.Snapshot.Creator.OpenID != "" {
		return found.Snapshot.Creator, nil
	}
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return c, err
	}
	conversation, err := tx.Conversation(shop, c.KeyOf(shop))
	if errors.Is(err, workflow.ErrNotFound) {
		return c, nil
	}
	if conversation.Shown.OpenID != "" {
		return conversation.Shown, err
	}
	return c, err
}
