package query

import (
	"errors"
	"slices"

	"sampledesk/workflow"
)

// UnlessMissing drops an error that only says that nothing is kept under a name.
func UnlessMissing(err error) error {
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	return err
}

// Application returns an application, or one that the desk has not met.
func Application(tx workflow.Tx, k workflow.Key) (workflow.Application, error) {
	a, err := tx.Application(k)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Application{Key: k}, nil
	}
	return a, err
}

// Shop returns a shop. One that is not on record is one of which nothing is set.
func Shop(tx workflow.Tx, id workflow.ShopID) (workflow.Shop, error) {
	s, err := tx.Shop(id)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Shop{ID: id}, nil
	}
	return s, err
}

// CampaignName returns what a campaign is called: nothing where there is none.
func CampaignName(tx workflow.Tx, id workflow.CampaignID) (string, error) {
	if id == "" {
		return "", nil
	}
	c, err := tx.Campaign(id)
	return c.Name, UnlessMissing(err)
}

// ShopName returns what a shop is called where one of several is meant, and nothing where there is only one.
func ShopName(s workflow.Shop, of int) string {
	if of < 2 {
		return ""
	}
	if s.Name == "" {
		return string(s.ID)
	}
	return s.Name
}

// ShopAmong returns that one of some shops, if it is among them.
func ShopAmong(shops []workflow.Shop, id workflow.ShopID) (workflow.Shop, bool) {
	i := slices.IndexFunc(shops, func(s workflow.Shop) bool { return s.ID == id })
	if i < 0 {
		return workflow.Shop{}, false
	}
	return shops[i], true
}

// Holds reports whether a shop is among some.
func Holds(shops []workflow.Shop, id workflow.ShopID) bool {
	_, ok := ShopAmong(shops, id)
	return ok
}
