package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

// EditCampaign changes a campaign. The error is a Refusal: the name is none or taken, somebody changed the campaign
// meanwhile, or it is archived.
func (e *Engine) EditCampaign(ctx context.Context, edit workflow.CampaignEdit) (c workflow.Campaign, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		c, err = editCampaign(t.tx, edit)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Campaign{}, fmt.Errorf("editing campaign %s: %w", edit.Campaign, err)
	}
	return c, nil
}

func editCampaign(tx workflow.Tx, edit workflow.CampaignEdit) (workflow.Campaign, error) {
	c, err := tx.Campaign(edit.Campaign)
	if errors.Is(err, workflow.ErrNotFound) {
		return c, workflow.Refusal{Rule: workflow.RuleNoCampaign}
	}
	if err != nil {
		return c, err
	}
	if len(edit.Products) > workflow.MaxCampaignProducts {
		return c, workflow.Refusal{Rule: workflow.RuleTooMany, Name: c.Name}
	}
	was := c
	if c.Name, err = workflow.CampaignName(edit.Name); err != nil {
		return c, err
	}
	c.Channel, c.Products = edit.Channel, slices.Compact(slices.Sorted(slices.Values(edit.Products)))
	if c.Name == was.Name && c.Channel == was.Channel && slices.Equal(c.Products, was.Products) {
		return c, errUnchanged // by whomever, and a second delivery of the same action included
	}
	if c.Archived {
		return c, workflow.Refusal{Rule: workflow.RuleArchived, Name: was.Name}
	}
	if c.Version != edit.Seen {
		return c, workflow.Refusal{Rule: workflow.RuleSettingsChanged, Name: was.Name}
	}
	c.Version++
	if err := tx.PutCampaign(c); errors.Is(err, workflow.ErrConflict) {
		return c, workflow.Refusal{Rule: workflow.RuleNameTaken, Name: c.Name}
	} else if err != nil {
		return c, err
	}
	return c, tx.Append(workflow.Entry{
		At: edit.At, Key: workflow.Key{Shop: c.Shop}, Event: workflow.OnCampaignEdited, By: edit.Actor, Campaign: c.ID, Name: c.Name,
	})
}

// ArchiveCampaign ends a campaign: it takes nobody new, and what is in it stays there. The error is a Refusal if there
// is none, or it was archived before.
func (e *Engine) ArchiveCampaign(ctx context.Context, id workflow.CampaignID, by workflow.Actor, at time.Time) (c workflow.Campaign, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		c, err = archiveCampaign(t, id, by, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Campaign{}, fmt.Errorf("archiving campaign %s: %w", id, err)
	}
	return c, nil
}

func archiveCampaign(t *txn, id workflow.CampaignID, by workflow.Actor, at time.Time) (workflow.Campaign, error) {
	c, err := t.tx.Campaign(id)
	if err == nil && c.Archived && by.DedupKey != "" && c.ArchiveKey == by.DedupKey {
		return c, errUnchanged
	}
	if c, err = activeCampaign(t.tx, id); err != nil {
		return c, err
	}
	c.Archived, c.ArchiveKey = true, by.DedupKey
	c.Version++
	if err := t.tx.PutCampaign(c); err != nil {
		return c, err
	}
	return c, t.tx.Append(workflow.Entry{At: at, Key: workflow.Key{Shop: c.Shop}, Event: workflow.OnCampaignArchived, By: by, Campaign: c.ID, Name: c.Name})
}

// addProduct puts a product into a campaign to which somebody added an application for it, or for which somebody sent a
// link. It is a new version: who edits the campaign meanwhile would take the product out again.
func addProduct(tx workflow.Tx, c workflow.Campaign, p workflow.ProductID) (workflow.Campaign, error) {
	if p == "" || slices.Contains(c.Products, p) || len(c.Products) >= workflow.MaxCampaignProducts {
		return c, nil
	}
	c.Products = slices.Sorted(slices.Values(append(slices.Clone(c.Products), p)))
	c.Version++
	return c, tx.PutCampaign(c)
}
