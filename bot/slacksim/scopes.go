package slacksim

import (
	"maps"
	"slices"
	"strings"
)

// knownScopes are the bot scopes that some method or event of the workspace asks for. chat:write.public and chat:write.customize are
// not among them: an app that wants them has to be granted them by name.
var knownScopes = []string{
	"app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "commands", "files:read", "files:write",
	"groups:history", "groups:read", "groups:write", "im:history", "im:read", "im:write", "mpim:history", "mpim:read", "reactions:read",
	"reactions:write", "team:read", "usergroups:read", "users:read", "users:read.email", "users.profile:read",
}

// knownEvents are the bot events that the workspace raises.
var knownEvents = []string{
	"app_home_opened", "app_mention", "message.channels", "message.groups", "message.im", "member_joined_channel", "member_left_channel",
	"reaction_added", "reaction_removed", "subteam_members_changed", "subteam_updated", "user_change",
}

// eventScopes tells the scope without which Slack does not let an app subscribe to an event; an event without it never comes.
var eventScopes = map[string]string{
	"app_mention": "app_mentions:read", "message.channels": "channels:history", "message.groups": "groups:history",
	"message.im": "im:history", "member_joined_channel": "channels:read", "member_left_channel": "channels:read",
	"reaction_added": "reactions:read", "reaction_removed": "reactions:read", "subteam_members_changed": "usergroups:read",
	"subteam_updated": "usergroups:read", "user_change": "users:read",
}

func granted(given, all []string) map[string]bool {
	if given == nil {
		given = all
	}
	set := map[string]bool{}
	for _, s := range given {
		set[strings.TrimSpace(s)] = true
	}
	return set
}

// provided lists the bot token's scopes as Slack's headers do.
func (w *Workspace) provided() string {
	return strings.Join(slices.Sorted(maps.Keys(w.scopes)), ",")
}

// subscribed tells whether an event of this name reaches the app.
func (w *Workspace) subscribed(event string) bool {
	scope, needs := eventScopes[event]
	return w.events[event] && (!needs || w.scopes[scope])
}

// missingScope is Slack's refusal of a call that the token was not granted.
func (w *Workspace) missingScope(needed string) *failure {
	return &failure{code: "missing_scope", extra: object{"needed": needed, "provided": w.provided()}}
}
