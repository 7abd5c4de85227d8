package bot

import (
	"context"
	"fmt"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// show tells all of one application, or lists a creator's. One that is live and has no card in Slack gets one: it was
// opened.
func (d *Desk) show(ctx context.Context, c command, rest string) (reply, error) {
	typed, more := cutTerm(rest)
	if typed == "" {
		return reply{Message: view.Usage(c.Name, "show")}, nil
	}
	if more != "" {
		typed = rest // no name of anything: it is quoted as it was typed
	}
	facts, err := d.search(ctx, c.Shops, view.ShowPage{Asked: typed})
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

// search gathers what is shown of the requests that something typed names, a page of them if there are several.
func (d *Desk) search(ctx context.Context, shops []workflow.Shop, at view.ShowPage) (facts view.ShowFacts, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		found, err := query.Results(tx, shops, query.Search{
			Term: searchTerm(at.Asked), Decidable: at.Pick != nil, Page: at.Number, Size: view.ShowPageSize,
		})
		if err != nil {
			return err
		}
		facts = view.ShowFacts{Asked: at.Asked, Total: found.Total, Page: at.Number, Pick: at.Pick, Found: found.Rows, Record: found.Record}
		switch {
		case found.Total == 0:
			facts.Near, err = nearName(tx, shops, at.Asked)
		case found.Total == 1 && len(found.Rows) == 1:
			err = d.details(ctx, tx, found.Rows[0].Application, &facts)
		}
		return err
	})
	if err != nil {
		return view.ShowFacts{}, fmt.Errorf("%w an application: %w", access.ErrRead, err)
	}
	return facts, nil
}

// callForCard gives a live application a card where it has none in Slack.
func (d *Desk) callForCard(ctx context.Context, who workflow.PersonID, a workflow.Application) (workflow.Application, error) {
	if !a.State().Live() || a.Card.Wanted && !a.Card.Lost {
		return a, nil
	}
	return d.engine.Apply(ctx, a.Key, workflow.CardRequested{Actor: workflow.Actor{Person: who, Surface: workflow.FromCommand}, At: time.Now()})
}

// seeToCard looks whether the card of an application that somebody opened is still where it was posted: nothing tells the
// desk of a message that was deleted. If it is gone, another is posted.
func (d *Desk) seeToCard(ctx context.Context, who workflow.PersonID, a workflow.Application) {
	if !a.State().Live() || !a.Card.Posted() {
		return
	}
	ctx, cancel := d.api.Detach(ctx, slackapi.Timeout)
	defer cancel()
	// Of a message that has replies, Slack leaves a shell in its place, which says nothing of itself.
	card := func(m slackapi.Message) bool { return m.TS == a.Card.TS && m.Metadata.EventType == eventCard }
	_, there, err := d.api.FindInThread(ctx, a.Card.Channel, a.Card.TS, time.Unix(0, 0), card)
	if err != nil && !slackapi.Gone.Has(err) {
		d.log.WarnContext(ctx, "could not see whether a card is still there", "shop", a.Key.Shop, "application", a.Key.ID, "error", err)
		return
	}
	if there {
		return
	}
	gone := workflow.CardLost{At: time.Now(), TS: a.Card.TS, Failure: workflow.Failure{Message: "message_not_found"}}
	if a, err = d.engine.Apply(ctx, a.Key, gone); err == nil {
		_, err = d.callForCard(ctx, who, a)
	}
	if err != nil {
		d.log.ErrorContext(ctx, "could not post a card anew", "shop", a.Key.Shop, "application", a.Key.ID, "error", err)
	}
}

// details adds what is shown of a single application only.
func (d *Desk) details(ctx context.Context, tx workflow.Tx, a workflow.Application, facts *view.ShowFacts) error {
	card, err := query.CardOf(tx, d.defaults(), a)
	if err != nil {
		return err
	}
	history, err := query.HistoryOf(ctx, tx, a.Key, view.HistorySize)
	facts.Region, facts.Record = card.Region, card.Record
	facts.History, facts.Earlier, facts.Campaigns = history.Entries, history.Earlier, history.Campaigns
	return err
}
