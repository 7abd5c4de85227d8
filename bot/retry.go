package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// retryDesk is what failed, and trying it again.
type retryDesk struct {
	engine *engine.Engine
	store  workflow.Store
	access *access.Access
	mux    *handle.Mux
	find   finder
}

// register adds the command, the list and its button.
func (d *retryDesk) register(r *routes) {
	r.commands[view.CommandSamples+" retry"] = r.whenReady(d.retryTyped)
	handle.OnClick(r.Mux, view.ActionRetry, d.retry())
	handle.OnClick(r.Mux, view.ActionRetryPage, d.turnRetries())
	handle.OnClick(r.Mux, view.ActionRetryBack, d.turnRetries())
}

// retryTyped lists what failed or waits after a failure; with a request named, it tries again what does for that one.
func (d *retryDesk) retryTyped(ctx context.Context, c command, rest string) (reply, error) {
	own, err := d.access.Deciding(ctx, c.User, c.Shops, "")
	if err != nil {
		return reply{}, err
	}
	typed, more := cutTerm(rest)
	if typed == "" {
		return answered(d.retries(ctx, own, 0, ""))
	}
	if more != "" {
		typed = rest
	}
	found, err := d.find.all(ctx, own, typed)
	if err != nil {
		return reply{}, fmt.Errorf("%w an application: %w", access.ErrRead, err)
	}
	if len(found) == 0 {
		facts, err := d.find.shown(ctx, own, view.ShowPage{Asked: typed})
		return reply{Message: view.Show(facts)}, err
	}
	tried, err := d.retryAll(ctx, found, own, c)
	if err != nil {
		return reply{}, err
	}
	return reply{Message: view.Aside(view.Retried(tried))}, nil
}

// retryAll tries again what failed for each of the requests that a name can mean. The error is a Refusal where nothing
// did.
func (d *retryDesk) retryAll(ctx context.Context, found []workflow.Application, shops []workflow.Shop, c command) (tried int, err error) {
	var nothing error
	for _, a := range found {
		i := slices.IndexFunc(shops, func(s workflow.Shop) bool { return s.ID == a.Key.Shop })
		n, err := d.engine.Retry(ctx, a.Key, d.access.Actor(c.User, shops[i], workflow.FromCommand, c.TriggerID), time.Now())
		switch {
		case access.RuleOf(err) == workflow.RuleNothingFailed:
			nothing = err
		case err != nil:
			return tried, err
		}
		tried += n
	}
	if tried > 0 {
		return tried, nil
	}
	return 0, nothing
}

// retries is a page of what failed or waits after a failure, in the shops.
func (d *retryDesk) retries(ctx context.Context, shops []workflow.Shop, page int, done string) (view.Message, error) {
	facts := view.RetryFacts{Page: page, Done: done}
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		facts.Rows, facts.Total, facts.More, err = query.FailedEffects(tx, shops, time.Now(), page, view.RetryPageSize)
		return err
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("%w what failed: %w", access.ErrRead, err)
	}
	return view.Retry(facts), nil
}

// retry tries something again, and shows in the list's place what is left.
func (d *retryDesk) retry() onClick[view.RetryTarget] {
	left := func(c click, page int, done string) handle.Answer {
		return handle.Answer{Then: func(ctx context.Context) {
			answer, err := d.retryPage(ctx, c.Interaction, page, done)
			d.mux.Finish(ctx, c.Interaction, answer, err)
		}}
	}
	return onClick[view.RetryTarget]{
		Parse: func(c click) (view.RetryTarget, error) { return view.ParseRetryTarget(c.Action.Text) },
		Scope: handle.For(access.Reviewer, func(t view.RetryTarget) workflow.ShopID { return t.Shop }),
		Do: func(ctx context.Context, c click, t view.RetryTarget, g handle.Grant) (handle.Answer, error) {
			g.Actor.Surface = workflow.FromCommand
			return left(c, t.Page, view.Retried(1)), d.tryAgain(ctx, t, g.Actor)
		},
		Fail: func(ctx context.Context, c click, t view.RetryTarget, _ handle.Grant, err error) handle.Answer {
			if access.RuleOf(err) != "" {
				return left(c, t.Page, d.access.Explain(ctx, err))
			}
			return handle.Tell(d.access.Explain(ctx, err))
		},
	}
}

func (d *retryDesk) tryAgain(ctx context.Context, t view.RetryTarget, by workflow.Actor) error {
	if t.Effect != "" {
		return d.engine.Revive(ctx, t.Effect, by, time.Now())
	}
	_, err := d.engine.Retry(ctx, workflow.Key{Shop: t.Shop, ID: t.Application}, by, time.Now())
	return err
}

// turnRetries shows another page in place of the one that was clicked.
func (d *retryDesk) turnRetries() onClick[int] {
	return onClick[int]{
		Order: handle.AckFirst, Parse: pageNumber,
		Do: func(ctx context.Context, c click, page int, _ handle.Grant) (handle.Answer, error) {
			return d.retryPage(ctx, c.Interaction, page, "")
		},
	}
}

func (d *retryDesk) retryPage(ctx context.Context, i handle.Interaction, page int, done string) (handle.Answer, error) {
	return pageOf(ctx, d.access, i, func(shops []workflow.Shop) (view.Message, error) {
		own, err := d.access.Deciding(ctx, i.User.ID, shops, "")
		if err != nil { // what stands there is not theirs to see any more
			d.access.Log(ctx, i.User.ID, err)
			return view.Aside(d.access.Explain(ctx, err)), nil
		}
		return d.retries(ctx, own, page, done)
	})
}
