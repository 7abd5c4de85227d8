package bot

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// checkWithin is how long a submission waits for Slack's word on channels and people. With that on who sent it there
// has to be time left to save.
const checkWithin = 1200 * time.Millisecond

// slackChecks ask Slack about channels and people that are named in a dialog.
type slackChecks struct {
	api    *slackapi.Client
	access *access.Access
	log    *slog.Logger
}

// settings tells what is wrong with settings that were entered: what workflow finds, and what Slack says to the channels and
// people that are new. It returns the input that is wrong, and what to say at it.
func (c slackChecks) settings(ctx context.Context, rows view.Settings, was, given workflow.Settings) (action, complaint string) {
	if action, complaint = rows.Check(given); complaint != "" {
		return action, complaint
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	inputs := rows.Inputs()
	complaints := make([]string, len(inputs))
	access.AskAll(len(inputs), len(inputs), func(n int) { complaints[n] = c.input(ctx, inputs[n], was, given) })
	for n, said := range complaints {
		if said != "" {
			return inputs[n].Action, said
		}
	}
	return "", ""
}

func (c slackChecks) input(ctx context.Context, in view.SettingInput, was, given workflow.Settings) string {
	if in.Channel != nil {
		if id := in.Channel(given); id != "" && id != in.Channel(was) {
			return c.unreachable(ctx, id)
		}
	}
	if in.People != nil {
		return c.unfit(ctx, added(in.People(given), in.People(was)))
	}
	return ""
}

// added returns those who are in a list and were not.
func added(now, was []workflow.PersonID) []workflow.PersonID {
	return slices.DeleteFunc(slices.Clone(now), func(p workflow.PersonID) bool { return slices.Contains(was, p) })
}

// unreachable tells why the desk could not write to a channel, and nothing where it can.
func (c slackChecks) unreachable(ctx context.Context, channel string) string {
	info, err := c.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
	switch {
	case slackapi.ErrorName(err) == "channel_not_found": // a private channel that the bot is not in
		return view.ErrorNotInChannel
	case err != nil:
		c.log.WarnContext(ctx, "could not look at a channel", "channel", channel, "error", err)
		return view.ErrorChannelUnread
	case info.IsArchived:
		return view.ErrorChannelArchived
	case !info.IsMember:
		return view.ErrorNotInChannel
	default:
		return ""
	}
}

// unreachableSoon is unreachable within the time that a dialog has.
func (c slackChecks) unreachableSoon(ctx context.Context, channel string) string {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	return c.unreachable(ctx, channel)
}

// unfit finds somebody who can neither decide nor be an admin, whatever the settings say, and says why. About whom Slack
// does not tell in time nothing is said: what they may do is checked at each of their clicks.
func (c slackChecks) unfit(ctx context.Context, named []workflow.PersonID) string {
	complaints := make([]string, len(named))
	access.AskAll(len(named), access.FewAtATime, func(n int) { complaints[n] = c.unfitOne(ctx, named[n]) })
	return cmp.Or(complaints...)
}

func (c slackChecks) unfitOne(ctx context.Context, p workflow.PersonID) string {
	user, err := c.access.Standing(ctx, p)
	if rule := access.DenialOf(err); rule != "" && rule != view.DeniedUnchecked {
		return view.ErrorUnfit(cmp.Or(user.Profile.DisplayName, user.RealName, user.Name, string(p)), rule)
	}
	return ""
}
