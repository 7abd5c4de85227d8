package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/post"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// assignDesk is how a request is given to a colleague: by command, and by a dialog.
type assignDesk struct {
	store    workflow.Store
	access   *access.Access
	mux      *handle.Mux
	find     finder
	assigner assigner
}

// register adds the command, the button and the dialog.
func (d *assignDesk) register(r *routes) {
	r.commands[view.CommandSamples+" assign"] = d.command
	handle.OnClick(r.Mux, view.ActionAssign, d.open())
	handle.OnSubmit(r.Mux, view.CallbackAssign, d.submit())
}

// command gives the request that a command names to the colleague that it names. Where it names none, or several bear the
// name, a dialog asks.
func (d *assignDesk) command(ctx context.Context, c command, rest string) (reply, error) {
	typed, colleague := cutPerson(rest)
	if typed == "" {
		return reply{Message: view.Usage(c.Name, "assign")}, nil
	}
	found, err := d.find.all(ctx, c.Shops, typed)
	if err != nil {
		return reply{}, err
	}
	a, ok := meant(found, c.TriggerID)
	if !ok {
		facts, err := d.find.shown(ctx, c.Shops, view.ShowPage{Asked: typed})
		return reply{Message: view.Show(facts)}, err
	}
	shop, err := d.access.Guard(ctx, c.User, a.Key.Shop, access.Reviewer)
	if err != nil {
		return reply{}, err
	}
	who := d.access.Actor(c.User, shop, workflow.FromCommand, c.TriggerID)
	to, err := d.assigner.who(ctx, shop, colleague)
	if err != nil {
		return reply{}, err
	}
	if to == "" {
		return d.ask(c, a, who, colleague)
	}
	a, err = d.assigner.assign(ctx, a.Key, who, shop, to)
	if refused, ok := errors.AsType[errCannotTake](err); ok {
		return reply{Message: view.Aside(view.CannotTake(refused.who, refused.why))}, nil
	}
	return answered(view.Given(a, c.User), err)
}

// ask opens the dialog once the command is acknowledged.
func (d *assignDesk) ask(c command, a workflow.Application, who workflow.Actor, typed string) (reply, error) {
	if err := assignable(a, who); err != nil {
		return reply{}, err
	}
	i := handle.Interaction{TriggerID: c.TriggerID, ResponseURL: c.ResponseURL}
	i.User.ID, i.Channel.ID = c.User, c.Channel
	return reply{then: func(ctx context.Context) { d.mux.Open(ctx, i, view.AssignModal(a, typed)) }}, nil
}

// assignable returns why a request could be given to nobody now: a Refusal.
func assignable(a workflow.Application, who workflow.Actor) error {
	who.DedupKey = ""
	_, err := workflow.Step(a, workflow.Assigned{Actor: who, To: "nobody"})
	return err
}

// open opens the dialog.
func (d *assignDesk) open() onClick[view.Target] {
	return onClick[view.Target]{
		Order: handle.AckFirst, Scope: cardScope,
		Parse: func(c click) (view.Target, error) { return view.ParseTarget(cmp.Or(c.Action.Text, c.Action.Block)) },
		Do: func(ctx context.Context, _ click, t view.Target, g handle.Grant) (handle.Answer, error) {
			a, err := application(ctx, d.store, t.Key)
			if err != nil {
				return handle.Answer{}, fmt.Errorf("%w an application: %w", access.ErrRead, err)
			}
			if err := assignable(a, g.Actor); err != nil {
				return handle.Answer{}, err
			}
			return handle.Open(view.AssignModal(a, "")), nil
		},
	}
}

// submit gives the request to whoever was chosen, before the dialog closes.
func (d *assignDesk) submit() onSubmit[view.Target] {
	return onSubmit[view.Target]{
		Parse: func(s submit) (view.Target, error) { return view.ParseTarget(s.View.Metadata) }, Scope: cardScope,
		Do: func(ctx context.Context, s submit, t view.Target, g handle.Grant) (handle.Answer, error) {
			to := s.Field(view.ActionAssignee).Person
			if to == "" {
				return handle.At(view.BlockAssignee, view.ErrorNoAssignee), nil
			}
			_, err := d.assigner.assign(ctx, t.Key, g.Actor, g.Shop, to)
			return handle.Answer{}, err
		},
		Fail: func(ctx context.Context, _ submit, _ view.Target, _ handle.Grant, err error) handle.Answer {
			if refused, ok := errors.AsType[errCannotTake](err); ok {
				return handle.At(view.BlockAssignee, view.CannotTakeField(refused.why))
			}
			sentence := d.access.Explain(ctx, err)
			return handle.ShowOr(view.NotDone(sentence, ""), view.BlockAssignee, sentence)
		},
	}
}

// told renders what somebody is told who is to take a request on. Who cannot see it any more, and where it was decided or
// taken by another meanwhile, is told nothing.
func (d *assignDesk) told(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	a, err := tx.Application(s.Effect.Key())
	if err != nil {
		return post.Rendered{Obsolete: true}, query.UnlessMissing(err)
	}
	if !a.Decidable() || a.OnIt.By != s.Payload.To {
		return post.Rendered{Obsolete: true}, nil
	}
	shops, err := tx.Shops()
	if err != nil {
		return post.Rendered{}, err
	}
	row, err := query.RowOf(tx, a, shops)
	if err != nil {
		return post.Rendered{}, err
	}
	return post.Rendered{Later: func(ctx context.Context) (post.Rendered, error) {
		switch err := d.access.May(ctx, s.Payload.To, s.Shop, access.Reviewer); access.DenialOf(err) {
		case "":
			about := map[string]any{"application": string(a.Key.ID)}
			return post.Rendered{About: about, Message: view.Assigned(view.AssignedFacts{Row: row, By: s.Payload.By})}, err
		case view.DeniedUnchecked:
			return post.Rendered{}, err
		default:
			return post.Rendered{Obsolete: true}, nil
		}
	}}, nil
}
