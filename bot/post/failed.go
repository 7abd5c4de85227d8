package post

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

// mendPause is how long an effect rests once Slack refuses the token, a scope or the channel: somebody has to mend that
// first.
const mendPause = time.Minute

// givesUp tells whether a message that Slack refused is to be written as text alone: at once where no repetition would
// help, and else after enough of them.
func (s *Service) givesUp(e workflow.Effect, err error) bool {
	return slackapi.Refused(err) && (slackapi.Wrong.Has(err) || e.Refusals >= outbox.Refusals)
}

// failed tells what becomes of an effect whose message could not be written. A later attempt has to look again where
// this one may have posted, and where an earlier one did and only the look knew of it.
func (s *Service) failed(ctx context.Context, e workflow.Effect, d draft, err error) engine.Outcome {
	cause := workflow.Failure{Message: err.Error()}
	retry := engine.Outcome{Then: engine.Again, After: outbox.Patience(e.Attempt), Refusals: e.Refusals, Failure: cause}
	limited, isLimited := errors.AsType[*slack.RateLimitedError](err)
	if d.looked || d.method == slackapi.MethodPost && !isLimited && !slackapi.Certain(err) {
		retry.Verifications = 1
	}
	switch {
	case slackapi.TooMany(err):
		retry.After = s.obey(ctx, e, d, limited)
		return retry
	case slackapi.Token.Has(err), slackapi.Closed.Has(err) && d.home:
		retry.After = mendPause
		return retry
	case (slackapi.Gone.Has(err) || slackapi.Closed.Has(err)) && (d.ts != "" || d.thread != ""):
		return s.lost(e, d, cause)
	case s.givesUp(e, err): // as text alone it was not taken either
		return engine.Outcome{Then: engine.Buried, Failure: cause, Tell: true}
	case slackapi.Refused(err):
		retry.Refusals++
		retry.After = outbox.Patience(retry.Refusals)
	}
	return retry
}

// obey has all that goes out by the same budget wait as long as Slack asks, or, where it names no time, ever longer.
func (s *Service) obey(ctx context.Context, e workflow.Effect, d draft, limited *slack.RateLimitedError) time.Duration {
	wait := outbox.Backoff(e.Attempt)
	if limited != nil && limited.RetryAfter != 0 {
		wait = slackapi.Obeyed(limited.RetryAfter)
		if wait != limited.RetryAfter {
			s.asked.Store(&limited.RetryAfter)
			s.Log.WarnContext(ctx, "Slack asked for a longer pause than is obeyed", "method", d.method, "asked", limited.RetryAfter, "wait", wait)
		}
	}
	s.limits.Pause(d.method, d.channel, wait)
	return wait
}

// lost tells that a message is gone, and what becomes of the effect that found out. While its request is in review the
// loss of a card calls for a new one: a reply is laid by for that, and a repaint has nothing left to do.
func (s *Service) lost(e workflow.Effect, d draft, cause workflow.Failure) engine.Outcome {
	gone := workflow.PostLost{At: time.Now(), TS: cmp.Or(d.ts, d.thread), Failure: cause}
	if e.Kind == workflow.ShowNotice && d.ts != "" {
		return engine.Outcome{Event: gone}
	}
	o := engine.Outcome{Event: gone, Then: engine.Buried, Failure: cause}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var a workflow.Application
	err := s.Store.View(ctx, func(tx workflow.Tx) (err error) {
		a, err = tx.Application(e.Key())
		return err
	})
	if err == nil && a.State().Reviewing() {
		o.Then = engine.Done
		if e.Kind != workflow.ShowCard {
			o.Then = engine.Park
		}
	}
	return o
}

// unwritten is the outcome of a message that could not be written, or not in full.
func (s *Service) unwritten(ctx context.Context, e workflow.Effect, d draft, w written, err error) engine.Outcome {
	d.looked = d.looked || w.ts != "" || d.edited && len(d.message.Pages()) > 1 // of its further pages only a look would know
	o := s.failed(ctx, e, d, err)
	if d.edited && o.Event == nil && w.ts != "" { // what stands already is on record for the next attempt
		o.Event = workflow.PostShown{At: time.Now(), Channel: d.channel, TS: w.ts, Pages: w.pages}
	}
	return o
}

// failedToRead is the outcome of a message of which something could not be read or found out.
func failedToRead(e workflow.Effect, err error) engine.Outcome {
	return again(e, engine.Outcome{AtLeast: slackapi.RetryAfter(err), Refusals: e.Refusals, Failure: workflow.Failure{Message: err.Error()}})
}

// again tries later, and keeps what is known of earlier attempts.
func again(e workflow.Effect, o engine.Outcome) engine.Outcome {
	o.Then, o.Verifications = engine.Again, e.Verifications
	if e.Begun {
		o.Verifications = max(o.Verifications, 1)
	}
	return o
}
