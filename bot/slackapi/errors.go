package slackapi

import (
	"errors"
	"net/http"
	"slices"

	"github.com/slack-go/slack"
)

// Class is a group of Slack's errors, by name.
type Class []string

// Has tells whether an error is an answer of Slack's that belongs to the class.
func (c Class) Has(err error) bool {
	name := ErrorName(err)
	return name != "" && slices.Contains(c, name)
}

// What an error of Slack's means. What is in no class is a refusal that may be wrong.
var (
	// Gone: the message is gone for good, or is no longer ours to write to.
	Gone = Class{"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}

	// Closed: the channel is closed to the app. Somebody may open it again.
	Closed = Class{"is_inactive", "is_archived", "channel_not_found"}

	// Wrong: Slack will never take this message, however often it is sent.
	Wrong = Class{
		"msg_too_long", "no_text", "metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema",
		"restricted_action", "cannot_reply_to_message", "msg_blocks_too_long", "block_mismatch",
	}

	// Doubtful: Slack says that the message is wrong, and has said so of good ones for hours (bolt-python#1016).
	Doubtful = Class{"invalid_blocks", "invalid_blocks_format", "invalid_arguments", "invalid_url"}

	// Token: nothing goes until somebody mends the installation.
	Token = Class{
		"invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive", "no_permission", "missing_scope",
		"not_allowed_token_type", "team_access_not_granted", "access_denied", "ekm_access_denied",
	}

	// Passing: the call certainly had no effect, and is tried for as long as it takes. Of others, such as
	// internal_error, that is not certain.
	Passing = Class{"not_in_channel", "ratelimited", "rate_limited", "user_not_in_channel", "message_limit_exceeded"}

	// Fault: a fault of Slack's own, which it mends itself.
	Fault = Class{"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}

	// Unseen: those of chat.postEphemeral that no second attempt mends.
	Unseen = Class{"not_in_channel", "user_not_in_channel", "messages_tab_disabled"}

	// UnknownPerson: somebody from another workspace whom this one does not see.
	UnknownPerson = Class{"user_not_found", "user_not_visible"}

	// NoSocket: no retry opens a socket. slack-go itself knows four of them and would retry the others for ever.
	NoSocket = Class{
		"invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive", "no_permission",
		"not_allowed_token_type", "team_access_not_granted", "missing_scope", "link_disabled",
	}
)

// ErrorName returns Slack's own name of an error, or "" if it is not an answer of Slack's.
func ErrorName(err error) string {
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return e.Err
	}
	return ""
}

// Refused tells whether Slack answered that it does not take a message.
func Refused(err error) bool {
	if ErrorName(err) == "" {
		return false // Slack did not say it: no answer, or none of Slack's
	}
	return !hasAny(err, Gone, Closed, Token, Passing, Fault)
}

// Certain tells whether a failed call certainly had no effect.
func Certain(err error) bool {
	if hasAny(err, Passing, Gone, Closed, Token, Wrong, Doubtful) {
		return true
	}
	status, ok := errors.AsType[slack.StatusCodeError](err)
	return ok && status.Code >= http.StatusBadRequest && status.Code < http.StatusInternalServerError
}

// TooMany tells whether Slack refused a call as over its rate, whether or not it named a time to wait.
func TooMany(err error) bool {
	if _, limited := errors.AsType[*slack.RateLimitedError](err); limited {
		return true
	}
	status, ok := errors.AsType[slack.StatusCodeError](err)
	return ok && status.Code == http.StatusTooManyRequests || Class{"ratelimited", "rate_limited"}.Has(err)
}

func hasAny(err error, classes ...Class) bool {
	return slices.ContainsFunc(classes, func(c Class) bool { return c.Has(err) })
}
