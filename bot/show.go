package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// pageRead is how many entries of a listing are read at a time for one answer.
const pageRead = 50

// show tells all of one application, or lists a creator's. One that is live and has no card in Slack gets one: it was
// opened.
func (d *Desk) show(ctx context.Context, c command, typed string) (reply, error) {
	if typed == "" {
		return reply{Message: view.Usage(c.Name, "show")}, nil
	}
	facts := view.ShowFacts{Asked: typed}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.ShowFacts{Asked: typed}
		return d.find(tx, c.Shops, typed, &facts)
	})
	if err != nil {
		return reply{}, fmt.Errorf("%w an application: %w", errRead, err)
	}
	if len(facts.Found) != 1 {
		return reply{Message: view.Show(facts)}, nil
	}
	found := &facts.Found[0].Application
	if *found, err = d.callForCard(ctx, c.User, *found); err != nil {
		return reply{}, err
	}
	opened := *found
	return reply{Message: view.Show(facts), then: func(ctx context.Context) { d.seeToCard(ctx, c.User, opened) }}, nil
}

// callForCard gives a live application a card where it has none in Slack.
func (d *Desk) callForCard(ctx context.Context, who workflow.PersonID, a workflow.Application) (workflow.Application, error) {
	if !a.State().Live() || a.Card.Wanted && !a.Card.Lost {
		return a, nil
	}
	return d.engine.Apply(ctx, a.Key, workflow.CardCalledFor{Actor: workflow.Actor{Person: who, Surface: workflow.FromCommand}, At: time.Now()})
}

// seeToCard looks whether the card of an application that somebody opened is still where it was posted: nothing tells the
// desk of a message that was deleted. If it is gone, another is posted.
func (d *Desk) seeToCard(ctx context.Context, who workflow.PersonID, a workflow.Application) {
	if !a.State().Live() || !a.Card.Posted() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	// Of a message that has replies, Slack leaves a shell in its place, which says nothing of itself.
	card := func(m posted) bool { return m.TS == a.Card.TS && m.Metadata.EventType == eventCard }
	_, there, err := d.raw.replies(ctx, a.Card.Channel, a.Card.TS, time.Unix(0, 0), card)
	if name := slackError(err); err != nil && !slices.Contains(goneErrors, name) {
		d.log.WarnContext(ctx, "could not see whether a card is still there", "shop", a.Key.Shop, "application", a.Key.ID, "error", err)
		return
	}
	if there {
		return
	}
	gone := workflow.CardLost{At: time.Now(), TS: a.Card.TS, Cause: workflow.Cause{Message: "message_not_found"}}
	if a, err = d.engine.Apply(ctx, a.Key, gone); err == nil {
		_, err = d.callForCard(ctx, who, a)
	}
	if err != nil {
		d.log.ErrorContext(ctx, "could not post a card anew", "shop", a.Key.Shop, "application", a.Key.ID, "error", err)
	}
}

// find looks for an application by id, and for a creator's by user name.
func (d *Desk) find(tx workflow.Tx, shops []workflow.Shop, typed string, facts *view.ShowFacts) error {
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
		page, err := tx.Applications(listing, "", pageRead)
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
	return d.details(tx, all[0], facts)
}

// details adds what is shown of a single application only.
func (d *Desk) details(tx workflow.Tx, a workflow.Application, facts *view.ShowFacts) error {
	card, err := d.factsOf(tx, a)
	if err != nil {
		return err
	}
	facts.Region, facts.Past, facts.Campaigns = card.Region, card.Past, map[workflow.CampaignID]string{}
	for after := ""; ; {
		entries, next, err := tx.History(a.Key, after, pageRead)
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
