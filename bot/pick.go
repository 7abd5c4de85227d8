package bot

import (
	"context"
	"slices"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// pickRoutes are the decisions by command, and the lists that ask which request is meant.
func (d *Desk) pickRoutes(r *routes) {
	r.commands[view.CommandSamples+" approve"] = d.approveTyped
	r.commands[view.CommandSamples+" reject"] = d.rejectTyped
	handle.OnClick(r.Mux, view.ActionPick, d.pick())
	handle.OnClick(r.Mux, view.ActionShowPage, d.turnShown())
	handle.OnClick(r.Mux, view.ActionShowBack, d.turnShown())
}

// approveTyped approves the request that a command names.
func (d *Desk) approveTyped(ctx context.Context, c command, rest string) (reply, error) {
	typed, more := cutTerm(rest)
	if typed == "" || more != "" {
		return reply{Message: view.Usage(c.Name, "approve")}, nil
	}
	return d.decideTyped(ctx, c, typed, view.Pick{Verdict: workflow.Approve})
}

// rejectTyped rejects the request that a command names, for the reason that it says. What follows the reason is kept as a
// note.
func (d *Desk) rejectTyped(ctx context.Context, c command, rest string) (reply, error) {
	typed, words := cutTerm(rest)
	if typed == "" {
		return reply{Message: view.Usage(c.Name, "reject")}, nil
	}
	reason, note, ok := view.ParseReason(words)
	if !ok {
		return reply{Message: view.ReasonsTyped(words, c.Name+" reject "+typed)}, nil
	}
	return d.decideTyped(ctx, c, typed, view.Pick{Verdict: workflow.Reject, Reason: reason, Note: noteOf(note)})
}

// decideTyped decides on the one request that what was typed can mean, or asks which.
func (d *Desk) decideTyped(ctx context.Context, c command, typed string, p view.Pick) (reply, error) {
	found, err := d.findAll(ctx, c.Shops, typed)
	if err != nil {
		return reply{}, err
	}
	a, ok := meant(found, c.TriggerID)
	if !ok {
		return d.which(ctx, c, typed, p, len(found))
	}
	shop, err := d.access.Guard(ctx, c.User, a.Key.Shop, access.Reviewer)
	if err != nil {
		return reply{}, err
	}
	m, err := d.decideOn(ctx, p, view.Target{Key: a.Key, Round: a.Round}, d.access.Actor(c.User, shop, workflow.FromCommand, c.TriggerID), shop, c.Shops)
	return reply{Message: m}, err
}

func (d *Desk) findAll(ctx context.Context, shops []workflow.Shop, typed string) (found []workflow.Application, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		found, err = query.Find(tx, shops, searchTerm(typed))
		return err
	})
	return found, err
}

// meant tells which of those that were found a decision can mean: the only one, the only one that waits, or the one that
// this very deed decided already.
func meant(found []workflow.Application, origin string) (workflow.Application, bool) {
	if i := slices.IndexFunc(found, func(a workflow.Application) bool { return slices.Contains(a.DedupKeys, origin) }); i >= 0 {
		return found[i], true
	}
	if len(found) > 1 {
		found = slices.DeleteFunc(slices.Clone(found), func(a workflow.Application) bool { return !a.Decidable() })
	}
	if len(found) != 1 {
		return workflow.Application{}, false
	}
	return found[0], true
}

// which asks which of several requests is meant. Where none of them waits it shows how they stand.
func (d *Desk) which(ctx context.Context, c command, typed string, p view.Pick, found int) (reply, error) {
	facts, err := d.search(ctx, c.Shops, view.ShowPage{Asked: typed, Pick: &p})
	if err != nil {
		return reply{}, err
	}
	if facts.Total > 0 || found == 0 {
		return reply{Message: view.Show(facts)}, nil
	}
	if facts, err = d.search(ctx, c.Shops, view.ShowPage{Asked: typed}); err != nil {
		return reply{}, err
	}
	return reply{Message: view.NoneWaits(found).And(view.Show(facts))}, nil
}

// decideOn makes a decision and tells how the request stands then.
func (d *Desk) decideOn(
	ctx context.Context, p view.Pick, t view.Target, who workflow.Actor, s workflow.Shop, shops []workflow.Shop,
) (view.Message, error) {
	a, err := d.engine.Apply(ctx, t.Key, workflow.Decided{
		Actor: who, At: time.Now(), Round: t.Round, Verdict: p.Verdict, Reason: p.Reason, Note: p.Note, Undo: d.undoOf(s),
	})
	if err != nil {
		return view.Message{}, err
	}
	row := query.Row{Application: a, Shop: query.ShopName(s, len(shops))}
	return view.Briefly(row, p.Note), nil
}

// picked is a decision on one request of a list.
type picked struct {
	view.Pick
	target view.Target
}

// pick decides on the one of several requests that a person picked, and answers in place of the list.
func (d *Desk) pick() onClick[picked] {
	return onClick[picked]{
		Parse: func(c click) (p picked, err error) {
			p.Pick, p.target, err = view.ParsePick(c.Action.Text)
			return p, err
		},
		Scope: handle.For(access.Reviewer, func(p picked) workflow.ShopID { return p.target.Key.Shop }),
		Do: func(ctx context.Context, _ click, p picked, g handle.Grant) (handle.Answer, error) {
			g.Actor.Surface = workflow.FromCommand
			m, err := d.decideOn(ctx, p.Pick, p.target, g.Actor, g.Shop, []workflow.Shop{g.Shop})
			return handle.Replace(m), err
		},
	}
}

// turnShown shows another page of a list of requests in place of the one that was clicked.
func (d *Desk) turnShown() onClick[view.ShowPage] {
	parse := func(c click) (view.ShowPage, error) { return view.ParseShowPage(c.Action.Text) }
	return onPage(d, parse, func(ctx context.Context, _ handle.Interaction, shops []workflow.Shop, page view.ShowPage) (view.Message, error) {
		facts, err := d.search(ctx, shops, page)
		return view.Show(facts), err
	})
}
