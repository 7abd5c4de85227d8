package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// finder finds the requests that people name, in whatever they have at hand.
type finder struct {
	store    workflow.Store
	defaults query.Defaults
	log      *slog.Logger
}

// all returns the requests that something typed can mean.
func (f finder) all(ctx context.Context, shops []workflow.Shop, typed string) (found []workflow.Application, err error) {
	err = f.store.View(ctx, func(tx workflow.Tx) error {
		found, err = query.Find(tx, shops, searchTerm(typed))
		return err
	})
	return found, err
}

// shown gathers what is shown of the requests that something typed names, a page of them if there are several.
func (f finder) shown(ctx context.Context, shops []workflow.Shop, at view.ShowPage) (facts view.ShowFacts, err error) {
	err = f.store.View(ctx, func(tx workflow.Tx) error {
		found, err := query.Results(tx, shops, query.Search{
			Term: searchTerm(at.Asked), Decidable: at.Pick != nil || at.Queue, Page: at.Number, Size: view.ShowPageSize,
		})
		if err != nil {
			return err
		}
		facts = view.ShowFacts{Asked: at.Asked, Total: found.Total, Page: at.Number, Pick: at.Pick, Queue: at.Queue, More: found.More, Found: found.Rows, Record: found.Record}
		if at.Pick == nil && !at.Queue {
			if facts.Longer, err = query.LongerNames(ctx, tx, shops, searchTerm(at.Asked)); err != nil {
				return err
			}
		}
		switch {
		case found.Total == 0:
			facts.Near, err = nearName(tx, shops, at.Asked)
		case found.Total == 1 && len(found.Rows) == 1:
			err = f.details(ctx, tx, found.Rows[0].Application, &facts)
		}
		return err
	})
	if err != nil {
		return view.ShowFacts{}, fmt.Errorf("%w an application: %w", access.ErrRead, err)
	}
	return facts, nil
}

// details adds what is shown of a single application only.
func (f finder) details(ctx context.Context, tx workflow.Tx, a workflow.Application, facts *view.ShowFacts) error {
	card, err := query.CardOf(tx, f.defaults, a)
	if err != nil {
		return err
	}
	history, err := query.HistoryOf(ctx, tx, a.Key, view.HistorySize)
	facts.Region, facts.Record, facts.Beside = card.Region, card.Record, card.Beside
	facts.History, facts.Earlier, facts.Campaigns = history.Entries, history.Earlier, history.Campaigns
	return err
}

// one gathers what is shown of one request. The error is a Refusal where the desk does not know it.
func (f finder) one(ctx context.Context, k workflow.Key) (facts view.ShowFacts, err error) {
	err = f.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.ShowFacts{Total: 1}
		a, err := tx.Application(k)
		if errors.Is(err, workflow.ErrNotFound) {
			return workflow.Refusal{Rule: workflow.RuleNoApplication, Name: string(k.ID)}
		}
		if err != nil {
			return err
		}
		card, err := query.CardOf(tx, f.defaults, a)
		if err != nil {
			return err
		}
		facts.Found = []query.Row{card.Row}
		return f.details(ctx, tx, a, &facts)
	})
	if err != nil {
		return view.ShowFacts{}, fmt.Errorf("reading what there is on a request: %w", err)
	}
	return facts, nil
}

// inThread returns the application whose card began a thread, if any did.
func (f finder) inThread(ctx context.Context, channel, ts string) (a workflow.Application, found bool, err error) {
	err = f.store.View(ctx, func(tx workflow.Tx) error {
		page, err := tx.Applications(workflow.ThreadOf(channel, ts), "", 1)
		if found = len(page.Applications) > 0; found {
			a = page.Applications[0]
		}
		return err
	})
	if err != nil {
		return a, false, fmt.Errorf("%w whose card a thread is below: %w", access.ErrRead, err)
	}
	return a, found, nil
}

// firstWaiting returns the shop that is wanted, or else the first in which something waits.
func (f finder) firstWaiting(ctx context.Context, shops []workflow.Shop, wanted workflow.ShopID) workflow.Shop {
	chosen := shops[0]
	err := f.store.View(ctx, func(tx workflow.Tx) (err error) {
		chosen, err = query.FirstWaiting(tx, shops, wanted)
		return err
	})
	if err != nil {
		f.log.ErrorContext(ctx, "could not count pending requests", "error", err)
	}
	return chosen
}

// meant tells which of those that were found a decision can mean: the only one, of one creator the only one that waits, or
// the one that this very action decided already.
func meant(found []workflow.Application, dedupKey string) (workflow.Application, bool) {
	if i := slices.IndexFunc(found, func(a workflow.Application) bool { return slices.Contains(a.DedupKeys, dedupKey) }); i >= 0 {
		return found[i], true
	}
	if len(found) > 1 && query.OfOneCreator(found) {
		found = slices.DeleteFunc(slices.Clone(found), func(a workflow.Application) bool { return !a.Decidable() })
	}
	if len(found) != 1 {
		return workflow.Application{}, false
	}
	return found[0], true
}

// nearName finds the user name that may have been meant, among those who wait and who came recently.
func nearName(tx workflow.Tx, shops []workflow.Shop, typed string) (string, error) {
	term := searchTerm(typed)
	if term.Word == "" {
		return "", nil
	}
	names, err := query.RecentNames(tx, shops, time.Now())
	near, _ := view.NearestName(term.Word, names)
	return near, err
}

// decider decides on a request that was named in words, and tells how it stands then.
type decider struct {
	engine   *engine.Engine
	defaults query.Defaults
}

func (d decider) decide(
	ctx context.Context, p view.Pick, t view.Target, who workflow.Actor, s workflow.Shop, shops []workflow.Shop,
) (view.Message, error) {
	a, err := d.engine.Apply(ctx, t.Key, workflow.Decided{
		Actor: who, At: time.Now(), Round: t.Round, Verdict: p.Verdict, Reason: p.Reason, Note: p.Note, Undo: d.defaults.UndoOf(s),
	})
	if err != nil {
		return view.Message{}, err
	}
	row := query.Row{Application: a, Shop: query.ShopName(s, len(shops))}
	return view.Briefly(row, p.Note), nil
}
