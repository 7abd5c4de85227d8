package bot

import (
	"context"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// pickDesk is the decisions by command, and the lists that ask which request is meant.
type pickDesk struct {
	decider decider
	access  *access.Access
	find    finder
}

// register adds the decisions by command and the lists.
func (d *pickDesk) register(r *routes) {
	r.commands[view.CommandSamples+" approve"] = d.approveTyped
	r.commands[view.CommandSamples+" reject"] = d.rejectTyped
	handle.OnClick(r.Mux, view.ActionPick, d.pick())
	handle.OnClick(r.Mux, view.ActionShowPage, d.turnShown())
	handle.OnClick(r.Mux, view.ActionShowBack, d.turnShown())
}

// approveTyped approves the request that a command names.
func (d *pickDesk) approveTyped(ctx context.Context, c command, rest string) (reply, error) {
	typed, more := cutTerm(rest)
	if typed == "" {
		return reply{Message: view.Usage(c.Name, "approve")}, nil
	}
	if more != "" {
		typed = rest
	}
	return d.decideTyped(ctx, c, typed, view.Pick{Verdict: workflow.Approve})
}

// rejectTyped rejects the request that a command names, for the reason that it says. What follows the reason is kept as a
// note.
func (d *pickDesk) rejectTyped(ctx context.Context, c command, rest string) (reply, error) {
	typed, words := cutTerm(rest)
	if typed == "" {
		return reply{Message: view.Usage(c.Name, "reject")}, nil
	}
	reason, note, ok := view.ParseReason(words)
	for name, after := typed, words; !ok && after != ""; { // a name of several words
		word, left := cutField(after)
		name, after = name+" "+word, left
		if reason, note, ok = view.ParseReason(after); ok {
			typed = name
		}
	}
	if !ok {
		return reply{Message: view.ReasonsTyped(words, c.Name+" reject "+typed)}, nil
	}
	return d.decideTyped(ctx, c, typed, view.Pick{Verdict: workflow.Reject, Reason: reason, Note: noteOf(note)})
}

// decideTyped decides on the one request that what was typed can mean, or asks which.
func (d *pickDesk) decideTyped(ctx context.Context, c command, typed string, p view.Pick) (reply, error) {
	found, err := d.find.all(ctx, c.Shops, typed)
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
	m, err := d.decider.decide(ctx, p, view.Target{Key: a.Key, Round: a.Round}, d.access.Actor(c.User, shop, workflow.FromCommand, c.TriggerID), shop, c.Shops)
	return reply{Message: m}, err
}

// which asks which of several requests is meant. Where none of them waits it shows how they stand.
func (d *pickDesk) which(ctx context.Context, c command, typed string, p view.Pick, found int) (reply, error) {
	facts, err := d.find.shown(ctx, c.Shops, view.ShowPage{Asked: typed, Pick: &p})
	if err != nil {
		return reply{}, err
	}
	if facts.Total > 0 || found == 0 {
		return reply{Message: view.Show(facts)}, nil
	}
	if facts, err = d.find.shown(ctx, c.Shops, view.ShowPage{Asked: typed}); err != nil {
		return reply{}, err
	}
	return reply{Message: view.NoneWaits(found).And(view.Show(facts))}, nil
}

// picked is a decision on one request of a list.
type picked struct {
	view.Pick
	target view.Target
}

// pick decides on the one of several requests that a person picked, and answers in place of the list.
func (d *pickDesk) pick() onClick[picked] {
	return onClick[picked]{
		Parse: func(c click) (p picked, err error) {
			p.Pick, p.target, err = view.ParsePick(c.Action.Text)
			return p, err
		},
		Scope: handle.For(access.Reviewer, func(p picked) workflow.ShopID { return p.target.Key.Shop }),
		Do: func(ctx context.Context, _ click, p picked, g handle.Grant) (handle.Answer, error) {
			g.Actor.Surface = workflow.FromCommand
			m, err := d.decider.decide(ctx, p.Pick, p.target, g.Actor, g.Shop, []workflow.Shop{g.Shop})
			return handle.Replace(m), err
		},
	}
}

// turnShown shows another page of a list of requests in place of the one that was clicked.
func (d *pickDesk) turnShown() onClick[view.ShowPage] {
	parse := func(c click) (view.ShowPage, error) { return view.ParseShowPage(c.Action.Text) }
	return onPage(d.access, parse, func(ctx context.Context, _ handle.Interaction, shops []workflow.Shop, page view.ShowPage) (view.Message, error) {
		facts, err := d.find.shown(ctx, shops, page)
		return view.Show(facts), err
	})
}
