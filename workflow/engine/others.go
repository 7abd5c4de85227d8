package engine

import (
	"time"

	"sampledesk/workflow"
)

// How many of a creator's latest requests are looked through for those whose cards name an application, and how many of
// these are painted anew.
const (
	maxOthersRead    = 50
	maxOthersPainted = 10
)

// repaintOthers has the cards of a creator's other open requests in the shop painted anew where they name an application
// that came, moved on or ended. One that came is named with the link to its card, so that is waited for.
func (t *txn) repaintOthers(before, after workflow.Application, at time.Time) error {
	coming := before.State() == workflow.Unseen && after.Card.Wanted
	same := before.State() != workflow.Unseen && before.Stage() == after.Stage() && before.Card.Link == after.Card.Link
	if coming || same || !before.State().Live() && !after.State().Live() {
		return nil
	}
	all, err := t.tx.Outlines(workflow.CreatorOf(after.Snapshot.Creator.KeyOf(after.Key.Shop)), maxOthersRead)
	if err != nil {
		return err
	}
	painted := 0
	for _, o := range all {
		a := o.Application()
		if a.Key == after.Key || a.Key.Shop != after.Key.Shop || !a.State().Live() || !a.Card.Wanted || a.Card.Lost {
			continue
		}
		if painted++; painted > maxOthersPainted {
			return nil
		}
		if err := t.enqueue(repaint(a.Key, at), at); err != nil {
			return err
		}
	}
	return nil
}

// repaint is what brings a card up to date that nothing on screen waits for.
func repaint(k workflow.Key, at time.Time) workflow.Effect {
	return workflow.Effect{
		Kind: workflow.ShowCard, Lane: workflow.CardLane(k), Priority: workflow.Routine, NotBefore: at, Shop: k.Shop, Application: k.ID,
	}
}
