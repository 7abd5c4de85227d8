package access

import (
	"context"
	"strings"
)

// workspace is the desk's own, as auth.test tells it.
type workspace struct {
	id  string
	url string // its address, ending in a slash: "https://team.slack.com/"
}

// LinkTo returns the link to a message, in the form that chat.getPermalink gives it. Thread is the message above a reply,
// "" for a message of the channel. It asks Slack for the workspace's address once.
func (a *Access) LinkTo(ctx context.Context, channel, thread, ts string) (string, error) {
	own, err := a.people.own(ctx)
	return own.linkTo(channel, thread, ts), err
}

// linkTo returns the link to a message, "" where the workspace's address is not known.
func (w workspace) linkTo(channel, thread, ts string) string {
	if w.url == "" {
		return ""
	}
	link := strings.TrimSuffix(w.url, "/") + "/archives/" + channel + "/p" + strings.Replace(ts, ".", "", 1)
	if thread != "" && thread != ts {
		link += "?thread_ts=" + thread + "&cid=" + channel
	}
	return link
}
