package engine

import (
	"errors"
	"time"

	"sampledesk/workflow"
)

// steady is a transaction that reads a shop's rules, and in which zone its days are, once: each request of a batch is asked
// about with them. What the transaction itself changes is read anew.
type steady struct {
	workflow.Tx
	rules map[workflow.ShopID]workflow.Rules
	zones map[workflow.ShopID]*time.Location // nil: there is no such shop
}

func newSteady(tx workflow.Tx) *steady {
	return &steady{Tx: tx, rules: map[workflow.ShopID]workflow.Rules{}, zones: map[workflow.ShopID]*time.Location{}}
}

// Rules is part of workflow.Tx. Whoever gets them leaves them as they are.
func (s *steady) Rules(shop workflow.ShopID) (workflow.Rules, error) {
	if known, ok := s.rules[shop]; ok {
		return known, nil
	}
	all, err := s.Tx.Rules(shop)
	if err == nil {
		s.rules[shop] = all
	}
	return all, err
}

// PutRules is part of workflow.Tx.
func (s *steady) PutRules(all workflow.Rules) error {
	delete(s.rules, all.Shop)
	return s.Tx.PutRules(all)
}

// PutShop is part of workflow.Tx.
func (s *steady) PutShop(shop workflow.Shop) error {
	delete(s.zones, shop.ID)
	return s.Tx.PutShop(shop)
}

// zone returns the zone of a shop's days; nil where there is no such shop.
func (s *steady) zone(shop workflow.ShopID) (*time.Location, error) {
	if known, ok := s.zones[shop]; ok {
		return known, nil
	}
	found, err := s.Shop(shop)
	switch {
	case errors.Is(err, workflow.ErrNotFound):
		s.zones[shop] = nil
		return nil, nil //nolint:nilnil // nil is what it is where there is none
	case err != nil:
		return nil, err
	}
	s.zones[shop] = found.Settings.Location()
	return s.zones[shop], nil
}
