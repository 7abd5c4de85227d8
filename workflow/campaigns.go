package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// CampaignEdit is what a person makes of a campaign. Seen is the version that they were shown.
type CampaignEdit struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Seen     int
	Name     string // as they typed it
	Channel  string
	Products []ProductID
}

// MaxCampaignProducts is how many products a campaign can have: as many as a Slack menu shows chosen.
const MaxCampaignProducts = 100

// EditCampaign changes a campaign. The error is a Refusal: the name is none or taken, somebody changed the campaign
// meanwhile, or it is archived.
func (e *Engine) EditCampaign(ctx context.Context, edit CampaignEdit) (c Campaign, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		c, err = t.editCampaign(edit)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Campaign{}, fmt.Errorf("editing campaign %s: %w", edit.Campaign, err)
	}
	return c, nil
}

func (t *txn) editCampaign(edit CampaignEdit) (Campaign, error) {
	c, err := t.tx.Campaign(edit.Campaign)
	if errors.Is(err, ErrNotFound) {
		return c, Refusal{Rule: RuleNoCampaign}
	}
	if err != nil {
		return c, err
	}
	if len(edit.Products) > MaxCampaignProducts {
		return c, Refusal{Rule: RuleTooMany, Name: c.Name}
	}
	was := c
	if c.Name, err = CampaignName(edit.Name); err != nil {
		return c, err
	}
	c.Channel, c.Products = edit.Channel, slices.Compact(slices.Sorted(slices.Values(edit.Products)))
	if c.Name == was.Name && c.Channel == was.Channel && slices.Equal(c.Products, was.Products) {
		return c, errUnchanged // by whomever, and a second delivery of the same action included
	}
	if c.Archived {
		return c, Refusal{Rule: RuleArchived, Name: was.Name}
	}
	if c.Version != edit.Seen {
		return c, Refusal{Rule: RuleSettingsChanged, Name: was.Name}
	}
	c.Version++
	if err := t.tx.PutCampaign(c); errors.Is(err, ErrConflict) {
		return c, Refusal{Rule: RuleNameTaken, Name: c.Name}
	} else if err != nil {
		return c, err
	}
	return c, t.tx.Append(Entry{
		At: edit.At, Key: Key{Shop: c.Shop}, Event: OnCampaignEdited, By: edit.Actor, Campaign: c.ID, Name: c.Name,
	})
}

// ArchiveCampaign ends a campaign: it takes nobody new, and what is in it stays there. The error is a Refusal if there
// is none, or it was archived before.
func (e *Engine) ArchiveCampaign(ctx context.Context, id CampaignID, by Actor, at time.Time) (c Campaign, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		c, err = t.archive(id, by, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Campaign{}, fmt.Errorf("archiving campaign %s: %w", id, err)
	}
	return c, nil
}

func (t *txn) archive(id CampaignID, by Actor, at time.Time) (Campaign, error) {
	c, err := t.tx.Campaign(id)
	if err == nil && c.Archived && by.DedupKey != "" && c.ArchiveKey == by.DedupKey {
		return c, errUnchanged
	}
	if c, err = t.activeCampaign(id); err != nil {
		return c, err
	}
	c.Archived, c.ArchiveKey = true, by.DedupKey
	c.Version++
	if err := t.tx.PutCampaign(c); err != nil {
		return c, err
	}
	return c, t.tx.Append(Entry{At: at, Key: Key{Shop: c.Shop}, Event: OnCampaignArchived, By: by, Campaign: c.ID, Name: c.Name})
}

// addProduct puts a product into a campaign to which somebody added an application for it, or for which somebody sent a
// link. It is a new version: who edits the campaign meanwhile would take the product out again.
func (t *txn) addProduct(c Campaign, p ProductID) (Campaign, error) {
	if p == "" || slices.Contains(c.Products, p) || len(c.Products) >= MaxCampaignProducts {
		return c, nil
	}
	c.Products = slices.Sorted(slices.Values(append(slices.Clone(c.Products), p)))
	c.Version++
	return c, t.tx.PutCampaign(c)
}
