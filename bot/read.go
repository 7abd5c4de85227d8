package bot

import (
	"errors"

	"sampledesk/workflow"
)

// What may be missing from the store, and what is made of it then.

// unlessMissing makes nothing of an error that only tells that nothing is kept under a name.
func unlessMissing(err error) error {
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	return err
}

// applicationOr returns an application, or one that the desk has not met.
func applicationOr(tx workflow.Tx, k workflow.Key) (workflow.Application, error) {
	a, err := tx.Application(k)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Application{Key: k}, nil
	}
	return a, err
}

// shopOr returns a shop. One that is not on record is one of which nothing is set.
func shopOr(tx workflow.Tx, id workflow.ShopID) (workflow.Shop, error) {
	s, err := tx.Shop(id)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Shop{ID: id}, nil
	}
	return s, err
}

// campaignNamed returns what a campaign is called: nothing where there is none.
func campaignNamed(tx workflow.Tx, id workflow.CampaignID) (string, error) {
	if id == "" {
		return "", nil
	}
	c, err := tx.Campaign(id)
	return c.Name, unlessMissing(err)
}
