package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// Bounds of what one answer reads.
const (
	maxFound     = 50   // of a creator's applications
	maxCampaigns = 20   // listed at a time
	maxMembers   = 1000 // of a campaign, for the picture
)

// queue reads a page of what waits for the team. Where there are several shops their queues are merged by deadline: the
// cursor is then a deadline as the listing sorts it, which holds in each of them.
func (d *Desk) queue(ctx context.Context, at view.QueuePage) (view.Message, error) {
	var facts view.QueueFacts
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.QueueFacts{Page: at.Number}
		shops, err := tx.Shops()
		if err != nil {
			return err
		}
		rows, total, err := mergedQueue(tx, shops, at.Cursor, view.QueuePageSize+1)
		if err != nil {
			return err
		}
		facts.Total = total
		if facts.Back, err = pageBefore(tx, shops, at); err != nil {
			return err
		}
		if len(rows) > view.QueuePageSize {
			rows = rows[:view.QueuePageSize]
			facts.Next = &view.QueuePage{Number: at.Number + 1, Cursor: rows[len(rows)-1].sort}
		}
		for _, r := range rows {
			row, err := rowOf(tx, r.application, shops)
			if err != nil {
				return err
			}
			facts.Rows = append(facts.Rows, row)
		}
		return nil
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("reading the queue: %w", err)
	}
	return view.Queue(facts), nil
}

// pageBefore finds the page before one. Listings are read forwards only, so it counts from the front.
func pageBefore(tx workflow.Tx, shops []workflow.Shop, at view.QueuePage) (*view.QueuePage, error) {
	if at.Number == 0 {
		return nil, nil
	}
	skipped := (at.Number - 1) * view.QueuePageSize
	if skipped == 0 {
		return &view.QueuePage{}, nil
	}
	rows, _, err := mergedQueue(tx, shops, "", skipped)
	if err != nil {
		return nil, err
	}
	if len(rows) < skipped { // the queue has shrunk meanwhile
		return &view.QueuePage{}, nil
	}
	return &view.QueuePage{Number: at.Number - 1, Cursor: rows[skipped-1].sort}, nil
}

type queued struct {
	application workflow.Application
	sort        string
}

// mergedQueue reads up to limit applications of all queues after a cursor, soonest deadline first, and how many there
// are in all.
func mergedQueue(tx workflow.Tx, shops []workflow.Shop, after string, limit int) (rows []queued, total int, err error) {
	for _, s := range shops {
		listing := workflow.QueueOf(s.ID)
		n, err := tx.Count(listing)
		if err != nil {
			return nil, 0, err
		}
		total += n
		page, err := tx.Applications(listing, after, limit)
		if err != nil {
			return nil, 0, err
		}
		for _, a := range page.Applications {
			rows = append(rows, queued{a, placeIn(a, listing)})
		}
	}
	slices.SortFunc(rows, func(a, b queued) int { return cmp.Compare(a.sort, b.sort) })
	return rows[:min(limit, len(rows))], total, nil
}

func placeIn(a workflow.Application, l workflow.Listing) string {
	for _, p := range a.Places() {
		if p.Listing == l {
			return p.Sort
		}
	}
	return ""
}

func rowOf(tx workflow.Tx, a workflow.Application, shops []workflow.Shop) (view.Row, error) {
	row := view.Row{Application: a, Link: a.Card.Link}
	for _, s := range shops {
		if s.ID == a.Key.Shop {
			row.Shop = shopName(s, len(shops))
		}
	}
	if a.Campaign == "" {
		return row, nil
	}
	c, err := tx.Campaign(a.Campaign)
	if errors.Is(err, workflow.ErrNotFound) {
		return row, nil
	}
	row.Campaign = c.Name
	return row, err
}

// show tells all of one application, or lists a creator's. One that is live and has no card in Slack gets one: it was
// opened.
func (d *Desk) show(ctx context.Context, c command, typed string) (view.Message, error) {
	if typed == "" {
		return view.Usage(c.Name, "show"), nil
	}
	facts := view.ShowFacts{Asked: typed}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.ShowFacts{Asked: typed}
		return find(tx, typed, &facts)
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("looking for an application: %w", err)
	}
	if len(facts.Found) != 1 {
		return view.Show(facts), nil
	}
	if a := facts.Found[0].Application; a.State().Live() && (!a.Card.Wanted || a.Card.Lost) {
		opened := workflow.CardCalledFor{Actor: workflow.Actor{Person: c.User, Surface: workflow.FromCommand}, At: time.Now()}
		if facts.Found[0].Application, err = d.engine.Apply(ctx, a.Key, opened); err != nil {
			return view.Message{}, err
		}
	}
	return view.Show(facts), nil
}

// find looks for an application by id, and for a creator's by user name.
func find(tx workflow.Tx, typed string, facts *view.ShowFacts) error {
	shops, err := tx.Shops()
	if err != nil {
		return err
	}
	var all []workflow.Application
	for _, s := range shops {
		a, err := tx.Application(workflow.Key{Shop: s.ID, ID: workflow.ApplicationID(typed)})
		if err == nil {
			all = append(all, a)
		} else if !errors.Is(err, workflow.ErrNotFound) {
			return err
		}
	}
	for _, s := range shops {
		if len(all) > 0 {
			break
		}
		listing := workflow.UsernameOf(s.ID, strings.TrimPrefix(typed, "@"))
		page, err := tx.Applications(listing, "", maxFound)
		if err != nil {
			return err
		}
		n, err := tx.Count(listing)
		if err != nil {
			return err
		}
		facts.Total += n
		all = append(all, page.Applications...)
	}
	slices.SortStableFunc(all, func(a, b workflow.Application) int { return b.SeenAt.Compare(a.SeenAt) })
	for _, a := range all {
		row, err := rowOf(tx, a, shops)
		if err != nil {
			return err
		}
		facts.Found = append(facts.Found, row)
	}
	if len(all) != 1 {
		return nil
	}
	return details(tx, all[0], facts)
}

// details adds what is shown of a single application only.
func details(tx workflow.Tx, a workflow.Application, facts *view.ShowFacts) error {
	card, err := cardFacts(tx, a)
	if err != nil {
		return err
	}
	facts.Region, facts.Past, facts.Campaigns = card.Region, card.Past, map[workflow.CampaignID]string{}
	for after := ""; ; {
		entries, next, err := tx.History(a.Key, after, maxFound)
		if err != nil {
			return err
		}
		facts.History = append(facts.History, entries...)
		if over := len(facts.History) - view.HistorySize; over > 0 {
			facts.Earlier += over
			facts.History = facts.History[over:]
		}
		if after = next; after == "" {
			break
		}
	}
	for _, e := range facts.History {
		if e.Campaign == "" {
			continue
		}
		if c, err := tx.Campaign(e.Campaign); err == nil {
			facts.Campaigns[c.ID] = c.Name
		}
	}
	return nil
}

// campaigns lists the campaigns of all shops of the channel.
func (d *Desk) campaigns(ctx context.Context) (view.Message, error) {
	var facts view.CampaignsFacts
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.CampaignsFacts{}
		shops, err := tx.Shops()
		if err != nil {
			return err
		}
		for _, s := range shops {
			if err := listCampaigns(tx, s, len(shops), &facts); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("reading the campaigns: %w", err)
	}
	return view.Campaigns(facts), nil
}

func listCampaigns(tx workflow.Tx, s workflow.Shop, of int, facts *view.CampaignsFacts) error {
	for after := ""; ; {
		page, next, err := tx.Campaigns(s.ID, after, maxFound)
		if err != nil {
			return err
		}
		for _, c := range page {
			if len(facts.Rows) == maxCampaigns {
				facts.More++
				continue
			}
			standing, err := standings(tx, c)
			if err != nil {
				return err
			}
			row := view.CampaignRow{Campaign: c, Shop: shopName(s, of), Creators: len(standing)}
			for _, m := range standing {
				for _, a := range m.Applications {
					if a.Decidable() {
						row.Waiting++
					}
				}
			}
			facts.Rows = append(facts.Rows, row)
		}
		if after = next; after == "" {
			return nil
		}
	}
}

// standings returns the members of a campaign with their applications in it.
func standings(tx workflow.Tx, c workflow.Campaign) ([]view.Standing, error) {
	by := map[workflow.CreatorKey][]workflow.Application{}
	for after := ""; ; {
		page, err := tx.Applications(workflow.CampaignOf(c.ID), after, maxFound)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Applications {
			key := a.Report.Creator.KeyOf(a.Key.Shop)
			by[key] = append(by[key], a)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	var all []view.Standing
	for after := ""; len(all) < maxMembers; {
		members, next, err := tx.Members(c.ID, after, maxFound)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			all = append(all, view.Standing{Creator: m.Shown, Applications: by[m.Creator]})
		}
		if after = next; after == "" {
			break
		}
	}
	return all, nil
}

// campaignStatus draws a campaign's funnel. Where several shops have a campaign of that name, each is drawn.
func (d *Desk) campaignStatus(ctx context.Context, typed string) (view.Message, error) {
	if typed == "" {
		return view.Usage(view.CommandCampaign, "status"), nil
	}
	var m view.Message
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		m = view.Message{}
		shops, err := tx.Shops()
		if err != nil {
			return err
		}
		for _, s := range shops {
			c, err := tx.CampaignNamed(s.ID, strings.Join(strings.Fields(typed), " "))
			if errors.Is(err, workflow.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			drawn, err := drawCampaign(tx, c, shopName(s, len(shops)))
			if err != nil {
				return err
			}
			m = m.And(drawn)
		}
		if len(m.Blocks) == 0 {
			return workflow.Refusal{Rule: workflow.RuleNoCampaign, Name: typed}
		}
		return nil
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("reading a campaign: %w", err)
	}
	return m, nil
}

func drawCampaign(tx workflow.Tx, c workflow.Campaign, shop string) (view.Message, error) {
	facts := view.CampaignStatusFacts{Campaign: c, Shop: shop, At: time.Now(), Links: map[workflow.Key]string{}}
	var err error
	if facts.Members, err = standings(tx, c); err != nil {
		return view.Message{}, err
	}
	for _, m := range facts.Members {
		for _, a := range m.Applications {
			if a.Card.Link != "" {
				facts.Links[a.Key] = a.Card.Link
			}
		}
	}
	return view.CampaignStatus(facts), nil
}
