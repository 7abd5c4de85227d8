package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"sampledesk/workflow"
)

// Campaign is part of workflow.Tx.
func (t *transaction) Campaign(id workflow.CampaignID) (workflow.Campaign, error) {
	return read[workflow.Campaign](t.bucket(campaignsBucket), []byte(id), "campaign")
}

// CampaignNamed is part of workflow.Tx.
func (t *transaction) CampaignNamed(s workflow.ShopID, name string) (workflow.Campaign, error) {
	if err := t.alive(); err != nil {
		return workflow.Campaign{}, err
	}
	id := t.bucket(campaignNamesBucket).Get(joined(string(s), strings.ToLower(name)))
	if id == nil {
		id = t.bucket(campaignNamesBucket).Get(campaignNameKey(s, name))
	}
	if id == nil {
		return workflow.Campaign{}, fmt.Errorf("campaign named %q of shop %q: %w", name, s, workflow.ErrNotFound)
	}
	return t.campaignListed(id)
}

// Campaigns is part of workflow.Tx. The cursor is the folded name of the last campaign.
func (t *transaction) Campaigns(shop workflow.ShopID, after string, limit int) ([]workflow.Campaign, string, error) {
	return page(t.bucket(campaignNamesBucket), under(string(shop)), after, limit, plainly(t.campaignListed))
}

// campaignListed returns the campaign that a name stands for.
func (t *transaction) campaignListed(id []byte) (workflow.Campaign, error) {
	data := t.bucket(campaignsBucket).Get(id)
	if data == nil {
		return workflow.Campaign{}, fmt.Errorf("%w: campaign %q has a name and is not there", errDamaged, id)
	}
	return decode[workflow.Campaign](data)
}

// PutCampaign is part of workflow.Tx. A campaign that is archived still holds its name.
func (t *transaction) PutCampaign(c workflow.Campaign) error {
	if err := t.may("a campaign", string(c.ID), string(c.Shop), c.Name); err != nil {
		return err
	}
	if err := t.rename(c); err != nil {
		return err
	}
	return write(t.bucket(campaignsBucket), []byte(c.ID), kept(c))
}

// rename gives a campaign its name and lets go of the one it had.
func (t *transaction) rename(c workflow.Campaign) error {
	names, key := t.bucket(campaignNamesBucket), campaignNameKey(c.Shop, c.Name)
	was, err := t.Campaign(c.ID)
	if err == nil && was.Shop == c.Shop && was.Name == c.Name {
		return nil // under whatever key it has
	}
	switch holder := names.Get(key); {
	case bytes.Equal(holder, []byte(c.ID)):
		return nil
	case holder != nil:
		return fmt.Errorf("the campaign name %q of shop %q is taken: %w", c.Name, c.Shop, workflow.ErrConflict)
	}
	switch {
	case err == nil:
		for _, old := range [][]byte{campaignNameKey(was.Shop, was.Name), joined(string(was.Shop), strings.ToLower(was.Name))} {
			if !bytes.Equal(names.Get(old), []byte(c.ID)) {
				continue
			}
			if err := names.Delete(old); err != nil {
				return err
			}
		}
	case !errors.Is(err, workflow.ErrNotFound):
		return err
	}
	return names.Put(key, []byte(c.ID))
}

// nameAnew puts campaigns of files from before under the names as they are compared today, and tells whether there were
// any. Of two that are one name today the second keeps its key, and is found by its own spelling.
func (t *transaction) nameAnew() (found bool, err error) {
	campaigns, err := all[workflow.Campaign](t.bucket(campaignsBucket))
	if err != nil {
		return false, err
	}
	names := t.bucket(campaignNamesBucket)
	for _, c := range campaigns {
		old, key := joined(string(c.Shop), strings.ToLower(c.Name)), campaignNameKey(c.Shop, c.Name)
		if bytes.Equal(old, key) || !bytes.Equal(names.Get(old), []byte(c.ID)) || names.Get(key) != nil {
			continue
		}
		if err := errors.Join(names.Delete(old), names.Put(key, []byte(c.ID))); err != nil {
			return false, err
		}
		found = true
	}
	return found, nil
}
