package query

import (
	"context"
	"slices"

	"sampledesk/workflow"
)

// Card is what a card shows of an application beside the application itself.
type Card struct {
	Row
	Region      string // the shop's
	QuickReject bool   // the shop's setting: choosing a reason rejects at once
	Record      Record // of the creator, without this application
	Beside      Beside // what decides among the creator's other requests
}

// CardOf gathers what a card shows of an application.
func CardOf(tx workflow.Tx, d Defaults, a workflow.Application) (c Card, err error) {
	shops, err := tx.Shops()
	if err != nil {
		return c, err
	}
	c.Application = a
	if s, ok := ShopAmong(shops, a.Key.Shop); ok {
		c.Shop, c.Region, c.QuickReject = ShopName(s, d.Sharing(s, shops)), s.Region, s.Settings.QuickReject
	}
	if c.Campaign, err = CampaignName(tx, a.Campaign); err != nil {
		return c, err
	}
	all, err := tx.Latest(workflow.CreatorOf(a.Snapshot.Creator.KeyOf(a.Key.Shop)), maxRecorded)
	if err != nil {
		return c, err
	}
	c.Record, c.Beside = recordOf(all, a.Key), besideOf(all, a)
	return c, nil
}

// History is the end of an application's history.
type History struct {
	Entries   []workflow.Entry               // oldest first
	Earlier   int                            // how many there are before
	Campaigns map[workflow.CampaignID]string // the names of those in Entries, as far as they are known
}

// HistoryOf reads the last entries of an application's history, limit at the most.
func HistoryOf(ctx context.Context, tx workflow.Tx, k workflow.Key, limit int) (h History, err error) {
	for e, err := range workflow.WalkHistory(ctx, tx, k) {
		if err != nil {
			return h, err
		}
		if h.Entries = append(h.Entries, e); len(h.Entries) > limit {
			h.Entries, h.Earlier = h.Entries[1:], h.Earlier+1
		}
	}
	h.Campaigns = map[workflow.CampaignID]string{}
	for _, e := range h.Entries {
		if h.Campaigns[e.Campaign], err = CampaignName(tx, e.Campaign); err != nil {
			return h, err
		}
	}
	return h, nil
}

// Search says what is looked for, and how much of what is found is wanted.
type Search struct {
	Term      SearchTerm
	Decidable bool // only what waits for a decision
	Page      int  // counted from 0
	Size      int  // of a page
}

// Found is what a Search found.
type Found struct {
	Total  int
	More   bool   // there may be others, that came before
	Rows   []Row  // of the page, the latest first
	Record Record // of the creator, where there are several and all are theirs; else zero
}

// Results returns what a search finds in the shops.
func Results(tx workflow.Tx, shops []workflow.Shop, s Search) (f Found, err error) {
	all, more, err := findMore(tx, shops, s.Term)
	if err != nil {
		return f, err
	}
	if s.Decidable {
		all = slices.DeleteFunc(all, func(a workflow.Application) bool { return !a.Decidable() })
	}
	f.Total, f.More = len(all), more
	if creator, same := creatorOf(all); same && len(all) > 1 {
		if f.Record, err = CreatorRecord(tx, creator, workflow.Key{}); err != nil {
			return f, err
		}
	}
	f.Rows, err = RowsOf(tx, pageOf(all, s.Page, s.Size), shops)
	return f, err
}

// OfOneCreator reports whether some applications are all of the same creator.
func OfOneCreator(all []workflow.Application) bool {
	_, same := creatorOf(all)
	return same
}

// creatorOf returns the creator of some applications, if they are all of the same.
func creatorOf(all []workflow.Application) (creator workflow.CreatorKey, same bool) {
	for n, a := range all {
		key := a.Snapshot.Creator.KeyOf(a.Key.Shop)
		if n > 0 && key != creator {
			return "", false
		}
		creator = key
	}
	return creator, len(all) > 0
}
