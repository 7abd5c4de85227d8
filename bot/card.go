package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// cardDesk is the card of a request: its buttons and its dialogs.
type cardDesk struct {
	api      *slackapi.Client
	engine   *engine.Engine
	store    workflow.Store
	access   *access.Access
	mux      *handle.Mux
	assign   *assignDesk
	defaults query.Defaults
	find     finder
	log      *slog.Logger
}

// register adds the controls of a card, and the dialog behind *Reject…*.
func (d *cardDesk) register(r *routes) {
	handle.OnClick(r.Mux, view.ActionApprove, d.decide())
	handle.OnClick(r.Mux, view.ActionUndo, d.decide())
	handle.OnClick(r.Mux, view.ActionSecondEnd, d.decide())
	handle.OnClick(r.Mux, view.ActionTake, d.take())
	handle.OnClick(r.Mux, view.ActionLook, d.look())
	handle.OnClick(r.Mux, view.ActionLookEnd, d.endLook())
	handle.OnClick(r.Mux, view.ActionOpen, d.open())
	r.Raw(view.ActionReject, d.reject)
	r.Raw(view.ActionMore, d.more)
	handle.OnClick(r.Mux, view.ActionReason, d.suggestWords())
	handle.OnClick(r.Mux, view.ActionRejectTemplate, d.chooseTemplate())
	handle.OnSubmit(r.Mux, view.CallbackReject, d.submitReject())
	handle.OnSubmit(r.Mux, view.CallbackTogether, d.submitTogether())
}

// decide makes a decision, or undoes one: it is kept first and acknowledged then, so that what a person saw accepted is
// on disk. A refusal changes nothing, and is told after the acknowledgement.
func (d *cardDesk) decide() onClick[view.Target] {
	return onClick[view.Target]{
		Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, c click, t view.Target, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.Apply(ctx, t.Key, d.event(c, t, g))
			return handle.Answer{}, err
		},
		Fail: func(ctx context.Context, _ click, _ view.Target, _ handle.Grant, err error) handle.Answer {
			return handle.Tell(d.undecided(ctx, err))
		},
	}
}

// undecided puts into words why a decision was not made. Where the shop could not even be read, it was not saved either.
func (d *cardDesk) undecided(ctx context.Context, err error) string {
	if errors.Is(err, access.ErrRead) {
		return view.Denied(view.DeniedUnsaved)
	}
	return d.access.Explain(ctx, err)
}

// event reads a click into what happened.
func (d *cardDesk) event(c click, t view.Target, g handle.Grant) workflow.Event {
	now := time.Now()
	switch c.Action.ID {
	case view.ActionUndo, view.ActionSecondEnd:
		return workflow.Undone{Actor: g.Actor, At: now, Round: t.Round}
	case view.ActionReject:
		return workflow.Decided{Actor: g.Actor, At: now, Round: t.Round, Verdict: workflow.Reject, Reason: workflow.Reason(c.Action.Chosen()), Undo: d.defaults.UndoOf(g.Shop)}
	default:
		return workflow.Decided{Actor: g.Actor, At: now, Round: t.Round, Verdict: workflow.Approve, Undo: d.defaults.UndoOf(g.Shop)}
	}
}

// take does what a rule suggests, where that is no decision. Whoever is to get it has to be able to decide on it.
func (d *cardDesk) take() onClick[view.Taking] {
	return onClick[view.Taking]{
		Parse: func(c click) (view.Taking, error) { return view.ParseTaking(c.Action.Text) },
		Scope: handle.For(access.Reviewer, func(t view.Taking) workflow.ShopID { return t.Key.Shop }),
		Do: func(ctx context.Context, _ click, t view.Taking, g handle.Grant) (handle.Answer, error) {
			a, err := application(ctx, d.store, t.Key)
			if err != nil {
				return handle.Answer{}, fmt.Errorf("%w an application: %w", access.ErrRead, err)
			}
			if p := a.Proposal; p.Takeable() && p.Action.Kind == workflow.ActAssign && p.Action.Assignee != g.Actor.Person {
				if err := d.access.May(ctx, p.Action.Assignee, g.Shop, access.Reviewer); err != nil {
					return handle.Tell(view.CannotTake(p.Action.Assignee, access.DenialOf(err))), nil
				}
			}
			_, err = d.engine.TakeProposal(ctx, workflow.TakenProposal{
				Actor: g.Actor, At: time.Now(), Key: t.Key, Rule: t.Rule, Version: t.Version, Round: t.Round,
			})
			return handle.Answer{}, err
		},
	}
}

// look puts a person's name on a card, so that others need not look too. Nothing else does.
func (d *cardDesk) look() onClick[view.Target] {
	return onClick[view.Target]{
		Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, _ click, t view.Target, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.Apply(ctx, t.Key, workflow.OnItBegan{Actor: g.Actor, At: time.Now()})
			return handle.Answer{}, err
		},
	}
}

// open gives a request its card, if it has none: to one that is there Slack leads by itself.
func (d *cardDesk) open() onClick[view.Target] {
	return onClick[view.Target]{
		Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, _ click, t view.Target, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.Apply(ctx, t.Key, workflow.CardRequested{Actor: g.Actor, At: time.Now()})
			return handle.Answer{}, err
		},
	}
}

// more is the menu of what is rarely needed. An option of another control's name does what that does; the links are opened
// by Slack, and only have to be acknowledged.
func (d *cardDesk) more(ctx context.Context, c click, ack socket.Ack) {
	switch chosen := c.Action.Chosen(); chosen {
	case view.MoreLook, view.MoreLookEnd, view.MoreCampaign:
		d.mux.Forward(ctx, c, chosen, ack)
	case view.MoreMessage:
		t, err := targetOf(c)
		if err != nil {
			d.log.WarnContext(ctx, "invalid value of a control or a dialog", "name", c.Action.ID, "error", err)
			return // the socket acknowledges
		}
		c.Action.Text = view.Correspondent{Shop: t.Key.Shop, Application: t.Key.ID}.String()
		d.mux.Forward(ctx, c, chosen, ack)
	case view.MoreAssign:
		handle.Run(ctx, d.mux, c, d.assign.open(), ack)
	case view.MoreTogether:
		handle.Run(ctx, d.mux, c, d.openTogether(), ack)
	case view.MoreAll:
		handle.Run(ctx, d.mux, c, d.openMore(), ack)
	default:
		ack(nil)
	}
}

// openMore opens the dialog with what the card has no room for.
func (d *cardDesk) openMore() onClick[view.Target] {
	return d.opens(func(f view.ShowFacts, _ handle.Grant) slack.ModalViewRequest { return view.MoreModal(f) })
}

// opens opens a dialog that is made of all that is known of a card's application.
func (d *cardDesk) opens(dialog func(view.ShowFacts, handle.Grant) slack.ModalViewRequest) onClick[view.Target] {
	return onClick[view.Target]{
		Order: handle.AckFirst, Parse: targetOf, Scope: seenScope,
		Do: func(ctx context.Context, _ click, t view.Target, g handle.Grant) (handle.Answer, error) {
			facts, err := d.find.one(ctx, t.Key)
			if err != nil {
				return handle.Answer{}, err
			}
			return handle.Open(dialog(facts, g)), nil
		},
	}
}

// seenScope is what a person has to be allowed who only looks at what is behind a card.
var seenScope = handle.For(access.Viewer, func(t view.Target) workflow.ShopID { return t.Key.Shop })

// endLook takes a person's name off a card: their own, or an admin anybody's.
func (d *cardDesk) endLook() onClick[view.Target] {
	return onClick[view.Target]{
		Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, c click, t view.Target, g handle.Grant) (handle.Answer, error) {
			app, err := application(ctx, d.store, t.Key)
			if err != nil {
				return handle.Answer{}, fmt.Errorf("%w an application: %w", access.ErrRead, err)
			}
			if by := app.OnIt.By; by != "" && by != c.User.ID && !g.Actor.Admin {
				return handle.Tell(view.OthersLook(app.OnIt)), nil
			}
			_, err = d.engine.Apply(ctx, t.Key, workflow.OnItEnded{Actor: g.Actor, At: time.Now()})
			return handle.Answer{}, err
		},
	}
}

// openTogether opens the open requests of a card's creator, all in one dialog.
func (d *cardDesk) openTogether() onClick[view.Target] {
	return d.opens(func(f view.ShowFacts, g handle.Grant) slack.ModalViewRequest {
		open := append([]workflow.Application{f.Found[0].Application}, f.Beside.Open...)
		return view.TogetherModal(view.TogetherFacts{Open: open, Total: 1 + f.Beside.Total, Undo: window(d.defaults.UndoOf(g.Shop))})
	})
}

// submitTogether decides on all that the dialog showed as pending, each for itself: what was decided or changed
// meanwhile is left out and told.
func (d *cardDesk) submitTogether() onSubmit[view.BulkDecision] {
	return onSubmit[view.BulkDecision]{
		Parse: func(s submit) (view.BulkDecision, error) { return view.ParseBulkDecision(s.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(b view.BulkDecision) workflow.ShopID { return b.Shop }),
		Do: func(ctx context.Context, s submit, b view.BulkDecision, g handle.Grant) (handle.Answer, error) {
			chosen, ok := view.ParseBulkVerdict(s.Field(view.ActionBulkVerdict).Chosen())
			if !ok || chosen.Joins {
				return handle.At(view.BlockBulkVerdict, view.ErrorNoVerdict), nil
			}
			var left []string
			for _, t := range b.Targets {
				_, err := d.engine.Apply(ctx, t.Key, workflow.Decided{
					Actor: g.Actor, At: time.Now(), Round: t.Round, Verdict: chosen.Verdict, Reason: chosen.Reason, Undo: d.defaults.UndoOf(g.Shop),
				})
				if err != nil && access.RuleOf(err) == "" {
					return handle.Answer{}, err
				}
				if err != nil {
					left = append(left, d.access.Explain(ctx, err))
				}
			}
			if len(left) > 0 {
				return handle.End(view.NotAllDecided(len(b.Targets)-len(left), left)), nil
			}
			return handle.Answer{}, nil
		},
		Fail: func(ctx context.Context, _ submit, _ view.BulkDecision, _ handle.Grant, err error) handle.Answer {
			return handle.At(view.BlockBulkVerdict, d.undecided(ctx, err))
		},
	}
}
