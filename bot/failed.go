package bot

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/outbox"
)

// What an error of Slack's means for an effect. What is in no list is a refusal that may be wrong: it is tried again for
// a while, then written as text alone, and only then given up.
var (
	// goneErrors: the message is gone for good, or is no longer ours to write to.
	goneErrors = []string{"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}

	// closedErrors: the channel is closed to the desk. Somebody may open it again, and then what it holds has to be
	// right, so nothing that belongs in the desk's own channel is given up for it.
	closedErrors = []string{"is_inactive", "is_archived", "channel_not_found"}

	// wrongErrors: Slack will never take this message, however often it is sent.
	wrongErrors = []string{
		"msg_too_long", "no_text", "metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema",
		"restricted_action", "cannot_reply_to_message", "msg_blocks_too_long", "block_mismatch",
	}

	// doubtfulErrors: Slack says that the message is wrong, and has said so of good ones for hours (bolt-python#1016).
	doubtfulErrors = []string{"invalid_blocks", "invalid_blocks_format", "invalid_arguments", "invalid_url"}

	// tokenErrors: nothing goes until somebody mends the installation.
	tokenErrors = []string{
		"invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive", "no_permission", "missing_scope",
		"not_allowed_token_type", "team_access_not_granted", "access_denied", "ekm_access_denied",
	}

	// certainErrors: the call certainly had no effect, and is tried for as long as it takes. Of others, such as
	// internal_error, that is not certain.
	certainErrors = []string{"not_in_channel", "ratelimited", "rate_limited", "user_not_in_channel", "message_limit_exceeded"}

	// faultErrors: a fault of Slack's own, which it mends itself.
	faultErrors = []string{
		"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org",
	}
)

// refusedErr tells whether Slack answered that it does not take the message.
func refusedErr(err error) bool {
	name := slackError(err)
	if name == "" {
		return false // Slack did not say it: no answer, or none of Slack's
	}
	for _, other := range [][]string{goneErrors, closedErrors, tokenErrors, certainErrors, faultErrors} {
		if slices.Contains(other, name) {
			return false
		}
	}
	return true
}

// givesUp tells whether a message that Slack refused is to be written as text alone: at once where no repetition would
// help, and else after enough of them.
func (d *Desk) givesUp(e workflow.Effect, err error) bool {
	return refusedErr(err) && (slices.Contains(wrongErrors, slackError(err)) || e.Refusals >= outbox.Refusals)
}

// failed tells what becomes of an effect whose message could not be written. A later attempt has to look again where
// this one may have posted, and where an earlier one did and only the look knew of it.
func (d *Desk) failed(ctx context.Context, e workflow.Effect, p post, err error) workflow.Outcome {
	name, cause := slackError(err), workflow.Failure{Message: err.Error()}
	retry := workflow.Outcome{Then: workflow.Again, After: outbox.Patience(e.Attempt), Refusals: e.Refusals, Failure: cause}
	limited, isLimited := errors.AsType[*slack.RateLimitedError](err)
	if p.looked || p.method == methodPost && !isLimited && !certain(err, name) {
		retry.Verifications = 1
	}
	switch {
	case isLimited, name == "ratelimited", name == "rate_limited", tooMany(err):
		retry.After = d.obey(ctx, e, p, limited)
		return retry
	case slices.Contains(tokenErrors, name), slices.Contains(closedErrors, name) && p.home:
		retry.After = mendPause
		return retry
	case (slices.Contains(goneErrors, name) || slices.Contains(closedErrors, name)) && (p.ts != "" || p.thread != ""):
		return d.lost(e, p, cause)
	case d.givesUp(e, err): // as text alone it was not taken either
		return workflow.Outcome{Then: workflow.Buried, Failure: cause, Tell: true}
	case refusedErr(err):
		retry.Refusals++
		retry.After = outbox.Patience(retry.Refusals)
	}
	return retry
}

// tooMany recognises Slack's refusal of a call over its rate that names no time to wait.
func tooMany(err error) bool {
	status, ok := errors.AsType[slack.StatusCodeError](err)
	return ok && status.Code == http.StatusTooManyRequests
}

// obey has all that goes out by the same budget wait as long as Slack asks, or, where it names no time, ever longer.
func (d *Desk) obey(ctx context.Context, e workflow.Effect, p post, limited *slack.RateLimitedError) time.Duration {
	wait := outbox.Backoff(e.Attempt)
	if limited != nil && limited.RetryAfter != 0 {
		wait = capped(limited.RetryAfter)
		if wait != limited.RetryAfter {
			d.asked.Store(&limited.RetryAfter)
			d.log.WarnContext(ctx, "Slack asks for a longer wait than the desk obeys", "method", p.method, "asked", limited.RetryAfter, "wait", wait)
		}
	}
	d.limits.pause(p.method, p.channel, wait)
	return wait
}

// lost tells that a card is gone, and what becomes of the effect that found out. While its request is in review the loss
// calls for a new card: a reply is laid by for that, and a repaint has nothing left to do.
func (d *Desk) lost(e workflow.Effect, p post, cause workflow.Failure) workflow.Outcome {
	if e.Kind == workflow.ShowNotice && p.ts != "" {
		return lostNotice(p)
	}
	gone := workflow.CardLost{At: time.Now(), TS: cmp.Or(p.ts, p.thread), Failure: cause}
	o := workflow.Outcome{Event: gone, Then: workflow.Buried, Failure: cause}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if a, err := d.application(ctx, e.Key()); err == nil && a.State().Reviewing() {
		o.Then = workflow.Done
		if e.Kind != workflow.ShowCard {
			o.Then = workflow.Park
		}
	}
	return o
}

// certain tells whether a failed call certainly had no effect.
func certain(err error, name string) bool {
	for _, list := range [][]string{certainErrors, goneErrors, closedErrors, tokenErrors, wrongErrors, doubtfulErrors} {
		if slices.Contains(list, name) {
			return true
		}
	}
	status, ok := errors.AsType[slack.StatusCodeError](err)
	return ok && status.Code >= http.StatusBadRequest && status.Code < http.StatusInternalServerError
}

// again tries later, and keeps what is known of earlier attempts.
func again(e workflow.Effect, err error) workflow.Outcome {
	o := workflow.Outcome{
		Then: workflow.Again, After: outbox.Backoff(e.Attempt), Verifications: e.Verifications, Refusals: e.Refusals, Failure: workflow.Failure{Message: err.Error()},
	}
	if e.Begun {
		o.Verifications = max(o.Verifications, 1)
	}
	o.After = max(o.After, retryAfter(err))
	return o
}
