package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// pageRead is how many entries of a listing are read at a time for one answer.
const pageRead = 50

// show tells all of one application, or lists a creator's. One that is live and has no card in Slack gets one: it was
// opened.
func (d *Desk) show(ctx context.Context, c command, rest string) (reply, error) {
	typed, more := cutClue(rest)
	if typed == "" {
		return reply{Message: view.Usage(c.Name, "show")}, nil
	}
	if more != "" {
		typed = rest // no name of anything: it is quoted as it was typed
	}
	facts, err := d.lookUp(ctx, c.Shops, view.ShowPage{Asked: typed})
	if err != nil {
		return reply{}, err
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

// lookUp gathers what is shown of the requests that something typed names, a page of them if there are several.
func (d *Desk) lookUp(ctx context.Context, shops []workflow.Shop, at view.ShowPage) (facts view.ShowFacts, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		found, err := find(tx, shops, at.Asked)
		if err != nil {
			return err
		}
		if at.Pick != nil {
			found = slices.DeleteFunc(found, func(a workflow.Application) bool { return !a.Decidable() })
		}
		facts = view.ShowFacts{Asked: at.Asked, Total: len(found), Page: at.Number, Pick: at.Pick}
		if facts.Memory, err = memoryOf(tx, found); err != nil {
			return err
		}
		switch len(found) {
		case 0:
			facts.Near, err = nearName(tx, shops, at.Asked)
			return err
		case 1:
			if err := d.details(tx, found[0], &facts); err != nil {
				return err
			}
		}
		facts.Found, err = query.RowsOf(tx, pageOf(found, at.Number), shops)
		return err
	})
	if err != nil {
		return view.ShowFacts{}, fmt.Errorf("%w an application: %w", errRead, err)
	}
	return facts, nil
}

// maxMemory bounds how many applications of a creator are read for what the desk remembers of her.
const maxMemory = 2000

// memoryOf returns what the desk remembers of the creator of what was found, across its shops; nothing if there are
// several creators.
func memoryOf(tx workflow.Tx, found []workflow.Application) (m view.Memory, err error) {
	if len(found) < 2 {
		return m, nil
	}
	creator := found[0].Report.Creator.KeyOf(found[0].Key.Shop)
	if slices.ContainsFunc(found, func(a workflow.Application) bool { return a.Report.Creator.KeyOf(a.Key.Shop) != creator }) {
		return m, nil
	}
	var all []workflow.Application
	for after := ""; len(all) < maxMemory; {
		page, err := tx.Applications(workflow.CreatorOf(creator), after, pageRead)
		if err != nil {
			return m, err
		}
		all = append(all, page.Applications...)
		if after = page.Next; after == "" {
			break
		}
	}
	return view.MemoryOf(all), nil
}

// pageOf cuts a page out of what was found.
func pageOf(found []workflow.Application, number int) []workflow.Application {
	from := min(number, len(found)) * view.ShowPageSize
	from = min(from, len(found))
	return found[from:min(from+view.ShowPageSize, len(found))]
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
	ctx, cancel := d.beyond(ctx, callTimeout)
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
		if facts.Campaigns[e.Campaign], err = query.CampaignName(tx, e.Campaign); err != nil {
			return err
		}
	}
	return nil
}
