package bot

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/slackapi"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

// givesUp tells whether a message that Slack refused is to be written as text alone: at once where no repetition would
// help, and else after enough of them.
func (d *Desk) givesUp(e workflow.Effect, err error) bool {
	return slackapi.Refused(err) && (slackapi.Wrong.Has(err) || e.Refusals >= outbox.Refusals)
}

// failed tells what becomes of an effect whose message could not be written. A later attempt has to look again where
// this one may have posted, and where an earlier one did and only the look knew of it.
func (d *Desk) failed(ctx context.Context, e workflow.Effect, p post, err error) engine.Outcome {
	cause := workflow.Failure{Message: err.Error()}
	retry := engine.Outcome{Then: engine.Again, After: outbox.Patience(e.Attempt), Refusals: e.Refusals, Failure: cause}
	limited, isLimited := errors.AsType[*slack.RateLimitedError](err)
	if p.looked || p.method == slackapi.MethodPost && !isLimited && !slackapi.Certain(err) {
		retry.Verifications = 1
	}
	switch {
	case slackapi.TooMany(err):
		retry.After = d.obey(ctx, e, p, limited)
		return retry
	case slackapi.Token.Has(err), slackapi.Closed.Has(err) && p.home:
		retry.After = mendPause
		return retry
	case (slackapi.Gone.Has(err) || slackapi.Closed.Has(err)) && (p.ts != "" || p.thread != ""):
		return d.lost(e, p, cause)
	case d.givesUp(e, err): // as text alone it was not taken either
		return engine.Outcome{Then: engine.Buried, Failure: cause, Tell: true}
	case slackapi.Refused(err):
		retry.Refusals++
		retry.After = outbox.Patience(retry.Refusals)
	}
	return retry
}

// obey has all that goes out by the same budget wait as long as Slack asks, or, where it names no time, ever longer.
func (d *Desk) obey(ctx context.Context, e workflow.Effect, p post, limited *slack.RateLimitedError) time.Duration {
	wait := outbox.Backoff(e.Attempt)
	if limited != nil && limited.RetryAfter != 0 {
		wait = slackapi.Obeyed(limited.RetryAfter)
		if wait != limited.RetryAfter {
			d.asked.Store(&limited.RetryAfter)
			d.log.WarnContext(ctx, "Slack asks for a longer wait than the desk obeys", "method", p.method, "asked", limited.RetryAfter, "wait", wait)
		}
	}
	d.limits.Pause(p.method, p.channel, wait)
	return wait
}

// lost tells that a card is gone, and what becomes of the effect that found out. While its request is in review the loss
// calls for a new card: a reply is laid by for that, and a repaint has nothing left to do.
func (d *Desk) lost(e workflow.Effect, p post, cause workflow.Failure) engine.Outcome {
	if e.Kind == workflow.ShowNotice && p.ts != "" {
		return lostNotice(p)
	}
	gone := workflow.PostLost{At: time.Now(), TS: cmp.Or(p.ts, p.thread), Failure: cause}
	o := engine.Outcome{Event: gone, Then: engine.Buried, Failure: cause}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if a, err := application(ctx, d.store, e.Key()); err == nil && a.State().Reviewing() {
		o.Then = engine.Done
		if e.Kind != workflow.ShowCard {
			o.Then = engine.Park
		}
	}
	return o
}

// again tries later, and keeps what is known of earlier attempts.
func again(e workflow.Effect, err error) engine.Outcome {
	o := engine.Outcome{
		Then: engine.Again, AtLeast: slackapi.RetryAfter(err), Verifications: e.Verifications, Refusals: e.Refusals, Failure: workflow.Failure{Message: err.Error()},
	}
	if e.Begun {
		o.Verifications = max(o.Verifications, 1)
	}
	return o
}
