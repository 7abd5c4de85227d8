package query

import (
	"slices"
	"time"

	"sampledesk/workflow"
)

// The bounds of what is read for the latest messages with a creator.
const (
	conversationApplications = 3   // the latest
	conversationEntries      = 500 // of a history at a time
	conversationPages        = 4   // of each
)

// Exchanged is a message that somebody wrote to a creator, or a creator to the shop.
type Exchanged struct {
	By   workflow.PersonID // empty: the creator
	At   time.Time
	Text string
}

// LatestMessages returns up to limit of the last messages from and to a creator that the histories of their latest
// applications at a shop hold, oldest first.
func LatestMessages(tx workflow.Tx, shop workflow.ShopID, creator workflow.CreatorKey, limit int) (all []Exchanged, err error) {
	own, err := workflow.OfCreator(tx, creator)
	if err != nil {
		return nil, err
	}
	own = slices.DeleteFunc(own, func(a workflow.Application) bool { return a.Key.Shop != shop })
	for _, a := range slices.Backward(own[:min(conversationApplications, len(own))]) {
		if all, err = addMessages(tx, a.Key, all); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b Exchanged) int { return a.At.Compare(b.At) })
	return all[max(0, len(all)-limit):], nil
}

func addMessages(tx workflow.Tx, k workflow.Key, all []Exchanged) ([]Exchanged, error) {
	after := ""
	for range conversationPages {
		entries, next, err := tx.History(k, after, conversationEntries)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Event == workflow.OnMessageReceived || e.Event == workflow.OnMessageWritten {
				all = append(all, Exchanged{By: e.By.Person, At: e.At, Text: e.Text})
			}
		}
		if after = next; after == "" {
			break
		}
	}
	return all, nil
}

// LiveAmong tells which of some creators have a request at a shop that goes on.
func LiveAmong(tx workflow.Tx, shop workflow.ShopID, all []workflow.Creator) (map[workflow.CreatorKey]bool, error) {
	live := map[workflow.CreatorKey]bool{}
	for _, c := range all {
		own, err := workflow.OfCreator(tx, c.KeyOf(shop))
		if err != nil {
			return nil, err
		}
		live[c.KeyOf(shop)] = slices.ContainsFunc(own, func(a workflow.Application) bool { return a.Key.Shop == shop && a.State().Live() })
	}
	return live, nil
}
