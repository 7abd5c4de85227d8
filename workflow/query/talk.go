package query

import (
	"slices"
	"time"

	"sampledesk/workflow"
)

// The bounds of what is read for the latest words with a creator.
const (
	talkApplications = 3   // the latest
	talkEntries      = 500 // of a history at a time
	talkPages        = 4   // of each
)

// Exchanged is a message that somebody wrote to a creator, or a creator to the shop.
type Exchanged struct {
	By   workflow.PersonID // empty: the creator
	At   time.Time
	Text string
}

// LatestWords returns up to limit of the last messages from and to a creator that the histories of their latest
// applications at a shop hold, oldest first.
func LatestWords(tx workflow.Tx, shop workflow.ShopID, creator workflow.CreatorKey, limit int) (all []Exchanged, err error) {
	own, err := workflow.OfCreator(tx, creator)
	if err != nil {
		return nil, err
	}
	own = slices.DeleteFunc(own, func(a workflow.Application) bool { return a.Key.Shop != shop })
	for _, a := range slices.Backward(own[:min(talkApplications, len(own))]) {
		if all, err = addWords(tx, a.Key, all); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b Exchanged) int { return a.At.Compare(b.At) })
	return all[max(0, len(all)-limit):], nil
}

func addWords(tx workflow.Tx, k workflow.Key, all []Exchanged) ([]Exchanged, error) {
	after := ""
	for range talkPages {
		entries, next, err := tx.History(k, after, talkEntries)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Event == workflow.OnHeard || e.Event == workflow.OnMessageWritten {
				all = append(all, Exchanged{By: e.By.Person, At: e.At, Text: e.Text})
			}
		}
		if after = next; after == "" {
			break
		}
	}
	return all, nil
}
