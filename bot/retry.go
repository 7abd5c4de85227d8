package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// retryRoutes are what failed, and trying it again.
func (d *Desk) retryRoutes(r *routes) {
	r.commands[view.CommandSamples+" retry"] = d.retryTyped
	r.clicks[view.ActionRetry] = d.retry
	r.clicks[view.ActionRetryPage] = d.turnRetries
	r.clicks[view.ActionRetryBack] = d.turnRetries
}

// retryTyped lists what failed or waits after a failure; with a request named, it tries again what does for that one.
func (d *Desk) retryTyped(ctx context.Context, c command, rest string) (reply, error) {
	own, no := d.deciding(ctx, c.User, c.Shops, "")
	if no != "" {
		return reply{Message: view.Aside(no)}, nil
	}
	typed, more := cutTerm(rest)
	if typed == "" {
		return answered(d.retries(ctx, own, 0, ""))
	}
	if more != "" {
		typed = rest
	}
	found, err := d.findAll(ctx, own, typed)
	if err != nil {
		return reply{}, fmt.Errorf("%w an application: %w", errRead, err)
	}
	if len(found) == 0 {
		facts, err := d.search(ctx, own, view.ShowPage{Asked: typed})
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
func (d *Desk) retryAll(ctx context.Context, found []workflow.Application, shops []workflow.Shop, c command) (tried int, err error) {
	var nothing error
	for _, a := range found {
		i := slices.IndexFunc(shops, func(s workflow.Shop) bool { return s.ID == a.Key.Shop })
		n, err := d.engine.Retry(ctx, a.Key, d.actor(c.User, shops[i], workflow.FromCommand, c.TriggerID), time.Now())
		switch {
		case ruleOf(err) == workflow.RuleNothingFailed:
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
func (d *Desk) retries(ctx context.Context, shops []workflow.Shop, page int, done string) (view.Message, error) {
	facts := view.RetryFacts{Page: page, Done: done}
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		facts.Rows, facts.Total, facts.More, err = query.FailedEffects(tx, shops, time.Now(), page, view.RetryPageSize)
		return err
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("%w what failed: %w", errRead, err)
	}
	return view.Retry(facts), nil
}

// retry tries something again, and shows in the list's place what is left.
func (d *Desk) retry(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	target, err := view.ParseRetryTarget(a.Text)
	if err != nil {
		d.log.WarnContext(ctx, "a control does not say what is to be tried again", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, target.Shop, reviewer)
	if no == "" {
		err = d.tryAgain(ctx, target, d.actor(i.User.ID, shop, workflow.FromCommand, i.TriggerID))
		if err != nil {
			d.note(ctx, i.User.ID, err)
			no = d.sentence(ctx, err)
		}
	}
	ack(nil)
	if no != "" && ruleOf(err) == "" {
		d.tell(ctx, i, no)
		return
	}
	d.showRetries(context.WithoutCancel(ctx), i, target.Page, cmp.Or(no, view.Retried(1)))
}

func (d *Desk) tryAgain(ctx context.Context, t view.RetryTarget, by workflow.Actor) error {
	if t.Effect != "" {
		return d.engine.Revive(ctx, t.Effect, by, time.Now())
	}
	_, err := d.engine.Retry(ctx, workflow.Key{Shop: t.Shop, ID: t.Application}, by, time.Now())
	return err
}

// turnRetries shows another page in place of the one that was clicked.
func (d *Desk) turnRetries(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	page, err := strconv.Atoi(a.Text)
	if err != nil || page < 0 {
		d.log.WarnContext(ctx, "a control does not name a page", "page", a.Text)
		return
	}
	d.showRetries(ctx, i, page, "")
}

func (d *Desk) showRetries(ctx context.Context, i interaction, page int, done string) {
	d.turn(ctx, i, "what failed", func(shops []workflow.Shop) (view.Message, error) {
		own, no := d.deciding(ctx, i.User.ID, shops, "")
		if no != "" {
			return view.Aside(no), nil // what stands there is not hers to see any more
		}
		return d.retries(ctx, own, page, done)
	})
}
