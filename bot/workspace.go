package bot

import "strings"

// workspace is the desk's own, as auth.test tells it.
type workspace struct {
	id  string
	url string // its address, ending in a slash: "https://team.slack.com/"
}

// linkTo returns the link to a message, in the form that chat.getPermalink gives it; "" where the workspace's address is
// not known. Thread is the message above a reply, "" for a message of the channel.
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
