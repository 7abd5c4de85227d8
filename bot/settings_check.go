package bot

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// checkWithin is how long a submission waits for Slack's word on channels and people. With that on who sent it there
// has to be time left to save.
const checkWithin = 1200 * time.Millisecond

// checkSettings asks Slack about what is new in settings: whether the desk is in the channels, and whether the people
// can be what they are to be. It returns the field that is wrong and what is wrong with it.
func (d *Desk) checkSettings(ctx context.Context, shop workflow.Shop, given workflow.Settings) (action, complaint string) {
	was := d.effective(shop.Settings)
	if given.Channel == "" {
		return view.ActionSettingsChannel, view.ErrorNoChannel
	}
	if field := given.Check(); field != "" {
		return view.SettingsError(field)
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	var channel, elsewhere, reviewers, admins string
	var asking sync.WaitGroup
	if given.Channel != was.Channel {
		asking.Go(func() { channel = d.unreachable(ctx, given.Channel) })
	}
	if given.Shipments == workflow.ShipmentsElsewhere && given.ShipmentChannel != was.ShipmentChannel {
		asking.Go(func() { elsewhere = d.unreachable(ctx, given.ShipmentChannel) })
	}
	asking.Go(func() { reviewers = d.unfit(ctx, added(given.Reviewers, was.Reviewers)) })
	asking.Go(func() { admins = d.unfit(ctx, added(given.Admins, was.Admins)) })
	asking.Wait()
	switch {
	case channel != "":
		return view.ActionSettingsChannel, channel
	case reviewers != "":
		return view.ActionSettingsReviewers, reviewers
	case admins != "":
		return view.ActionSettingsAdmins, admins
	default:
		return view.ActionSettingsShipmentChannel, elsewhere
	}
}

// added returns those who are in a list and were not.
func added(now, was []workflow.PersonID) []workflow.PersonID {
	return slices.DeleteFunc(slices.Clone(now), func(p workflow.PersonID) bool { return slices.Contains(was, p) })
}

// unreachable tells why the desk could not write to a channel, and nothing where it can.
func (d *Desk) unreachable(ctx context.Context, channel string) string {
	c, err := d.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
	switch {
	case slackapi.ErrorName(err) == "channel_not_found": // a private channel that the bot is not in
		return view.ErrorNotInChannel
	case err != nil:
		d.log.WarnContext(ctx, "could not look at a channel", "channel", channel, "error", err)
		return view.ErrorChannelUnread
	case c.IsArchived:
		return view.ErrorChannelArchived
	case !c.IsMember:
		return view.ErrorNotInChannel
	default:
		return ""
	}
}

// unfit finds somebody who can neither decide nor be an admin, whatever the settings say, and says why. About whom Slack
// does not tell in time nothing is said: what they may do is checked at each of their clicks.
func (d *Desk) unfit(ctx context.Context, named []workflow.PersonID) string {
	complaints := make([]string, len(named))
	access.AskAll(len(named), access.FewAtATime, func(n int) { complaints[n] = d.unfitOne(ctx, named[n]) })
	return cmp.Or(complaints...)
}

func (d *Desk) unfitOne(ctx context.Context, p workflow.PersonID) string {
	user, err := d.access.Standing(ctx, p)
	if rule := access.DenialOf(err); rule != "" && rule != view.DeniedUnchecked {
		return view.ErrorUnfit(cmp.Or(user.Profile.DisplayName, user.RealName, user.Name, string(p)), rule)
	}
	return ""
}

// suggestGroups offers the workspace's user groups.
func (d *Desk) suggestGroups(ctx context.Context, i handle.Interaction) any {
	ctx, cancel := context.WithTimeout(ctx, access.Timeout)
	defer cancel()
	all, err := d.access.Groups(ctx)
	if err != nil {
		d.log.WarnContext(ctx, "could not list the user groups", "error", err)
	}
	return view.GroupOptions(all, i.Typed)
}

// suggestZones offers time zones, first the one that the person lives in.
func (d *Desk) suggestZones(ctx context.Context, i handle.Interaction) any {
	return view.ZoneOptions(i.Typed, d.zoneOf(ctx, i.User.ID), time.Now())
}

// nicety is how long is waited for what is only nice to know.
const nicety = 500 * time.Millisecond

// zoneOf returns the time zone that a person lives in, or "" where Slack does not tell at once.
func (d *Desk) zoneOf(ctx context.Context, who workflow.PersonID) string {
	ctx, cancel := context.WithTimeout(ctx, nicety)
	defer cancel()
	user, err := d.access.Account(ctx, who)
	if err != nil || (workflow.Settings{Zone: user.TZ}).Check() != "" {
		return ""
	}
	return user.TZ
}

// groupNames returns what user groups are called, as far as Slack tells at once.
func (d *Desk) groupNames(ctx context.Context, ids []workflow.GroupID) map[workflow.GroupID]string {
	names := map[workflow.GroupID]string{}
	if len(ids) == 0 {
		return names
	}
	ctx, cancel := context.WithTimeout(ctx, nicety)
	defer cancel()
	all, err := d.access.Groups(ctx)
	if err != nil {
		d.log.WarnContext(ctx, "could not list the user groups", "error", err)
	}
	for _, g := range all {
		names[g.ID] = g.Name
	}
	return names
}
